namespace Swarm.TestKit.Net;

/// <summary>
/// The measures of a simulated network, and the faults that hold everywhere in it. Every fault is off by default; those of one path are in <see cref="PathRule"/>. A value out of its range throws when
/// it is set. Chances are from 0 (never) to 1 (always).
/// </summary>
public sealed record SimNetworkSettings
{
    /// <summary>A network without faults.</summary>
    public static SimNetworkSettings Default { get; } = new();

    /// <summary>Bytes of a connection's direction that may be under way or unread; 2 KiB to 64 MiB. This and the round trip bound its rate.</summary>
    public int WindowBytes { get; init => field = Setting.InRange(value, 2 << 10, 64 << 20); } = 256 << 10;

    /// <summary>A connection's direction sends so many bytes on average before others have their turn, in segments whose sizes the seed picks; 1 byte to 1 MiB. Small ones cut messages everywhere, and cost time.</summary>
    public int SegmentBytes { get; init => field = Setting.InRange(value, 1, 1 << 20); } = 64 << 10;

    /// <summary>Bytes of a buffer that links receive into; 18 KiB to 1 MiB: then a block with its header lies in at most two.</summary>
    public int SlabBytes { get; init => field = Setting.InRange(value, 18 << 10, 1 << 20); } = 32 << 10;

    /// <summary>Slabs of one link that are not released yet, after which it stops reading; 2 to 1024.</summary>
    public int SlabsPerLink { get; init => field = Setting.InRange(value, 2, 1024); } = 1024;

    /// <summary>Bytes other than blocks that may wait in one end of a connection, after which a send is refused; 4 KiB to 1 GiB.</summary>
    public int QueuedBytesPerLink { get; init => field = Setting.InRange(value, 4 << 10, 1 << 30); } = 1 << 20;

    /// <summary>Blocks that may wait in one link, after which one more is refused; 1 to 100,000.</summary>
    public int QueuedBlocksPerLink { get; init => field = Setting.InRange(value, 1, 100_000); } = 2048;

    /// <summary>Payload bytes of blocks that may wait in one link; 16 KiB to 1 TiB.</summary>
    public long QueuedBlockBytesPerLink { get; init => field = Setting.InRange(value, 16 << 10, 1L << 40); } = 64L << 20;

    /// <summary>Connections a host may have open by its <see cref="Actors.Ports.ITcp"/>; one more that comes in is closed at once, one more to open fails; 1 to 1,000,000.</summary>
    public int MaxLinks { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;

    /// <summary>Time from one process to another on the same host; 0 to 1 s.</summary>
    public TimeSpan LoopbackLatency { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(1)); } = TimeSpan.FromTicks(500);

    /// <summary>Whether connections begin with a small congestion window (ten packets) that grows, or with all of <see cref="WindowBytes"/>. After a loss it halves and grows again in either case.</summary>
    public bool SlowStart { get; init; }

    /// <summary>How long a sender waits for an answer on a dead path before it gives the connection up; 1 s to 1 hour.</summary>
    public TimeSpan RetransmitTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(60);

    /// <summary>What who dials with <see cref="SimHost.Dial"/> waits for an answer; 1 ms to 1 hour.</summary>
    public TimeSpan DialTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of datagrams that may wait at a host's link, each way; more are dropped; 1 KiB to 64 MiB.</summary>
    public int DatagramQueueBytes { get; init => field = Setting.InRange(value, 1 << 10, 64 << 20); } = 256 << 10;

    /// <summary>The chance that a dial which would succeed is refused.</summary>
    public double RefuseChance { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The chance that a dial is lost for good, so that it ends at its time-out.</summary>
    public double DialLossChance { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The chance that a listener fails to accept: the dialer is connected, then reset.</summary>
    public double AcceptFailChance { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The chance that a dial is answered and the listener never learns of it: the dialer is connected to nobody.</summary>
    public double HalfOpenChance { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>The mean time after which a connection is reset for no reason; zero is never, else 1 ms to 365 days. The time of each is exponential.</summary>
    public TimeSpan MeanTimeToReset { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(365)); }

    /// <summary>How NATs that hosts bring along behave.</summary>
    public NatSettings Nat { get; init; } = NatSettings.Default;
}
