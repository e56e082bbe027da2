using Microsoft.Extensions.Logging;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Magnets;

namespace Swarm.Actors.Cluster;

/// <summary>
/// <c>cluster/replicas</c>: sees to it that the torrents which are placed at this node's storage run here, and nothing else of the cluster's does. Starts and stops them with the torrents' supervisor, tells replicas where each other's peers are, and reports how each is; of one that was added by a link, also what it is.
/// <para>
/// Works towards the view, again and again: for each torrent it compares what should be with what is, and does the next thing; what fails is tried later. So it does not matter what was lost, refused or overtaken. Runs only while the session lets the node write;
/// when it does not, everything is stopped and taken up again when it does.
/// </para>
/// <para>
/// The cluster's torrents lie below a folder of its own. One that the node has elsewhere is its user's: it is neither stopped nor replaced nor removed, and the replica is reported as failed, so that its copy is made elsewhere. So is one that cannot be started: at once if nothing but people can change that,
/// else when it was refused for <see cref="ClusterSettings.RetryDelay"/>, for another process may just be giving it back.
/// </para>
/// <para>So many torrents are being started at a time: each has its place until it is known how it is, or for <see cref="StartTime"/>, and makes it free for the next at once. What is as it should be costs nothing until the view says that it changed.</para>
/// <para>Always holds: a torrent is started only after the supervisor has said that it stopped; a storage says that it has forgotten a torrent only when it does not run.</para>
/// <para>Parts: this one decides, Torrents talks to the supervisor.</para>
/// </summary>
public sealed partial class ReplicasActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(10);

    private readonly ClusterSettings _settings;
    private readonly IActorRef _table;
    private readonly IActorRef _torrents;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SortedDictionary<InfoHash, Local> _here = [];
    private readonly SortedSet<InfoHash> _toLookAt = [];
    private readonly SortedSet<InfoHash> _toStart = [];
    private readonly SortedDictionary<InfoHash, long> _starting = [];
    private readonly SortedSet<InfoHash> _forgotten = [];
    private readonly Dictionary<long, InfoHash> _asked = [];
    private long _lastTag;
    private ClusterView _view = ClusterView.Empty;
    private MemberId _self;
    private bool _mayWrite;
    private bool _isHalted;
    private bool _looksAtAll;

    private ReplicasActor(ClusterSettings settings, IActorRef table, IActorRef torrents, TimeProvider time, ILogger log)
    {
        _settings = settings;
        _table = table;
        _torrents = torrents;
        _time = time;
        _log = log;
    }

    /// <summary>Command: begin nothing more; the node is stopping, and somebody else stops what runs.</summary>
    public sealed record Halt;

    /// <summary>To the parent, now and then: so many torrents run here.</summary>
    public sealed record Running(int Torrents);

    private enum Phase
    {
        Reading,
        Starting,
        Running,
        Stopping,
        Leaving,
        Refused,
    }

    /// <summary>A torrent that is, or was just, run here. <c>Actual</c>: how it is, to be reported; null until it is known.</summary>
    private sealed class Local
    {
        public Phase Phase { get; set; }

        public Replica? Actual { get; set; }

        public long AskedAt { get; set; }

        public long ActualSince { get; set; }

        public long ReportedAt { get; set; } = long.MinValue / 2;

        public long PeersToldAt { get; set; }

        public ReplicaGroup? Group { get; set; }

        /// <summary>What the tables wanted of it when it was told so last.</summary>
        public WantedTorrent? Told { get; set; }

        /// <summary>The link it was started by; null: it was started by a file.</summary>
        public MagnetLink? Link { get; set; }

        public long DescribedAt { get; set; } = long.MinValue / 2;

        /// <summary>Whether it is private, or a link of which that is not known.</summary>
        public bool MayBePrivate { get; set; }

        /// <summary>When its start was refused first; null: it was not, since it ran last.</summary>
        public long? RefusedSince { get; set; }

        /// <summary>Whether nothing of it is here that could be forgotten: it could never be started, or what is here is its user's.</summary>
        public bool HasNothing { get; set; }
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private string Storage => _settings.Traits.Storage;

    /// <summary>How to make one.</summary>
    public static Props Props(ClusterSettings settings, IActorRef table, IActorRef torrents, TimeProvider time, ILogger log) => ActorProps.Create(() => new ReplicasActor(settings, table, torrents, time, log));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(TorrentEvent.StateChanged));
        _table.Tell(new TableActor.Watch());
        // What runs may be of an incarnation before this one, or of its parent's.
        _torrents.Tell(new TorrentsActor.GetRows());
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, _settings.ReplicaInterval);
    }

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Context.Parent.Tell(new ClusterActor.Restarted());
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TableActor.ViewChanged changed: OnView(changed.View); break;
            case Look: OnLook(); break;
            case TorrentEvent.StateChanged changed: OnState(changed); break;
            case TableActor.Ran ran: OnRan(ran); break;
            case TableActor.RunFailed failed: OnRunFailed(failed.Tag); break;
            case TorrentsActor.Rows rows: OnRows(rows.All); break;
            case TorrentActor.Added added: OnAdded(added.Torrent); break;
            case TorrentActor.AddFailed failed: OnAddFailed(failed); break;
            case TorrentDetails details: OnDetails(details); break;
            case TorrentActor.Stopped stopped: OnStopped(stopped.Torrent); break;
            case TorrentsActor.Done done: OnForgotten(done.Torrent); break;
            case TorrentsActor.Refused refused: OnNotForgotten(refused); break;
            case TorrentsActor.Unknown unknown: OnUnknown(unknown.Torrent); break;
            case MembersActor.Began began: OnBegan(began.Self); break;
            case MembersActor.Ended: _self = default; break;
            case MembersActor.SessionChanged session: OnSession(session.State == SessionState.Writing); break;
            case Halt: _isHalted = true; break;
            default: Unhandled(message); break;
        }
    }

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void OnBegan(MemberId self)
    {
        _self = self;
        // What ran under the identity before has been stopped, or is being stopped, and its tokens are not ours.
        StopAll();
        _looksAtAll = true;
    }

    private void OnSession(bool mayWrite)
    {
        _mayWrite = mayWrite;
        if (!mayWrite) StopAll();
        _looksAtAll = true;
    }

    private void OnView(ClusterView view)
    {
        var isAnew = view.MembersChanged || !_view.IsCaughtUp;
        _view = view;
        _sites = null;
        if (view.MembersChanged) _endPoints.Clear();
        _toLookAt.UnionWith(view.Changed);
        _looksAtAll |= isAnew && view.IsCaughtUp;
    }

    private void OnLook()
    {
        if (_isHalted) return;
        Context.Parent.Tell(new Running(_here.Count));
        if (!MayAct) return;
        if (_looksAtAll)
        {
            _looksAtAll = false;
            _toLookAt.UnionWith(_here.Keys);
            foreach (var (torrent, placed) in _view.Torrents)
            {
                if (placed.At(Storage) is not null) _toLookAt.Add(torrent);
            }
        }

        var now = Now();
        foreach (var late in _starting.Where(each => now - each.Value >= StartTime.Ticks).Select(static each => each.Key).ToArray()) _starting.Remove(late);
        foreach (var torrent in _toLookAt.ToArray())
        {
            if (LookAt(torrent)) _toLookAt.Remove(torrent);
        }

        StartNext();
    }

    private bool MayAct => !_isHalted && _mayWrite && !_self.IsNobody && _view.IsCaughtUp;

    // Much may have changed while they waited, so each is looked at again.
    private void StartNext()
    {
        while (MayAct && _toStart.Count > 0 && _starting.Count < _settings.MaxStarting)
        {
            var next = _toStart.Min;
            _toStart.Remove(next);
            if (!LookAt(next)) _toLookAt.Add(next);
        }
    }

    // It runs, or will not for now: its place is free.
    private void EndStart(InfoHash torrent)
    {
        if (_starting.Remove(torrent)) StartNext();
    }

    // Whether it is as it should be or waits for its turn to start, and needs no other look before something changes.
    private bool LookAt(InfoHash torrent)
    {
        var placed = _view.Torrents.GetValueOrDefault(torrent);
        var replica = placed?.At(Storage);
        var isOurs = replica is not null && _view.RunnerOf(Storage, torrent) == _self;
        var leaves = isOurs && (replica!.State == ReplicaState.Dropping || placed!.Wanted.IsRemoved);
        var runs = isOurs && !leaves && !placed!.Wanted.IsPaused;
        if (!leaves) _forgotten.Remove(torrent);
        if (!leaves && !runs) _notBefore.Remove(torrent);
        if (!_here.TryGetValue(torrent, out var local))
        {
            // To be forgotten with its files it must first be known to the supervisor: it may be of an earlier process.
            if (leaves && _forgotten.Contains(torrent)) return ReportGone(torrent);
            return !(runs || leaves) || Start(torrent);
        }

        switch (local.Phase)
        {
            case Phase.Running when leaves: return Forget(torrent, local, placed!.Wanted.IsRemoved ? placed.Wanted.DeletesData : !replica!.IsPinned);
            case Phase.Running when runs && !IsToBeTriedAgain(local): return Keep(placed!, replica!, local);
            case Phase.Refused: return LookAtRefused(torrent, placed, local, runs, leaves);
            case Phase.Running:
            case Phase.Stopping when Now() - local.AskedAt >= _settings.RetryDelay.Ticks:
                Stop(torrent, local);
                return false;
            default: return false;
        }
    }

    // It could not be started: whether that is told, and whether it is time for another try.
    private bool LookAtRefused(InfoHash torrent, PlacedTorrent? placed, Local local, bool runs, bool leaves)
    {
        if (leaves && local.HasNothing)
        {
            _here.Remove(torrent);
            _forgotten.Add(torrent);
            return ReportGone(torrent);
        }

        if (!runs && !leaves)
        {
            _here.Remove(torrent);
            return true;
        }

        if (runs) TellState(placed!, placed!.At(Storage)!, local);
        return Start(torrent);
    }

    private bool IsToBeTriedAgain(Local local) => local.Actual is { State: ReplicaState.Failed } && Now() - local.ActualSince >= _settings.RetryDelay.Ticks;

    // It runs, as it should: whether its state is told, and whether it knows the others.
    private bool Keep(PlacedTorrent placed, Replica replica, Local local)
    {
        var now = Now();
        var isTold = TellState(placed, replica, local);
        var isComplete = local.Actual is { State: ReplicaState.Complete };
        if (!isComplete || local.MayBePrivate) TellGroup(placed, local);
        else local.Group = null;
        if (!isComplete && now - local.PeersToldAt >= _settings.PeerInterval.Ticks) TellPeers(placed, local, now);
        TellOptions(placed.Wanted, local);
        var isDescribed = local.Link is null || placed.Wanted.Length > 0;
        if (!isDescribed && local.Actual is { State: ReplicaState.Assigned or ReplicaState.Complete } && now - local.DescribedAt >= _settings.PeerInterval.Ticks) AskDetails(placed.Wanted.Torrent, local, now);
        return isTold && isComplete && isDescribed;
    }

    // Whether the tables say how it is.
    private bool TellState(PlacedTorrent placed, Replica replica, Local local)
    {
        var now = Now();
        if (local.Actual is not { } actual || (replica.State == actual.State && replica.Reason == actual.Reason)) return true;
        // Every start passes through the states before it is complete; only one that stays there has lost something.
        var isPassing = replica.State == ReplicaState.Complete && actual.State == ReplicaState.Assigned && now - local.ActualSince < _settings.Membership.RenewInterval.Ticks * 2;
        if (isPassing || now - local.ReportedAt < _settings.Membership.ReadInterval.Ticks * 2) return false;
        local.ReportedAt = now;
        Ask(new ClusterCommand.Report(_self, placed.Wanted.Torrent, actual with { IsPinned = replica.IsPinned }), placed.Wanted.Torrent);
        return false;
    }

    private Replica FailedBy(string? reason) => new(Storage, ReplicaState.Failed, Reason: reason is { Length: > ClusterLimits.MaxReasonLength } ? reason[..ClusterLimits.MaxReasonLength] : reason);

    private void OnState(TorrentEvent.StateChanged changed)
    {
        // Of one that is not started here it is its user's that speaks.
        if (!_here.TryGetValue(changed.Torrent, out var local) || local.Phase is Phase.Reading or Phase.Refused) return;
        var actual = changed.State switch
        {
            TorrentState.Seeding => new Replica(Storage, ReplicaState.Complete),
            TorrentState.Failed => FailedBy(changed.Reason),
            TorrentState.Downloading => new Replica(Storage, ReplicaState.Assigned),
            _ => local.Actual,
        };
        if (actual == local.Actual) return;
        local.Actual = actual;
        local.ActualSince = Now();
        local.ReportedAt = long.MinValue / 2;
        _toLookAt.Add(changed.Torrent);
        EndStart(changed.Torrent);
    }

    private bool ReportGone(InfoHash torrent)
    {
        // Told again at every look, until the row has gone.
        Ask(new ClusterCommand.ReportGone(_self, torrent), torrent);
        return false;
    }

    private void Ask(ClusterCommand command, InfoHash torrent)
    {
        _asked[++_lastTag] = torrent;
        _table.Tell(new TableActor.Run(command, _lastTag));
    }

    private void OnRan(TableActor.Ran ran)
    {
        if (!_asked.Remove(ran.Tag, out var torrent)) return;
        switch (ran.Outcome)
        {
            case ClusterOutcome.Source source: OnSource(torrent, source); break;
            case ClusterOutcome.Refused refused: LogRefused(_log, torrent, refused.Reason); break;
        }
    }

    private void OnRunFailed(long tag)
    {
        if (!_asked.Remove(tag, out var torrent)) return;
        _toLookAt.Add(torrent);
        if (!_here.TryGetValue(torrent, out var local) || local.Phase != Phase.Reading) return;
        _here.Remove(torrent);
        EndStart(torrent);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Torrent}: what was reported was refused: {Reason}")]
    private static partial void LogRefused(ILogger log, InfoHash torrent, string reason);

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }
}
