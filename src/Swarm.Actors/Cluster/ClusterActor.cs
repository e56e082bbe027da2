using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>
/// <c>/user/node/cluster</c>: this node's part in the cluster. Makes the parts, owns the link between nodes, and passes on what one part has to tell others: who this node is, what its session allows, who plans.
/// <para>
/// Messages that come in are decoded here, and by their kinds told to <c>members</c> or <c>router</c>; those that cannot be are dropped and counted by reason. What goes out gets this node's identity and its version of the messages; before it is a member, nothing goes out.
/// </para>
/// <para>
/// Ends in two steps: <see cref="Drain"/>, after which nothing more is begun, so that the node can stop its torrents; and then <see cref="MembersActor.Leave"/>, which ends the identity. A part that fails by a bug is restarted and works itself in again from the view; what it was told besides, it is told again here. Where that part is <c>members</c>, the identity ends with it: nobody would renew it.
/// </para>
/// </summary>
public sealed partial class ClusterActor : UntypedActor
{
    private const int MostDhtMembers = 8;

    private readonly ClusterSettings _settings;
    private readonly ClusterPorts _ports;
    private readonly ClusterContext _node;
    private readonly ILogger _log;
    private readonly ulong _cluster;
    private readonly SortedDictionary<ClusterRefusal, long> _refused = [];
    private IActorRef _table = ActorRefs.Nobody;
    private IActorRef _members = ActorRefs.Nobody;
    private IActorRef _planner = ActorRefs.Nobody;
    private IActorRef _replicas = ActorRefs.Nobody;
    private IActorRef _router = ActorRefs.Nobody;
    private ClusterView _view = ClusterView.Empty;
    private MemberId _self;
    private SessionState _session;
    private bool _plans;
    private bool _isDraining;
    private long _sent;
    private long _received;
    private long _dropped;

    private ClusterActor(ClusterSettings settings, ClusterPorts ports, ClusterContext node)
    {
        _settings = settings;
        _ports = ports;
        _node = node;
        _log = node.Logs.CreateLogger("Swarm.Cluster");
        _cluster = ClusterCodec.ClusterNumber(settings.Name);
    }

    /// <summary>Command: begin nothing more. Answered with <see cref="Drained"/>.</summary>
    public sealed record Drain;

    /// <summary>Nothing more is begun.</summary>
    public sealed record Drained;

    /// <summary>From a part: it was restarted, and knows nothing of what it was told.</summary>
    internal sealed record Restarted;

    /// <summary>Command: tell the <see cref="LinkCounters"/>.</summary>
    public sealed record Inspect;

    /// <summary>Messages between nodes: told, dropped because too much waited for one node, taken, and refused by reason.</summary>
    public sealed record LinkCounters(long Sent, long Dropped, long Received, ImmutableSortedDictionary<ClusterRefusal, long> Refused);

