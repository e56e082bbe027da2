using Microsoft.Extensions.Logging;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>
/// <c>cluster/planner</c>: while this node holds the lease <em>planner</em>, writes placement down under its token, and purges the rows of torrents that were forgotten long ago. Every node that may plan tries for the lease; one has it. What is decided is <see cref="PlacementPlanner"/>'s.
/// <para>A node that is draining gives the lease back, so that another one moves what it has: it has a session all the while, and nobody else could take it.</para>
/// <para>Always holds: each change carries the token, so one that lost the lease without knowing changes nothing; a step that was refused, lost or overtaken is thought of anew by the next view; nothing is planned while steps of an earlier round wait for the tables, so that
/// a planner that has much to do goes as fast as they do and fills no queue.</para>
/// </summary>
public sealed partial class PlannerActor : UntypedActor, IWithTimers
{
    private readonly ClusterSettings _settings;
    private readonly IActorRef _table;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private ClusterView _view = ClusterView.Empty;
    private MemberId _self;
    private bool _mayWrite;
    private bool _isAsking;
    private bool _isReleasing;
    private long _token;
    private long _lastToken;
    private int _roundsHeld;
    private long _purgesAt;
    private int _unanswered;
    private bool _hasMore;
    private PlacementPlanner? _planner;

    private PlannerActor(ClusterSettings settings, IActorRef table, TimeProvider time, ILogger log)
    {
        _settings = settings;
        _table = table;
        _time = time;
        _log = log;
    }

    /// <summary>To the parent: whether this node plans for the cluster.</summary>
    public sealed record PlansChanged(bool Plans);

    /// <summary>Command: look at every torrent now, if this node plans.</summary>
    public sealed record Sweep;

    /// <summary>Command: plan nothing more and give the lease back.</summary>
    public sealed record Halt;

    private enum Step
    {
        Lease,
        Place,
        Purge,
        Release,
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(ClusterSettings settings, IActorRef table, TimeProvider time, ILogger log) => ActorProps.Create(() => new PlannerActor(settings, table, time, log));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _table.Tell(new TableActor.Watch());
        Timers.StartPeriodicTimer(nameof(Round), Round.Instance, _settings.Placement.RoundInterval);
    }

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
            case Round: OnRound(); break;
            case TableActor.Ran ran: OnRan((Step)ran.Tag, ran.Outcome); break;
            case TableActor.RunFailed failed: OnRunFailed((Step)failed.Tag); break;
            case MembersActor.Began began: _self = began.Self; break;
            case MembersActor.Ended: OnEnded(); break;
            case MembersActor.SessionChanged session: _mayWrite = session.State == SessionState.Writing; break;
            case Sweep: _planner?.Sweep(); break;
            case Halt: OnHalt(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnView(ClusterView view)
    {
        _view = view;
        foreach (var lease in view.Leases) _lastToken = Math.Max(_lastToken, lease.Token);
        _planner?.Look(view);
        if (!view.IsCaughtUp) return;
        // What was written is in the view by now, so that limits hold for what comes next.
        if (_hasMore && _mayWrite && !_isReleasing) Plan();
    }

    private void OnRound()
    {
        if (_self.IsNobody || !_mayWrite || _isReleasing || !_settings.Traits.Roles.HasFlag(MemberRoles.Planner)) return;
        if (_view.Find(_self) is not { State: MemberState.Up })
        {
            GiveBack();
            return;
        }

        // Asked for again from time to time: the answer is how it is found out that it was lost.
        if (!_isAsking && (_planner is null || ++_roundsHeld % 8 == 0))
        {
            _isAsking = true;
            Do(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, _self) { LastToken = _lastToken }, Step.Lease);
        }

        Purge();
        Plan();
    }

    private void Plan()
    {
        if (_planner is null || !_view.IsCaughtUp || _unanswered > 0) return;
        var steps = _planner.Round(_time.GetElapsedTime(0).Ticks);
        _unanswered = steps.Length;
        _hasMore = steps.Length >= _settings.Placement.StepsPerRound;
        foreach (var step in steps)
        {
            LogStep(_log, step.Torrent.Wanted.Torrent, step.Reason, step.Storage);
            Do(step.Reason == PlanReason.Trim ? new ClusterCommand.Drop(step.Torrent.Wanted.Torrent, step.Storage, _token) : new ClusterCommand.Assign(step.Torrent.Wanted.Torrent, step.Storage, _token), Step.Place);
        }
    }

