namespace Swarm.Tests.Io.Disk;

/// <summary>A clock that stands unless it is set, for tests that want to know what ends a wait that time would end too.</summary>
internal sealed class StandingClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);

    public override long GetTimestamp() => Volatile.Read(ref _now);
}
