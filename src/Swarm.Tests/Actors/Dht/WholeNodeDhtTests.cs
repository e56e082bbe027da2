using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Content;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Store;
using Swarm.TestKit.World;
using Swarm.Tests.TestKit.World;

namespace Swarm.Tests.Actors.Dht;

/// <summary>Whole nodes with their DHT, in a simulated world: what torrents and peers have to do with it.</summary>
public sealed class WholeNodeDhtTests
{
    private static readonly SimNodeSettings WithDht = SimNodeSettings.Default with { Dht = DhtSettings.Default };

    private readonly SimWorld _world = new(3);

    [Fact]
    public void Node_says_that_it_has_started_when_its_dht_has_its_socket()
    {
        var node = _world.AddNode("node", WithDht with { Store = SimStoreSettings.Default with { Latency = Latency.Milliseconds(900, 900) } });
        node.Start();
        _world.RunUntil(() => node.State == NodeState.Running, Worlds.Patience).ShouldBeTrue();
        Status(node).Local.ShouldNotBeNull();
    }

    [Fact]
    public void Dht_port_of_a_peer_leads_to_a_ping_and_a_place_in_the_table()
    {
        var (seed, leecher) = Pair(isPrivate: false);
        _world.RunFor(TimeSpan.FromSeconds(30));
        foreach (var node in (SimNode[])[seed, leecher])
        {
            var status = Status(node);
            status.Nodes.ShouldBe(1);
            status.IsBootstrapped.ShouldBeTrue();
        }
    }

    [Fact]
    public void Private_torrent_never_touches_the_dht()
    {
        var (seed, leecher) = Pair(isPrivate: true);
        // Of the public torrent beside it the DHT hears.
        var open = SimContent.OneFile(100_000, 65_536, seed: 9);
        var router = Router();
        router.AddSeed(open);
        _world.MustConverge(Worlds.Patience);
        _world.RunFor(TimeSpan.FromHours(1));
        foreach (var node in (SimNode[])[seed, leecher])
        {
            var status = Status(node);
            (status.Nodes, status.Traffic.Queries, status.Traffic.Received).ShouldBe((0, 0, 0));
        }
    }

    [Fact]
    public void Dht_port_that_a_peer_of_a_private_torrent_names_is_not_asked()
    {
        foreach (var (isPrivate, expected) in new[] { (false, 1), (true, 0) })
        {
            var world = new SimWorld(4);
            var content = Content(isPrivate);
            var node = world.AddNode("node", WithDht);
            var peer = world.AddPeer("peer", content, PeerManners.Seed with { DhtPort = 7_000, Bits = ReservedBits.Fast | ReservedBits.Extension | ReservedBits.Dht });
            node.Add(content, options => options with { Peers = [peer.Address] });
            world.StartAll();
            world.MustConverge(Worlds.Patience);
            world.RunFor(TimeSpan.FromMinutes(1));
            Status(world, node).Traffic.Queries.ShouldBe(expected, $"private: {isPrivate}");
        }
    }

    [Fact]
    public void Magnet_link_is_fetched_with_nothing_but_one_node_of_the_dht_over_either_family()
    {
        var router = Router();
        var both = Through(router) with { SecondAddress = _world.NextAddressV6() };
        var content = Worlds.SmallContent();
        _world.AddNode("seed", both).AddSeed(content);
        var old = _world.AddNode("ipv4", Through(router));
        var modern = _world.AddNode("ipv6", Through(router) with { Address = _world.NextAddressV6() });
        old.AddMagnet(content);
        modern.AddMagnet(content);
        _world.StartAll();
        _world.MustConverge(Worlds.Patience);
        Status(modern).Family.ShouldBe(System.Net.Sockets.AddressFamily.InterNetworkV6);
        _world.StopAll();
    }

    [Fact]
    public void Nodes_of_the_other_family_are_learned_of_through_the_one_that_is_known()
    {
        var router = Router();
        var first = Through(router).Dht!;
        // Known by its IPv4 address only, as most routers are.
        var onlyV4 = WithDht with { Dht = first with { Routers = [first.Routers[0]] } };
        var nodes = Enumerable.Range(0, 6).Select(i => _world.AddNode($"node-{i}", onlyV4 with { SecondAddress = _world.NextAddressV6() })).ToList();
        // These bring IPv6 nodes into the router's table.
        var brought = Enumerable.Range(0, 3).Select(i => _world.AddNode($"modern-{i}", Through(router) with { Address = _world.NextAddressV6() })).ToList();
        foreach (var node in brought) node.Start();
        _world.RunFor(TimeSpan.FromMinutes(1));
        foreach (var node in nodes) node.Start();
        _world.RunFor(TimeSpan.FromMinutes(20));
        foreach (var node in nodes) Status(node, family: 1).Nodes.ShouldBeGreaterThanOrEqualTo(3, node.Name);
        _world.StopAll();
    }

