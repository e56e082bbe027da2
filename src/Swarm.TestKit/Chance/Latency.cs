namespace Swarm.TestKit.Chance;

/// <summary>
/// How long something of the simulated world takes: evenly between two bounds, and now and then, by <see cref="SlowShare"/>, evenly between <see cref="Most"/> and <see cref="Slowest"/>,
/// because it is the slow ones that find the races.
/// </summary>
public sealed record Latency
{
    /// <summary>Evenly between two bounds.</summary>
    public Latency(TimeSpan least, TimeSpan most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(least, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, least);
        Least = least;
        Most = most;
        Slowest = most;
    }

    /// <summary>No time at all.</summary>
    public static Latency None { get; } = new(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>The least it takes.</summary>
    public TimeSpan Least { get; }

    /// <summary>The most it takes as a rule.</summary>
    public TimeSpan Most { get; }

    /// <summary>The share of slow ones, 0 to 1.</summary>
    public double SlowShare { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The most a slow one takes, up to 10 min; never less than <see cref="Most"/>.</summary>
    public TimeSpan Slowest { get; init => field = Setting.InRange(value, Most, TimeSpan.FromMinutes(10)); }

    /// <summary>Evenly between two bounds in milliseconds.</summary>
    public static Latency Milliseconds(double least, double most) => new(TimeSpan.FromMilliseconds(least), TimeSpan.FromMilliseconds(most));

    /// <summary>Draws one.</summary>
    public TimeSpan Draw(Random random)
    {
        var (from, to) = SlowShare > 0 && random.NextDouble() < SlowShare ? (Most, Slowest) : (Least, Most);
        return from == to ? from : new TimeSpan(random.NextInt64(from.Ticks, to.Ticks + 1));
    }
}
