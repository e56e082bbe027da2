using FsCheck.Fluent;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.Protocol.Dht;

public sealed class KrpcEncoderTests
{
    private static readonly NodeId Id = new("abcdefghij0123456789"u8);
    private static readonly NodeId Target = new("mnopqrstuvwxyz123456"u8);
    private static readonly UdpAddress V4 = new([192, 0, 2, 7], 6881);
    private static readonly UdpAddress V6 = new([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], 6881);

    [Theory]
    [InlineData("ping query", KrpcMethod.Ping)]
    [InlineData("find_node query", KrpcMethod.FindNode)]
    [InlineData("get_peers query", KrpcMethod.GetPeers)]
    [InlineData("sample_infohashes query (BEP 51)", KrpcMethod.SampleInfohashes)]
    [InlineData("get query (BEP 44)", KrpcMethod.Get)]
    public void Queries_equal_the_vectors_but_for_the_version(string vector, KrpcMethod method)
    {
        var transaction = KrpcDecoderTests.Vector(vector).AsSpan().IndexOf("2:aa"u8) >= 0 ? "aa"u8 : "ab"u8;
        var query = new KrpcQuery { Method = method, TransactionId = transaction, Id = Id, Target = Target };
        WithoutVersion(Write(query)).ShouldBe(KrpcDecoderTests.Vector(vector));
    }

