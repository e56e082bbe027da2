using FsCheck;
using FsCheck.Fluent;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;
using Swarm.Tests.Protocol.Primitives;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

public class WireDecoderTests
{
    private static readonly WireSettings Small = new()
    {
        MaxIncomingBlockLength = 100,
        MaxEarlyBitfieldLength = 10,
        MaxExtendedLength = 20 * 1024,
        MaxUnknownLength = 30,
    };

    private static Gen<byte[]> AnyMessage => Gen.OneOf(
        Gen.Constant(Bytes(output => output.KeepAlive())),
        Gen.Elements<Action<WireWriter>>(o => o.Choke(), o => o.Unchoke(), o => o.Interested(), o => o.NotInterested(), o => o.HaveAll(), o => o.HaveNone())
            .Select(Bytes),
        Gen.Choose(0, int.MaxValue).Select(piece => Bytes(o => o.Have(Piece(piece)))),
        Gen.Choose(0, 99).Select(piece => Bytes(o => o.Request(Block(piece)))),
        Gen.Choose(0, 99).Select(piece => Bytes(o => o.Cancel(Block(piece, 7, 9)))),
        Gen.Choose(1, 65535).Select(port => Bytes(o => o.Port(port))),
        Gen.Choose(0, 700).SelectMany(length => Payload(length).Select(bytes => Bytes(o => o.Piece(Piece(length), 5, bytes)))),
        Gen.Choose(0, 700).SelectMany(length => Payload(length).Select(bytes => Bytes(o => o.Extended(3, bytes)))),
        Gen.Choose(0, 700).SelectMany(length => Payload(length).Select(bytes => Join([0, 0, (byte)((length + 1) >> 8), (byte)(length + 1), 99], bytes))),
        Gen.Choose(1, 2000).Select(pieces => Bytes(o => o.Bitfield(new Bitfield(pieces)))));

    [Fact]
    public void Any_split_of_a_stream_into_feeds_decodes_to_the_same_messages()
    {
        var cases = from messages in AnyMessage.ArrayOf()
                    from portions in Gen.OneOf(Gen.Choose(0, 6), Gen.Choose(0, 900)).ArrayOf()
                    select (Stream: Join(messages), Portions: portions);
        PropertyCheck.Holds(cases, sample =>
            Transcript(sample.Stream, sample.Portions).ShouldBe(Transcript(sample.Stream, [])));
    }

    [Fact]
    public void Stream_fed_byte_by_byte_decodes_to_the_same_messages()
    {
        var stream = Join([.. AnyMessage.Sample(200, new Rnd(3, 5), 60)]);
        Transcript(stream, Enumerable.Repeat(1, stream.Length)).ShouldBe(Transcript(stream, []));
    }

    [Fact]
    public void Reading_can_stop_after_any_message_and_go_on_in_the_same_feed()
    {
        var feed = Join(Bytes(o => o.Choke()), Bytes(o => o.Have(Piece(3))), Bytes(o => o.Unchoke()));
        var decoder = new WireDecoder(WireSettings.Default);
        var position = 0;
        decoder.TryRead(feed, ref position, out var first).ShouldBeTrue();
        first.Kind.ShouldBe(WireMessageKind.Choke);
        position.ShouldBe(5);
        decoder.TryRead(feed, ref position, out var second).ShouldBeTrue();
        second.Piece.ShouldBe(Piece(3));
        position.ShouldBe(14);
        decoder.TryRead(feed, ref position, out var third).ShouldBeTrue();
        third.Kind.ShouldBe(WireMessageKind.Unchoke);
        decoder.TryRead(feed, ref position, out _).ShouldBeFalse();
        decoder.IsAtBoundary.ShouldBeTrue();
    }

