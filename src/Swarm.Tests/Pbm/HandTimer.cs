namespace Swarm.Tests.Pbm;

/// <summary>Time whose timers go off when a test says so, whatever they were set to.</summary>
internal sealed class HandTimer : TimeProvider
{
    private readonly List<Timer> _timers = [];

    /// <summary>The periods timers were made with.</summary>
    public IEnumerable<TimeSpan> Periods => _timers.Select(timer => timer.Period);

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>All go off.</summary>
    public void Fire()
    {
        foreach (var timer in _timers.ToList()) timer.Callback(timer.State);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(callback, state, period);
        _timers.Add(timer);
        return timer;
    }

    private sealed record Timer(TimerCallback Callback, object? State, TimeSpan Period) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
