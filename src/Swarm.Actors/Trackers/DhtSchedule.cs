namespace Swarm.Actors.Trackers;

/// <summary>
/// When a torrent is announced in the DHT of one family. Pure; owned by <see cref="AnnouncerActor"/>, which asks when the next announce is due and says what became of it.
/// Always holds: one announce at a time, unless one is not answered for long. Times are those of the announcer.
/// </summary>
internal sealed class DhtSchedule(DhtScheduleSettings settings, Random random)
{
    private TimeSpan _due;
    private TimeSpan _last;
    private TimeSpan _pause = settings.LeastInterval;
    private TimeSpan _retry = settings.FirstRetry;
    private bool _isUnderWay;
    private bool _hasNews;

    /// <summary>When the next announce is due.</summary>
    public TimeSpan Due => _due;

    /// <summary>Begins one if it is due.</summary>
    public bool TryBegin(TimeSpan now)
    {
        if (now < _due) return false;
        _isUnderWay = true;
        _hasNews = false;
        _last = now;
        _due = now + settings.Timeout;
        return true;
    }

    /// <summary>It was done, and brought so many peers.</summary>
    public void Succeeded(int peers, TimeSpan now)
    {
        _isUnderWay = false;
        _retry = settings.FirstRetry;
        _due = _hasNews ? now : now + (settings.Interval * (0.9 + (random.NextDouble() * 0.2)));
        _pause = peers > 0 ? settings.LeastInterval : Doubled(_pause);
    }

    /// <summary>It came to nothing.</summary>
    public void Failed(TimeSpan now)
    {
        _isUnderWay = false;
        _due = now + _retry;
        _retry = Doubled(_retry);
    }

    /// <summary>There are too few peers: as soon as is fair.</summary>
    public void NeedPeers()
    {
        var soon = _last + _pause;
        if (!_isUnderWay && soon < _due) _due = soon;
    }

    /// <summary>What is announced has changed, or nothing has been announced for long: at once.</summary>
    public void Hurry(TimeSpan now)
    {
        if (_isUnderWay) _hasNews = true;
        else _due = now;
    }

    private TimeSpan Doubled(TimeSpan pause) => pause * 2 < settings.Interval ? pause * 2 : settings.Interval;
}
