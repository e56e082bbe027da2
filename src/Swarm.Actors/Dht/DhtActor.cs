using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Actors.Dht;

/// <summary>
/// The DHT of one address family (<c>/user/node/dht-v4</c>, <c>dht-v6</c>): a node of the mainline DHT (BEP 5, 32, 33, 42, 43, 44, 45, 51), as server and as client.
/// <para>
/// Owns: the node's claim on KRPC datagrams, the buckets (children) and the table of what they have published, what is stored for others, the queries in flight, the commands under way (<see cref="DhtTask"/>).
/// A batch of datagrams is decoded in place; queries are answered from the published snapshots, without asking a bucket and without allocation; all answers leave with one flush; each bucket hears once of what its nodes did.
/// </para>
/// <para>
/// Always holds: every command is answered once. A node is in the table only when it has answered us. Our id fits the address that enough others see us under (BEP 42): if that changes, so does the id, and all nodes move to buckets around it.
/// </para>
/// <para>
/// Fails by: no socket (commands fail, the socket is tried again), nobody who answers (bootstrap is tried again with growing pauses, commands fail). A bucket that fails is restarted, the table stands meanwhile. If this actor fails, commands under way fail,
/// what others stored is lost (they store it again), and the next incarnation begins with the table as it was.
/// </para>
/// </summary>
public sealed partial class DhtActor : UntypedActor, IWithTimers
{
    private readonly AddressFamily _family;
    private readonly IPEndPoint _local;
    private readonly DhtSettings _settings;
    private readonly IActorRef _store;
    private readonly NodePorts _ports;
    private readonly DhtMemory _memory;
    private readonly ILogger _log;
    private readonly Random _random;
    private readonly AddressFilter _filter;
    private readonly QueryLimiter _limiter;
    private readonly AmplificationGuard _guard;
    private readonly ExternalAddressVoter _voter;
    private readonly DhtResponder _responder;
    private readonly QuerySender _sender;
    private readonly Bootstrap _bootstrap;
    private readonly Newcomers _newcomers;
    private DhtBuckets _buckets;
    private IActorRef _other = ActorRefs.Nobody;
    private IActorRef? _drainer;
    private IActorRef? _starter;
    private string? _openFailure;
    private long _savedAt;
    private bool _pulsing;

    private DhtActor(AddressFamily family, IPEndPoint local, DhtSettings settings, IActorRef store, NodePorts ports, DhtMemory memory)
    {
        _family = family;
        _local = local;
        _settings = settings;
        _store = store;
        _ports = ports;
        _memory = memory;
        _log = ports.Logs.CreateLogger("Swarm.Dht");
        _random = ports.Entropy.CreateRandom();
        var now = Now();
        _filter = new AddressFilter(settings.Security, family);
        _limiter = new QueryLimiter(settings.Security, _random);
        _guard = new AmplificationGuard(settings.Security, _random, now);
        _voter = new ExternalAddressVoter(settings.Security);
        _sender = new QuerySender(settings, _random);
        _bootstrap = new Bootstrap(settings);
        _newcomers = new Newcomers(settings.MaxNewcomers, _filter);
        _lastName = _random.NextInt64(long.MaxValue / 2);
        var peers = new PeerStore(settings.Storage, _random);
        var table = new RoutingTable(FirstId(), family, settings.Routing, now);
        _responder = new DhtResponder(
            table, peers, new ItemStore(settings.Storage, ports.Signatures), new InfohashSampler(settings.Storage, peers), NewTokens(), _filter, _limiter, _guard, settings.Responder)
        { IsReadOnly = settings.IsReadOnly };
        _buckets = NewBuckets(table);
    }

    private enum StoreStep
    {
        Load,
        Save,
        LastSave,
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private string NoteName => _family == AddressFamily.InterNetworkV6 ? "dht-v6" : "dht-v4";

    private bool IsRemembered => _settings.IsRemembered && !_store.Equals(ActorRefs.Nobody);

