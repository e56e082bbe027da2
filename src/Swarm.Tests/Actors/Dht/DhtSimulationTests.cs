using Swarm.Actors.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.TestKit.Dht;

namespace Swarm.Tests.Actors.Dht;

/// <summary>What a network of production DHT actors stands: churn, a partition, a Sybil attack against one info-hash, nodes that answer garbage.</summary>
public sealed class DhtSimulationTests
{
    private static readonly InfoHash Torrent = new(Enumerable.Repeat((byte)0x5a, 20).ToArray());

    [Fact]
    public void Lookups_find_the_closest_while_half_of_the_nodes_change_every_hour()
    {
        var dht = Grown(100);
        for (var minute = 0; minute < 60; minute++)
        {
            // 50 an hour of 100.
            if (minute % 6 != 5)
            {
                dht.Draw(1)[0].Leave();
                dht.Join();
            }

            dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(1));
        }

        ShareFound(dht, 60).ShouldBeGreaterThanOrEqualTo(0.95);
    }

    [Fact]
    public void Network_that_was_cut_in_two_is_one_again()
    {
        var dht = Grown(80);
        var half = dht.Nodes.Take(40).ToList();
        dht.Network.Partition(half.Select(node => node.Host), dht.Nodes.Skip(40).Select(node => node.Host));
        dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(20));
        dht.Nodes[3].Ask<DhtActor.Announced>(new DhtActor.Announce(1, Torrent, 5_000, IsSeed: false));
        dht.Network.Heal();
        dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(30));
        ShareFound(dht, 60).ShouldBeGreaterThanOrEqualTo(0.95);
        dht.Nodes[70].Answers(new DhtActor.GetPeers(2, Torrent)).OfType<DhtActor.PeersFound>().ShouldNotBeEmpty();
    }

    [Fact]
    public void Thousand_ids_of_three_networks_next_to_an_info_hash_do_not_capture_it()
    {
        var dht = Grown(100);
        var contacts = new List<NodeContact>();
        for (var i = 0; i < 1_000; i++) contacts.Add(new NodeContact(Near(i), new UdpAddress([(byte)(60 + (i % 3)), 7, (byte)(i / 200), (byte)(1 + (i / 3 % 200))], SimDht.Port)));
        contacts = [.. contacts.DistinctBy(contact => contact.Address)];
        var scripts = contacts.ConvertAll(contact => new SimDhtScript(dht, contact.Address.ToEndPoint().Address, contact.Id, contacts));
        foreach (var script in scripts)
        {
            foreach (var victim in dht.Draw(2)) script.Greet(victim);
        }

        dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(5));
        var announced = 0;
        for (var i = 0; i < 5; i++) announced += dht.Nodes[i].Answers(new DhtActor.Announce(i, Torrent, 5_000 + i, IsSeed: false))[^1] is DhtActor.Announced ? 1 : 0;
        announced.ShouldBe(5);
        var found = dht.Draw(20).Count(node => node.Answers(new DhtActor.GetPeers(9, Torrent)).OfType<DhtActor.PeersFound>().Any());
        found.ShouldBe(20);
        scripts.Sum(script => script.Asked).ShouldBeGreaterThan(0, "the attackers were met");
    }

    [Fact]
    public void Nodes_that_answer_garbage_stop_nobody()
    {
        var dht = Grown(60);
        var scripts = Enumerable.Range(0, 30).Select(_ => new SimDhtScript(dht, dht.DrawAddress(), NodeId.Create(dht.Random), [], isGarbage: true)).ToList();
        foreach (var script in scripts)
        {
            foreach (var victim in dht.Draw(5)) script.Greet(victim);
        }

        dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(5));
        ShareFound(dht, 40).ShouldBeGreaterThanOrEqualTo(0.95);
        scripts.Sum(script => script.Asked).ShouldBeGreaterThan(0, "the liars were met");
        dht.Nodes.Sum(node => node.Status().Traffic.Malformed).ShouldBeGreaterThan(0);
    }

    // An id that shares 60 bits with the info-hash.
    private static NodeId Near(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        Torrent.Value.CopyTo(bytes);
        new Random(number).NextBytes(bytes[8..]);
        return new NodeId(bytes);
    }

    private static double ShareFound(SimDht dht, int lookups)
    {
        var found = 0;
        for (var i = 0; i < lookups; i++)
        {
            var target = NodeId.Create(dht.Random);
            var asker = dht.Draw(1)[0];
            if (asker.Answers(new DhtActor.FindNode(i, target))[^1] is not DhtActor.NodesFound nodes) continue;
            if (nodes.Nodes[0].Id == dht.ClosestTo(target, 2).First(node => node != asker).Id) found++;
        }

        return found / (double)lookups;
    }

    private static SimDht Grown(int count)
    {
        var dht = new SimDht(1);
        dht.Grow(count, atATime: 5, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(2));
        return dht;
    }
}
