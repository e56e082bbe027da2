namespace Swarm.Protocol.Magnets;

/// <summary>Base32 as old magnet links write info-hashes (RFC 4648, without padding; either case).</summary>
internal static class Base32
{
    private const int BitsPerCharacter = 5;

    /// <summary>Decodes exactly as many characters as fill <paramref name="destination"/>, whose bits must be a multiple of five.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        if (text.Length * BitsPerCharacter != destination.Length * 8) return false;
        var bits = 0;
        var count = 0;
        var written = 0;
        foreach (var character in text)
        {
            var value = ValueOf(character);
            if (value < 0) return false;
            bits = (bits << BitsPerCharacter) | value;
            count += BitsPerCharacter;
            if (count < 8) continue;
            count -= 8;
            destination[written++] = (byte)(bits >> count);
            bits &= (1 << count) - 1;
        }

        return true;
    }

    private static int ValueOf(char character) => character switch
    {
        >= 'A' and <= 'Z' => character - 'A',
        >= 'a' and <= 'z' => character - 'a',
        >= '2' and <= '7' => character - '2' + 26,
        _ => -1,
    };
}
