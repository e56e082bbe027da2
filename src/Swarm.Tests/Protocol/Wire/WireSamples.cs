using System.Buffers;
using System.Globalization;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

/// <summary>Short ways to write messages, and to write down what a decoder makes of bytes.</summary>
internal static class WireSamples
{
    public static PieceIndex Piece(int index) => new(index);

    public static BlockRequest Block(int piece, int begin = 0, int length = PieceGeometry.BlockSize) => new(new PieceIndex(piece), begin, length);

    public static byte[] Bytes(Action<WireWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new WireWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    /// <summary>What a decoder yields when the stream is fed in portions of these lengths, the rest as one: a line a message, blocks put together.</summary>
    public static List<string> Transcript(ReadOnlySpan<byte> stream, IEnumerable<int> portions, PieceGeometry? geometry = null, WireSettings? settings = null)
    {
        var decoder = new WireDecoder(settings ?? WireSettings.Default);
        if (geometry is not null) decoder.MetadataKnown(geometry);
        var lines = new List<string>();
        var block = new MemoryStream();
        foreach (var portion in portions.Append(int.MaxValue))
        {
            var feed = stream[..Math.Min(Math.Max(portion, 0), stream.Length)];
            stream = stream[feed.Length..];
            var position = 0;
            while (decoder.TryRead(feed, ref position, out var message)) Note(message, feed, block, lines);
            if (decoder.Error is { } error)
            {
                lines.Add($"error {error.Kind}");
                return lines;
            }

            position.ShouldBe(feed.Length);
        }

        if (!decoder.IsAtBoundary) lines.Add("cut");
        return lines;
    }

    private static void Note(in WireMessage message, ReadOnlySpan<byte> feed, MemoryStream block, List<string> lines)
    {
        if (message.Kind != WireMessageKind.PieceFragment)
        {
            lines.Add(Line(message));
            return;
        }

        message.BlockOffset.ShouldBe((int)block.Length);
        message.IsFirst.ShouldBe(block.Length == 0);
        feed.Slice(message.FeedOffset, message.Count).SequenceEqual(message.Payload).ShouldBeTrue();
        block.Write(message.Payload);
        message.IsLast.ShouldBe(block.Length == message.Block.Length);
        if (!message.IsLast) return;
        lines.Add($"block {message.Piece} {message.Begin} {Convert.ToHexString(block.ToArray())}");
        block.SetLength(0);
    }

    private static string Line(in WireMessage message) => message.Kind switch
    {
        WireMessageKind.Have or WireMessageKind.SuggestPiece or WireMessageKind.AllowedFast => $"{message.Kind} {message.Piece}",
        WireMessageKind.Request or WireMessageKind.Cancel or WireMessageKind.RejectRequest =>
            $"{message.Kind} {message.Piece} {message.Begin} {message.Block.Length}",
        WireMessageKind.EmptyPiece => $"{message.Kind} {message.Piece} {message.Begin}",
        WireMessageKind.Port => string.Create(CultureInfo.InvariantCulture, $"Port {message.Port}"),
        WireMessageKind.Bitfield => $"Bitfield {Convert.ToHexString(message.Payload)}",
        WireMessageKind.Extended => $"Extended {message.ExtendedId} {Convert.ToHexString(message.Payload)}",
        WireMessageKind.Unknown => $"Unknown {message.UnknownId}",
        _ => message.Kind.ToString(),
    };
}
