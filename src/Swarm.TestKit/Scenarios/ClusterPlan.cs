using Swarm.Protocol.Cluster;

namespace Swarm.TestKit.Scenarios;

/// <summary>What the cluster of a scenario is given, and how it goes about it. What is not said is production's.</summary>
public sealed record ClusterPlan
{
    /// <summary>The fewest torrents it is given.</summary>
    public int LeastTorrents { get; init => field = Setting.InRange(value, 1, 1_000); } = 2;

    /// <summary>The most.</summary>
    public int MostTorrents { get; init => field = Setting.InRange(value, 1, 1_000); } = 6;

    /// <summary>The fewest replicas of each.</summary>
    public int LeastReplicas { get; init => field = Setting.InRange(value, 1, ClusterLimits.MaxReplicas); } = 2;

    /// <summary>The most.</summary>
    public int MostReplicas { get; init => field = Setting.InRange(value, 1, ClusterLimits.MaxReplicas); } = 2;

    /// <summary>Between the first moment and this one each torrent is added.</summary>
    public TimeSpan AddedWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Zones that members are dealt out to, 1 for all in the same.</summary>
    public int Zones { get; init => field = Setting.InRange(value, 1, 100); } = 1;

    /// <summary>Members that see the files of one storage, 1 for a storage each: the first so many share one, then the next.</summary>
    public int MembersPerStorage { get; init => field = Setting.InRange(value, 1, 100); } = 1;

    /// <summary>Whether it is given magnet links instead of files.</summary>
    public bool IsByLink { get; init; }

    /// <summary>How members watch each other.</summary>
    public MembershipSettings Membership { get; init; } = MembershipSettings.Default;

    /// <summary>How torrents are placed.</summary>
    public PlacementSettings Placement { get; init; } = PlacementSettings.Default with { MinFreeBytes = 0, RepairDelay = TimeSpan.FromSeconds(40), SweepInterval = TimeSpan.FromSeconds(60) };

    /// <summary>The version of the messages between nodes that processes speak at first.</summary>
    public int MessageVersion { get; init; } = ClusterCodec.Version;
}
