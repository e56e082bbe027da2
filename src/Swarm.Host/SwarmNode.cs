using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Host.Cluster;
using Swarm.Io.Crypto;
using Swarm.Io.Disk;
using Swarm.Io.Dns;
using Swarm.Io.Http;
using Swarm.Io.Net;
using Swarm.Io.Time;

namespace Swarm.Host;

/// <summary>
/// A node in the real world: builds the ports, starts the actors, and gives the program an asynchronous face on them. The only place that asks actors.
/// Several can live in one process, each with its own data folder. <see cref="StopAsync()"/> drains: trackers told, pieces durable, state written, leases given back.
/// </summary>
public sealed partial class SwarmNode : IAsyncDisposable
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(30);

    // A lookup's longest time, and the bootstrap's before it.
    private static readonly TimeSpan DhtTimeout = TimeSpan.FromMinutes(3);

    // More than the messages in which a lookup could tell its peers.
    private const int MaxAnswers = 8_192;

    private readonly ActorSystem _system;
    private readonly IActorRef _node;
    private readonly ImmutableArray<IDisposable> _io;
    private readonly Task<string> _ended;
    private IActorRef _torrents = ActorRefs.Nobody;
    private bool _stopped;

    private SwarmNode(ActorSystem system, IActorRef node, ImmutableArray<IDisposable> io, Channel<object> events, Task<string> ended)
    {
        _ended = ended;
        _system = system;
        _node = node;
        _io = io;
        Events = events.Reader;
    }

    /// <summary>The node's DHT, a family each; empty if it has none.</summary>
    public ImmutableArray<DhtAccess> Dht { get; private set; } = [];

    /// <summary>Where peers can connect, real ports filled in.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; private set; } = [];

    /// <summary>
    /// What happens: <see cref="TorrentEvent"/>s and <see cref="NodeActor.Broken"/>. Bounded: a reader that falls behind loses the oldest events, never the node's pace.
    /// </summary>
    public ChannelReader<object> Events { get; }

    /// <summary>Why the node ended by itself, one line for people; null while it runs and after it was stopped in good order. Known for good when <see cref="StopAsync()"/> has returned.</summary>
    public string? Failure { get; private set; }

    /// <summary>Starts a node with its state in <paramref name="dataFolder"/>.</summary>
    /// <exception cref="SwarmException">The data folder or the database is not to be had; the message says what, where and what to do.</exception>
    /// <exception cref="ListenException">A listener is not to be had.</exception>
    public static Task<SwarmNode> StartAsync(string dataFolder, NodeSettings settings, ILoggerFactory logs) => StartAsync(dataFolder, settings, IoSettings.Default, logs);

    /// <summary>Starts a node with its state in <paramref name="dataFolder"/>, and limits of its own for what is behind its ports.</summary>
    /// <exception cref="SwarmException">The data folder or the database is not to be had; the message says what, where and what to do.</exception>
    /// <exception cref="ListenException">A listener is not to be had.</exception>
    public static Task<SwarmNode> StartAsync(string dataFolder, NodeSettings settings, IoSettings io, ILoggerFactory logs) => StartAsync(dataFolder, settings, io, logs, membership: null);

    /// <summary>
    /// Starts a node that is a member of a cluster, if <paramref name="membership"/> is not null; <see cref="NodeSettings.Cluster"/> says how. A database that is away is waited for as <paramref name="wait"/> has it, or not at all.
    /// </summary>
    /// <exception cref="SwarmException">The data folder or the cluster's database is not to be had; the message says what, where and what to do.</exception>
    /// <exception cref="ListenException">A listener is not to be had.</exception>
    /// <exception cref="OperationCanceledException">Whoever waits for the database is to end.</exception>
    internal static async Task<SwarmNode> StartAsync(string dataFolder, NodeSettings settings, IoSettings io, ILoggerFactory logs, NodeMembership? membership, DatabaseWait? wait = null)
    {
        var (store, closing) = await NodeStore.OpenAsync(dataFolder, io, membership?.Links.EndPoint, logs.CreateLogger("Swarm.Store"), wait).ConfigureAwait(false);
        // Until when a member may write is told to its disk in this clock's time.
        var time = membership is null ? TimeProvider.System : BootClock.Instance;
        var disk = new DiskEngine(io.Disk, RentSlab, logs.CreateLogger<DiskEngine>(), time);
        var tcp = new Tcp(io.Sockets, disk, logs.CreateLogger<Tcp>());
        var udp = new Udp(io.Sockets);
        var http = new HttpPort(BoundTo(settings.Net.Bind, io.Http), logs.CreateLogger("Swarm.Http"));
        var ports = new NodePorts(tcp, disk, store, http, udp, new DnsPort(io.Dns), new SystemEntropy(), time, logs, new ItemSignatures())
        {
            Cluster = membership?.PortsFor(logs),
        };
        var system = ActorSystems.Create("swarm", io.Mailboxes, logs);
        var events = Channel.CreateBounded<object>(new BoundedChannelOptions(8_192) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var root = system.ActorOf(NodeActor.Props(ports, settings), "node");
        var listener = system.ActorOf(EventsActor.Props(root, events.Writer, ended), "events");
        system.EventStream.Subscribe(listener, typeof(TorrentEvent));
        system.EventStream.Subscribe(listener, typeof(NodeActor.Broken));
        var node = new SwarmNode(system, root, [tcp, udp, http, disk, closing], events, ended.Task);
        switch (await node.AskAsync<object>(root, new NodeActor.Start()).ConfigureAwait(false))
        {
            case NodeActor.Started started:
                node.Listen = started.Listen;
                node._torrents = started.Torrents;
                node._store = started.Store;
                node._cluster = started.Cluster;
                node._clusterFolder = settings.Cluster?.Folder;
                node._links = membership?.Links;
                node.Dht = started.Dht;
                return node;
            case NodeActor.StartFailed failed:
                await node.EndAsync().ConfigureAwait(false);
                throw new ListenException(failed.Reason);
            default:
                await node.EndAsync().ConfigureAwait(false);
                throw new SwarmException("the node did not start");
        }
    }

    /// <summary>Adds a torrent; it is durable when this returns.</summary>
    /// <exception cref="SwarmException">It was refused, or the node has ended.</exception>
    public async Task AddAsync(TorrentSource source, TorrentOptions options)
    {
        var answer = await AskAsync<object>(_torrents, new TorrentsActor.Add(source, options)).ConfigureAwait(false);
        if (answer is TorrentActor.AddFailed failed) throw new SwarmException(failed.Reason);
    }

    /// <summary>A torrent at this moment, or null if it is not there.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task<TorrentStatus?> StatusAsync(InfoHash torrent) =>
        await AskAsync<object>(_torrents, new TorrentActor.GetStatus(torrent)).ConfigureAwait(false) as TorrentStatus;

    /// <summary>The recorded torrent whose content lies at an absolute path, or null.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task<(TorrentRecord Record, ProgressRecord? Progress)?> FindByContentAsync(string contentPath)
    {
        var found = await AskAsync<ContentFinderActor.Found>(_torrents, new TorrentsActor.FindByContent(contentPath)).ConfigureAwait(false);
        return found.Record is null ? null : (found.Record, found.Progress);
    }

    /// <summary>Runs a command of <see cref="DhtActor"/> to its end: the answer. What streams before goes to <paramref name="streamed"/>.</summary>
    /// <exception cref="SwarmException">The node has ended, or there is no answer.</exception>
    public async Task<object> RunAsync(DhtAccess dht, object command, Action<DhtActor.PeersFound>? streamed, CancellationToken cancellation)
    {
        var answers = Channel.CreateBounded<object>(MaxAnswers);
        var collector = _system.ActorOf(AnswersActor.Props(answers.Writer));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(DhtTimeout);
        try
        {
            dht.Actor.Tell(command, collector);
            await foreach (var answer in answers.Reader.ReadAllAsync(patience.Token).ConfigureAwait(false))
            {
                if (answer is not DhtActor.PeersFound found) return answer;
                streamed?.Invoke(found);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Its time is over.
        }
        finally
        {
            _system.Stop(collector);
        }

        throw new SwarmException("the DHT did not answer; --verbose says more");
    }

    /// <summary>Ends when the node has ended by itself; the result is why, one line for people.</summary>
    public Task<string> Ended => _ended;

    /// <summary>Sets the limits of the whole node, payload and protocol bytes a second; 0 for none.</summary>
    public void SetLimits(long download, long upload) => _node.Tell(new NodeActor.SetLimits(download, upload));

    /// <summary>Drains and ends the node, within 30 s. False if not everything could be written down; the next start then hashes what is in doubt.</summary>
    public Task<bool> StopAsync() => StopAsync(AskTimeout);

    /// <summary>Drains and ends the node; the drain is given up after <paramref name="limit"/>. False if not everything could be written down; the next start then hashes what is in doubt.</summary>
    public async Task<bool> StopAsync(TimeSpan limit)
    {
        if (_stopped) return true;
        var drained = true;
        try
        {
            await AskAsync<NodeActor.Drained>(_node, new NodeActor.Drain(), limit).ConfigureAwait(false);
        }
        catch (SwarmException)
        {
            drained = false;
        }

        await EndAsync().ConfigureAwait(false);
        return drained;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Who binds the node to an address wants no request to go around it, neither a tracker's nor for a torrent file.</summary>
    internal static HttpPortSettings BoundTo(IPAddress? bind, HttpPortSettings settings) => bind?.AddressFamily switch
    {
        null => settings,
        AddressFamily.InterNetworkV6 => settings with { BindIPv6 = bind },
        _ => settings with { BindIPv4 = bind },
    };

    // Disk reads for links that cannot send from a file; rare enough to take fresh memory.
    private static Slab RentSlab(int size)
    {
        var slab = new Slab(GC.AllocateUninitializedArray<byte>(size, pinned: true), static _ => { });
        slab.Rent();
        return slab;
    }

    // The dead answer nobody: who asks a node that has ended, or ends meanwhile, hears why instead of waiting.
    private Task<T> AskAsync<T>(IActorRef actor, object message) => AskAsync<T>(actor, message, AskTimeout);

    private Task<T> AskAsync<T>(IActorRef actor, object message, TimeSpan limit) => AskAsync<T>(actor, message, limit, _ended);

    /// <summary>Asks an actor. <paramref name="ended"/> ends when the node does, with the reason.</summary>
    /// <exception cref="NoAnswerException">No answer came within <paramref name="limit"/>.</exception>
    /// <exception cref="SwarmException">The node has ended.</exception>
    internal static async Task<T> AskAsync<T>(IActorRef actor, object message, TimeSpan limit, Task<string> ended)
    {
        using var over = new CancellationTokenSource();
        var answer = actor.Ask<T>(message, limit, over.Token);
        try
        {
            if (await Task.WhenAny(answer, ended).ConfigureAwait(false) == answer) return await answer.ConfigureAwait(false);
        }
        catch (AskTimeoutException e)
        {
            throw new NoAnswerException($"the node gave no answer within {limit.TotalSeconds:0} s; what was asked for may be done all the same", e);
        }

        await over.CancelAsync().ConfigureAwait(false);
        throw new SwarmException(await ended.ConfigureAwait(false));
    }

    private async Task EndAsync()
    {
        _stopped = true;
        if (_ended.IsCompleted) Failure = await _ended.ConfigureAwait(false);
        await _system.Terminate().ConfigureAwait(false);
        foreach (var io in _io) io.Dispose();
    }
}
