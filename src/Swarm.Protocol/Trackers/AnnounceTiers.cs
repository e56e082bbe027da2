using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// Which tracker of a torrent is told what, and when (BEP 3, "event" and "interval"; BEP 12). Knows nothing of how an announce travels.
///
/// Owns: the tiers in their order, what every tracker has been told in this session, intervals and back-offs. The caller passes the time (any origin, never backwards, zero or later), asks
/// <see cref="TryNext"/> until it has nothing more to send, reports each outcome with the ticket, and comes back at <see cref="NextWakeUp"/> or after any call.
///
/// What always holds: a tracker has one announce under way at most. Its first announce of a session says "started", unless it is said to know us; one that succeeded is not repeated.
/// "completed" goes to the trackers that saw "started" while the torrent was incomplete, until each has it once; "stopped" goes once to those whose "started" succeeded, and after "completed" where that is still owed.
/// No announce without an event comes before the tracker's min interval, and none at all within a back-off, except while stopping.
///
/// What can go wrong: trackers fail, then the walk goes on as BEP 12 says; outcomes get lost, then the announce fails by its timeout; outcomes come late or twice, then their ticket is unknown and they are ignored.
/// </summary>
public sealed class AnnounceTiers
{
    private readonly AnnounceTiersSettings _settings;
    private readonly Random _random;
    private readonly List<TrackerRotation> _rotations = [];
    private readonly List<TieredTracker> _trackers = [];
    private Phase _phase;
    private bool _complete;
    private long _lastTicket;
    private int _tierCount;

    /// <summary>Takes the tiers of a torrent (an announce-list, or one tier of one tracker) and shuffles each. Duplicates are taken once.</summary>
    public AnnounceTiers(IEnumerable<IEnumerable<TrackerUrl>> tiers, AnnounceTiersSettings settings, Random random)
    {
        _settings = settings;
        _random = random;
        foreach (var tier in tiers)
        {
            var shuffled = tier.ToArray();
            random.Shuffle(shuffled);
            AddTier(shuffled, TimeSpan.Zero, []);
        }
    }

    private enum Phase
    {
        Idle,
        Running,
        Stopping,
    }

    /// <summary>Trackers known.</summary>
    public int Count => _trackers.Count;

    /// <summary>Trackers left out because <see cref="AnnounceTiersSettings.MaxTrackers"/> were known.</summary>
    public int DroppedTrackers { get; private set; }

    /// <summary>Whether a session is running: between <see cref="Start"/> and <see cref="Stop"/>.</summary>
    public bool IsRunning => _phase == Phase.Running;

    /// <summary>Whether no session runs and every goodbye has been said and its outcome heard.</summary>
    public bool IsStopped => _phase == Phase.Idle || (_phase == Phase.Stopping && !_trackers.Exists(tracker => tracker.SawStarted || tracker.UnderWay is not null));

    /// <summary>When <see cref="TryNext"/> may next have something, or a timeout passes; null when only a call can change anything. May lie in the past.</summary>
    public TimeSpan? NextWakeUp
    {
        get
        {
            if (_phase == Phase.Idle) return null;
            TimeSpan? next = null;
            foreach (var tracker in _trackers)
            {
                if (tracker.UnderWay is { } flight) next = Earlier(next, flight.Deadline);
                else if (_phase == Phase.Stopping && tracker.SawStarted) next = TimeSpan.Zero;
                else if (_phase == Phase.Running && tracker.OwesCompleted(_complete)) next = Earlier(next, tracker.RetryAt);
            }

            if (_phase == Phase.Stopping) return next;
            foreach (var rotation in _rotations)
            {
                if (!rotation.IsBusy) next = Earlier(next, rotation.DueAt);
            }

            return next;
        }
    }

