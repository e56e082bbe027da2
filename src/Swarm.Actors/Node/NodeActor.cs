using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Store;
using Swarm.Actors.Torrents;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Bandwidth;

namespace Swarm.Actors.Node;

/// <summary>
/// The node: start and drain order. Top of the tree, <c>/user/node</c>.
/// <para>
/// Starts the store, then the network; when every listener stands, the trackers, the DHT and the torrents, and only then connections are taken. Drains the other way round: torrents (which tell their
/// trackers and record what they have), then the DHT (which saves its tables), then the store. Of a cluster, if it is in one, it takes leave when its torrents have stopped.
/// </para>
/// <para>
/// A part that fails by a bug goes on or is restarted (<see cref="After"/>). A store that cannot write any more, or a part that ends for good, ends the node: it publishes <see cref="Broken"/> and stops,
/// and the process ends with an error.
/// </para>
/// </summary>
public sealed partial class NodeActor : UntypedActor
{
    private readonly NodePorts _ports;
    private readonly NodeSettings _settings;
    private readonly ILogger _log;
    private IActorRef _store = ActorRefs.Nobody;
    private IActorRef _net = ActorRefs.Nobody;
    private IActorRef _bandwidth = ActorRefs.Nobody;
    private IActorRef? _torrents;
    private ImmutableArray<DhtAccess> _dht = [];
    private int _dhtToDrain;
    private int _dhtToStart;
    private Started? _started;
    private IActorRef? _starter;
    private IActorRef? _drainer;

    private NodeActor(NodePorts ports, NodeSettings settings)
    {
        _ports = ports;
        _settings = settings;
        _log = ports.Logs.CreateLogger("Swarm.Node");
    }

    /// <summary>Starts the node; answered with <see cref="Started"/> or <see cref="StartFailed"/>.</summary>
    public sealed record Start;

    /// <summary>The node works: every socket is open, of the DHT too unless it cannot be. <paramref name="Listen"/> has the real ports; torrents are added at <paramref name="Torrents"/>.</summary>
    public sealed record Started(ImmutableArray<IPEndPoint> Listen, IActorRef Torrents)
    {
        /// <summary>The DHT, a family each; empty if it has none.</summary>
        public ImmutableArray<DhtAccess> Dht { get; init; } = [];

        /// <summary>Its part in the cluster, which takes the commands of <see cref="Cluster.RouterActor"/>; null if it has none.</summary>
        public IActorRef? Cluster { get; init; }

        /// <summary>The writer of durable state: takes <see cref="StoreActor.Inspect"/>.</summary>
        public IActorRef Store { get; init; } = ActorRefs.Nobody;
    }

    /// <summary>It does not; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record StartFailed(string Reason);

    /// <summary>Sets the limits of the whole node, payload and protocol bytes a second; 0 for none.</summary>
    public sealed record SetLimits(long Download, long Upload);

    /// <summary>Stops every torrent and writes everything down; answered with <see cref="Drained"/>.</summary>
    public sealed record Drain;

    /// <summary>Everything is written down.</summary>
    public sealed record Drained;

    /// <summary>Published on the event stream: the node cannot go on; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record Broken(string Reason);

    /// <summary>A node in the world of <paramref name="ports"/>.</summary>
    public static Props Props(NodePorts ports, NodeSettings settings) => ActorProps.Create(() => new NodeActor(ports, settings));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(10, TimeSpan.FromMinutes(1), failure =>
    {
        if (failure is StoreFailedException) Break(failure.Message);
        return failure is StoreFailedException or ActorInitializationException ? Directive.Stop : After(Sender.Path.Name);
    });

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Start: OnStart(); break;
            case NetActor.Started started: OnNetStarted(started); break;
            case NetActor.StartFailed failed: OnNetFailed(failed); break;
            case SetLimits limits: _bandwidth.Tell(new BandwidthActor.SetLimits(BandwidthScope.Global, limits.Download, limits.Upload)); break;
            case Drain: OnDrain(); break;
            case Cluster.ClusterActor.Drained: StopTorrents(); break;
            case TorrentsActor.AllStopped: OnTorrentsStopped(); break;
            case Cluster.MembersActor.Left: DrainDht(); break;
            case DhtActor.SocketSettled: OnDhtSettled(); break;
            case DhtActor.Drained when --_dhtToDrain == 0: _store.Tell(new StoreActor.Drain()); break;
            case DhtActor.Drained: break;
            case StoreActor.Drained: OnDrained(); break;
            case Terminated terminated: Break($"a part of the node ({terminated.ActorRef.Path.Name}) failed again and again; the log says why"); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>What a bug in a part leads to. What others refer to keeps its state and loses the one message; what owes answers is restarted, because its end gives them.</summary>
    private static Directive After(string part) => part switch
    {
        // Torrents hold references to its bandwidth, and count the dials that it has under way.
        "net" => Directive.Resume,
        // Its children are the torrents, and a restart would stop them. It changes its state only together with them.
        "torrents" => Directive.Resume,
        // They may have half done a message on which everybody's answers depend. Ending, they answer whatever they were asked, and they begin empty.
        "store" or "trackers" or "dht-v4" or "dht-v6" => Directive.Restart,
        // Keeps nothing.
        _ => Directive.Restart,
    };

