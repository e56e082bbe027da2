using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed class DhtResponderTests
{
    private static readonly NodeId Id = new("abcdefghij0123456789"u8);
    private static readonly NodeId Target = new("mnopqrstuvwxyz123456"u8);
    private static readonly ReferenceEd25519 Signatures = new();
    private readonly byte[] _answer = new byte[1_472];
    private readonly byte[] _question = new byte[1_472];
    private readonly DhtResponder _responder;
    private readonly UdpAddress _source = At("8.8.8.8");
    private long _now;

    public DhtResponderTests() => _responder = Responder(new DhtSecuritySettings { QueriesPerHost = 1_000_000, QueriesPerNetwork = 1_000_000, QueriesInAll = 10_000_000, UnprovenBytesPerSecond = 100_000_000 });

    [Fact]
    public void Ping_is_answered_with_our_id_and_the_askers_address()
    {
        var answer = Ask(new KrpcQuery { Method = KrpcMethod.Ping, TransactionId = "aa"u8, Id = Id });
        (answer.Kind, answer.Id, answer.ExternalAddress).ShouldBe((KrpcKind.Reply, _responder.Table.Own, _source));
        answer.TransactionId.SequenceEqual("aa"u8).ShouldBeTrue();
        answer.Nodes.Count.ShouldBe(0);
    }

    [Fact]
    public void Nodes_of_the_wanted_families_are_the_closest()
    {
        _responder.OtherTable = Table(AddressFamily.InterNetworkV6);
        var closest = new NodeContact[8];
        _responder.Table.FindClosest(Target, closest);
        var own = Ask(new KrpcQuery { Method = KrpcMethod.FindNode, TransactionId = "aa"u8, Id = Id, Target = Target });
        Contacts(own.Nodes).ShouldBe(closest);
        own.Nodes6.Count.ShouldBe(0);
        var both = Ask(new KrpcQuery { Method = KrpcMethod.FindNode, TransactionId = "aa"u8, Id = Id, Target = Target, Want = KrpcWant.V4 | KrpcWant.V6 });
        (both.Nodes.Count, both.Nodes6.Count).ShouldBe((8, 8));
        var other = Ask(new KrpcQuery { Method = KrpcMethod.FindNode, TransactionId = "aa"u8, Id = Id, Target = Target, Want = KrpcWant.V6 });
        (other.Nodes.Count, other.Nodes6.Count).ShouldBe((0, 8));
    }

    [Fact]
    public void Unknown_method_with_a_target_is_answered_as_find_node_and_without_is_an_error()
    {
        AskRaw("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q4:fooo1:t2:aa1:y1:qe").Nodes.Count.ShouldBe(8);
        AskRaw("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q4:fooo1:t2:aa1:y1:qe").Nodes.Count.ShouldBe(8);
        AskRaw("d1:ad2:id20:abcdefghij0123456789e1:q4:fooo1:t2:aa1:y1:qe").ErrorCode.ShouldBe(204);
        AskRaw("d1:q4:ping1:t2:aa1:y1:qe").ErrorCode.ShouldBe(203);
        _responder.Errors.ShouldBe(2);
    }

    [Fact]
    public void Announced_peer_is_given_to_who_asks()
    {
        Announce("8.8.8.8", port: 1234, isSeed: false);
        var reply = Ask(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target });
        Peers(reply.Peers).ShouldBe(["8.8.8.8:1234"]);
        (reply.Nodes.Count, reply.Token.Length).ShouldBe((8, 8));
        var implied = Ask(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = reply.Token, Port = 1, ImpliedPort = true });
        implied.Kind.ShouldBe(KrpcKind.Reply);
        Peers(Ask(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target }).Peers).ShouldBe(["8.8.8.8:6881"]);
    }

    [Fact]
    public void Get_peers_with_noseed_is_answered_with_seeds_only_where_there_is_nobody_else()
    {
        for (var i = 0; i < 120; i++) Announce($"8.8.{i}.8", port: 1234, isSeed: true);
        var query = new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target };
        // Whoever has everything still gets to know that the torrent is there.
        Peers(Ask(query with { NoSeed = true }).Peers).ShouldNotBeEmpty();
        for (var i = 0; i < 120; i++) Announce($"9.9.{i}.9", port: 1234, isSeed: false);
        Peers(Ask(query with { NoSeed = true }).Peers).ShouldAllBe(peer => peer.StartsWith("9.9."));
        var all = Peers(Ask(query).Peers);
        all.ShouldContain(peer => peer.StartsWith("8.8."));
        all.ShouldContain(peer => peer.StartsWith("9.9."));
    }

    [Fact]
    public void Announce_with_a_wrong_token_or_port_is_refused()
    {
        var token = Ask(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target }).Token.ToArray();
        Ask(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = "12345678"u8, Port = 5 }).ErrorCode.ShouldBe(203);
        Ask(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = token, Port = 1 }).ErrorCode.ShouldBe(203);
        _now += TimeSpan.FromMinutes(10).Ticks;
        Ask(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = token, Port = 5 }).ErrorCode.ShouldBe(203);
        _responder.Peers.PeerCount.ShouldBe(0);
    }

    [Fact]
    public void Scrape_has_filters_and_every_reply_fits_its_limit()
    {
        for (var i = 0; i < 200; i++) Announce($"8.8.{i}.8", port: 1234, isSeed: i < 50);
        _responder.OtherTable = Table(AddressFamily.InterNetworkV6);
        var reply = Ask(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target, Scrape = true, Want = KrpcWant.V4 | KrpcWant.V6 });
        (reply.SeedFilter.Length, reply.PeerFilter.Length, reply.Nodes.Count).ShouldBe((256, 256, 8));
        Peers(reply.Peers).Length.ShouldBeInRange(10, 40);
        var plain = Ask(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target });
        Peers(plain.Peers).Length.ShouldBeInRange(70, 100);
    }

    [Fact]
    public void Items_are_stored_and_given_back()
    {
        var item = DhtItem.Mutable("12:Hello World!"u8, "salt"u8, 7, new byte[32], Signatures);
        var token = Ask(new KrpcQuery { Method = KrpcMethod.Get, TransactionId = "aa"u8, Id = Id, Target = item.Target }).Token.ToArray();
        KrpcQuery PutOf(byte[] token) => new() { Method = KrpcMethod.Put, TransactionId = "aa"u8, Id = Id, Token = token, Value = item.Value.AsSpan(), PublicKey = item.PublicKey.AsSpan(), Signature = item.Signature.AsSpan(), Salt = item.Salt.AsSpan(), Sequence = 7 };
        Ask(PutOf([1, 2, 3, 4, 5, 6, 7, 8])).ErrorCode.ShouldBe(203);
        Ask(PutOf(token)).Kind.ShouldBe(KrpcKind.Reply);
        var reply = Ask(new KrpcQuery { Method = KrpcMethod.Get, TransactionId = "aa"u8, Id = Id, Target = item.Target });
        (reply.Sequence, reply.Nodes.Count).ShouldBe((7, 8));
        reply.Value.SequenceEqual("12:Hello World!"u8).ShouldBeTrue();
        reply.Signature.SequenceEqual(item.Signature.AsSpan()).ShouldBeTrue();
        var known = Ask(new KrpcQuery { Method = KrpcMethod.Get, TransactionId = "aa"u8, Id = Id, Target = item.Target, Sequence = 7 });
        (known.Sequence, known.Value.Length, known.PublicKey.Length, known.Token.Length).ShouldBe((7, 0, 0, 8));
        Ask(PutOf(token) with { Sequence = 8 }).ErrorCode.ShouldBe(206);
        Ask(PutOf(token) with { Cas = 6 }).ErrorCode.ShouldBe(301);
        Ask(PutOf(token) with { Sequence = 6 }).ErrorCode.ShouldBe(302);
        Ask(PutOf(token) with { Salt = new byte[65] }).ErrorCode.ShouldBe(207);
    }

    [Fact]
    public void Largest_item_fits_and_one_past_it_is_too_big()
    {
        var value = Encoding.ASCII.GetBytes($"996:{new string('v', 996)}");
        KrpcErrorCode? Put(byte[] value)
        {
            var token = Ask(new KrpcQuery { Method = KrpcMethod.Get, TransactionId = "aa"u8, Id = Id, Target = DhtItem.TargetOf(value) }).Token.ToArray();
            var answer = Ask(new KrpcQuery { Method = KrpcMethod.Put, TransactionId = "aa"u8, Id = Id, Token = token, Value = value });
            return answer.Kind == KrpcKind.Error ? (KrpcErrorCode)answer.ErrorCode : null;
        }

        Put(value).ShouldBeNull();
        Put(Encoding.ASCII.GetBytes($"997:{new string('v', 997)}")).ShouldBe(KrpcErrorCode.ValueTooBig);
        var reply = Ask(new KrpcQuery { Method = KrpcMethod.Get, TransactionId = "aa"u8, Id = Id, Target = DhtItem.TargetOf(value) });
        (reply.Value.Length, reply.Nodes.Count).ShouldBe((1_000, 8));
    }

    [Fact]
    public void Samples_come_with_their_number_and_interval()
    {
        Ask(new KrpcQuery { Method = KrpcMethod.SampleInfohashes, TransactionId = "aa"u8, Id = Id, Target = Target }).HasSamples.ShouldBeTrue();
        for (var i = 0; i < 60; i++) _responder.Peers.Announce(new InfoHash(NodeId.Create(new Random(i)).Value), _source, isSeed: false, Id, 0);
        var reply = Ask(new KrpcQuery { Method = KrpcMethod.SampleInfohashes, TransactionId = "aa"u8, Id = Id, Target = Target });
        (reply.Samples.Length, reply.SampleTotal, reply.SampleInterval, reply.Nodes.Count).ShouldBe((400, 60, 3_600, 8));
    }

    [Fact]
    public void Unproven_askers_get_nodes_but_no_more_when_the_allowance_is_spent_and_proven_ones_get_all()
    {
        var responder = Responder(new DhtSecuritySettings { UnprovenBytesPerSecond = 0 });
        for (var i = 0; i < 200; i++) responder.Peers.Announce(new InfoHash(Target.Value), At($"8.8.{i}.8"), isSeed: false, Id, 0);
        var (value, size) = (Encoding.ASCII.GetBytes($"900:{new string('v', 900)}"), 0);
        responder.Items.Put(new KrpcMessage { Value = value }, Id, 0).ShouldBeNull();
        foreach (var method in (KrpcMethod[])[KrpcMethod.Ping, KrpcMethod.FindNode, KrpcMethod.GetPeers, KrpcMethod.Get, KrpcMethod.SampleInfohashes])
        {
            var query = new KrpcQuery { Method = method, TransactionId = "aa"u8, Id = Id, Target = method == KrpcMethod.Get ? DhtItem.TargetOf(value) : Target, Scrape = true };
            var answer = Ask(responder, query, _source, out size);
            answer.Nodes.Count.ShouldBe(method == KrpcMethod.Ping ? 0 : 8);
            size.ShouldBeLessThanOrEqualTo(5 * KrpcEncoder.Write(_question, query));
            if (method == KrpcMethod.Get) answer.Value.Length.ShouldBe(0);
        }

        responder.WithheldItems.ShouldBe(1);
        var token = Ask(responder, new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target }, _source, out size).Token.ToArray();
        Ask(responder, new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = token, Port = 5 }, _source, out size);
        Ask(responder, new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target }, _source, out size);
        size.ShouldBeInRange(950, 1_024);
        Ask(responder, new KrpcQuery { Method = KrpcMethod.Get, TransactionId = "aa"u8, Id = Id, Target = DhtItem.TargetOf(value) }, _source, out size).Value.Length.ShouldBe(904);
    }

    [Fact]
    public void Nobody_answers_floods_bogus_sources_replies_or_when_read_only()
    {
        var query = new KrpcQuery { Method = KrpcMethod.Ping, TransactionId = "aa"u8, Id = Id };
        var size = KrpcEncoder.Write(_question, query);
        KrpcDecoder.TryDecode(_question.AsSpan(0, size), KrpcLimits.Default, out var message);
        _responder.Answer(message, At("224.0.0.1"), size, 0, _answer).ShouldBe(0);
        _responder.Answer(message, At("8.8.8.8", 0), size, 0, _answer).ShouldBe(0);
        _responder.Answer(message, At("2a00::1"), size, 0, _answer).ShouldBe(0);
        _responder.RefusedSources.ShouldBe(3);
        _responder.Answer(message, At("127.0.0.1"), size, 0, _answer).ShouldBeGreaterThan(0, "a network on loopback works as it is");
        _responder.IsReadOnly = true;
        _responder.Answer(message, _source, size, 0, _answer).ShouldBe(0);
        var limited = Responder(new DhtSecuritySettings { QueriesPerHost = 1, QueryBurstSeconds = 1 });
        limited.Answer(message, _source, size, 0, _answer).ShouldBeGreaterThan(0);
        limited.Answer(message, _source, size, 0, _answer).ShouldBe(0);
        KrpcDecoder.TryDecode("d1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re"u8, KrpcLimits.Default, out var reply);
        limited.Answer(reply, At("8.8.4.4"), size, 0, _answer).ShouldBe(0);
    }

    [Theory]
    [InlineData(KrpcMethod.Ping)]
    [InlineData(KrpcMethod.FindNode)]
    [InlineData(KrpcMethod.GetPeers)]
    [InlineData(KrpcMethod.AnnouncePeer)]
    [InlineData(KrpcMethod.Get)]
    [InlineData(KrpcMethod.SampleInfohashes)]
    public void Decoding_and_answering_allocates_nothing(KrpcMethod method)
    {
        for (var i = 0; i < 100; i++) Announce($"8.8.{i}.8", port: 1234, isSeed: false);
        var token = Ask(new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target }).Token.ToArray();
        Ask(new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = token, Port = 5 });
        var size = KrpcEncoder.Write(_question, new KrpcQuery { Method = method, TransactionId = "aa"u8, Id = Id, Target = Target, Token = token, Port = 5, Scrape = true, Want = KrpcWant.V4 });
        for (var i = 0; i < 200; i++) Once();
        Allocations.Of(1_000, Once).ShouldBe(0);

        void Once()
        {
            if (!KrpcDecoder.TryDecode(_question.AsSpan(0, size), KrpcLimits.Default, out var query) || _responder.Answer(query, _source, size, _now, _answer) == 0) throw new InvalidOperationException("no answer");
            _now += 1_000;
        }
    }

    private KrpcMessage Ask(in KrpcQuery query) => Ask(_responder, query, _source, out _);

    private KrpcMessage Ask(DhtResponder responder, in KrpcQuery query, UdpAddress source, out int size)
    {
        var asked = KrpcEncoder.Write(_question, query);
        KrpcDecoder.TryDecode(_question.AsSpan(0, asked), KrpcLimits.Default, out var message).ShouldBeTrue();
        size = responder.Answer(message, source, asked, _now, _answer);
        KrpcDecoder.TryDecode(_answer.AsSpan(0, size).ToArray(), KrpcLimits.Default, out var answer).ShouldBeTrue();
        return answer;
    }

    private KrpcMessage AskRaw(string query)
    {
        KrpcDecoder.TryDecode(Encoding.Latin1.GetBytes(query), KrpcLimits.Default, out var message).ShouldBeTrue();
        KrpcDecoder.TryDecode(_answer.AsSpan(0, _responder.Answer(message, _source, query.Length, _now, _answer)), KrpcLimits.Default, out var answer).ShouldBeTrue();
        return answer;
    }

    private void Announce(string source, int port, bool isSeed)
    {
        var token = Ask(_responder, new KrpcQuery { Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = Id, Target = Target }, At(source), out _).Token.ToArray();
        Ask(_responder, new KrpcQuery { Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = Id, Target = Target, Token = token, Port = port, IsSeed = isSeed }, At(source), out _).Kind.ShouldBe(KrpcKind.Reply);
    }

    private static DhtResponder Responder(DhtSecuritySettings security)
    {
        var peers = new PeerStore(DhtStorageSettings.Default, new Random(1));
        return new DhtResponder(
            Table(AddressFamily.InterNetwork), peers, new ItemStore(DhtStorageSettings.Default, Signatures), new InfohashSampler(DhtStorageSettings.Default, peers), new TokenIssuer(new byte[TokenIssuer.SecretSize], security),
            new AddressFilter(security, AddressFamily.InterNetwork), new QueryLimiter(security, new Random(2)), new AmplificationGuard(security, new Random(3), 0), ResponderSettings.Default);
    }

    private static RoutingTable Table(AddressFamily family)
    {
        var random = new Random(4);
        var buckets = new RoutingBuckets(NodeId.Create(random), family, RoutingSettings.Default, 0);
        for (var i = 0; i < 200; i++)
        {
            var address = family == AddressFamily.InterNetwork ? Public(random) : At($"2a00:{i}::1");
            buckets.Replied(new NodeContact(NodeId.Create(random), address), 0);
        }

        return buckets.Table;
    }

    private static NodeContact[] Contacts(CompactNodes nodes)
    {
        List<NodeContact> found = [];
        foreach (var node in nodes) found.Add(node);
        return [.. found];
    }

    private static string[] Peers(CompactPeers peers)
    {
        List<string> found = [];
        foreach (var peer in peers) found.Add(peer.ToString());
        return [.. found];
    }
}
