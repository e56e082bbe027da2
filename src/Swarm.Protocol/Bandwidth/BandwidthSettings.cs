using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Bandwidth;

/// <summary>The numbers of a <see cref="BandwidthAllocator"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record BandwidthSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static BandwidthSettings Default { get; } = new();

    /// <summary>How often the caller calls <see cref="BandwidthAllocator.Tick"/>, 1 ms to 1 s.</summary>
    public TimeSpan TickInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), nameof(TickInterval)); } = TimeSpan.FromMilliseconds(50);

    /// <summary>The smallest grant in bytes, 1 to 1 MiB, unless less is wanted: a link is not woken for a few bytes.</summary>
    public int MinGrant { get; init => field = Setting.InRange(value, 1, 1 << 20, nameof(MinGrant)); } = 2 * 1024;

    /// <summary>The largest grant in bytes, 1 to 1 GiB: what a link may still send when its limit is lowered, and the most it can transfer in a tick. Not below <see cref="MinGrant"/>, or that counts.</summary>
    public int MaxGrant { get; init => field = Setting.InRange(value, 1, 1 << 30, nameof(MaxGrant)); } = 64 << 20;

    /// <summary>How much of a limit can be saved up while little is wanted, 10 ms to 1 min. Ticks that come later than this lose throughput.</summary>
    public TimeSpan Burst { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), nameof(Burst)); } = TimeSpan.FromSeconds(1);

    /// <summary>Passes over the waiting links in one tick, 1 to 64: each shares out what the one before left, because a link wanted less than its share or a torrent was at its limit.</summary>
    public int MaxPasses { get; init => field = Setting.InRange(value, 1, 64, nameof(MaxPasses)); } = 8;
}