    /// <summary>How to make one. Its router is the child <c>router</c>, to which commands are passed on; <see cref="TableActor.Inspect"/> is for the child <c>table</c>.</summary>
    public static Props Props(ClusterSettings settings, ClusterPorts ports, ClusterContext node) => ActorProps.Create(() => new ClusterActor(settings, ports, node));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var table = _table = Context.ActorOf(TableActor.Props(_ports.Store, _settings, _node.Time, _log), "table");
        _members = Context.ActorOf(MembersActor.Props(_settings, table, _ports.Space, _node.Time, _log), "members");
        TellPeersAt();
        _planner = Context.ActorOf(PlannerActor.Props(_settings, table, _node.Time, _log), "planner");
        _replicas = Context.ActorOf(ReplicasActor.Props(_settings, table, _node.Torrents, _node.Time, _log), "replicas");
        _router = Context.ActorOf(RouterActor.Props(_settings, table, _node.Bandwidth, _node.Net, _node.Time), "router");
        table.Tell(new TableActor.Watch());
        _ports.Link.Open(_settings.EndPoint, Self);
    }

    /// <inheritdoc/>
    protected override void PostStop() => _ports.Link.Close();

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(10, TimeSpan.FromMinutes(1), static _ => Directive.Restart);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case INodeLink.Received received: OnReceived(received.Message); break;
            case MembersActor.Tell tell: Send(tell.EndPoint, tell.Message); break;
            case MembersActor.TellAll tell: SendToAll(tell.Message); break;
            case TableActor.ViewChanged changed: OnView(changed.View); break;
            case MembersActor.Began began: OnBegan(began); break;
            case MembersActor.Ended ended: OnEnded(ended); break;
            case MembersActor.WritesUntil writes: _node.Disk.WriteUntil(_settings.Folder, writes.Self.Generation, writes.UntilTicks); break;
            case MembersActor.SessionChanged session: OnSession(session); break;
            case PlannerActor.PlansChanged plans: OnPlans(plans); break;
            case Restarted: OnRestarted(Sender); break;
            case ReplicasActor.Running running: _router.Tell(running); break;
            case PlannerActor.Sweep sweep: _planner.Tell(sweep); break;
            case Drain: OnDrain(); break;
            case MembersActor.Leave leave: _members.Forward(leave); break;
            case INodeLink.Opened: break;
            case INodeLink.OpenFailed failed: OnOpenFailed(failed.Reason); break;
            case TableActor.Inspect inspect: _table.Forward(inspect); break;
            case Inspect: Sender.Tell(new LinkCounters(_sent, _dropped, _received, _refused.ToImmutableSortedDictionary())); break;
            default: _router.Forward(message); break;
        }
    }

    private void TellPeersAt() => _members.Tell(new MembersActor.PeersAt(PeerEndPoints()));

    private ImmutableArray<string> PeerEndPoints() => _settings.PeerAddress is { } address
        ? [.. _node.Listen.Take(1).Select(end => $"{address}:{end.Port}")]
        : [.. _node.Listen.Where(static end => !end.Address.Equals(IPAddress.Any) && !end.Address.Equals(IPAddress.IPv6Any)).Take(ClusterLimits.MaxPeerEndPoints).Select(static end => end.ToString())];

    private void OnView(ClusterView view)
    {
        var isAnew = view.MembersChanged;
        _view = view;
        if (isAnew && !_node.Dht.IsEmpty) TellDht();
    }

    // Members find the DHT through each other. A few of them are enough, and each tells its own successors: else everybody would ask the same.
    private void TellDht()
    {
        var others = _view.Members.Where(static member => member.IsWorking).OrderBy(member => string.CompareOrdinal(member.Id.EndPoint, _settings.EndPoint) <= 0).ThenBy(static member => member.Id).Where(member => member.Id.EndPoint != _settings.EndPoint);
        var ends = ImmutableArray.CreateBuilder<HostEndPoint>();
        foreach (var end in others.Take(MostDhtMembers).SelectMany(static member => member.Traits.PeerEndPoints))
        {
            if (HostEndPoint.TryParse(end, out var parsed)) ends.Add(parsed);
        }

        var members = ends.ToImmutable();
        foreach (var family in _node.Dht) family.Actor.Tell(new DhtActor.AddMembers(members));
    }

    private void OnReceived(ImmutableArray<byte> bytes)
    {
        var refusal = ClusterCodec.TryDecode(bytes.AsSpan(), _settings.Traits.MessageVersion, _cluster, out var header, out var message);
        if (refusal != ClusterRefusal.None)
        {
            _refused[refusal] = _refused.GetValueOrDefault(refusal) + 1;
            LogRefused(_log, refusal, header.Sender, header.Version);
            return;
        }

        _received++;
        var heard = new MembersActor.Heard(header.Sender, message!);
        if (message is ClusterMessage.Ping or ClusterMessage.Pong or ClusterMessage.Changed) _members.Tell(heard);
        else _router.Tell(heard);
    }

    private void Send(string endPoint, ClusterMessage message)
    {
        if (_self.IsNobody) return;
        Count(_ports.Link.Send(endPoint, Encoded(message)));
    }

    private void SendToAll(ClusterMessage message)
    {
        if (_self.IsNobody) return;
        var bytes = Encoded(message);
        foreach (var member in _view.Working)
        {
            if (member.Id.EndPoint != _settings.EndPoint) Count(_ports.Link.Send(member.Id.EndPoint, bytes));
        }
    }

    private ImmutableArray<byte> Encoded(ClusterMessage message) => ClusterCodec.Encode(new ClusterHeader(_settings.Traits.MessageVersion, _cluster, _self), message);

    private void Count(bool isSent)
    {
        if (isSent) _sent++;
        else _dropped++;
    }

    private void OnBegan(MembersActor.Began began)
    {
        _self = began.Self;
        TellParts(began);
    }

    private void OnEnded(MembersActor.Ended ended)
    {
        _self = default;
        TellParts(ended);
    }

    private void OnSession(MembersActor.SessionChanged session)
    {
        _session = session.State;
        TellParts(session);
    }

    private void OnPlans(PlannerActor.PlansChanged plans)
    {
        _plans = plans.Plans;
        _router.Tell(plans);
    }

    private void OnRestarted(IActorRef part)
    {
        if (part.Equals(_members))
        {
            OnMembersRestarted();
            return;
        }

        // It says so itself when it plans again.
        if (part.Equals(_planner)) OnPlans(new PlannerActor.PlansChanged(false));
        if (!_self.IsNobody) part.Tell(new MembersActor.Began(_self));
        part.Tell(new MembersActor.SessionChanged(_session));
        if (part.Equals(_router)) part.Tell(new PlannerActor.PlansChanged(_plans));
        if (_isDraining) Halt();
    }

    // It joins anew. Until then nobody would say when what it was before must stop.
    private void OnMembersRestarted()
    {
        TellPeersAt();
        if (_self.IsNobody) return;
        _node.Disk.WriteUntil(_settings.Folder, _self.Generation, _node.Time.GetElapsedTime(0).Ticks);
        OnSession(new MembersActor.SessionChanged(SessionState.None));
        OnEnded(new MembersActor.Ended(_self, "the part that keeps it was restarted"));
    }

    private void TellParts(object fact)
    {
        _planner.Tell(fact);
        _replicas.Tell(fact);
        _router.Tell(fact);
    }

    private void OnDrain()
    {
        _isDraining = true;
        Halt();
        Sender.Tell(new Drained());
    }

    private void Halt()
    {
        _planner.Tell(new PlannerActor.Halt());
        _replicas.Tell(new ReplicasActor.Halt());
    }

    // Without the link it is heard by nobody and so never comes up; and whoever has the end point instead may be its predecessor.
    private void OnOpenFailed(string reason)
    {
        LogNotOpened(_log, _settings.EndPoint, reason);
        Context.Stop(Self);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A message was refused: {Refusal}, from {Sender}, version {Version}")]
    private static partial void LogRefused(ILogger log, ClusterRefusal refusal, MemberId sender, int version);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Other nodes cannot be heard at {EndPoint}: {Reason}")]
    private static partial void LogNotOpened(ILogger log, string endPoint, string reason);
}

/// <summary>What the cluster's part of a node has of the rest of it. <paramref name="Listen"/>: where peers are listened for.</summary>
public sealed record ClusterContext(IActorRef Torrents, IActorRef Net, IActorRef Bandwidth, IDisk Disk, ImmutableArray<DhtAccess> Dht, ImmutableArray<IPEndPoint> Listen, TimeProvider Time, ILoggerFactory Logs);