    [Fact]
    public void Seed_says_so_and_one_who_has_not_everything_does_not()
    {
        var router = Router();
        var content = Worlds.SmallContent();
        _world.AddNode("seed", Through(router)).AddSeed(content);
        // Slow enough never to be complete here.
        _world.AddNode("leecher", Through(router) with { Link = new() { DownBytesPerSecond = 1_000 } }).Add(content);
        _world.StartAll();
        _world.RunFor(TimeSpan.FromMinutes(2));
        var probe = _world.AddNode("probe", Through(router));
        probe.Start();
        _world.RunUntil(() => probe.State == NodeState.Running, Worlds.Patience).ShouldBeTrue();
        var done = Ask<DhtActor.PeersDone>(_world, probe, 0, new DhtActor.GetPeers(1, content.Torrent, Scrape: true));
        done.Peers.ShouldBe(2);
        Math.Round(done.Swarm!.Seeds).ShouldBe(1);
        Math.Round(done.Swarm.Peers).ShouldBe(1);
    }

    [Fact]
    public void Partial_seed_is_found_among_the_peers_and_not_among_the_seeds()
    {
        var router = Router();
        var content = new SimContent(1, 65_536, [("wanted.bin", 200_000), ("not.bin", 200_000)]);
        _world.AddNode("seed", Through(router)).AddSeed(content);
        var partial = _world.AddNode("partial", Through(router));
        partial.Add(content, options => options with { Select = ["wanted.bin"] });
        _world.StartAll();
        _world.MustConverge(Worlds.Patience);
        partial.Events.OfType<TorrentEvent.StateChanged>().Last().State.ShouldBe(TorrentState.Seeding);
        // It has been announced again since it has what it wants.
        _world.RunFor(TimeSpan.FromMinutes(40));
        var done = Ask<DhtActor.PeersDone>(_world, router, 0, new DhtActor.GetPeers(1, content.Torrent, Scrape: true));
        Math.Round(done.Swarm!.Seeds).ShouldBe(1);
        Math.Round(done.Swarm.Peers).ShouldBe(1);
    }

    private (SimNode Seed, SimNode Leecher) Pair(bool isPrivate)
    {
        var content = Content(isPrivate);
        var seed = _world.AddNode("seed", WithDht);
        seed.AddSeed(content);
        var leecher = _world.AddNode("leecher", WithDht);
        leecher.Add(content, options => options.Calls(seed));
        _world.StartAll();
        _world.MustConverge(Worlds.Patience);
        return (seed, leecher);
    }

    private static SimContent Content(bool isPrivate) => new(1, 65_536, [("one.bin", 300_000)], isPrivate: isPrivate);

    private SimNode Router()
    {
        var router = _world.AddNode("router", WithDht with { SecondAddress = _world.NextAddressV6() });
        router.Start();
        return router;
    }

    private static SimNodeSettings Through(SimNode router) =>
        WithDht with { Dht = DhtSettings.Default with { Routers = [.. router.Host.Addresses.Select(address => new HostEndPoint($"{address}", router.Settings.Port))] } };

    private DhtStatus Status(SimNode node, int family = 0) => Ask<DhtStatus>(_world, node, family, new DhtActor.GetStatus());

    private static DhtStatus Status(SimWorld world, SimNode node) => Ask<DhtStatus>(world, node, 0, new DhtActor.GetStatus());

    private static T Ask<T>(SimWorld world, SimNode node, int family, object command)
    {
        var answers = new List<object>();
        var probe = node.System!.ActorOf(ActorProps.Create(() => new Listener(answers)));
        node.Dht[family].Actor.Tell(command, probe);
        world.RunUntil(() => answers.Exists(answer => answer is not DhtActor.PeersFound), TimeSpan.FromMinutes(3)).ShouldBeTrue();
        node.System.Stop(probe);
        return answers[^1].ShouldBeOfType<T>();
    }

    private sealed class Listener(List<object> heard) : UntypedActor
    {
        protected override void OnReceive(object message) => heard.Add(message);
    }
}