    private void Break(string reason)
    {
        Context.System.EventStream.Publish(new Broken(reason));
        Context.Stop(Self);
    }

    // Nothing works without any one of them.
    private static IActorRef Watched(IActorRef part) => Context.Watch(part);

    private void OnStart()
    {
        _starter = Sender;
        Context.ActorOf(LeftoversActor.Props(), "leftovers");
        _store = Watched(Context.ActorOf(StoreActor.Props(_ports.Store, _settings.Store, _ports.Logs.CreateLogger("Swarm.Store")), "store"));
        _net = Watched(Context.ActorOf(NetActor.Props(_settings.Listen, _settings.Net, _ports.Tcp, _ports.Time, _ports.Logs.CreateLogger("Swarm.Net")), "net"));
    }

    private void OnNetStarted(NetActor.Started started)
    {
        _bandwidth = started.Bandwidth;
        if (_torrents is null)
        {
            var announcing = _settings.Trackers.At(_settings.Net.Bind, started.Local);
            var trackers = Watched(Context.ActorOf(
                TrackersActor.Props(_ports.Http, _ports.Udp, _ports.Dns, announcing, _ports.Time, _ports.Entropy.CreateRandom(), _ports.Logs.CreateLogger("Swarm.Trackers")), "trackers"));
            StartDht(started.Local);
            var services = new TorrentServices(_ports, _settings.Torrent, _store, _net, started.Bandwidth, trackers, started.Local, _ports.Logs.CreateLogger("Swarm.Torrents")) { Dht = _dht, PeerSeed = _ports.Entropy.CreateRandom().Next() };
            _torrents = Watched(Context.ActorOf(TorrentsActor.Props(services), "torrents"));
        }

        if (_cluster is null) StartCluster(started);
        _net.Tell(new NetActor.Serve(_torrents));
        _started = new Started(started.Local, _torrents) { Dht = _dht, Cluster = _cluster, Store = _store };
        TellStarted();
    }

    // Who starts a node may ask it at once, of the DHT as well.
    private void TellStarted()
    {
        if (_dhtToStart > 0 || _started is null) return;
        _starter?.Tell(_started);
        _starter = null;
    }

    private void OnDhtSettled()
    {
        _dhtToStart--;
        TellStarted();
    }

    // A node that listens has a DHT of each family it listens over, at the same port, and of two at one port over one family the first.
    private void StartDht(ImmutableArray<IPEndPoint> listen)
    {
        if (_settings.Dht is not { } settings) return;
        var any = _settings.Net.Bind is { } bind ? [bind] : ImmutableArray.Create(IPAddress.Any, IPAddress.IPv6Any);
        var local = listen.IsEmpty ? any.Select(address => new IPEndPoint(address, 0)) : listen.DistinctBy(end => end.AddressFamily);
        _dht = [.. local.Select(end => new DhtAccess(Watched(Context.ActorOf(DhtActor.Props(end.AddressFamily, end, settings, _store, _ports), NameOf(end.AddressFamily))), end.AddressFamily, end.Port))];
        _dhtToStart = _dht.Length;
        foreach (var dht in _dht) dht.Actor.Tell(new DhtActor.AwaitSocket());
        if (_dht.Length != 2) return;
        _dht[0].Actor.Tell(new DhtActor.Meet(_dht[1].Actor));
        _dht[1].Actor.Tell(new DhtActor.Meet(_dht[0].Actor));
    }

    private static string NameOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? "dht-v6" : "dht-v4";

    private void DrainDht()
    {
        _dhtToDrain = _dht.Length;
        foreach (var dht in _dht) dht.Actor.Tell(new DhtActor.Drain());
        if (_dht.IsEmpty) _store.Tell(new StoreActor.Drain());
    }

    private void OnNetFailed(NetActor.StartFailed failed)
    {
        LogNetFailed(_log, failed.Reason);
        _starter?.Tell(new StartFailed(failed.Reason));
        _starter = null;
    }

    private void OnDrain()
    {
        _drainer = Sender;
        if (_torrents is null) _store.Tell(new StoreActor.Drain());
        else if (_cluster is not null) _cluster.Tell(new Cluster.ClusterActor.Drain());
        else StopTorrents();
    }

    private void OnDrained()
    {
        _drainer?.Tell(new Drained());
        _drainer = null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The network does not start: {Reason}")]
    private static partial void LogNetFailed(ILogger log, string reason);
}