    [Fact]
    public void Block_over_three_feeds_comes_as_three_fragments_that_point_into_them()
    {
        var bytes = Bytes(o => o.Piece(Piece(2), 64, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        var decoder = new WireDecoder(WireSettings.Default);
        List<(int FeedOffset, int BlockOffset, int Count, bool IsLast)> seen = [];
        foreach (var feed in new[] { bytes[..15], bytes[15..20], bytes[20..] })
        {
            var position = 0;
            while (decoder.TryRead(feed, ref position, out var message))
            {
                message.Block.ShouldBe(Block(2, 64, 10));
                seen.Add((message.FeedOffset, message.BlockOffset, message.Count, message.IsLast));
            }
        }

        seen.ShouldBe([(13, 0, 2, false), (0, 2, 5, false), (0, 7, 3, true)]);
    }

    [Fact]
    public void Whole_blocks_are_not_copied_and_nothing_is_allocated_for_them()
    {
        var slab = Join([.. Enumerable.Range(0, 16).Select(i => Bytes(o => o.Piece(Piece(i), 0, new byte[PieceGeometry.BlockSize])))]);
        var decoder = new WireDecoder(WireSettings.Default);
        Drain(decoder, slab);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var fragments = 0;
        for (var i = 0; i < 100; i++) fragments += Drain(decoder, slab);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        fragments.ShouldBe(1600);
        allocated.ShouldBe(0);
    }

    [Theory]
    [InlineData(7, 9, 109)]
    [InlineData(5, 1, 11)]
    [InlineData(20, 2, 20 * 1024 + 2)]
    [InlineData(99, 1, 31)]
    public void Length_is_taken_at_its_limits_and_refused_beyond_them(byte id, int least, int most)
    {
        foreach (var length in new[] { least, most })
        {
            Transcript(Message(id, length), [], settings: Small).ShouldHaveSingleItem().ShouldNotStartWith("error");
        }

        Transcript(Message(id, most + 1), [], settings: Small).ShouldBe(["error Oversized"]);
        if (least > 1) Transcript(Message(id, least - 1), [], settings: Small).ShouldBe(["error BadLength"]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 5)]
    [InlineData(6, 13)]
    [InlineData(8, 13)]
    [InlineData(9, 3)]
    [InlineData(13, 5)]
    [InlineData(14, 1)]
    [InlineData(15, 1)]
    [InlineData(16, 13)]
    [InlineData(17, 5)]
    public void Fixed_length_is_the_only_one(byte id, int length)
    {
        Transcript(Message(id, length), []).ShouldHaveSingleItem().ShouldNotStartWith("error");
        Transcript(Message(id, length + 1), []).ShouldBe(["error BadLength"]);
        if (length > 1) Transcript(Message(id, length - 1), []).ShouldBe(["error BadLength"]);
    }

    [Fact]
    public void Wrong_length_is_refused_as_soon_as_the_id_is_there()
    {
        byte[] start = [0, 0, 0, 9, 0];
        Transcript(start, [2, 2]).ShouldBe(["error BadLength"]);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Bitfield_must_have_the_size_of_the_torrent_once_that_is_known(int bytes, bool fits)
    {
        var line = Transcript(Message(5, 1 + bytes), [], new PieceGeometry(20, 1)).ShouldHaveSingleItem();
        line.ShouldBe(fits ? "Bitfield 000000" : "error BadLength");
    }

    [Fact]
    public void Bitfield_that_is_cut_when_the_metadata_comes_is_checked_against_it()
    {
        var decoder = new WireDecoder(WireSettings.Default);
        var bytes = Message(5, 1 + 8);
        var position = 0;
        decoder.TryRead(bytes.AsSpan(0, 8), ref position, out _).ShouldBeFalse();
        decoder.MetadataKnown(new PieceGeometry(20, 1));
        position = 0;
        decoder.TryRead(bytes.AsSpan(8), ref position, out _).ShouldBeFalse();
        decoder.Error!.Kind.ShouldBe(WireErrorKind.BadLength);
    }

    [Theory]
    [InlineData(1, 0, 16384, true)]
    [InlineData(1, 16383, 1, true)]
    [InlineData(1, 16384, 1, false)]
    [InlineData(2, 0, 1, false)]
    [InlineData(-1, 0, 1, false)]
    [InlineData(0, -1, 1, false)]
    public void Block_must_lie_in_the_torrent(int piece, int begin, int length, bool inside)
    {
        var bytes = Bytes(o => o.Piece(Piece(piece), begin, new byte[length]));
        var line = Transcript(bytes, [], new PieceGeometry(32768 + 16384, 32768)).ShouldHaveSingleItem();
        line.ShouldStartWith(inside ? "block" : "error InvalidRange");
    }

    [Fact]
    public void Piece_without_bytes_is_a_message_of_its_own() =>
        Transcript(Bytes(o => o.Piece(Piece(4), 32, [])), [3, 3]).ShouldBe(["EmptyPiece 4 32"]);

    [Fact]
    public void Unknown_messages_are_counted_and_skipped_over_feeds()
    {
        var decoder = new WireDecoder(WireSettings.Default);
        var stream = Join(Message(99, 20), Message(77, 1), Bytes(o => o.Choke()));
        Transcript(stream, [7, 3]).ShouldBe(["Unknown 99", "Unknown 77", "Choke"]);
        Drain(decoder, stream);
        decoder.UnknownMessages.ShouldBe(2);
    }

    [Fact]
    public void Nothing_is_read_after_an_error()
    {
        var decoder = new WireDecoder(WireSettings.Default);
        var feed = Join(Message(0, 2), Bytes(o => o.Unchoke()));
        Drain(decoder, feed).ShouldBe(0);
        Drain(decoder, Bytes(o => o.Unchoke())).ShouldBe(0);
        decoder.Error.ShouldNotBeNull();
    }

    [Fact]
    public void Stream_that_ends_inside_a_message_is_known_to_be_cut()
    {
        Transcript(Bytes(o => o.Piece(Piece(0), 0, new byte[5])).AsSpan()[..^1], []).ShouldBe(["cut"]);
        Transcript(Message(99, 5).AsSpan()[..^1], []).ShouldBe(["Unknown 99", "cut"]);
        Transcript([0, 0], []).ShouldBe(["cut"]);
    }

    [Fact]
    public void Hostile_bytes_never_throw_and_any_split_of_them_agrees()
    {
        byte[][] valid = [.. AnyMessage.Sample(200, new Rnd(9, 1), 80)];
        var random = new Random(4);
        foreach (var input in Fuzz.Inputs(1, 4000, valid, new byte[] { 0, 0, 0, 1, 5, 7, 13, 20, 255 }))
        {
            var portions = Enumerable.Range(0, input.Length).Select(_ => random.Next(12)).ToArray();
            Transcript(input, portions, settings: Small).ShouldBe(Transcript(input, [], settings: Small));
        }
    }

    private static int Drain(WireDecoder decoder, ReadOnlySpan<byte> feed)
    {
        var count = 0;
        var position = 0;
        while (decoder.TryRead(feed, ref position, out _)) count++;
        return count;
    }

    private static byte[] Message(byte id, int length) =>
        [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, id, .. new byte[Math.Max(length - 1, 0)]];

    private static Gen<byte[]> Payload(int length) => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(length);
}
