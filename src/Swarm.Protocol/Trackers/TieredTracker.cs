namespace Swarm.Protocol.Trackers;

/// <summary>
/// One tracker of one torrent: what it has been told, what it said last, and when it may be asked again. Owned by <see cref="AnnounceTiers"/>.
/// Always holds: at most one announce is under way; it owes "completed" or "stopped" only if its "started" succeeded in this session.
/// </summary>
internal sealed class TieredTracker(TrackerUrl url, int tier)
{
    private bool _knowsUs;
    private bool _startedIncomplete;
    private bool _completedSent;
    private bool _completedFailed;

    /// <summary>The tracker.</summary>
    public TrackerUrl Url { get; } = url;

    /// <summary>From 0.</summary>
    public int Tier { get; private set; } = tier;

    /// <summary>The announce under way, or null.</summary>
    public Flight? UnderWay { get; private set; }

    /// <summary>Whether this session's first announce, which says "started" unless it knows us, succeeded and no "stopped" was tried.</summary>
    public bool SawStarted { get; private set; }

    /// <summary>Not to be asked before, because it failed.</summary>
    public TimeSpan RetryAt { get; private set; }

    /// <summary>Not to be asked without an event before (its min interval).</summary>
    public TimeSpan EarliestAt { get; private set; }

    /// <summary>When a regular announce is due.</summary>
    public TimeSpan DueAt { get; private set; }

    /// <summary>Whether it was tried in the present walk through the tiers.</summary>
    public bool TriedInWalk { get; set; }

    /// <summary>To be sent back to it.</summary>
    public string? TrackerId { get; private set; }

    /// <summary>The last reply, or null.</summary>
    public AnnounceReply? LastReply { get; private set; }

    /// <summary>The last failure, unless a success followed.</summary>
    public TrackerFailure? LastFailure { get; private set; }

    private int Failures { get; set; }

    /// <summary>Whether it must hear that the download finished: it heard "started" from a download, and no "completed" yet (BEP 3, "event").</summary>
    public bool OwesCompleted(bool complete) => complete && SawStarted && _startedIncomplete && !_completedSent;

    /// <summary>Whether "completed" goes first when stopping: tried once, then "stopped" must not wait for it.</summary>
    public bool OwesCompletedBeforeStopping(bool complete) => OwesCompleted(complete) && !_completedFailed;

    /// <summary>The event of its next announce.</summary>
    public AnnounceEvent NextEvent(bool complete) =>
        !SawStarted ? (_knowsUs ? AnnounceEvent.None : AnnounceEvent.Started) : OwesCompleted(complete) ? AnnounceEvent.Completed : AnnounceEvent.None;

    /// <summary>When it may be asked: after its back-off, and after its min interval unless there is an event to tell.</summary>
    public TimeSpan AllowedAt(bool complete) =>
        NextEvent(complete) == AnnounceEvent.None && EarliestAt > RetryAt ? EarliestAt : RetryAt;

    /// <summary>A new session: nothing has been told but, where it <paramref name="knowsUs"/>, what somebody else told it before; nothing is held against it.</summary>
    public void Reset(bool knowsUs)
    {
        _knowsUs = knowsUs;
        SawStarted = false;
        _startedIncomplete = false;
        _completedSent = false;
        _completedFailed = false;
        Failures = 0;
        RetryAt = TimeSpan.Zero;
        EarliestAt = TimeSpan.Zero;
        TriedInWalk = false;
    }

    /// <summary>Moves to another place among the tiers, keeping what it was told.</summary>
    public TieredTracker InTier(int tier)
    {
        Tier = tier;
        TriedInWalk = false;
        return this;
    }

    /// <summary>Notes that an announce is under way.</summary>
    public void Begin(Flight flight) => UnderWay = flight;

    /// <summary>Notes a success and returns the time of the next regular announce.</summary>
    public void Succeed(AnnounceReply reply, AnnounceTiersSettings settings, TimeSpan now)
    {
        var flight = End();
        Failures = 0;
        RetryAt = now;
        LastFailure = null;
        LastReply = reply;
        TrackerId = reply.TrackerId ?? TrackerId;
        var shortest = reply.MinInterval is { } min ? settings.Clamp(min) : settings.DefaultMinInterval;
        var interval = settings.Clamp(reply.Interval ?? settings.DefaultInterval);
        // A tracker may contradict itself (interval under min interval): then the longer one holds. Without a min interval its interval bounds ours.
        if (reply.MinInterval is null && shortest > interval) shortest = interval;
        EarliestAt = now + shortest;
        DueAt = now + (interval < shortest ? shortest : interval);
        switch (flight.Event)
        {
            case AnnounceEvent.Started:
            case AnnounceEvent.None when !SawStarted:
                SawStarted = true;
                _startedIncomplete = !flight.WasComplete;
                break;
            case AnnounceEvent.Completed:
                _completedSent = true;
                break;
            case AnnounceEvent.Stopped:
                SawStarted = false;
                break;
            default:
                break;
        }
    }

    /// <summary>Notes a failure and how long the tracker is left alone.</summary>
    public void Fail(TrackerFailure failure, AnnounceTiersSettings settings, Random random, TimeSpan now)
    {
        var flight = End();
        Failures++;
        LastFailure = failure;
        RetryAt = now + settings.BackOff(Failures, random);
        if (flight.Event == AnnounceEvent.Completed) _completedFailed = true;
        // A goodbye is said once: whoever did not hear it will notice that we are gone.
        if (flight.Event == AnnounceEvent.Stopped) SawStarted = false;
    }

    private Flight End()
    {
        var flight = UnderWay ?? throw new InvalidOperationException("No announce is under way.");
        UnderWay = null;
        return flight;
    }

    /// <summary>An announce under way.</summary>
    /// <param name="Ticket">Its name.</param>
    /// <param name="Event">What it tells.</param>
    /// <param name="WasComplete">Whether the torrent was complete when it was sent.</param>
    /// <param name="Deadline">When it counts as lost.</param>
    public sealed record Flight(long Ticket, AnnounceEvent Event, bool WasComplete, TimeSpan Deadline);
}
