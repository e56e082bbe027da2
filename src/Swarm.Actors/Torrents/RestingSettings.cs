namespace Swarm.Actors.Torrents;

/// <summary>How torrents at rest are announced.</summary>
public sealed record RestingSettings
{
    /// <summary>The values for production.</summary>
    public static RestingSettings Default { get; } = new();

    /// <summary>Over how long the first announces are spread after a start, 0 s to 1 day: not all torrents at once.</summary>
    public TimeSpan Spread { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(10);

    /// <summary>Announces to trackers under way at a time, 1 to 4,096; the others wait their turn.</summary>
    public int MaxToTrackers { get; init => field = Setting.InRange(value, 1, 4_096); } = 64;

    /// <summary>Announces in the DHT under way at a time, 1 to 1,024; the others wait their turn.</summary>
    public int MaxInDht { get; init => field = Setting.InRange(value, 1, 1_024); } = 4;

    /// <summary>The interval where a tracker names none, 1 min to 7 days.</summary>
    public TimeSpan TrackerInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)); } = TimeSpan.FromMinutes(30);

    /// <summary>No interval of a tracker is taken for less, 1 min to 7 days.</summary>
    public TimeSpan LowestInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)); } = TimeSpan.FromMinutes(5);

    /// <summary>No interval of a tracker is taken for more, 1 min to 7 days.</summary>
    public TimeSpan HighestInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)); } = TimeSpan.FromDays(1);

    /// <summary>How long after a failure the next tracker, or the same again, is asked; doubled with every further failure in a row. 1 s to 1 day.</summary>
    public TimeSpan FirstRetry { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>The longest such pause, 1 s to 1 day.</summary>
    public TimeSpan LongestRetry { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromHours(1);

    /// <summary>Between two announces in the DHT, 1 min to 7 days; with many torrents it takes as long as it takes.</summary>
    public TimeSpan DhtInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)); } = TimeSpan.FromMinutes(30);

    /// <summary>Peers asked for in an announce, 0 to 2,000.</summary>
    public int NumWant { get; init => field = Setting.InRange(value, 0, 2_000); } = 20;

    /// <summary>How long goodbyes are waited for, 10 ms to 5 min.</summary>
    public TimeSpan StopTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);
}
