using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Store;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Actors.Trackers;
using Swarm.Tests.Kernel;
using SlabLedger = Swarm.TestKit.Memory.SlabLedger;

namespace Swarm.Tests.TestKit.Net;

/// <summary>Nodes of the production actors, unchanged, that share a torrent over the simulated network.</summary>
public sealed class SimSwarmTests
{
    private const string Folder = "/content";

    [Fact]
    public void A_node_gets_a_torrent_from_another_one()
    {
        var swarm = new Swarming(1, new SimNetworkSettings());
        var content = FakeContent.OneFile(3_000_001);
        var seed = swarm.Add("1.0.0.1", content, isSeed: true);
        var leech = swarm.Add("1.0.0.2", content, seed.Address);
        swarm.ShouldFinish(leech);
        swarm.ShouldEnd();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_swarm_gets_there_through_loss_resets_refusals_and_a_partition(int seed)
    {
        var settings = new SimNetworkSettings { RefuseChance = 0.2, AcceptFailChance = 0.1, HalfOpenChance = 0.1, MeanTimeToReset = TimeSpan.FromSeconds(40), RetransmitTimeout = TimeSpan.FromSeconds(15), SegmentBytes = 3000 };
        var profile = new LinkProfile { Loss = 0.01, Jitter = TimeSpan.FromMilliseconds(8), UpBytesPerSecond = 200_000, DownBytesPerSecond = 500_000 };
        var swarm = new Swarming(seed, settings, profile);
        var content = FakeContent.OneFile(2_000_003);
        var first = swarm.Add("1.0.0.1", content, isSeed: true);
        var others = Enumerable.Range(2, 3).Select(i => swarm.Add($"1.0.0.{i}", content, first.Address)).ToList();
        swarm.Sim.AdvanceBy(TimeSpan.FromSeconds(5));
        swarm.Network.Partition([first.Host], [others[0].Host, others[1].Host]);
        swarm.Sim.AdvanceBy(TimeSpan.FromSeconds(25));
        swarm.Network.Heal();
        swarm.Network.Settings = new SimNetworkSettings();
        foreach (var other in others) swarm.ShouldFinish(other);
        swarm.ShouldEnd();
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        (ulong Actors, ulong Network) Run()
        {
            var swarm = new Swarming(7, new SimNetworkSettings { SegmentBytes = 2000 }, new LinkProfile { Loss = 0.01, Jitter = TimeSpan.FromMilliseconds(3) });
            var content = FakeContent.OneFile(600_000);
            var seed = swarm.Add("1.0.0.1", content, isSeed: true);
            swarm.ShouldFinish(swarm.Add("1.0.0.2", content, seed.Address));
            return (swarm.Sim.TraceHash, swarm.Network.EventHash);
        }

        Run().ShouldBe(Run());
    }

    /// <summary>Some nodes of actors on one network.</summary>
    private sealed class Swarming
    {
        private readonly LinkProfile _profile;
        private readonly List<SimNode> _nodes = [];

        public Swarming(int seed, SimNetworkSettings settings, LinkProfile? profile = null)
        {
            Sim = new Simulation(seed);
            Network = new SimNetwork(Sim, new Random(seed), settings);
            _profile = profile ?? LinkProfile.Default;
        }

        public Simulation Sim { get; }

        public SimNetwork Network { get; }

        public SimNode Add(string address, FakeContent content, IPEndPoint? peer = null, bool isSeed = false)
        {
            var node = new SimNode(Sim, Network.AddHost(address, IPAddress.Parse(address), _profile), content);
            _nodes.Add(node);
            if (isSeed) node.Disk.Put(content, Folder);
            node.Start(peer is null ? [] : [peer]);
            return node;
        }

        public void ShouldFinish(SimNode node)
        {
            Sim.RunUntil(() => node.IsSeeding, TimeSpan.FromMinutes(30)).ShouldBeTrue($"{node.Host.Name} did not finish");
            node.Disk.ShouldHold(node.Content, Folder);
        }

        /// <summary>Stops everything; nothing may be left.</summary>
        public void ShouldEnd()
        {
            foreach (var node in _nodes) node.Stop();
            Sim.AdvanceBy(TimeSpan.FromMinutes(3));
            Network.OpenConnections.ShouldBe(0);
            foreach (var node in _nodes) node.Slabs.Outstanding.ShouldBe(0);
        }
    }

    /// <summary>A node's actors over the simulated network, and a disk and a store in memory.</summary>
    private sealed class SimNode
    {
        private readonly Simulation _sim;
        private readonly ActorSystem _system;
        private readonly IActorRef _node;
        private readonly List<object> _answers = [];
        private readonly List<TorrentEvent> _events = [];
        private readonly IActorRef _user;
        private IActorRef _torrents = ActorRefs.Nobody;

        public SimNode(Simulation sim, SimHost host, FakeContent content)
        {
            _sim = sim;
            Host = host;
            Content = content;
            Disk = new FakeDisk(sim);
            Address = new IPEndPoint(host.Address, 6881);
            _system = ActorSystem.Create("node", new ActorSystemSettings { Simulation = sim });
            var ports = new NodePorts(
                host.Tcp(Slabs, new ContentOf(content)), Disk, new SimStore(sim, new Random(1), SimStoreSettings.Default).Open("node"), new FakeHttp(sim), host.Udp, new FakeDns(sim), new Entropy(sim), sim.Time, new ListLoggerFactory(), new SimSignatures());
            _node = _system.ActorOf(NodeActor.Props(ports, new NodeSettings { Listen = [Address] }), "node");
            _user = _system.ActorOf(Props.Create(() => new Recorder(_answers)), "user");
            var watcher = _system.ActorOf(Scripted.With(new Script { OnMessage = (_, message) => _events.Add((TorrentEvent)message) }), "watcher");
            _system.EventStream.Subscribe(watcher, typeof(TorrentEvent));
        }

        public SimHost Host { get; }

        public FakeContent Content { get; }

        public FakeDisk Disk { get; }

        public SlabLedger Slabs { get; } = new();

        public IPEndPoint Address { get; }

        public bool IsSeeding => _events.OfType<TorrentEvent.StateChanged>().LastOrDefault()?.State == TorrentState.Seeding;

        public void Start(ImmutableArray<IPEndPoint> peers)
        {
            _node.Tell(new NodeActor.Start(), _user);
            _sim.RunUntil(() => _answers.Count > 0, TimeSpan.FromSeconds(5)).ShouldBeTrue();
            _torrents = _answers.ShouldHaveSingleItem().ShouldBeOfType<NodeActor.Started>().Torrents;
            _torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(Content.Metainfo, Content.File), new TorrentOptions { Folder = Folder, Peers = peers }), _user);
            _sim.AdvanceBy(TimeSpan.FromSeconds(0.5));
        }

        public void Stop() => _torrents.Tell(new TorrentActor.Stop(Content.Torrent), _user);

        private sealed class Entropy(Simulation sim) : IEntropy
        {
            public Random CreateRandom() => new(sim.Random.Next());
        }

        private sealed class ContentOf(FakeContent content) : IBlockReader
        {
            public bool TryRead(StorageId storage, BlockRequest block, Span<byte> destination)
            {
                content.Of(block).CopyTo(destination);
                return true;
            }
        }
    }
}
