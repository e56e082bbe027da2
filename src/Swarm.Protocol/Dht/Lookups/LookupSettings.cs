using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Lookups;

/// <summary>The limits of a <see cref="Lookup"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record LookupSettings
{
    /// <summary>The most queries that may be in flight.</summary>
    public const int MostParallel = 32;

    /// <summary>What a node uses unless configured otherwise.</summary>
    public static LookupSettings Default { get; } = new();

    /// <summary>The closest nodes that are looked for, 1 to 64; k of Kademlia, 8 in BEP 5.</summary>
    public int Closest { get; init => field = Setting.InRange(value, 1, RoutingSettings.MostClosest); } = 8;

    /// <summary>Nodes whose id follows BEP 42 that a lookup ends with at least, if there are so many, 0 to 64: those that the closest lack come in addition to them. They are where a crowd of invented ids cannot be.</summary>
    public int LeastSecure { get; init => field = Setting.InRange(value, 0, RoutingSettings.MostClosest); } = 4;

    /// <summary>Queries in flight that have not stalled, 1 to 32; alpha of Kademlia.</summary>
    public int MaxParallel { get; init => field = Setting.InRange(value, 1, MostParallel); } = 4;

    /// <summary>Nodes remembered, 16 to 10,000; beyond that the farthest that was not asked is forgotten.</summary>
    public int MaxCandidates { get; init => field = Setting.InRange(value, 16, 10_000); } = 256;

    /// <summary>Nodes taken of one reply and family, 1 to 64; the closest.</summary>
    public int MaxNodesPerReply { get; init => field = Setting.InRange(value, 1, 64); } = 16;

    /// <summary>Nodes remembered of one /24 or /64, 1 to 64.</summary>
    public int MaxRememberedPerNetwork { get; init => field = Setting.InRange(value, 1, 64); } = 4;

    /// <summary>Nodes of one /24 or /64 among the closest, 1 to 64.</summary>
    public int MaxPerNarrowNetwork { get; init => field = Setting.InRange(value, 1, 64); } = 1;

    /// <summary>Nodes of one /16 or /48 among the closest, 1 to 64.</summary>
    public int MaxPerWideNetwork { get; init => field = Setting.InRange(value, 1, 64); } = 2;

    /// <summary>Queries in all, 8 to 10,000.</summary>
    public int MaxQueries { get; init => field = Setting.InRange(value, 8, 10_000); } = 256;

    /// <summary>How often one node is asked, 1 to 10: a query or its answer may get lost, and where nodes are few each one matters. Only who is slow is asked again, and only when nobody else is left.</summary>
    public int MaxTries { get; init => field = Setting.InRange(value, 1, 10); } = 3;

    /// <summary>How long the last that are slow are waited for after the last query, if others have answered, 100 ms to 1 min. If nobody has, they are waited for until their queries time out.</summary>
    public TimeSpan Patience { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(3);

    /// <summary>How long it may take, 1 s to 10 min.</summary>
    public TimeSpan MaxDuration { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromMinutes(1);

    /// <summary>Peers found, 1 to 100,000.</summary>
    public int MaxPeers { get; init => field = Setting.InRange(value, 1, 100_000); } = 5_000;

    /// <summary>Peers taken of one reply, 1 to 1,000.</summary>
    public int MaxPeersPerReply { get; init => field = Setting.InRange(value, 1, 1_000); } = 200;

    /// <summary>Info-hashes sampled, 1 to 1,000,000.</summary>
    public int MaxSamples { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;
}
