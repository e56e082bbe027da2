using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>When a torrent announces, and how it treats trackers that fail.</summary>
public sealed record AnnounceTiersSettings
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>The values for production.</summary>
    public static AnnounceTiersSettings Default { get; } = new();

    /// <summary>
    /// False: one tracker at a time, tier after tier, as BEP 12 says. True: one tracker of every tier, which finds more peers where the tiers do not share theirs.
    /// </summary>
    public bool AnnounceToEveryTier { get; init; }

    /// <summary>Trackers of one torrent; further ones are counted and left out. 1 to 10,000.</summary>
    public int MaxTrackers { get; init => field = Setting.InRange(value, 1, 10_000); } = 200;

    /// <summary>The interval when the tracker names none. 10 ms to 7 days.</summary>
    public TimeSpan DefaultInterval { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromMinutes(30);

    /// <summary>The time between two announces without an event when the tracker names no "min interval": how early missing peers may be asked for. 10 ms to 7 days.</summary>
    public TimeSpan DefaultMinInterval { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromMinutes(5);

    /// <summary>No interval or min interval of a tracker is taken for less. 10 ms to 7 days.</summary>
    public TimeSpan LowestInterval { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromMinutes(1);

    /// <summary>No interval or min interval of a tracker is taken for more. 10 ms to 7 days, and not under <see cref="LowestInterval"/>.</summary>
    public TimeSpan HighestInterval { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromDays(1);

    /// <summary>How long a tracker is left alone after its first failure; doubled with every further one. 10 ms to 7 days.</summary>
    public TimeSpan BackOffBase { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromSeconds(15);

    /// <summary>The longest back-off. 10 ms to 7 days.</summary>
    public TimeSpan BackOffCap { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromHours(1);

    /// <summary>The part of a back-off that chance may take away, so that a tracker that returns is not met by everybody at once. 0 to 1.</summary>
    public double BackOffJitter { get; init => field = Setting.InRange(value, 0, 1); } = 0.25;

    /// <summary>An announce that has had no outcome for so long counts as failed, so that a lost answer never silences a torrent. 10 ms to 7 days.</summary>
    public TimeSpan AnnounceTimeout { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromMinutes(10);

    /// <summary>An interval as sent, held between the bounds.</summary>
    internal TimeSpan Clamp(TimeSpan interval) =>
        interval < LowestInterval ? LowestInterval : interval > HighestInterval ? HighestInterval : interval;

    /// <summary>How long to leave a tracker alone after its n-th failure in a row, n ≥ 1.</summary>
    internal TimeSpan BackOff(int failures, Random random)
    {
        var delay = BackOffBase.Ticks * Math.Pow(2, Math.Min(failures - 1, 40));
        var capped = Math.Min(delay, BackOffCap.Ticks);
        return TimeSpan.FromTicks((long)(capped * (1 - (BackOffJitter * random.NextDouble()))));
    }
}
