namespace Swarm.Actors.Trackers;

/// <summary>When a torrent announces itself in the DHT.</summary>
public sealed record DhtScheduleSettings
{
    /// <summary>The values for production.</summary>
    public static DhtScheduleSettings Default { get; } = new();

    /// <summary>Between two announces, give or take a tenth. 1 min to 2 h; nodes forget a peer after 30 to 45 minutes.</summary>
    public TimeSpan Interval { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(2)); } = TimeSpan.FromMinutes(15);

    /// <summary>How soon another follows one that brought no peers where peers are needed, doubled each time. 1 s to 1 h.</summary>
    public TimeSpan LeastInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>How soon one that failed is tried again, doubled each time up to the interval. 1 s to 1 h.</summary>
    public TimeSpan FirstRetry { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer is waited for. 1 min to 1 h.</summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(5);
}
