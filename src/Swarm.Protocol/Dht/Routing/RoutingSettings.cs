using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Routing;

/// <summary>The limits of a routing table (BEP 5, "Routing Table"). Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record RoutingSettings
{
    /// <summary>The most nodes that one search of the table gives.</summary>
    public const int MostClosest = 64;

    /// <summary>What a node uses unless configured otherwise.</summary>
    public static RoutingSettings Default { get; } = new();

    /// <summary>Nodes of a bucket, 1 to 64; k of Kademlia, 8 in BEP 5.</summary>
    public int BucketSize { get; init => field = Setting.InRange(value, 1, MostClosest); } = 8;

    /// <summary>Nodes that wait for a place in a bucket, 0 to 64.</summary>
    public int MaxSpares { get; init => field = Setting.InRange(value, 0, 64); } = 8;

    /// <summary>Buckets are split until they share this many bits, 1 to 159.</summary>
    public int MaxDepth { get; init => field = Setting.InRange(value, 1, NodeId.Bits - 1); } = 128;

    /// <summary>How long a node is good after it was last heard of, 10 s to 24 h. BEP 5: 15 minutes.</summary>
    public TimeSpan GoodFor { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24)); } = TimeSpan.FromMinutes(15);

    /// <summary>A node is bad after this many queries in a row without an answer, 1 to 20. BEP 5 suggests to try twice.</summary>
    public int BadAfterFailures { get; init => field = Setting.InRange(value, 1, 20); } = 2;

    /// <summary>The least time between two pings of one node, 1 s to 1 h; longer than a query takes to time out.</summary>
    public TimeSpan PingAgainAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>A bucket that did not change for this long is refreshed, 10 s to 24 h. BEP 5: 15 minutes.</summary>
    public TimeSpan RefreshAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24)); } = TimeSpan.FromMinutes(15);

    /// <summary>Nodes of one host, in a bucket and in the table, 1 to 64. Local addresses are exempt.</summary>
    public int MaxPerHost { get; init => field = Setting.InRange(value, 1, 64); } = 1;

    /// <summary>Nodes of one /24 or /64 in a bucket, spares included, 1 to 64. Local addresses are exempt.</summary>
    public int MaxPerNetwork { get; init => field = Setting.InRange(value, 1, 64); } = 2;

    /// <summary>Whether a node whose id follows BEP 42 takes the place of one whose id does not.</summary>
    public bool PreferSecureIds { get; init; } = true;
}
