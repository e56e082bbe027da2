using System.Security.Cryptography;
using System.Text;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

public class MetadataMessageTests
{
    [Fact]
    public void Data_is_what_follows_the_dictionary()
    {
        MetadataMessage.TryParse("d8:msg_typei1e5:piecei2e10:total_sizei34256eexxxxe"u8, out var message).ShouldBeTrue();
        (message.Type, message.Piece, message.TotalSize).ShouldBe((MetadataMessageType.Data, 2, 34256));
        message.Data.SequenceEqual("xxxxe"u8).ShouldBeTrue();
    }

    [Theory]
    [InlineData("d8:msg_typei0e5:piecei0eetrailing", MetadataMessageType.Request)]
    [InlineData("d8:msg_typei2e5:piecei0ee", MetadataMessageType.Reject)]
    public void Requests_and_rejects_have_no_data(string payload, MetadataMessageType type)
    {
        MetadataMessage.TryParse(Encoding.ASCII.GetBytes(payload), out var message).ShouldBeTrue();
        message.Type.ShouldBe(type);
        message.Data.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData("d8:msg_typei3e5:piecei0ee")]
    [InlineData("d8:msg_typei0e5:piecei-1ee")]
    [InlineData("d8:msg_typei0e5:piecei2147483648ee")]
    [InlineData("d8:msg_typei0ee")]
    [InlineData("d5:piecei0ee")]
    [InlineData("i1e")]
    [InlineData("")]
    public void Malformed_and_unknown_messages_are_ignored(string payload) =>
        MetadataMessage.TryParse(Encoding.ASCII.GetBytes(payload), out _).ShouldBeFalse();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16384, 1)]
    [InlineData(16385, 2)]
    public void Piece_count_rounds_up(int size, int pieces) => MetadataMessage.PieceCount(size).ShouldBe(pieces);

    [Fact]
    public void Server_gives_each_piece_and_rejects_what_is_not_there()
    {
        var metadata = new byte[20_000];
        new Random(1).NextBytes(metadata);
        var server = new MetadataServer(WireSettings.Default, metadata);

        Served(server, 0).SequenceEqual(metadata.AsSpan(0, 16384)).ShouldBeTrue();
        Served(server, 1).SequenceEqual(metadata.AsSpan(16384)).ShouldBeTrue();
        Served(server, 2).IsEmpty.ShouldBeTrue();
        server.Rejected.ShouldBe(1);
    }

    [Fact]
    public void Server_without_metadata_rejects_until_it_has_some()
    {
        var server = new MetadataServer(WireSettings.Default);
        Served(server, 0).IsEmpty.ShouldBeTrue();
        server.MetadataKnown(new byte[5]);
        Served(server, 0).Length.ShouldBe(5);
    }

    [Fact]
    public void Server_rejects_after_the_whole_was_served_as_often_as_allowed()
    {
        var server = new MetadataServer(new WireSettings { MetadataServings = 2 }, new byte[20_000]);
        for (var i = 0; i < 4; i++) Served(server, i % 2).IsEmpty.ShouldBeFalse();
        Served(server, 0).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Server_says_nothing_to_a_peer_that_takes_no_metadata_messages() =>
        Bytes(o => new MetadataServer(WireSettings.Default, new byte[5]).Answer(0, 0, o).ShouldBeFalse()).ShouldBeEmpty();

    [Fact]
    public void Target_wants_every_hash_that_is_known()
    {
        byte[] data = [1, 2, 3];
        var v1 = new InfoHash(SHA1.HashData(data));
        var v2 = new InfoHashV2(SHA256.HashData(data));
        var other = new InfoHash(new byte[20]);

        new MetadataTarget(v1).Matches(data).ShouldBeTrue();
        new MetadataTarget(v1, v2).Matches(data).ShouldBeTrue();
        new MetadataTarget(null, null, v2.Truncated).Matches(data).ShouldBeTrue();
        new MetadataTarget(other).Matches(data).ShouldBeFalse();
        new MetadataTarget(other, v2).Matches(data).ShouldBeFalse();
        new MetadataTarget(v1, new InfoHashV2(new byte[32])).Matches(data).ShouldBeFalse();
        new MetadataTarget(null, null, other).Matches(data).ShouldBeFalse();
        Should.Throw<ArgumentException>(() => new MetadataTarget(null));
    }

    [Fact]
    public void Hostile_messages_never_throw()
    {
        byte[][] valid = ["d8:msg_typei1e5:piecei2e10:total_sizei34256eexxxx"u8.ToArray(), "d8:msg_typei0e5:piecei0ee"u8.ToArray()];
        foreach (var input in Fuzz.Inputs(3, 20_000, valid, "dlie0123456789:"u8.ToArray()))
        {
            if (!MetadataMessage.TryParse(input, out var message)) continue;
            message.Piece.ShouldBeGreaterThanOrEqualTo(0);
            message.Data.Length.ShouldBeLessThan(Math.Max(input.Length, 1));
        }
    }

    private static ReadOnlySpan<byte> Served(MetadataServer server, int piece)
    {
        var isPiece = false;
        var bytes = Bytes(o => isPiece = server.Answer(piece, 9, o));
        bytes[5].ShouldBe((byte)9);
        MetadataMessage.TryParse(bytes.AsSpan(6), out var message).ShouldBeTrue();
        message.Piece.ShouldBe(piece);
        message.Type.ShouldBe(isPiece ? MetadataMessageType.Data : MetadataMessageType.Reject);
        return message.Data;
    }
}
