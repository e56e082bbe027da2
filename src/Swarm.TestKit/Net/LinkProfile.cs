namespace Swarm.TestKit.Net;

/// <summary>A host's way to the world. The rates are shared fairly by all that the host sends, and by all that it receives.</summary>
public sealed record LinkProfile
{
    /// <summary>An unlimited rate.</summary>
    public const long Unlimited = 0;

    /// <summary>5 ms from the world, without a limit.</summary>
    public static LinkProfile Default { get; } = new();

    /// <summary>Bytes a second out; 0 is no limit, else 100 to 1 TiB.</summary>
    public long UpBytesPerSecond { get; init => field = value == Unlimited ? value : Setting.InRange(value, 100, 1L << 40); }

    /// <summary>Bytes a second in; 0 is no limit, else 100 to 1 TiB.</summary>
    public long DownBytesPerSecond { get; init => field = value == Unlimited ? value : Setting.InRange(value, 100, 1L << 40); }

    /// <summary>Time between the host and the middle of the network, one way; 0 to 10 s.</summary>
    public TimeSpan Latency { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(10)); } = TimeSpan.FromMilliseconds(5);

    /// <summary>The most that the seed adds to it, anew for each segment and datagram; 0 to 10 s.</summary>
    public TimeSpan Jitter { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(10)); }

    /// <summary>The chance that a packet is lost between the host and the middle, each way; 0 to 1.</summary>
    public double Loss { get; init => field = Setting.InRange(value, 0.0, 1.0); }
}
