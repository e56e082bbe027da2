using Swarm.TestKit.Chance;

namespace Swarm.TestKit.Disk;

/// <summary>What a <see cref="SimDisk"/> is like and what goes wrong with it. A world replaces them as it goes: <c>disk.Settings = disk.Settings with { ... }</c>. Probabilities are 0 to 1.</summary>
public sealed record SimDiskSettings
{
    /// <summary>A disk with which nothing is wrong.</summary>
    public static SimDiskSettings Default { get; } = new();

    /// <summary>Turns that may be under way at once, 1 to 64. With more than one, jobs of different pieces overtake each other.</summary>
    public int Workers { get; init => field = Setting.InRange(value, 1, 64); } = 4;

    /// <summary>Bytes of blocks that are done and reported together at most, 16 KiB to 256 MiB; the seed may take fewer.</summary>
    public int TurnBytes { get; init => field = Setting.InRange(value, 16 << 10, 256 << 20); } = 256 << 10;

    /// <summary>Bytes of pieces that a check reports together, 16 KiB to 1 GiB.</summary>
    public int CheckTurnBytes { get; init => field = Setting.InRange(value, 16 << 10, 1 << 30); } = 2 << 20;

    /// <summary>Bytes waiting to be written above which a write answers false, 16 KiB to 4 GiB.</summary>
    public long HighWaterBytes { get; init => field = Setting.InRange(value, 16L << 10, 4L << 30); } = 4 << 20;

    /// <summary>Bytes waiting at or below which the disk is drained again, 0 to 4 GiB; what exceeds the high-water mark counts as that.</summary>
    public long LowWaterBytes { get; init => field = Setting.InRange(value, 0L, 4L << 30); } = 2 << 20;

    /// <summary>Reads that may wait at once, 1 to 1,000,000; the next is refused.</summary>
    public int MaxQueuedReads { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 1024;

    /// <summary>Checks, flushes and block hashings that may wait at once, 1 to 10,000,000; the next is answered with its failure.</summary>
    public int MaxQueuedControls { get; init => field = Setting.InRange(value, 1, 10_000_000); } = 1 << 18;

    /// <summary>Bytes a second that the device moves, whoever asks, 1 KiB to 1 TiB.</summary>
    public long BytesPerSecond { get; init => field = Setting.InRange(value, 1L << 10, 1L << 40); } = 200 << 20;

    /// <summary>How long it takes to look at a storage's files.</summary>
    public Latency OpenLatency { get; init; } = Latency.Milliseconds(0.1, 5);

    /// <summary>What a turn of writes takes beside its bytes.</summary>
    public Latency WriteLatency { get; init; } = Latency.Milliseconds(0.05, 2);

    /// <summary>What a read, a block hashing or a step of a check takes beside its bytes.</summary>
    public Latency ReadLatency { get; init; } = Latency.Milliseconds(0.05, 8);

    /// <summary>What a flush takes beside its bytes.</summary>
    public Latency FlushLatency { get; init; } = Latency.Milliseconds(1, 30);

    /// <summary>What a close takes.</summary>
    public Latency CloseLatency { get; init; } = Latency.Milliseconds(0.05, 2);

    /// <summary>Bytes that fit, 0 to 2^60. Space is given out in clusters of 16 KiB, and nothing is taken back from files that are there already.</summary>
    public long CapacityBytes { get; init => field = Setting.InRange(value, 0L, 1L << 60); } = 1L << 40;

    /// <summary>Whether nothing may be written or created, as on a file system that was mounted read-only.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>How often the writes of a piece in a turn fail with an error of the device.</summary>
    public double WriteFailure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often a read fails with an error of the device.</summary>
    public double ReadFailure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often a flush fails with an error of the device.</summary>
    public double FlushFailure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>
    /// How often a block that a failed flush was to keep is taken for clean by the kernel, as Linux does, and so is gone when the disk engine has the kernel drop what is clean.
    /// </summary>
    public double FailedFlushForgets { get; init => field = Setting.InRange(value, 0.0, 1.0); } = 0.5;

    /// <summary>How often a block that was not flushed survives a power loss whole.</summary>
    public double CrashKeeps { get; init => field = Setting.InRange(value, 0.0, 1.0); } = 0.4;

    /// <summary>How often a block that was not flushed and is not kept whole survives a power loss in parts; else it is lost.</summary>
    public double CrashTears { get; init => field = Setting.InRange(value, 0.0, 1.0); } = 0.4;

    /// <summary>How often a file's length, its time of change, and its being there at all, are the newer ones after a power loss, each for itself.</summary>
    public double CrashKeepsEntry { get; init => field = Setting.InRange(value, 0.0, 1.0); } = 0.5;

    /// <summary>A mutation, only for proving that a checker can fail: a flush says that it is done and keeps nothing.</summary>
    public bool LosesFlush { get; init; }

    /// <summary>A mutation, only for proving that a checker can fail: a piece that has bytes is said to be valid, whatever they are.</summary>
    public bool SkipsHashCheck { get; init; }

    /// <summary>A mutation, only for proving that a checker can fail: what is queued is written whenever its turn comes, as by a disk that knows of no terms.</summary>
    public bool IgnoresTerms { get; init; }
}