    /// <summary>Begins a session. Does nothing if one is running.</summary>
    /// <param name="complete">Whether the torrent is complete already: then nobody is ever told "completed".</param>
    /// <param name="now">The time.</param>
    /// <param name="isKnown">Whether the trackers know us under this peer id and have not been told "stopped": then it goes on without "started", from which trackers count anew what was moved.</param>
    public void Start(bool complete, TimeSpan now, bool isKnown = false)
    {
        if (_phase == Phase.Running) return;
        _phase = Phase.Running;
        _complete = complete;
        foreach (var tracker in _trackers) tracker.Reset(isKnown);
        foreach (var rotation in _rotations) rotation.Restart(now);
    }

    /// <summary>The download has finished: trackers that know us as a downloader are told at once.</summary>
    public void Complete() => _complete = true;

    /// <summary>The torrent could use more peers: asks for them as early as min intervals allow.</summary>
    public void NeedPeers()
    {
        foreach (var rotation in _rotations) rotation.WantPeers();
    }

    /// <summary>Ends the session: only goodbyes are sent from now on, see <see cref="IsStopped"/>.</summary>
    public void Stop()
    {
        if (_phase == Phase.Running) _phase = Phase.Stopping;
    }

    /// <summary>Adds a tracker as a last tier of its own. False if it is known, or there are too many.</summary>
    public bool Add(TrackerUrl url, TimeSpan now) => AddTier([url], now, []);

    /// <summary>
    /// Takes other tiers instead of those there are, each shuffled; a tracker that is in both keeps what it was told. The goodbyes to those that go and have heard "started" are given back, to be sent once; their
    /// outcome is nobody's concern.
    /// </summary>
    public ImmutableArray<TierAnnounce> Replace(IEnumerable<IEnumerable<TrackerUrl>> tiers, TimeSpan now)
    {
        var before = _trackers.ToList();
        _trackers.Clear();
        _rotations.Clear();
        _tierCount = 0;
        foreach (var tier in tiers)
        {
            var shuffled = tier.ToArray();
            _random.Shuffle(shuffled);
            AddTier(shuffled, now, before);
        }

        var goodbyes = ImmutableArray.CreateBuilder<TierAnnounce>();
        foreach (var gone in before.Where(tracker => tracker.SawStarted && !_trackers.Contains(tracker)))
        {
            goodbyes.Add(new TierAnnounce(++_lastTicket, gone.Url, AnnounceEvent.Stopped, gone.TrackerId));
        }

        return goodbyes.ToImmutable();
    }

    /// <summary>The next announce to send now; false when there is none until <see cref="NextWakeUp"/>.</summary>
    public bool TryNext(TimeSpan now, [NotNullWhen(true)] out TierAnnounce? announce)
    {
        Expire(now);
        announce = _phase switch
        {
            Phase.Running => NextWhileRunning(now),
            Phase.Stopping => NextWhileStopping(now),
            _ => null,
        };
        return announce is not null;
    }

    /// <summary>A tracker answered an announce.</summary>
    public void Succeeded(long ticket, AnnounceReply reply, TimeSpan now)
    {
        if (Find(ticket) is not { } tracker) return;
        tracker.Succeed(reply, _settings, now);
        if (_phase == Phase.Running) RotationOf(tracker).Succeeded(tracker);
    }

    /// <summary>An announce came to nothing.</summary>
    public void Failed(long ticket, TrackerFailure failure, TimeSpan now) => Find(ticket)?.Fail(failure, _settings, _random, now);

    /// <summary>All trackers, tier by tier, in the order in which they are tried.</summary>
    public ImmutableArray<TrackerStatus> Describe(TimeSpan now)
    {
        var statuses = ImmutableArray.CreateBuilder<TrackerStatus>(_trackers.Count);
        foreach (var rotation in _rotations)
        {
            foreach (var tier in rotation.Tiers)
            {
                foreach (var tracker in tier) statuses.Add(Describe(tracker, rotation, now));
            }
        }

        return statuses.ToImmutable();
    }

