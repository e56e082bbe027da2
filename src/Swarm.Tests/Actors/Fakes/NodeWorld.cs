using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Store;
using Swarm.Tests.Actors.Trackers;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>A whole node of actors over fake ports, in virtual time. The disk may be another than the fake one.</summary>
internal sealed class NodeWorld
{
    public const string Folder = "/content";
    public const string Owner = "this node";

    private readonly NodeSettings _settings;

    public NodeWorld(NodeSettings? settings = null, int seed = 1, Func<NodeWorld, IDisk>? disk = null)
        : this(new SimHarness(seed), settings, seed, disk, null)
    {
    }

    private NodeWorld(SimHarness harness, NodeSettings? settings, int seed, Func<NodeWorld, IDisk>? disk, NodeWorld? before)
    {
        _settings = settings ?? new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")] };
        Harness = harness;
        Slabs = new SlabLedger();
        Tcp = new FakeTcp(Sim, Slabs);
        Disk = before?.Disk ?? new FakeDisk(Sim);
        Store = before?.Store ?? new SimStore(Sim, new Random(seed), SimStoreSettings.Default with { Latency = Latency.Milliseconds(2, 2) });
        Store.Committed += (_, commands, _) => StoreLog.AddRange(commands.Select(command => command.GetType().Name));
        Http = new FakeHttp(Sim);
        Dns = new FakeDns(Sim);
        Events = Harness.Events<TorrentEvent>();
        Broken = Harness.Events<NodeActor.Broken>();
        var ports = new NodePorts(Tcp, disk?.Invoke(this) ?? Disk, Store.Open(Owner), Http, new FakeUdp(Sim), Dns, new Entropy(Sim), Sim.Time, Log, new SimSignatures());
        Node = Harness.System.ActorOf(NodeActor.Props(ports, _settings), "node");
        (User, Answers) = Harness.Probe("user");
    }

    public SimHarness Harness { get; }

    public Simulation Sim => Harness.Sim;

    public SlabLedger Slabs { get; }

    public FakeTcp Tcp { get; }

    public FakeDisk Disk { get; }

    public SimStore Store { get; }

    /// <summary>Kinds of the commands done, in order.</summary>
    public List<string> StoreLog { get; } = [];

    public FakeHttp Http { get; }

    public FakeDns Dns { get; }

    public ListLoggerFactory Log { get; } = new();

    public List<TorrentEvent> Events { get; }

    public List<NodeActor.Broken> Broken { get; }

    public IActorRef Node { get; }

    public IActorRef User { get; }

    public List<object> Answers { get; }

    public IActorRef Torrents { get; private set; } = ActorRefs.Nobody;

    public NodeWorld Start()
    {
        Node.Tell(new NodeActor.Start(), User);
        Harness.Run();
        Torrents = Take<NodeActor.Started>().Torrents;
        return this;
    }

    /// <summary>The process is gone, and the next one starts on the same disk and store. Its hold on the store must have ended.</summary>
    public NodeWorld Next()
    {
        Sim.Crash(Harness.System);
        return new NodeWorld(new SimHarness(Sim, "next"), _settings, 2, null, this).Start();
    }

    public void Pass(double seconds) => Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    /// <summary>The one answer that came, which must be a <typeparamref name="T"/>.</summary>
    public T Take<T>()
    {
        var answer = Answers.ShouldHaveSingleItem().ShouldBeOfType<T>();
        Answers.Clear();
        return answer;
    }

    public void Add(FakeContent content, TorrentOptions? options = null) => Add(TorrentSource.FromFile(content.Metainfo, content.File), options);

    public void Add(TorrentSource source, TorrentOptions? options = null)
    {
        Torrents.Tell(new TorrentsActor.Add(source, options ?? new TorrentOptions { Folder = Folder }), User);
        Pass(0.5);
    }

    /// <summary>Another process takes a torrent's lease, if it can.</summary>
    public void TakeElsewhere(FakeContent content, string owner)
    {
        Store.Open(owner).Submit(0, [new StoreCommand.AcquireLease(content.Torrent)], ActorRefs.Nobody);
        Pass(0.1);
    }

    public TorrentStatus Status(FakeContent content)
    {
        var (probe, received) = Harness.Probe();
        Torrents.Tell(new TorrentActor.GetStatus(content.Torrent), probe);
        Harness.Run();
        return received.ShouldHaveSingleItem().ShouldBeOfType<TorrentStatus>();
    }

    public TorrentActor.Stopped Stop(FakeContent content)
    {
        var (probe, received) = Harness.Probe();
        Torrents.Tell(new TorrentActor.Stop(content.Torrent), probe);
        Pass(30);
        return received.ShouldHaveSingleItem().ShouldBeOfType<TorrentActor.Stopped>();
    }

    /// <summary>A seed at an address that the node can call; <paramref name="change"/> may falsify what it sends, null is silence.</summary>
    public FakePeer[] Seed(FakeContent content, string address, Func<BlockRequest, byte[], byte[]?>? change = null)
    {
        var peers = new FakePeer[1];
        Tcp.Reachable[IPEndPoint.Parse(address)] = link => peers[0] = new FakePeer(Sim, link, content.Torrent, address).AsSeed(content, change);
        return peers;
    }

    /// <summary>Somebody calls the node and shakes hands.</summary>
    public FakePeer Incoming(FakeContent content, string address, ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension)
    {
        var peer = new FakePeer(Sim, Tcp.Accept(address), content.Torrent, address, bits) { OnHandshake = _ => { } };
        peer.SayHandshake();
        Pass(0.1);
        return peer;
    }

    public void ShouldBeConnected(FakePeer peer)
    {
        Harness.Run();
        peer.Link.IsClosed.ShouldBeFalse();
        peer.Handshake.ShouldNotBeNull();
    }

    public TorrentOptions With(params ImmutableArray<string> peers) => new() { Folder = Folder, Peers = [.. peers.Select(IPEndPoint.Parse)] };

    public ImmutableArray<TorrentState> States => [.. Events.OfType<TorrentEvent.StateChanged>().Select(changed => changed.State)];

    public string? FailureReason => Events.OfType<TorrentEvent.StateChanged>().LastOrDefault(changed => changed.State == TorrentState.Failed)?.Reason;

    /// <summary>Nothing may be held by anybody at the end.</summary>
    public void ShouldHoldNothing()
    {
        Slabs.Outstanding.ShouldBe(0, "slabs are held");
        Tcp.OpenLinks.ShouldBe(0, "links are open");
    }

    private sealed class Entropy(Simulation sim) : IEntropy
    {
        public Random CreateRandom() => new(sim.Random.Next());
    }
}