    [Fact]
    public void Announces_scrapes_and_puts_equal_the_vectors_but_for_the_version()
    {
        WithoutVersion(Write(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = "aoeusnth"u8, Port = 6881, ImpliedPort = true }))
            .ShouldBe(KrpcDecoderTests.Vector("announce_peer query"));
        WithoutVersion(Write(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "ab"u8, Id = Id, Target = Target, Token = "tk"u8, Port = 6881, IsSeed = true }))
            .ShouldBe(KrpcDecoderTests.Vector("announce_peer seed (BEP 33)"));
        WithoutVersion(Write(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "ab"u8, Id = Id, Target = Target, Scrape = true, NoSeed = true }))
            .ShouldBe(KrpcDecoderTests.Vector("get_peers query noseed+scrape (BEP 33)"));
        WithoutVersion(Write(new KrpcQuery { Method = KrpcMethod.Put, TransactionId = "ab"u8, Id = Id, Token = "tk"u8, Value = "12:Hello World!"u8 }))
            .ShouldBe(KrpcDecoderTests.Vector("put immutable (BEP 44)"));
    }

    [Fact]
    public void Query_that_does_not_fit_is_not_written()
    {
        var query = new KrpcQuery { Method = KrpcMethod.Ping, TransactionId = "aa"u8, Id = Id, IsReadOnly = true };
        var size = Write(query).Length;
        KrpcEncoder.Write(new byte[size], query).ShouldBe(size);
        KrpcEncoder.Write(new byte[size - 1], query).ShouldBe(0);
    }

    [Fact]
    public void A_query_comes_back_as_it_was() => PropertyCheck.Holds(
        from method in Gen.Elements(Enum.GetValues<KrpcMethod>().Where(method => method != KrpcMethod.Unknown).ToArray())
        from bits in Gen.Choose(0, 1023)
        from transaction in Gen.Choose(1, 8)
        from number in Gen.Elements(0L, 1L, 77L, long.MaxValue)
        select (method, bits, transaction, number),
        values =>
        {
            var (method, bits, transaction, number) = values;
            bool Bit(int bit) => (bits & (1 << bit)) != 0;
            var isMutable = method == KrpcMethod.Put && Bit(0);
            var query = new KrpcQuery
            {
                Method = method,
                TransactionId = new byte[transaction],
                Id = Id,
                IsReadOnly = Bit(1),
                Target = Target,
                Want = (KrpcWant)((bits >> 2) & 3),
                Scrape = Bit(4),
                NoSeed = Bit(5),
                Token = "token"u8,
                Port = 1 + (bits * 60),
                ImpliedPort = Bit(6),
                IsSeed = Bit(7),
                Value = "d1:ai1e1:bl1:xee"u8,
                PublicKey = isMutable ? new byte[32] : [],
                Signature = isMutable ? new byte[64] : [],
                Salt = Bit(8) ? "salt"u8 : [],
                Sequence = isMutable || Bit(9) ? number : null,
                Cas = Bit(9) ? number : null,
            };
            var bytes = Write(query);
            IsCanonical(bytes).ShouldBeTrue();
            KrpcDecoder.TryDecode(bytes, KrpcLimits.Default, out var read).ShouldBeTrue();
            (read.Method, read.Fault, read.Id, read.IsReadOnly).ShouldBe((method, KrpcFault.None, (NodeId?)Id, query.IsReadOnly));
            read.TransactionId.Length.ShouldBe(transaction);
            var isLookup = method is KrpcMethod.FindNode or KrpcMethod.GetPeers or KrpcMethod.Get or KrpcMethod.SampleInfohashes;
            if (isLookup) (read.Target, read.Want).ShouldBe((Target, query.Want));
            if (method == KrpcMethod.GetPeers) (read.Scrape, read.NoSeed).ShouldBe((query.Scrape, query.NoSeed));
            if (method == KrpcMethod.AnnouncePeer) (read.ImpliedPort, read.IsSeed, read.Port).ShouldBe((query.ImpliedPort, query.IsSeed, query.ImpliedPort ? 0 : query.Port));
            if (method == KrpcMethod.Get) read.Sequence.ShouldBe(query.Sequence);
            if (isMutable) (read.Sequence, read.Cas, read.Salt.Length).ShouldBe((query.Sequence, query.Cas, query.Salt.Length));
            if (method == KrpcMethod.Put) read.Value.SequenceEqual(query.Value).ShouldBeTrue();
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reply_of_any_room_is_canonical_and_uses_what_it_may(bool isV6)
    {
        var nodes = new byte[8 * 26];
        var nodes6 = new byte[8 * 38];
        for (var i = 0; i < 8; i++)
        {
            new NodeContact(Id, V4).WriteCompact(nodes.AsSpan(i * 26));
            new NodeContact(Id, V6).WriteCompact(nodes6.AsSpan(i * 38));
        }

        var querier = isV6 ? V6 : V4;
        var peers = new byte[querier.CompactSize * 100];
        for (var i = 0; i < 100; i++) querier.WriteCompact(peers.AsSpan(i * querier.CompactSize));
        var (before, smallest, largest) = (0, int.MaxValue, 0);
        for (var room = 0; room < 3_600; room++)
        {
            var buffer = new byte[room];
            var reply = new KrpcReply { TransactionId = "aa"u8, Id = Id, Querier = querier, HasNodes = true, Nodes = nodes, HasNodes6 = true, Nodes6 = nodes6, Peers = peers, Token = "12345678"u8 };
            var written = KrpcEncoder.Write(buffer, reply);
            KrpcEncoder.Write(new byte[room], reply with { Peers = peers.AsSpan(0, Math.Min(peers.Length, KrpcEncoder.RoomForPeers(room, reply))) }).ShouldBe(written, "more peers than there is room for change nothing");
            if (written == 0)
            {
                before.ShouldBe(0);
                continue;
            }

            smallest = Math.Min(smallest, room);
            written.ShouldBeGreaterThanOrEqualTo(before - 40, "more room is no reason to say much less");
            (room - written).ShouldBeLessThan(room > 1_000 && before < largest ? 60 : int.MaxValue);
            largest = Math.Max(largest, written);
            before = written;
            IsCanonical(buffer.AsSpan(0, written)).ShouldBeTrue();
            KrpcDecoder.TryDecode(buffer.AsSpan(0, written), KrpcLimits.Default, out var read).ShouldBeTrue();
            read.ExternalAddress.ShouldBe(querier);
            read.Token.Length.ShouldBe(8);
            // First the own family's nodes, then peers, then the others.
            var (own, other) = isV6 ? (read.Nodes6.Count, read.Nodes.Count) : (read.Nodes.Count, read.Nodes6.Count);
            var told = 0;
            foreach (var peer in read.Peers) told += peer == querier ? 1 : 0;
            // What is too little for one node more may still hold a peer or two.
            if (told > 2) own.ShouldBe(8);
            if (other > 0) told.ShouldBe(100);
            if (room == 3_599) (own, told, other).ShouldBe((8, 100, 8));
        }

        smallest.ShouldBeLessThan(130);
    }

    [Fact]
    public void An_error_equals_the_vector_but_for_version_and_address()
    {
        var buffer = new byte[200];
        var written = KrpcEncoder.WriteError(buffer, "ab"u8, V4, KrpcErrorCode.MethodUnknown, "Method Unknown"u8);
        IsCanonical(buffer.AsSpan(0, written)).ShouldBeTrue();
        KrpcDecoder.TryDecode(buffer.AsSpan(0, written), KrpcLimits.Default, out var read).ShouldBeTrue();
        (read.Kind, read.ErrorCode, read.ExternalAddress).ShouldBe((KrpcKind.Error, 204, V4));
        KrpcEncoder.WriteError(new byte[written - 1], "ab"u8, V4, KrpcErrorCode.MethodUnknown, "Method Unknown"u8).ShouldBe(0);
    }

    private static byte[] Write(in KrpcQuery query)
    {
        var buffer = new byte[1_500];
        return buffer[..KrpcEncoder.Write(buffer, query)];
    }

    private static byte[] WithoutVersion(byte[] message)
    {
        var at = message.AsSpan().IndexOf("1:v4:SW"u8);
        at.ShouldBeGreaterThan(0);
        return [.. message[..at], .. message[(at + 9)..]];
    }

    private static bool IsCanonical(ReadOnlySpan<byte> bytes)
    {
        using var document = BencodeDocument.Parse(bytes, BencodeLimits.Default);
        return document.Error is null && !document.HasTrailingBytes && document.Root.IsCanonical;
    }
}