    private void Purge()
    {
        var now = _time.GetElapsedTime(0).Ticks;
        if (_planner is null || !_view.IsCaughtUp || now < _purgesAt) return;
        _purgesAt = now + _settings.Placement.SweepInterval.Ticks;
        Do(new ClusterCommand.Purge(_settings.ForgottenRetention, _settings.PurgeLimit, _token), Step.Purge);
    }

    private void OnRan(Step step, ClusterOutcome outcome)
    {
        if (step == Step.Place) OnAnswered();
        switch (step, outcome)
        {
            case (Step.Lease, ClusterOutcome.Leased leased): OnLeased(leased.Token); break;
            case (Step.Lease, _):
                _isAsking = false;
                Lose();
                break;
            case (Step.Place or Step.Purge, ClusterOutcome.Fenced): Lose(); break;
            case (Step.Purge, ClusterOutcome.Purged purged): OnPurged(purged); break;
            case (Step.Place, ClusterOutcome.Refused refused): LogRefused(_log, refused.Reason); break;
            case (Step.Release, _): _token = 0; break;
        }
    }

    private void OnPurged(ClusterOutcome.Purged purged)
    {
        if (purged.Torrents > 0) LogPurged(_log, purged.Torrents);
        if (purged.GivenUp > 0) LogGivenUp(_log, purged.GivenUp);
        if (purged.HasMore) _purgesAt = 0;
    }

    private void OnRunFailed(Step step)
    {
        if (step == Step.Lease) _isAsking = false;
        if (step == Step.Place) OnAnswered();
    }

    // What an incarnation before this one asked for is answered to this one too.
    private void OnAnswered()
    {
        if (_unanswered > 0) _unanswered--;
    }

    private void OnLeased(long token)
    {
        _isAsking = false;
        if (_self.IsNobody || _isReleasing || (_planner is not null && token == _token)) return;
        LogPlans(_log, token);
        _token = token;
        _planner = new PlacementPlanner(_settings.Placement);
        // Its first look is at everything, whatever the view says has changed.
        _planner.Look(_view);
        Context.Parent.Tell(new PlansChanged(true));
    }

    private void OnEnded()
    {
        _self = default;
        Lose();
    }

    private void OnHalt()
    {
        _isReleasing = true;
        GiveBack();
    }

    // Asked again in every round until it is done; a token that is not the last one any more gives nothing back. What an incarnation before this one took is in the view.
    private void GiveBack()
    {
        var token = _token != 0 ? _token : _view.Leases.FirstOrDefault(lease => lease.Name == ClusterTables.PlannerLease && lease.Owner == _self)?.Token ?? 0;
        if (token != 0) Do(new ClusterCommand.ReleaseLease(ClusterTables.PlannerLease, token), Step.Release);
        Lose();
    }

    private void Lose()
    {
        if (_planner is null) return;
        _planner = null;
        Context.Parent.Tell(new PlansChanged(false));
    }

    private void Do(ClusterCommand command, Step step) => _table.Tell(new TableActor.Run(command, (long)step));

    [LoggerMessage(Level = LogLevel.Information, Message = "This node plans placement, under token {Token}")]
    private static partial void LogPlans(ILogger log, long token);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Torrent}: {Reason}, {Storage}")]
    private static partial void LogStep(ILogger log, InfoHash torrent, PlanReason reason, string storage);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Torrents} forgotten torrents are purged from the cluster's tables")]
    private static partial void LogPurged(ILogger log, int torrents);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Replicas} replicas of removed torrents are at storages that nobody has had for long and are given up: should such a storage come back, its files of them stay there")]
    private static partial void LogGivenUp(ILogger log, int replicas);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A change of placement was refused: {Reason}")]
    private static partial void LogRefused(ILogger log, string reason);

    private sealed record Round
    {
        public static readonly Round Instance = new();
    }
}
