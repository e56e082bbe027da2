using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>How a torrent announces.</summary>
public sealed record AnnouncerSettings
{
    /// <summary>The values for production.</summary>
    public static AnnouncerSettings Default { get; } = new();

    /// <summary>Peers asked for in an announce. 0 to 2000; trackers give 50 to 200 at most.</summary>
    public int NumWant { get; init => field = Setting.InRange(value, 0, 2000); } = 100;

    /// <summary>How long goodbyes are waited for. 10 ms to 5 min.</summary>
    public TimeSpan StopTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(3);

    /// <summary>When the DHT is announced to.</summary>
    public DhtScheduleSettings Dht { get; init; } = DhtScheduleSettings.Default;

    /// <summary>Tiers, intervals and back-offs.</summary>
    public AnnounceTiersSettings Tiers { get; init; } = AnnounceTiersSettings.Default;
}
