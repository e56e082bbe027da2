namespace Swarm.Protocol.Trackers;

/// <summary>
/// Some tiers that are asked one after the other until one tracker answers (BEP 12, "Order of Processing"): all tiers of a torrent, or, when every tier is asked, one of them.
/// Owned by <see cref="AnnounceTiers"/>, which does the announcing. A walk begins when <see cref="DueAt"/> has come, passes every tracker at most once,
/// and ends with the first success or when no tracker is left.
/// </summary>
internal sealed class TrackerRotation(TimeSpan dueAt)
{
    private TieredTracker? _current;
    private bool _walking;
    private bool _wantsPeers;
    private TimeSpan _nextWalkAt = dueAt;

    /// <summary>The tiers, each in the order in which it is tried.</summary>
    public List<List<TieredTracker>> Tiers { get; } = [];

    /// <summary>When the next walk begins: at the working tracker's interval, or its min interval if peers are wanted.</summary>
    public TimeSpan DueAt => _wantsPeers && _current is { } current && current.EarliestAt < _nextWalkAt ? current.EarliestAt : _nextWalkAt;

    /// <summary>The tracker whose reply ended the last walk; null if none did.</summary>
    public TieredTracker? Current => _current;

    /// <summary>Whether a tracker of these tiers has an announce under way: nothing is begun meanwhile.</summary>
    public bool IsBusy => Tiers.Exists(tier => tier.Exists(tracker => tracker.UnderWay is not null));

    /// <summary>A new session begins now.</summary>
    public void Restart(TimeSpan now)
    {
        _current = null;
        _walking = false;
        _wantsPeers = false;
        _nextWalkAt = now;
    }

    /// <summary>Lets the next walk begin as early as the working tracker's min interval allows.</summary>
    public void WantPeers() => _wantsPeers = true;

    /// <summary>Takes in a tier, which is tried at once if nothing works so far.</summary>
    public void Add(List<TieredTracker> tier, TimeSpan now)
    {
        Tiers.Add(tier);
        if (_current is null && _nextWalkAt > now) _nextWalkAt = now;
    }

    /// <summary>The tracker to announce to now, or null.</summary>
    public TieredTracker? Next(TimeSpan now, bool complete)
    {
        if (IsBusy || (!_walking && now < DueAt)) return null;
        if (_walking)
        {
            if (NextInWalk(now, complete) is { } next) return next;
            EndWalkWithoutSuccess(complete);
            if (now < DueAt) return null;
        }

        BeginWalk();
        if (NextInWalk(now, complete) is { } first) return first;
        EndWalkWithoutSuccess(complete);
        return null;
    }

    /// <summary>A tracker answered: it goes to the front of its tier, and the walk, if it was one, is over.</summary>
    public void Succeeded(TieredTracker tracker)
    {
        if (!_walking && tracker != _current) return;
        _walking = false;
        _wantsPeers = false;
        _current = tracker;
        _nextWalkAt = tracker.DueAt;
        var tier = Tiers.Find(tier => tier.Contains(tracker))!;
        tier.Remove(tracker);
        tier.Insert(0, tracker);
    }

    private TieredTracker? NextInWalk(TimeSpan now, bool complete)
    {
        foreach (var tier in Tiers)
        {
            foreach (var tracker in tier)
            {
                if (tracker.TriedInWalk || tracker.AllowedAt(complete) > now) continue;
                tracker.TriedInWalk = true;
                return tracker;
            }
        }

        return null;
    }

    private void BeginWalk()
    {
        _walking = true;
        foreach (var tier in Tiers)
        {
            foreach (var tracker in tier) tracker.TriedInWalk = false;
        }
    }

    private void EndWalkWithoutSuccess(bool complete)
    {
        _walking = false;
        _current = null;
        var next = TimeSpan.MaxValue;
        foreach (var tier in Tiers)
        {
            foreach (var tracker in tier)
            {
                var allowedAt = tracker.AllowedAt(complete);
                if (allowedAt < next) next = allowedAt;
            }
        }

        _nextWalkAt = next;
    }
}