    private TierAnnounce? NextWhileRunning(TimeSpan now)
    {
        foreach (var tracker in _trackers)
        {
            if (tracker.UnderWay is null && tracker.OwesCompleted(_complete) && tracker.RetryAt <= now) return Begin(tracker, AnnounceEvent.Completed, now);
        }

        foreach (var rotation in _rotations)
        {
            if (rotation.Next(now, _complete) is { } tracker) return Begin(tracker, tracker.NextEvent(_complete), now);
        }

        return null;
    }

    private TierAnnounce? NextWhileStopping(TimeSpan now)
    {
        foreach (var tracker in _trackers)
        {
            if (tracker.UnderWay is not null || !tracker.SawStarted) continue;
            return Begin(tracker, tracker.OwesCompletedBeforeStopping(_complete) ? AnnounceEvent.Completed : AnnounceEvent.Stopped, now);
        }

        return null;
    }

    private TierAnnounce Begin(TieredTracker tracker, AnnounceEvent @event, TimeSpan now)
    {
        _lastTicket++;
        tracker.Begin(new TieredTracker.Flight(_lastTicket, @event, _complete, now + _settings.AnnounceTimeout));
        return new TierAnnounce(_lastTicket, tracker.Url, @event, tracker.TrackerId);
    }

    private void Expire(TimeSpan now)
    {
        foreach (var tracker in _trackers)
        {
            if (tracker.UnderWay is { } flight && flight.Deadline <= now)
                tracker.Fail(new TrackerFailure(TrackerFailureKind.Timeout, "The announce had no outcome in time."), _settings, _random, now);
        }
    }

    private bool AddTier(IEnumerable<TrackerUrl> urls, TimeSpan now, List<TieredTracker> known)
    {
        var tier = new List<TieredTracker>();
        foreach (var url in urls)
        {
            if (_trackers.Exists(tracker => tracker.Url == url)) continue;
            if (_trackers.Count >= _settings.MaxTrackers)
            {
                DroppedTrackers++;
                continue;
            }

            var tracker = known.Find(same => same.Url == url)?.InTier(_tierCount) ?? new TieredTracker(url, _tierCount);
            tier.Add(tracker);
            _trackers.Add(tracker);
        }

        if (tier.Count == 0) return false;
        _tierCount++;
        if (_rotations.Count == 0 || _settings.AnnounceToEveryTier) _rotations.Add(new TrackerRotation(now));
        _rotations[^1].Add(tier, now);
        return true;
    }

    private static TrackerStatus Describe(TieredTracker tracker, TrackerRotation rotation, TimeSpan now)
    {
        TimeSpan? nextAt = tracker.LastFailure is not null ? tracker.RetryAt : tracker == rotation.Current ? rotation.DueAt : null;
        var state = tracker switch
        {
            { UnderWay: not null } => TrackerState.Announcing,
            { LastFailure: not null } => TrackerState.Failing,
            { LastReply: not null } => TrackerState.Working,
            _ => TrackerState.NotContacted,
        };
        if (state == TrackerState.Announcing) nextAt = null;
        var reply = tracker.LastReply;
        return new TrackerStatus(
            tracker.Url, tracker.Tier, state, tracker.LastFailure, reply?.Warning, nextAt is { } at && at > now ? at - now : nextAt is null ? null : TimeSpan.Zero,
            reply?.Seeders, reply?.Leechers, reply?.Downloaded, reply?.Peers.Length ?? 0);
    }

    private TieredTracker? Find(long ticket) => _trackers.Find(tracker => tracker.UnderWay?.Ticket == ticket);

    private TrackerRotation RotationOf(TieredTracker tracker) => _rotations.Find(rotation => rotation.Tiers.Exists(tier => tier.Contains(tracker)))!;

    private static TimeSpan Earlier(TimeSpan? left, TimeSpan right) => left is { } earlier && earlier < right ? earlier : right;
}
