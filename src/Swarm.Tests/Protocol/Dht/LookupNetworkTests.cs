using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed class LookupNetworkTests
{
    [Theory]
    [InlineData(1_200, 0)]
    [InlineData(1_200, 0.2)]
    public void Lookup_finds_the_closest_node_and_few_hops_lead_to_it(int nodes, double dead)
    {
        var dht = new SimulatedDht(seed: 5, nodes, dead);
        var living = dht.Nodes.Where(node => !node.IsDead).ToList();
        var (found, closest, hops, queries, runs) = (0, 0, 0, 0, 200);
        for (var run = 0; run < runs; run++)
        {
            var target = dht.DrawTarget();
            var lookup = dht.Run(new LookupRequest(KrpcMethod.FindNode, target), living[run]);
            lookup.End.ShouldBe(LookupEnd.Complete);
            var expected = living.Where(node => node != living[run]).Select(node => node.Contact).OrderBy(contact => contact.Id.DistanceTo(target)).Take(8).ToList();
            var result = lookup.ClosestNodes();
            result.Select(node => node.Contact.Id.DistanceTo(target)).ShouldBeInOrder();
            if (result[0].Contact == expected[0]) found++;
            closest += result.Count(node => expected.Contains(node.Contact));
            hops += lookup.Hops;
            queries += lookup.Queries;
        }

        found.ShouldBeGreaterThanOrEqualTo(runs * 99 / 100);
        closest.ShouldBeGreaterThanOrEqualTo(runs * 8 * 97 / 100);
        (hops / (double)runs).ShouldBeLessThan(4.5);
        (queries / (double)runs).ShouldBeLessThan(dead > 0 ? 40 : 30);
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(3, 64)]
    [InlineData(3, 256)]
    public void Sybils_of_few_networks_cannot_capture_a_lookup(int networks, int each)
    {
        var dht = new SimulatedDht(seed: 6, 1_000);
        var target = dht.DrawTarget();
        for (var network = 0; network < networks; network++)
        {
            // Each closer to the target than any honest node can be.
            for (var i = 0; i < each; i++) dht.AddAttacker(new NodeContact(new NodeIdPrefix(target, 40).Draw(new Random((network * 1000) + i)), At($"66.{network}.{i % 4}.{i}", 1000 + i)));
        }

        // The attacker is known to everybody around the target.
        foreach (var node in dht.Nodes.OrderBy(node => node.Contact.Id.DistanceTo(target)).Take(100))
        {
            foreach (var attacker in dht.Attackers) node.Buckets.Replied(attacker, 0);
        }

        for (var run = 0; run < 20; run++)
        {
            var lookup = dht.Run(new LookupRequest(KrpcMethod.FindNode, target), dht.Nodes[run]);
            lookup.End.ShouldBe(LookupEnd.Complete);
            var result = lookup.ClosestNodes();
            result.Length.ShouldBe(8);
            var captured = result.Count(node => dht.Attackers.Contains(node.Contact));
            captured.ShouldBeLessThanOrEqualTo(networks * 2);
            var honest = dht.Nodes.Select(node => node.Contact).OrderBy(contact => contact.Id.DistanceTo(target)).First();
            result.ShouldContain(node => node.Contact == honest, "the closest honest node is still found");
        }
    }

    [Fact]
    public void Invented_nodes_of_many_networks_cost_queries_and_hide_nobody()
    {
        var dht = new SimulatedDht(seed: 7, 1_000);
        var target = dht.DrawTarget();
        var random = new Random(8);
        // One real attacker who tells of sixteen invented nodes a reply: nobody is there.
        var attacker = new NodeContact(new NodeIdPrefix(target, 40).Draw(random), At("66.1.1.1"));
        dht.AddAttacker(attacker);
        for (var i = 0; i < 16; i++) dht.Attackers.Add(new NodeContact(new NodeIdPrefix(target, 30).Draw(random), Public(random)));
        foreach (var node in dht.Nodes) node.Buckets.Replied(attacker, 0);
        var lookup = dht.Run(new LookupRequest(KrpcMethod.FindNode, target), dht.Nodes[0]);
        lookup.End.ShouldBe(LookupEnd.Complete);
        var honest = dht.Nodes.Skip(1).Select(node => node.Contact).OrderBy(contact => contact.Id.DistanceTo(target)).Take(5).ToList();
        lookup.ClosestNodes().Count(node => honest.Contains(node.Contact)).ShouldBe(5);
        lookup.Queries.ShouldBeLessThan(60);
    }

    [Fact]
    public void Peers_stream_in_and_tokens_come_with_the_closest()
    {
        var dht = new SimulatedDht(seed: 9, 300);
        var target = dht.DrawTarget();
        foreach (var (node, index) in dht.Nodes.OrderBy(node => node.Contact.Id.DistanceTo(target)).Take(8).Select((node, index) => (node, index)))
        {
            node.Peers = new byte[12];
            At($"9.9.9.{index}").WriteCompact(node.Peers);
            At("9.9.9.99").WriteCompact(node.Peers.AsSpan(6));
        }

        var lookup = dht.Run(new LookupRequest(KrpcMethod.GetPeers, target), dht.Nodes[0]);
        lookup.Results.PeerCount.ShouldBe(9, "one of each node, and the one they share once");
        lookup.Results.TakePeers().Length.ShouldBe(9);
        lookup.Results.TakePeers().Length.ShouldBe(0);
        lookup.ClosestNodes().ShouldAllBe(node => node.Token.Length == 8);
    }
}