    private RoutingTable Table => _buckets.Table;

    /// <summary>The DHT of a family, with its socket at <paramref name="local"/>, which the node's other protocols may share. <paramref name="store"/>: where its table is kept, or nobody.</summary>
    public static Props Props(AddressFamily family, IPEndPoint local, DhtSettings settings, IActorRef store, NodePorts ports)
    {
        var memory = new DhtMemory();
        return ActorProps.Create(() => new DhtActor(family, local, settings, store, ports, memory));
    }

    // A bucket has only a few nodes to lose, and its parent has them.
    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _savedAt = Now();
        if (_memory.Table is { } table) Begin(table);
        else if (!IsRemembered) Begin(Table);
        else Store(new StoreCommand.LoadNote(NoteName), StoreStep.Load);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _ports.Udp.Close(Self);
        FailAll("the DHT has stopped");
        TellSocketSettled();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IUdp.Received received: OnDatagrams(received.Batch); break;
            case Pulsed: OnPulse(); break;
            case BucketActor.Published published: OnPublished(published.Snapshot); break;
            case BucketActor.PingsWanted wanted: OnPingsWanted(wanted.Contacts); break;
            case BucketActor.RefreshWanted wanted: Refresh(wanted.Range); break;
            case BucketActor.SnapshotWanted wanted: _buckets.Restore(Sender, wanted.Range); break;
            case FindNode or GetPeers or Announce or GetItem or PutItem or SampleInfohashes: Admit(message, Sender); break;
            case Ping ping: OnPing(ping, Sender); break;
            case AddNode add: _newcomers.Add(new UdpAddress(add.Node), new UdpAddress(add.Node)); break;
            case AddNodes add: OnAddNodes(add.Nodes); break;
            case AddMembers add: OnAddMembers(add.Members); break;
            case NodesTold told: OnNodesTold(told); break;
            case OtherTable other: _responder.OtherTable = other.Table; break;
            case Beaten: OnBeat(); break;
            case GetStatus: Sender.Tell(Describe()); break;
            case IDns.Resolved resolved: OnResolved(resolved); break;
            case IDns.Failed failed: OnNameUnknown(failed); break;
            case BootstrapDue: TryBootstrap(); break;
            case IUdp.Opened opened: OnOpened(opened.Socket); break;
            case IUdp.OpenFailed failed: OnOpenFailed(failed.Reason); break;
            case OpenAgain: Open(); break;
            case StoreActor.Ran ran: OnStored((StoreStep)ran.Tag, ran.Outcome); break;
            case StoreActor.RunFailed failed: OnStoreFailed((StoreStep)failed.Tag, failed.Reason); break;
            case AwaitSocket: OnAwaitSocket(); break;
            case Meet meet: OnMeet(meet.Other); break;
            case Drain: OnDrain(); break;
            default: Unhandled(message); break;
        }

