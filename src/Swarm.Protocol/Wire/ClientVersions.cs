namespace Swarm.Protocol.Wire;

/// <summary>
/// How programs put their version into the four characters of an Azureus-style peer id (BEP 20). The rule is one character a number, of base 62;
/// some have rules of their own, as Transmission's and libtorrent's lists of clients know them.
/// </summary>
internal static class ClientVersions
{
    /// <summary>The version as text, or null if the four characters are none: then the id is not of this style.</summary>
    public static string? Format(string code, ReadOnlySpan<byte> digits) => code switch
    {
        "TR" => Transmission(digits),
        "KT" => KTorrent(digits),
        "UT" or "UM" or "UE" or "UW" or "BT" => Staged(digits),
        "AZ" or "BI" or "WW" or "WD" or "BC" => Numbers(digits, 4, 4),
        _ => Numbers(digits, 3, 4),
    };

    /// <summary>-TR0006- is 0.6, -TR0072- is 0.72, -TR111Z- is 1.11+, -TR400B- is 4.0.0 (Beta).</summary>
    private static string? Transmission(ReadOnlySpan<byte> digits)
    {
        if (Numbers(digits, 4, 4) is null) return null;
        if (digits.StartsWith("000"u8)) return $"0.{(char)digits[3]}";
        if (digits.StartsWith("00"u8)) return $"0.{(char)digits[2]}{(char)digits[3]}";
        if (digits[0] <= '3') return $"{(char)digits[0]}.{(char)digits[1]}{(char)digits[2]}{(digits[3] is (byte)'Z' or (byte)'X' ? "+" : "")}";
        var stage = digits[3] switch { (byte)'B' => " (Beta)", (byte)'X' or (byte)'Z' => " (Dev)", _ => "" };
        return Numbers(digits[..3], 3, 3) + stage;
    }

    /// <summary>-KT33D1- is 3.3 Dev 1, -KT33R1- is 3.3 RC 1.</summary>
    private static string? KTorrent(ReadOnlySpan<byte> digits)
    {
        var stage = digits[2] switch { (byte)'D' => "Dev", (byte)'R' => "RC", _ => null };
        if (stage is null || Numbers(digits[..2], 2, 2) is not { } version || Number(digits[3]) is not (>= 0 and var number)) return Numbers(digits, 3, 4);
        return $"{version} {stage} {number}";
    }

    /// <summary>-UT341B-: three numbers and the stage of development.</summary>
    private static string? Staged(ReadOnlySpan<byte> digits)
    {
        var stage = digits[3] switch { (byte)'A' => " (Alpha)", (byte)'B' => " (Beta)", _ => "" };
        return Numbers(digits[..3], 3, 3) is { } version ? version + stage : null;
    }

    /// <summary>Base-62 digits with dots; zeros beyond the first <paramref name="least"/> are left out at the end. Null if one is no digit.</summary>
    private static string? Numbers(ReadOnlySpan<byte> digits, int least, int most)
    {
        var count = most;
        while (count > least && digits[count - 1] is (byte)'0' or (byte)'-') count--;
        var text = "";
        for (var i = 0; i < count; i++)
        {
            var number = Number(digits[i]);
            if (number < 0) return null;
            text += i == 0 ? $"{number}" : $".{number}";
        }

        return text;
    }

    private static int Number(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'A' and <= (byte)'Z' => digit - 'A' + 10,
        >= (byte)'a' and <= (byte)'z' => digit - 'a' + 36,
        _ => -1,
    };
}
