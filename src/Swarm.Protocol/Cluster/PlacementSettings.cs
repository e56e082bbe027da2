using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>How torrents are placed and moved.</summary>
public sealed record PlacementSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static PlacementSettings Default { get; } = new();

    /// <summary>How long a storage whose members are gone is waited for before its replicas are copied elsewhere, in database time, 0 to 7 days.</summary>
    public TimeSpan RepairDelay { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(7)); } = TimeSpan.FromSeconds(60);

    /// <summary>From one round of the planner to the next, 50 ms to 1 min.</summary>
    public TimeSpan RoundInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(2);

    /// <summary>Torrents that the planner looks at in a round, 1 to 1,000,000.</summary>
    public int TorrentsPerRound { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 5_000;

    /// <summary>Changes of placement that are written in a round, 1 to 10,000; the next round begins when they are written, and goes on with the rest.</summary>
    public int StepsPerRound { get; init => field = Setting.InRange(value, 1, 10_000); } = 1_000;

    /// <summary>Copies under way at most when one is begun to repair or to drain, 1 to 100,000. First copies of new torrents do not wait.</summary>
    public int MaxRepairs { get; init => field = Setting.InRange(value, 1, 100_000); } = 200;

    /// <summary>Copies under way at most when one is begun only to rebalance, 0 to 100,000; 0: never.</summary>
    public int MaxMoves { get; init => field = Setting.InRange(value, 0, 100_000); } = 20;

    /// <summary>Copies begun a minute only to rebalance, 1 to 100,000.</summary>
    public int MovesPerMinute { get; init => field = Setting.InRange(value, 1, 100_000); } = 60;

    /// <summary>A storage with less room than this, after the torrent, gets nothing new; bytes, 0 to 1 EiB.</summary>
    public long MinFreeBytes { get; init => field = Setting.InRange(value, 0L, 1L << 60); } = 10L << 30;

    /// <summary>From one look at every torrent to the next, where nothing has happened that brings one about; 1 s to 1 day. What could not be placed for want of room is tried again then.</summary>
    public TimeSpan SweepInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(10);

    /// <summary>How long a step that was written may take to be seen before it is thought of anew, 1 s to 10 min.</summary>
    public TimeSpan StepTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(30);
}
