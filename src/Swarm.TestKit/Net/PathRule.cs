namespace Swarm.TestKit.Net;

/// <summary>What one way from host to host does beyond the links of both. Everything is off by default. Streams only lose time by what it does to packets; datagrams suffer it.</summary>
public sealed record PathRule
{
    /// <summary>Nothing beyond the links.</summary>
    public static PathRule None { get; } = new();

    /// <summary>Time added; 0 to 60 s.</summary>
    public TimeSpan ExtraLatency { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(60)); }

    /// <summary>The chance that a packet is lost; 0 to 1, where 1 is a dead path.</summary>
    public double Loss { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The chance that a datagram comes twice.</summary>
    public double Duplication { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The chance that a datagram is held back by up to <see cref="ReorderDelay"/>, so that later ones overtake it.</summary>
    public double Reordering { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The most by which a datagram is held back; 0 to 60 s.</summary>
    public TimeSpan ReorderDelay { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(60)); } = TimeSpan.FromMilliseconds(100);

    /// <summary>The chance that one bit of a datagram is flipped, past what checksums notice.</summary>
    public double Corruption { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>Bytes a second of all that goes this way; 0 is no limit, else 100 to 1 TiB.</summary>
    public long BytesPerSecond { get; init => field = value == 0 ? value : Setting.InRange(value, 100, 1L << 40); }

    /// <summary>The longest datagram that passes, in bytes of payload; longer ones are dropped; 100 to 65,507.</summary>
    public int MaxDatagramBytes { get; init => field = Setting.InRange(value, 100, 65_507); } = 65_507;
}

/// <summary>How a partition cuts.</summary>
public enum PartitionKind
{
    /// <summary>Nothing passes in either direction.</summary>
    Symmetric,

    /// <summary>Nothing passes from the first group to the second; the other direction is open.</summary>
    Asymmetric,
}
