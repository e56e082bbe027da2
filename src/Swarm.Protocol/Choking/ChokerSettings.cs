using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Choking;

/// <summary>The numbers of a <see cref="Choker"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record ChokerSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static ChokerSettings Default { get; } = new();

    /// <summary>How often the caller calls <see cref="Choker.Round"/>, 1 s to 5 min. BEP 3 says 10 s, to avoid fibrillation.</summary>
    public TimeSpan RoundInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(10);

    /// <summary>Rounds that an optimistic unchoke lasts, 1 to 100. BEP 3: 3, so that 30 s are enough to download, to upload in return, and to be noticed.</summary>
    public int OptimisticRounds { get; init => field = Setting.InRange(value, 1, 100); } = 3;

    /// <summary>Slots kept for optimistic unchokes of those there are, 0 to 100; one slot always stays regular.</summary>
    public int OptimisticSlots { get; init => field = Setting.InRange(value, 0, 100); } = 1;

    /// <summary>How long a peer counts as new, 0 s to 1 h.</summary>
    public TimeSpan NewPeerAge { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>How much likelier a new peer is to be unchoked optimistically, 1 to 100 times (BEP 3: 3).</summary>
    public int NewPeerWeight { get; init => field = Setting.InRange(value, 1, 100); } = 3;

    /// <summary>A fixed number of upload slots, 1 to 10,000, or null to derive it from the upload limit.</summary>
    public int? FixedSlots { get; init => field = value is null ? null : Setting.InRange(value.Value, 1, 10_000); }

    /// <summary>Slots without an upload limit, 1 to 10,000, and the most that a limit gives.</summary>
    public int UnlimitedSlots { get; init => field = Setting.InRange(value, 1, 10_000); } = 14;

    /// <summary>Seeding: bytes after which a peer makes room for one that waits, 16 KiB to 1 TiB, but not before <see cref="SeedMinTime"/>.</summary>
    public long SeedQuotaBytes { get; init => field = Setting.InRange(value, 16L << 10, 1L << 40); } = 32L << 20;

    /// <summary>Seeding: how long a peer keeps its slot at least, 0 s to 1 h.</summary>
    public TimeSpan SeedMinTime { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>Seeding: how long a peer keeps its slot at most while others wait, however little it took; 1 s to 24 h.</summary>
    public TimeSpan SeedMaxTime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)); } = TimeSpan.FromMinutes(3);
}
