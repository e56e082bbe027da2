using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// The options that may follow an announce request (BEP 41). The client writes one kind, URLData; the reader, for whoever plays the tracker,
/// joins what was split, skips what it does not know, and gives up on the options, not on the announce, when one runs past the packet.
/// </summary>
public static class UdpTrackerOptions
{
    private const byte EndOfOptions = 0;
    private const byte Nop = 1;
    private const byte UrlData = 2;
    private const int MaxChunk = byte.MaxValue;

    /// <summary>Bytes that <see cref="Write"/> will use.</summary>
    public static int SizeOf(string urlData) => urlData.Length + (2 * Chunks(urlData));

    /// <summary>Writes path and query as URLData options of at most 255 bytes each; nothing for an empty text.</summary>
    /// <param name="urlData">ASCII.</param>
    /// <param name="destination">At least <see cref="SizeOf"/> bytes.</param>
    public static void Write(string urlData, Span<byte> destination)
    {
        for (var rest = urlData.AsSpan(); !rest.IsEmpty;)
        {
            var length = Math.Min(rest.Length, MaxChunk);
            destination[0] = UrlData;
            destination[1] = (byte)length;
            Encoding.ASCII.GetBytes(rest[..length], destination[2..]);
            destination = destination[(2 + length)..];
            rest = rest[length..];
        }
    }

    /// <summary>Reads the joined URLData of all options; empty if there is none. False if an option runs past the end.</summary>
    public static bool TryReadUrlData(ReadOnlySpan<byte> options, [NotNullWhen(true)] out string? urlData)
    {
        urlData = null;
        var text = new StringBuilder();
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            if (options[0] == Nop)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options.Length < 2 + options[1]) return false;
            var data = options.Slice(2, options[1]);
            if (options[0] == UrlData) text.Append(Encoding.Latin1.GetString(data));
            options = options[(2 + data.Length)..];
        }

        urlData = text.ToString();
        return true;
    }

    private static int Chunks(string urlData) => (urlData.Length + MaxChunk - 1) / MaxChunk;
}
