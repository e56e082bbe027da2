using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>
/// <c>cluster/members</c>: this node as a member. Joins, renews the session, pings and answers, votes and judges, and says to its siblings when the node may write and when it must stop.
/// <para>
/// Life of an identity: join → hear most of the others → up → … → the table says that it has ended, or the node stops. When it has ended the node stops what it runs and joins anew; there is no way back for an identity.
/// What it decides is in <see cref="SessionLease"/>, <see cref="HeartbeatMonitor"/> and the tables; this actor has the timers.
/// </para>
/// <para>Restarted after a bug it joins anew: a generation is cheap, and what it had known is in doubt.</para>
/// </summary>
public sealed partial class MembersActor : UntypedActor, IWithTimers
{
    private readonly ClusterSettings _settings;
    private readonly IActorRef _table;
    private readonly ISpace _space;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SessionLease _lease;
    private readonly HeartbeatMonitor _monitor;
    private readonly Kept _kept;
    private MemberTraits _traits;
    private ClusterView _view = ClusterView.Empty;
    private MemberId _self;
    private MemberState _state;
    private SessionState _session;
    private bool _isJoining;
    private bool _isRenewing;
    private bool _isChanging;
    private bool _isLeaving;
    private long _freeBytes = -1;
    private long _sequence;
    private IActorRef? _leaver;

    private MembersActor(ClusterSettings settings, IActorRef table, ISpace space, TimeProvider time, Kept kept, ILogger log)
    {
        _settings = settings;
        _traits = settings.Traits;
        _table = table;
        _space = space;
        _time = time;
        _kept = kept;
        _log = log;
        _lease = new SessionLease(settings.Membership);
        _monitor = new HeartbeatMonitor(settings.Membership);
    }

    /// <summary>To the parent: this node is the member <paramref name="Self"/> from now on.</summary>
    public sealed record Began(MemberId Self);

    /// <summary>To the parent: it is not any more; everything it ran as that member must stop.</summary>
    public sealed record Ended(MemberId Self, string Reason);

    /// <summary>To the parent: what the session allows has changed.</summary>
    public sealed record SessionChanged(SessionState State);

    /// <summary>To the parent: whatever this member runs may be written until this moment of the node's clock, and no longer.</summary>
    public sealed record WritesUntil(MemberId Self, long UntilTicks);

    /// <summary>To the parent: tell this to one member.</summary>
    public sealed record Tell(string EndPoint, ClusterMessage Message);

    /// <summary>To the parent: tell this to all that work.</summary>
    public sealed record TellAll(ClusterMessage Message);

    /// <summary>From the parent: a message of a member.</summary>
    public sealed record Heard(MemberId Sender, ClusterMessage Message);

    /// <summary>Where this node's torrents listen, told before it joins.</summary>
    public sealed record PeersAt(ImmutableArray<string> EndPoints);

    /// <summary>Command: the node stops and everything that it ran has stopped: end this identity. Answered with <see cref="Left"/>, also when the tables cannot be reached.</summary>
    public sealed record Leave;

    /// <summary>This node is no member any more.</summary>
    public sealed record Left;

    private enum Step
    {
        Join,
        Renew,
        Up,
        Accuse,
        Leave,
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(ClusterSettings settings, IActorRef table, ISpace space, TimeProvider time, ILogger log)
    {
        var kept = new Kept();
        return ActorProps.Create(() => new MembersActor(settings, table, space, time, kept, log));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _table.Tell(new TableActor.Watch());
        Timers.StartPeriodicTimer(nameof(Beat), Beat.Instance, _settings.Membership.HeartbeatInterval);
        Timers.StartPeriodicTimer(nameof(Renewal), Renewal.Instance, TimeSpan.Zero, _settings.Membership.RenewInterval);
    }

