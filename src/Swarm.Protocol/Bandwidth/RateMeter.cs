namespace Swarm.Protocol.Bandwidth;

/// <summary>
/// A transfer rate over the last seconds: a sliding window cut into slots. After a start the rate is that of the time since then, so it is right at
/// once and does not creep up; after a stop it falls to zero within the window. Nothing is allocated after construction; all calls are O(slots) at most.
/// Times are TimeSpan ticks of a monotonic clock; one that goes back counts as no time.
/// </summary>
public sealed class RateMeter
{
    private readonly long _slotTicks;
    private readonly long[] _slots;
    private long _start;
    private long _current;
    private long _sum;

    /// <summary>Measures over <paramref name="window"/> (≥ 1 ms a slot), which is cut into <paramref name="slots"/> (2 to 1,000).</summary>
    public RateMeter(TimeSpan window, int slots, long nowTicks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, 1_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(window.Ticks / slots, TimeSpan.TicksPerMillisecond, nameof(window));
        _slotTicks = window.Ticks / slots;
        _slots = new long[slots];
        _start = nowTicks;
        _current = Slot(nowTicks);
    }

    /// <summary>Five seconds in steps of half a second: steady enough to show, quick enough to steer by.</summary>
    public RateMeter(long nowTicks) : this(TimeSpan.FromSeconds(5), 10, nowTicks) { }

    /// <summary>All bytes ever added.</summary>
    public long Total { get; private set; }

    /// <summary>Bytes were transferred.</summary>
    public void Add(long bytes, long nowTicks)
    {
        Advance(nowTicks);
        _slots[_current % _slots.Length] += bytes;
        _sum += bytes;
        Total += bytes;
    }

    /// <summary>Bytes a second over the window, or since the start if that is shorter; over one slot at least.</summary>
    public long BytesPerSecond(long nowTicks)
    {
        Advance(nowTicks);
        var oldest = (_current - _slots.Length + 1) * _slotTicks;
        var span = Math.Max(_slotTicks, nowTicks - Math.Max(oldest, _start));
        return (long)(_sum * (double)TimeSpan.TicksPerSecond / span);
    }

    /// <summary>Starts anew at this time; <see cref="Total"/> stays.</summary>
    public void Restart(long nowTicks)
    {
        Array.Clear(_slots);
        _sum = 0;
        _start = nowTicks;
        _current = Slot(nowTicks);
    }

    private void Advance(long now)
    {
        var slot = Slot(now);
        if (slot - _current >= _slots.Length)
        {
            Array.Clear(_slots);
            _sum = 0;
            _current = slot;
            return;
        }

        while (_current < slot)
        {
            _current++;
            ref var expired = ref _slots[_current % _slots.Length];
            _sum -= expired;
            expired = 0;
        }
    }

    private long Slot(long ticks) => ticks / _slotTicks;
}
