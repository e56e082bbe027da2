namespace Swarm.Kernel;

/// <summary>
/// A clock that stands still until it is told to go on, with timers that fire when it is told. Timers fire by their
/// time, then in the order in which they were armed. One thread.
/// </summary>
internal sealed class VirtualTimeProvider(DateTimeOffset start) : TimeProvider
{
    // Re-armed and disposed timers leave their entries behind; beyond this many the queue is swept.
    private const int SweepThreshold = 1024;

    private readonly PriorityQueue<(VirtualTimer Timer, long Version), (long At, long Order)> _queue = new();
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    internal long NowTicks { get; private set; }

    internal int Pending { get; private set; }

    public override DateTimeOffset GetUtcNow() => start.AddTicks(NowTicks);

    public override long GetTimestamp() => NowTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Whether a timer fires at that moment or before.</summary>
    internal bool IsDue(long atTicks)
    {
        while (_queue.TryPeek(out var entry, out var key))
        {
            if (entry.Timer.Version == entry.Version)
            {
                return key.At <= atTicks;
            }

            _queue.Dequeue();
        }

        return false;
    }

    /// <summary>Goes to the next timer's time and fires it. One must be due; ask <see cref="IsDue"/> first.</summary>
    internal void FireNext()
    {
        _queue.TryDequeue(out var entry, out var key);
        AdvanceTo(key.At);
        entry.Timer.Fire();
    }

    internal void AdvanceTo(long ticks) => NowTicks = Math.Max(NowTicks, ticks);

    private void Arm(VirtualTimer timer, TimeSpan due)
    {
        Pending++;
        if (_queue.Count > SweepThreshold && _queue.Count > Pending * 2)
        {
            Sweep();
        }

        _queue.Enqueue((timer, timer.Version), (NowTicks + due.Ticks, _order++));
    }

    private void Sweep()
    {
        var alive = new List<((VirtualTimer, long), (long, long))>(Pending);
        foreach (var (entry, key) in _queue.UnorderedItems)
        {
            if (entry.Timer.Version == entry.Version)
            {
                alive.Add((entry, key));
            }
        }

        _queue.Clear();
        _queue.EnqueueRange(alive);
    }

    private sealed class VirtualTimer(VirtualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private bool _armed;
        private bool _disposed;

        internal long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
            {
                return false;
            }

            Disarm();
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
                _armed = true;
                clock.Arm(this, dueTime);
            }

            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            Disarm();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Fire()
        {
            Disarm();
            if (_period > TimeSpan.Zero)
            {
                _armed = true;
                clock.Arm(this, _period);
            }

            callback(state);
        }

        private void Disarm()
        {
            Version++;
            if (_armed)
            {
                _armed = false;
                clock.Pending--;
            }
        }
    }
}
