using Swarm.Actors.Dht;
using Swarm.Protocol.Dht.Storage;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Dht;

namespace Swarm.Tests.Actors.Dht;

/// <summary>A network of the production DHT actors in virtual time: what one announces or puts, every other finds.</summary>
public sealed class DhtNetworkTests
{
    private static readonly InfoHash Torrent = new(Enumerable.Repeat((byte)0x5a, 20).ToArray());

    [Fact]
    public void Lookups_find_the_closest_nodes_there_are()
    {
        SimDhtSurvey.Run(Grown(150), 200).ExactShare.ShouldBeGreaterThanOrEqualTo(0.99);
    }

    [Fact]
    public void Announced_peer_is_found_by_every_other_node()
    {
        var dht = Grown(60);
        var announced = dht.Nodes[7].Ask<DhtActor.Announced>(new DhtActor.Announce(1, Torrent, 5_000, IsSeed: true));
        announced.Nodes.ShouldBe(8);
        foreach (var node in dht.Draw(10).Where(node => node != dht.Nodes[7]))
        {
            var answers = node.Answers(new DhtActor.GetPeers(2, Torrent));
            answers[^1].ShouldBeOfType<DhtActor.PeersDone>().Peers.ShouldBe(1);
            answers.OfType<DhtActor.PeersFound>().Single().Peers.ShouldBe([new(dht.Nodes[7].Host.Address, 5_000)]);
        }
    }

    [Fact]
    public void Items_that_one_node_put_another_gets()
    {
        var dht = Grown(60);
        var signatures = new SimSignatures();
        var immutable = DhtItem.Immutable("12:Hello World!"u8);
        var mutable = DhtItem.Mutable("3:one"u8, "salt"u8, 4, new byte[32], signatures);
        dht.Nodes[1].Ask<DhtActor.ItemPut>(new DhtActor.PutItem(1, immutable, Cas: null)).Nodes.ShouldBe(8);
        dht.Nodes[1].Ask<DhtActor.ItemPut>(new DhtActor.PutItem(2, mutable, Cas: null)).Nodes.ShouldBe(8);
        dht.Nodes[50].Ask<DhtActor.ItemFound>(new DhtActor.GetItem(3, immutable.Target, [])).Item.ShouldBe(immutable);
        dht.Nodes[51].Ask<DhtActor.ItemFound>(new DhtActor.GetItem(4, mutable.Target, [.. "salt"u8])).Item.ShouldBe(mutable);
        var newer = DhtItem.Mutable("3:two"u8, "salt"u8, 5, new byte[32], signatures);
        dht.Nodes[2].Ask<DhtActor.Failed>(new DhtActor.PutItem(5, newer, Cas: 3)).Reason.ShouldContain("301");
        dht.Nodes[2].Ask<DhtActor.ItemPut>(new DhtActor.PutItem(6, newer, Cas: 4)).Nodes.ShouldBe(8);
        dht.Nodes[52].Ask<DhtActor.ItemFound>(new DhtActor.GetItem(7, mutable.Target, [.. "salt"u8])).Item.ShouldBe(newer);
    }

    [Fact]
    public void Samples_are_what_was_announced()
    {
        var dht = Grown(20);
        dht.Nodes[1].Ask<DhtActor.Announced>(new DhtActor.Announce(1, Torrent, 5_000, IsSeed: false));
        dht.Nodes[2].Ask<DhtActor.SamplesFound>(new DhtActor.SampleInfohashes(2, new NodeId(Torrent))).Samples.ShouldBe([Torrent]);
    }

    [Fact]
    public void Two_nodes_are_a_network()
    {
        var dht = Grown(2);
        dht.Nodes[1].Ask<DhtActor.Announced>(new DhtActor.Announce(1, Torrent, 5_000, IsSeed: false)).Nodes.ShouldBe(1);
        // It was announced to the node itself.
        dht.Nodes[0].Answers(new DhtActor.GetPeers(2, Torrent)).OfType<DhtActor.PeersFound>().Single().Peers.Single().Port.ShouldBe(5_000);
    }

    private static SimDht Grown(int count)
    {
        var dht = new SimDht(1);
        dht.Grow(count, atATime: 5, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(2));
        return dht;
    }
}
