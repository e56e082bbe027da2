namespace Swarm.TestKit.World;

/// <summary>
/// A node's clock: the world's, shown with an offset and running at a rate of its own. Its timers run at that rate too. The time of day can be set anew; timestamps and timers do not notice, as on a
/// real machine.
/// </summary>
public sealed class SimClock : TimeProvider
{
    private readonly TimeProvider _world;
    private readonly double _rate;

    /// <summary>A clock that is off by <paramref name="offset"/> and runs <paramref name="rate"/> times as fast as the world's (0.5 to 2; 1.0001 gains 8.6 s a day).</summary>
    public SimClock(TimeProvider world, TimeSpan offset = default, double rate = 1)
    {
        _world = world;
        _rate = Setting.InRange(rate, 0.5, 2.0);
        Offset = offset;
    }

    /// <summary>How far the time of day is ahead.</summary>
    public TimeSpan Offset { get; set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp() => Elapsed().Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _world.GetUtcNow() - _world.GetElapsedTime(0) + Elapsed() + Offset;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = _world.CreateTimer(callback, state, OfWorld(dueTime), OfWorld(period));
        return _rate == 1 ? timer : new Scaled(this, timer);
    }

    private TimeSpan Elapsed() => _rate == 1 ? _world.GetElapsedTime(0) : _world.GetElapsedTime(0) * _rate;

    // Rounded up: a timer that fires a tick before it is due by its own clock would ask in vain.
    private TimeSpan OfWorld(TimeSpan own) => _rate == 1 || own <= TimeSpan.Zero ? own : new TimeSpan((long)Math.Ceiling(own.Ticks / _rate) + 1);

    private sealed class Scaled(SimClock clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.OfWorld(dueTime), clock.OfWorld(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