        Settle();
    }

    private long Now() => _ports.Time.GetElapsedTime(0).Ticks;

    private void Store(StoreCommand command, StoreStep step) => _store.Tell(new StoreActor.Run(command, (long)step));

    private NodeId FirstId()
    {
        var address = new UdpAddress(_local);
        return AddressFilter.IsPublic(address) ? SecureNodeId.Create(address, _random) : NodeId.Create(_random);
    }

    // From a generator of its own: what the other one gives goes out in every query.
    private TokenIssuer NewTokens()
    {
        Span<byte> secret = stackalloc byte[TokenIssuer.SecretSize];
        _ports.Entropy.CreateRandom().NextBytes(secret);
        return new TokenIssuer(secret, _settings.Security);
    }

    private DhtBuckets NewBuckets(RoutingTable table) => new(
        table,
        (snapshot, name) => Context.ActorOf(BucketActor.Props(snapshot, _family, _settings, _ports.Time), name),
        child => Context.Stop(child));

    private void Begin(RoutingTable table)
    {
        _buckets = NewBuckets(table);
        _buckets.Populate();
        TableChanged();
        Timers.StartPeriodicTimer(Beaten.Instance, Beaten.Instance, _settings.Beat);
        Open();
    }

    private void TableChanged()
    {
        _memory.Table = Table;
        _responder.Table = Table;
        _sender.Own = Table.Own;
        _other.Tell(new OtherTable(Table));
    }

    private void OnStored(StoreStep step, StoreOutcome outcome)
    {
        if (step == StoreStep.LastSave) EndDrain();
        if (step != StoreStep.Load) return;
        var id = Table.Own;
        if (outcome is StoreOutcome.Note { Value.IsEmpty: false } note && SavedTable.TryDecode(note.Value.AsSpan(), _family, out var saved))
        {
            _bootstrap.Saved = saved.Nodes;
            // Of two processes with one data folder only one has the port.
            if (saved.Port == _local.Port && _local.Port != 0) id = saved.Own;
            LogRestored(_log, NoteName, saved.Nodes.Length);
        }

        Begin(new RoutingTable(id, _family, _settings.Routing, Now()));
    }

    private void OnStoreFailed(StoreStep step, string reason)
    {
        LogStoreFailed(_log, NoteName, reason);
        if (step == StoreStep.Load) Begin(Table);
        if (step == StoreStep.LastSave) EndDrain();
    }

    private void Open() => _ports.Udp.Open(_local, DatagramKind.Krpc, Self);

    private void OnOpened(IUdpSocket socket)
    {
        _sender.Socket = socket;
        _openFailure = null;
        if (!socket.Local.Address.Equals(IPAddress.Any) && !socket.Local.Address.Equals(IPAddress.IPv6Any)) _filter.AddOwn(new UdpAddress(socket.Local));
        LogOpened(_log, socket.Local, Table.Own);
        TellSocketSettled();
        while (_waitingPings.TryDequeue(out var next)) OnPing(next.Command, next.Requester);
        TryBootstrap();
    }

    private void OnOpenFailed(string reason)
    {
        LogOpenFailed(_log, NoteName, reason);
        _openFailure = reason;
        TellSocketSettled();
        FailAll($"the DHT has no socket: {reason}");
        Timers.StartSingleTimer(OpenAgain.Instance, OpenAgain.Instance, _settings.OpenRetry);
    }

    private void OnAwaitSocket()
    {
        _starter = Sender;
        if (_sender.Socket is not null || _openFailure is not null) TellSocketSettled();
    }

    private void TellSocketSettled()
    {
        _starter?.Tell(new SocketSettled());
        _starter = null;
    }

    private void OnMeet(IActorRef other)
    {
        _other = other;
        _other.Tell(new OtherTable(Table));
    }

    private bool Save(StoreStep step)
    {
        if (_settings.IsReadOnly || Table.Count == 0 || !IsRemembered) return false;
        _savedAt = Now();
        Store(new StoreCommand.PutNote(NoteName, SavedTable.Of(Table, _local.Port).Encode()), step);
        return true;
    }

    private void OnDrain()
    {
        _drainer = Sender;
        if (!Save(StoreStep.LastSave)) EndDrain();
    }

    private void EndDrain()
    {
        _drainer?.Tell(new Drained());
        _drainer = null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The DHT is at {Local}, as {Id}")]
    private static partial void LogOpened(ILogger log, IPEndPoint local, NodeId id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Family} has no socket: {Reason}")]
    private static partial void LogOpenFailed(ILogger log, string family, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Family} knows {Nodes} nodes from its last run")]
    private static partial void LogRestored(ILogger log, string family, int nodes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The table of {Family} is not kept: {Reason}")]
    private static partial void LogStoreFailed(ILogger log, string family, string reason);
}

/// <summary>What the DHT must not forget when it is restarted. The props carry it from one incarnation to the next; as those follow each other on one mailbox, it has one user at a time.</summary>
internal sealed class DhtMemory
{
    /// <summary>The table as last published; null before the first.</summary>
    public RoutingTable? Table { get; set; }
}