    // Whoever waits for the end of the identity hears of it from the next incarnation, which has none.
    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object? message)
    {
        if (_leaver is not null) Self.Tell(new Leave(), _leaver);
        base.PreRestart(reason, message);
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
            case Heard heard: OnHeard(heard); break;
            case Beat: OnBeat(); break;
            case TableActor.ViewChanged changed: OnView(changed.View); break;
            case Renewal: OnRenewal(); break;
            case TableActor.Ran ran: OnRan((Step)ran.Tag, ran); break;
            case TableActor.RunFailed failed: OnRunFailed((Step)failed.Tag, failed.Reason); break;
            case ISpace.Measured measured: OnMeasured(measured.FreeBytes); break;
            case PeersAt peers: _traits = _traits with { PeerEndPoints = peers.EndPoints }; break;
            case Leave: OnLeave(); break;
            case LeaveExpired: EndLeave(); break;
            default: Unhandled(message); break;
        }
    }

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void Do(ClusterCommand command, Step step) => _table.Tell(new TableActor.Run(command, (long)step));

    private void OnRenewal()
    {
        if (_isLeaving) return;
        _space.Measure(_settings.Folder, Self);
        if (_self.IsNobody)
        {
            // With its room, if that comes before the next try: a member without any is given nothing.
            if (_freeBytes < 0)
            {
                _freeBytes = 0;
                return;
            }

            Join();
        }
        else if (!_isRenewing)
        {
            _isRenewing = true;
            Do(new ClusterCommand.Renew(_self, _settings.Membership.SessionLease, _freeBytes), Step.Renew);
        }
    }

    private void Join()
    {
        if (_isJoining) return;
        _isJoining = true;
        Do(new ClusterCommand.Join(_settings.EndPoint, _traits, _settings.Membership.SessionLease, _freeBytes) { LastGeneration = _kept.LastGeneration }, Step.Join);
    }

    private void OnMeasured(long freeBytes)
    {
        _freeBytes = freeBytes;
        if (_self.IsNobody && !_isLeaving) Join();
    }

    private void OnRan(Step step, TableActor.Ran ran)
    {
        switch (step, ran.Outcome)
        {
            case (Step.Join, ClusterOutcome.Joined joined): OnJoined(joined.Member, ran.AskedAtTicks); break;
            case (Step.Join, ClusterOutcome.Refused refused):
                _isJoining = false;
                LogRefused(_log, refused.Reason);
                break;
            case (Step.Renew, ClusterOutcome.Done):
                _isRenewing = false;
                if (_self.IsNobody) break;
                Grant(ran.AskedAtTicks);
                break;
            case (Step.Renew, _):
                _isRenewing = false;
                End("the others took this node for dead");
                break;
            case (Step.Leave, ClusterOutcome.Conflict): _leavesAgain = true; break;
            case (Step.Leave, _): EndLeave(); break;
            case (Step.Up or Step.Accuse, _): OnChanged(ran.Outcome); break;
        }
    }

    private void OnRunFailed(Step step, string reason)
    {
        switch (step)
        {
            case Step.Join: _isJoining = false; break;
            case Step.Renew:
                _isRenewing = false;
                LogNotRenewed(_log, reason);
                break;
            case Step.Leave: EndLeave(); break;
            default: _isChanging = false; break;
        }
    }

    private void OnJoined(MemberId self, long askedAt)
    {
        _isJoining = false;
        _isRenewing = false;
        _isChanging = false;
        _self = self;
        _kept.LastGeneration = Math.Max(_kept.LastGeneration, self.Generation);
        _state = MemberState.Joining;
        _monitor.Reset();
        LogJoined(_log, self);
        Context.Parent.Tell(new Began(self));
        Grant(askedAt);
        _table.Tell(new TableActor.Refresh());
    }

    // Whatever was decided by an older version is decided again by the next view.
    private void OnChanged(ClusterOutcome outcome)
    {
        _isChanging = false;
        if (outcome is ClusterOutcome.Done) Context.Parent.Tell(new TellAll(new ClusterMessage.Changed(_view.Version + 1, _view.UpToChange)));
        _table.Tell(new TableActor.Refresh());
    }

    private void OnView(ClusterView view)
    {
        _view = view;
        if (_self.IsNobody) return;
        var now = Now();
        _monitor.SetMembers(_self, Peers().Select(static member => member.Id), now);
        if (view.Find(_self) is not { IsLive: true } own)
        {
            End(view.Find(_self) is null ? "the cluster's tables do not know it" : "the others took this node for dead");
            return;
        }

        _state = own.State;
        if (_leavesAgain) DoLeave();
        Think(now);
    }

    // Who is up and whose process, as far as the database knows, still runs: one whose session ran out says nothing by being silent.
    private IEnumerable<Member> Peers() => _view.Members.Where(member => member.IsWorking && member.HasSession(_view.NowTicks) && member.Id.EndPoint != _settings.EndPoint);

    private void OnBeat()
    {
        var now = Now();
        _monitor.Beat(now);
        CheckSession();
        if (_self.IsNobody) return;
        foreach (var watched in _monitor.Watched) Context.Parent.Tell(new Tell(watched.EndPoint, new ClusterMessage.Ping(watched.Generation, ++_sequence, _view.Version, _view.UpToChange)));
        Think(now);
    }

    private void OnHeard(Heard heard)
    {
        switch (heard.Message)
        {
            // To an earlier process at this end point; whoever asks must learn that it is gone.
            case ClusterMessage.Ping ping when ping.TargetGeneration != _self.Generation: break;
            case ClusterMessage.Ping ping:
                Context.Parent.Tell(new Tell(heard.Sender.EndPoint, new ClusterMessage.Pong(ping.Sequence, _view.Version, _view.UpToChange)));
                OnSign(heard.Sender, ping.Version, ping.Change);
                break;
            case ClusterMessage.Pong pong: OnSign(heard.Sender, pong.Version, pong.Change); break;
            case ClusterMessage.Changed changed: OnSign(heard.Sender, changed.Version, changed.Change); break;
        }
    }

    private void OnSign(MemberId sender, long version, long change)
    {
        _monitor.Heard(sender, Now());
        if (version > _view.Version || change > _view.UpToChange) _table.Tell(new TableActor.Refresh());
    }

    // The disk hears of it before anybody begins to write. What ended before this one was granted has ended for those who write, even if nobody had time to notice: others may have written since.
    private void Grant(long askedAt)
    {
        CheckSession();
        _lease.Granted(askedAt);
        Context.Parent.Tell(new WritesUntil(_self, _lease.EndsAt!.Value));
        CheckSession();
    }

    private void CheckSession()
    {
        var session = _self.IsNobody ? SessionState.None : _lease.At(Now());
        if (session == _session) return;
        if (session == SessionState.Stopping) LogStopping(_log);
        _session = session;
        Context.Parent.Tell(new SessionChanged(session));
    }

    // One change of the table at a time; each is decided by the view that is newest, and lost if it was not.
    private void Think(long now)
    {
        if (_isChanging || _isLeaving || _session != SessionState.Writing || !_view.IsCaughtUp) return;
        if (_state == MemberState.Joining)
        {
            if (_monitor.HasBeenHeardByMost) Change(new ClusterCommand.SetState(_self, MemberState.Up, _view.Version), Step.Up);
            return;
        }

        foreach (var accused in _monitor.Accused(now))
        {
            if (_view.Find(accused) is not { IsWorking: true } member || HasVoted(member)) continue;
            LogAccusing(_log, accused);
            var quorum = _monitor.QuorumFor(accused, Peers().Select(static each => each.Id).Append(_self));
            Change(new ClusterCommand.Suspect(accused, _self, _settings.Membership.VoteLifetime, quorum, _view.Version), Step.Accuse);
            return;
        }

        if (!_lease.MayJudge(now)) return;
        var grace = _settings.Membership.ExpiryGrace;
        if (_view.Members.FirstOrDefault(member => member.IsLive && member.Id != _self && member.AliveUntilTicks + grace.Ticks <= _view.NowTicks) is not { } expired) return;
        // The few that would watch it are enough.
        if (!NeighbourRing.Before(expired.Id, Peers().Select(static each => each.Id).Append(_self), _settings.Membership.Monitored).Contains(_self)) return;
        LogExpired(_log, expired.Id);
        Change(new ClusterCommand.DeclareExpired(expired.Id, _self, grace, _view.Version), Step.Accuse);
    }

    private bool HasVoted(Member member) => member.Suspicions.Any(suspicion => suspicion.Voter == _self && suspicion.AtTicks + (_settings.Membership.VoteLifetime.Ticks / 2) > _view.NowTicks);

    private void Change(ClusterCommand command, Step step)
    {
        _isChanging = true;
        Do(command, step);
    }

    private void End(string reason)
    {
        if (_self.IsNobody) return;
        var ended = _self;
        LogEnded(_log, ended, reason);
        _self = default;
        _lease.End();
        Context.Parent.Tell(new WritesUntil(ended, Now()));
        CheckSession();
        Context.Parent.Tell(new Ended(ended, reason));
        if (_leaver is not null) EndLeave();
        else OnRenewal();
    }
}
