using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed partial class LookupTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private static readonly NodeId Target = new("mnopqrstuvwxyz123456"u8);
    private static readonly ReferenceEd25519 Signatures = new();
    private readonly Random _random = new(1);
    private readonly QueryPacer _pacer = new(DhtSecuritySettings.Default, new Random(2));

    [Fact]
    public void Asks_the_closest_first_and_a_few_at_a_time()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var nodes = Near(6, 8);
        foreach (var node in nodes.Reverse()) lookup.AddNode(node);
        Ask(lookup, 0).ShouldBe(nodes.Take(4).Select(node => node.Address));
        Ask(lookup, 0).ShouldBeEmpty("as many as may are in flight");
        Reply(lookup, nodes[0]).ShouldBeTrue();
        Ask(lookup, 0).ShouldBe([nodes[4].Address]);
    }

    [Fact]
    public void Stalled_query_lets_another_be_asked_and_its_late_answer_counts()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var nodes = Near(6, 8);
        foreach (var node in nodes) lookup.AddNode(node);
        Ask(lookup, 0);
        lookup.Stalled(nodes[0].Address);
        lookup.Stalled(nodes[0].Address);
        lookup.InFlight.ShouldBe(3);
        Ask(lookup, 0).ShouldBe([nodes[4].Address]);
        Reply(lookup, nodes[0]).ShouldBeTrue();
        lookup.InFlight.ShouldBe(4);
        lookup.ClosestNodes().Select(node => node.Contact).ShouldBe([nodes[0]]);
        lookup.Failed(nodes[0].Address);
        lookup.ClosestNodes().Length.ShouldBe(1, "what was answered is over");
    }

    [Fact]
    public void Ends_when_the_closest_have_answered_without_waiting_for_who_stalls()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var nodes = Near(9, 8);
        foreach (var node in nodes) lookup.AddNode(node);
        for (var done = 0; lookup.End == LookupEnd.None && done < 20; done++)
        {
            foreach (var address in Ask(lookup, 0))
            {
                if (address == nodes[2].Address) lookup.Stalled(address);
                else Reply(lookup, nodes.Single(node => node.Address == address));
            }
        }

        lookup.End.ShouldBe(LookupEnd.Complete);
        lookup.ClosestNodes().Select(node => node.Contact).ShouldBe(nodes.Where(node => node != nodes[2]));
        lookup.Queries.ShouldBe(9);
    }

    [Fact]
    public void Asks_the_slow_again_when_nobody_else_is_left_and_waits_for_them_as_long_as_nobody_has_answered()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var node = Near(1, 8)[0];
        lookup.AddNode(node);
        for (var tries = 0; tries < 3; tries++)
        {
            Ask(lookup, tries * Second).ShouldBe([node.Address]);
            lookup.Stalled(node.Address);
        }

        Ask(lookup, 50 * Second).ShouldBeEmpty("three times is enough");
        for (var tries = 0; tries < 3; tries++)
        {
            lookup.End.ShouldBe(LookupEnd.None);
            lookup.Failed(node.Address);
            Ask(lookup, 50 * Second).ShouldBeEmpty();
        }

        (lookup.End, lookup.Queries).ShouldBe((LookupEnd.NoAnswer, 3));
    }

    [Fact]
    public void Answer_to_a_later_query_counts_though_the_first_has_timed_out()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var node = Near(1, 8)[0];
        lookup.AddNode(node);
        Ask(lookup, 0).ShouldHaveSingleItem();
        lookup.Stalled(node.Address);
        Ask(lookup, Second).ShouldHaveSingleItem();
        lookup.Failed(node.Address);
        Ask(lookup, 15 * Second).ShouldBeEmpty();
        Reply(lookup, node).ShouldBeTrue();
        Ask(lookup, 15 * Second).ShouldBeEmpty();
        lookup.End.ShouldBe(LookupEnd.Complete);
    }

    [Fact]
    public void Waits_for_the_last_that_are_slow_only_for_a_while_when_others_have_answered()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var nodes = Near(2, 8);
        foreach (var node in nodes) lookup.AddNode(node);
        Ask(lookup, 0);
        Reply(lookup, nodes[0]);
        lookup.Stalled(nodes[1].Address);
        Ask(lookup, Second).ShouldBe([nodes[1].Address]);
        lookup.Stalled(nodes[1].Address);
        Ask(lookup, 2 * Second).ShouldBe([nodes[1].Address]);
        lookup.Stalled(nodes[1].Address);
        Ask(lookup, (5 * Second) - 1).ShouldBeEmpty();
        lookup.End.ShouldBe(LookupEnd.None);
        Ask(lookup, 5 * Second).ShouldBeEmpty();
        lookup.End.ShouldBe(LookupEnd.Complete);
        lookup.ClosestNodes().Select(node => node.Contact).ShouldBe([nodes[0]]);
    }

    [Fact]
    public void Router_that_is_slow_is_asked_again()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        lookup.AddRouter(At("5.0.0.1"));
        Ask(lookup, 0).ShouldBe([At("5.0.0.1")]);
        lookup.Stalled(At("5.0.0.1"));
        Ask(lookup, Second).ShouldBe([At("5.0.0.1")]);
        var node = Near(1, 8)[0];
        Reply(lookup, new NodeContact(NodeId.Create(_random), At("5.0.0.1")), node).ShouldBeTrue();
        Ask(lookup, Second).ShouldBe([node.Address]);
    }

    [Fact]
    public void Without_nodes_it_ends_and_with_routers_it_begins()
    {
        var nobody = Begin(KrpcMethod.FindNode);
        Ask(nobody, 0).ShouldBeEmpty();
        nobody.End.ShouldBe(LookupEnd.NoAnswer);
        var lookup = Begin(KrpcMethod.FindNode);
        for (var i = 0; i < Lookup.MaxRouters; i++) lookup.AddRouter(At($"5.{i}.0.1")).ShouldBeTrue();
        lookup.AddRouter(At("6.0.0.1")).ShouldBeFalse();
        Ask(lookup, 0).Count.ShouldBe(4);
        var node = Near(1, 8)[0];
        Reply(lookup, new NodeContact(NodeId.Create(_random), At("5.0.0.1")), node).ShouldBeTrue("a router may have any id");
        foreach (var router in (string[])["5.1.0.1", "5.2.0.1", "5.3.0.1"]) lookup.Failed(At(router));
        Ask(lookup, 0).ShouldBe([node.Address]);
        Reply(lookup, node).ShouldBeTrue();
        while (lookup.End == LookupEnd.None)
        {
            foreach (var address in Ask(lookup, 0)) lookup.Failed(address);
        }

        lookup.ClosestNodes().Select(found => found.Contact).ShouldBe([node]);
        lookup.ClosestNodes()[0].Hops.ShouldBe(1);
    }

    [Fact]
    public void Node_under_another_id_and_an_answer_nobody_asked_for_are_not_believed()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var nodes = Near(2, 8);
        lookup.AddNode(nodes[0]);
        lookup.AddNode(nodes[1]);
        Ask(lookup, 0);
        Reply(lookup, nodes[0] with { Id = NodeId.Create(_random) }).ShouldBeFalse();
        Reply(lookup, nodes[0]).ShouldBeFalse("it has failed");
        Reply(lookup, new NodeContact(NodeId.Create(_random), At("7.7.7.7"))).ShouldBeFalse();
        (lookup.Liars, lookup.Answers, lookup.InFlight).ShouldBe((1, 0, 1));
    }

    [Fact]
    public void Bogus_addresses_and_our_own_id_are_not_taken()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        var nodes = Near(1, 8);
        lookup.AddNode(nodes[0]);
        Ask(lookup, 0);
        NodeContact Told(string address, int port = 6881) => new(NodeId.Create(_random), At(address, port));
        Reply(lookup, nodes[0], Told("127.0.0.1"), Told("10.0.0.1"), Told("224.0.0.1"), Told("8.8.8.8", 0), new NodeContact(new NodeId(new byte[20]), At("8.8.4.4")));
        Ask(lookup, 0).ShouldBeEmpty();
        lookup.End.ShouldBe(LookupEnd.Complete);
    }

    [Fact]
    public void Pacer_keeps_queries_to_one_host_apart_over_lookups()
    {
        var asked = 0;
        var node = Near(1, 8)[0];
        for (var i = 0; i < 10; i++)
        {
            var lookup = Begin(KrpcMethod.FindNode);
            lookup.AddNode(node);
            asked += Ask(lookup, 0).Count;
            if (asked == 4) break;
            if (asked != 3 || i < 3) continue;
            lookup.End.ShouldBe(LookupEnd.None, "it waits its turn");
            asked += Ask(lookup, Second).Count;
        }

        asked.ShouldBe(4);
    }

    [Fact]
    public void Limits_of_queries_time_and_candidates_hold()
    {
        var lookup = Begin(KrpcMethod.FindNode, new LookupSettings { MaxQueries = 8, MaxCandidates = 16 });
        foreach (var node in Near(40, 8)) lookup.AddNode(node);
        lookup.DroppedNodes.ShouldBe(24);
        while (lookup.End == LookupEnd.None)
        {
            foreach (var address in Ask(lookup, 0)) lookup.Failed(address);
        }

        (lookup.End, lookup.Queries).ShouldBe((LookupEnd.TooManyQueries, 8));
        var slow = Begin(KrpcMethod.FindNode);
        foreach (var node in Near(4, 8)) slow.AddNode(node);
        Ask(slow, (60 * Second) - 1).Count.ShouldBe(4);
        Ask(slow, 60 * Second).ShouldBeEmpty();
        slow.End.ShouldBe(LookupEnd.TooLong);
    }

    [Fact]
    public void Candidates_of_one_network_are_few_and_one_that_failed_blocks_nobody()
    {
        var lookup = Begin(KrpcMethod.FindNode);
        List<NodeContact> nodes = [.. Enumerable.Range(1, 5).Select(i => new NodeContact(new NodeIdPrefix(Target, 20 - i).Half(upper: !Target.Value[20 - i]).Draw(_random), At($"8.8.8.{i}")))];
        foreach (var node in nodes) lookup.AddNode(node);
        lookup.DroppedNodes.ShouldBe(1);
        for (var i = 0; i < 4; i++)
        {
            Ask(lookup, 0).ShouldBe([nodes[i].Address]);
            lookup.Failed(nodes[i].Address);
        }

        Ask(lookup, 0).ShouldBeEmpty();
    }

    [Fact]
    public void Immutable_item_ends_the_lookup_and_a_false_one_is_a_lie()
    {
        var item = DhtItem.Immutable("5:hello"u8);
        var lookup = Begin(KrpcMethod.Get, target: item.Target);
        var nodes = Near(2, 8);
        foreach (var node in nodes) lookup.AddNode(node);
        Ask(lookup, 0);
        lookup.Receive(nodes[0].Address, Message(nodes[0], value: "5:hellO"u8)).ShouldBeFalse();
        (lookup.Results.BadItems, lookup.Liars).ShouldBe((1, 1));
        lookup.Receive(nodes[1].Address, Message(nodes[1], value: "5:hello"u8)).ShouldBeTrue();
        lookup.End.ShouldBe(LookupEnd.Found);
        lookup.Results.Item.ShouldBe(item);
    }

    [Fact]
    public void Newest_signed_item_wins_and_its_copies_are_counted()
    {
        DhtItem Item(long sequence) => DhtItem.Mutable(Encoding.ASCII.GetBytes($"i{sequence}e"), "s"u8, sequence, new byte[32], Signatures);
        var lookup = Begin(KrpcMethod.Get, target: Item(1).Target, salt: "s");
        var nodes = Near(5, 8).OrderBy(node => node.Id.DistanceTo(lookup.Request.Target)).ToArray();
        foreach (var node in nodes) lookup.AddNode(node);
        Ask(lookup, 0);
        bool Give(int node, DhtItem item)
        {
            if (node == 4) Ask(lookup, 0).ShouldHaveSingleItem();
            return lookup.Receive(nodes[node].Address, Message(nodes[node], item.Value.AsSpan(), item.PublicKey.AsSpan(), item.Signature.AsSpan(), item.Sequence));
        }

        Give(0, Item(4)).ShouldBeTrue();
        Give(1, Item(3)).ShouldBeTrue("old, but no lie");
        Give(2, Item(5) with { Sequence = 6 }).ShouldBeFalse();
        Give(3, Item(5)).ShouldBeTrue();
        Give(4, Item(5)).ShouldBeTrue();
        (lookup.Results.Item, lookup.Results.ItemCopies, lookup.Results.BadItems).ShouldBe((Item(5), 2, 1));
        lookup.ClosestNodes().Select(node => node.Sequence).ShouldBe([4, 3, 5, 5]);
    }

    [Fact]
    public void Scrape_joins_the_filters_of_all_nodes_and_the_peers_of_old_ones()
    {
        var lookup = Begin(KrpcMethod.GetPeers, scrape: true);
        var nodes = Near(3, 8);
        foreach (var node in nodes) lookup.AddNode(node);
        Ask(lookup, 0);
        var (seeds, peers) = (new ScrapeFilter(), new ScrapeFilter());
        for (var i = 0; i < 30; i++) (i < 10 ? seeds : peers).Add(At($"8.8.8.{i}"));
        lookup.Receive(nodes[0].Address, Message(nodes[0], seedFilter: seeds.Bits, peerFilter: peers.Bits)).ShouldBeTrue();
        lookup.Receive(nodes[1].Address, Message(nodes[1], seedFilter: seeds.Bits, peerFilter: peers.Bits)).ShouldBeTrue();
        byte[] old = [.. Enumerable.Range(0, 12).SelectMany(i => (byte[])[8, 8, 8, (byte)(i < 5 ? i : i + 100), 26, 225])];
        lookup.Receive(nodes[2].Address, Message(nodes[2], peers: old)).ShouldBeTrue();
        lookup.Results.Scrape!.Value.Seeds.ShouldBe(10, 0.2);
        lookup.Results.Scrape!.Value.Peers.ShouldBe(27, 1, "the five that are seeds elsewhere count as seeds");
        lookup.Results.PeerCount.ShouldBe(12);
    }

    [Fact]
    public void Samples_and_peers_are_bounded_and_come_once()
    {
        var settings = new LookupSettings { MaxPeers = 5, MaxPeersPerReply = 4, MaxSamples = 3 };
        var lookup = Begin(KrpcMethod.GetPeers, settings);
        var nodes = Near(2, 8);
        foreach (var node in nodes) lookup.AddNode(node);
        Ask(lookup, 0);
        byte[] Peers(int from) => [.. Enumerable.Range(from, 6).SelectMany(i => (byte[])[8, 8, 8, (byte)i, 26, 225])];
        lookup.Receive(nodes[0].Address, Message(nodes[0], peers: Peers(0)));
        lookup.Results.TakePeers().Length.ShouldBe(4);
        lookup.Receive(nodes[1].Address, Message(nodes[1], peers: Peers(3)));
        lookup.Results.TakePeers().Length.ShouldBe(1);
        lookup.Results.Dropped.ShouldBe(2);
        var sampling = Begin(KrpcMethod.SampleInfohashes, settings);
        foreach (var node in nodes) sampling.AddNode(node);
        Ask(sampling, Second * 10);
        var samples = new byte[80];
        for (var i = 0; i < 4; i++) samples[i * 20] = (byte)(i / 2);
        sampling.Receive(nodes[0].Address, Message(nodes[0], samples: samples)).ShouldBeTrue();
        sampling.Results.TakeSamples().Length.ShouldBe(2);
    }

    [Fact]
    public void Closest_with_enough_secure_ids_are_all_there_is()
    {
        var lookup = Begin(KrpcMethod.GetPeers);
        var nodes = Secure(12);
        foreach (var node in nodes) lookup.AddNode(node);
        AnswerAll(lookup, nodes);
        lookup.NodesToStoreAt().Select(node => node.Contact).ShouldBe(nodes.Take(8));
        lookup.Queries.ShouldBe(8);
    }

    private void AnswerAll(Lookup lookup, NodeContact[] nodes)
    {
        while (lookup.End == LookupEnd.None)
        {
            foreach (var address in Ask(lookup, 0)) Reply(lookup, nodes.Single(node => node.Address == address));
        }
    }

    // Nodes whose ids follow BEP 42, the closest first, of networks of their own.
    private NodeContact[] Secure(int count) =>
        [.. Enumerable.Range(1, count).Select(i => At($"11.{i}.1.1")).Select(address => new NodeContact(SecureNodeId.Create(address, _random), address)).OrderBy(node => node.Id.DistanceTo(Target))];

    private static KrpcMessage Message(
        NodeContact node, ReadOnlySpan<byte> value = default, ReadOnlySpan<byte> key = default, ReadOnlySpan<byte> signature = default, long? sequence = null, ReadOnlySpan<byte> peers = default, ReadOnlySpan<byte> seedFilter = default,
        ReadOnlySpan<byte> peerFilter = default, ReadOnlySpan<byte> samples = default, byte[]? nodes = null)
    {
        var buffer = new byte[2_000];
        var reply = new KrpcReply
        {
            TransactionId = "aa"u8,
            Id = node.Id,
            Querier = At("8.8.8.8"),
            HasNodes = true,
            Nodes = nodes,
            Value = value,
            PublicKey = key,
            Signature = signature,
            Sequence = sequence,
            Peers = peers,
            SeedFilter = seedFilter,
            PeerFilter = peerFilter,
            HasSamples = !samples.IsEmpty,
            Samples = samples,
        };
        KrpcDecoder.TryDecode(buffer.AsSpan(0, KrpcEncoder.Write(buffer, reply)), KrpcLimits.Default, out var message).ShouldBeTrue();
        return message;
    }

    private static bool Reply(Lookup lookup, NodeContact node, params NodeContact[] told)
    {
        var nodes = new byte[told.Length * 26];
        for (var i = 0; i < told.Length; i++) told[i].WriteCompact(nodes.AsSpan(i * 26));
        return lookup.Receive(node.Address, Message(node, nodes: nodes));
    }

    private List<UdpAddress> Ask(Lookup lookup, long now)
    {
        var addresses = new UdpAddress[16];
        return [.. addresses[..lookup.NextQueries(now, _pacer, addresses)]];
    }

    // Nodes with at least so many bits in common with the target, the closest first, of networks of their own.
    private NodeContact[] Near(int count, int bits) =>
        [.. Enumerable.Range(1, count).Select(i => new NodeContact(new NodeIdPrefix(Target, bits).Draw(_random), At($"9.{i}.1.1"))).OrderBy(node => node.Id.DistanceTo(Target))];

    private static Lookup Begin(KrpcMethod method, LookupSettings? settings = null, NodeId? target = null, string salt = "", bool scrape = false) =>
        new(new LookupRequest(method, target ?? Target) { Salt = [.. Encoding.ASCII.GetBytes(salt)], Scrape = scrape }, new NodeId(new byte[20]), new AddressFilter(DhtSecuritySettings.Default, AddressFamily.InterNetwork), Signatures, settings ?? LookupSettings.Default, 0);
}
