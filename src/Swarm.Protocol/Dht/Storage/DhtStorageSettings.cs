using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>What a DHT node stores for others. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record DhtStorageSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static DhtStorageSettings Default { get; } = new();

    /// <summary>Info-hashes with peers, 1 to 10 million. When full, a small swarm that is far from our id gives way.</summary>
    public int MaxSwarms { get; init => field = Setting.InRange(value, 1, 10_000_000); } = 20_000;

    /// <summary>Peers of one info-hash, 1 to 5,999 (BEP 33: below 6,000). When full, the one that announced longest ago gives way.</summary>
    public int MaxPeersPerSwarm { get; init => field = Setting.InRange(value, 1, 5_999); } = 1_000;

    /// <summary>Peers in all, 1 to 100 million; 40 bytes each. When full, a small swarm that is far from our id gives way.</summary>
    public int MaxPeers { get; init => field = Setting.InRange(value, 1, 100_000_000); } = 500_000;

    /// <summary>Swarms looked at to choose the one that gives way, 1 to 256.</summary>
    public int EvictionSample { get; init => field = Setting.InRange(value, 1, 256); } = 16;

    /// <summary>How long a peer is kept after its announce, 1 min to 24 h. Clients announce every 15 to 30 minutes.</summary>
    public TimeSpan PeerLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)); } = TimeSpan.FromMinutes(45);

    /// <summary>How old the filters of a scrape may be, 1 s to 1 h: they are made anew then, without the peers that went.</summary>
    public TimeSpan FilterLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(2);

    /// <summary>Items, 1 to 1 million. When full, the one farthest from our id gives way.</summary>
    public int MaxItems { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 4_096;

    /// <summary>How long an item is kept after it was last put, 1 min to 48 h. BEP 44: two hours.</summary>
    public TimeSpan ItemLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(48)); } = TimeSpan.FromHours(2);

    /// <summary>Info-hashes of a sample, 1 to 32: 20 bytes each in a reply (BEP 51).</summary>
    public int MaxSamples { get; init => field = Setting.InRange(value, 1, 32); } = 20;

    /// <summary>How long a sample stays the same, 0 s to 6 h (BEP 51).</summary>
    public TimeSpan SampleInterval { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromHours(6)); } = TimeSpan.FromHours(1);
}
