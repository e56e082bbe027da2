namespace Swarm.Io.Disk;

/// <summary>
/// The limits of a <see cref="DiskEngine"/>. Every setter checks its range, so an instance is always valid.
/// </summary>
public sealed record DiskSettings
{
    /// <summary>The defaults.</summary>
    public static DiskSettings Default { get; } = new();

    /// <summary>Threads that write, read and hash (1 to 64). All blocks of a piece go to the same one. Default: the cores, at most 4.</summary>
    public int Workers { get; init => field = Within(value, 1, 64, nameof(Workers)); } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>How many of the workers a check may use (1 to 64; never more than there are). Default: all.</summary>
    public int CheckWorkers { get; init => field = Within(value, 1, 64, nameof(CheckWorkers)); } = 64;

    /// <summary>Bytes waiting to be written above which <see cref="Swarm.Actors.Ports.IDisk.Write"/> answers false (64 KiB to 4 GiB). Default: 32 MiB.</summary>
    public long HighWaterBytes { get; init => field = Within(value, 64 << 10, 4L << 30, nameof(HighWaterBytes)); } = 32 << 20;

    /// <summary>Bytes waiting at or below which the disk counts as drained again (0 to 4 GiB; at most the high-water mark). Default: 16 MiB.</summary>
    public long LowWaterBytes { get; init => field = Within(value, 0, 4L << 30, nameof(LowWaterBytes)); } = 16 << 20;

    /// <summary>
    /// Memory that blocks ahead of their piece's running hash may hold on to, in bytes of whole slabs (0 to 4 GiB). Beyond it such a block
    /// is read back from the file when the hash gets there. Default: 16 MiB.
    /// </summary>
    public long ReorderBytes { get; init => field = Within(value, 0, 4L << 30, nameof(ReorderBytes)); } = 16 << 20;

    /// <summary>
    /// Memory that pieces may hold on to which are to be hashed together, in bytes of whole slabs (0: none are, to 4 GiB); where the processor can hash several at once, and where five pieces of the torrent's length fit. Default: 48 MiB.
    /// </summary>
    public long HashTogetherBytes { get; init => field = Within(value, 0, 4L << 30, nameof(HashTogetherBytes)); } = 48 << 20;

    /// <summary>How long after its first block a piece is hashed alone rather than with others (0 to 1 minute): a piece that is whole by then waits no longer for others, one that is not has a running hash from its next block on. Default: 100 ms.</summary>
    public TimeSpan HashTogetherTime { get; init => field = Within(value, nameof(HashTogetherTime)); } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of blocks a worker gathers before it writes and reports them (16 KiB to 256 MiB). Default: 1 MiB.</summary>
    public int TurnBytes { get; init => field = Within(value, 16 << 10, 256 << 20, nameof(TurnBytes)); } = 1 << 20;

    /// <summary>
    /// What the disk is written to as: <c>auto</c>, what the system says of the device that a torrent lies on when it is opened; <c>solid</c> or <c>rotational</c>, whatever it says. On a rotational one a piece is written when it is whole, and one worker writes for all torrents. Default: auto.
    /// </summary>
    public DeviceChoice Device { get; init; }

    /// <summary>On a rotational device: bytes of blocks a worker takes in a turn, and holds back for their neighbours at most (16 KiB to 256 MiB; never less than <see cref="TurnBytes"/>). Default: 8 MiB.</summary>
    public int GatherBytes { get; init => field = Within(value, 16 << 10, 256 << 20, nameof(GatherBytes)); } = 8 << 20;

    /// <summary>On a rotational device: how long a block is held back for its neighbours at most (0: not at all, to 1 minute). Default: 2 s.</summary>
    public TimeSpan GatherTime { get; init => field = Within(value, nameof(GatherTime)); } = TimeSpan.FromSeconds(2);

    /// <summary>Pieces with a running hash at once (1 to 1,000,000). Pieces begun beyond it are hashed from the file when complete. Default: 4,096.</summary>
    public int MaxRunningHashes { get; init => field = Within(value, 1, 1_000_000, nameof(MaxRunningHashes)); } = 4096;

    /// <summary>Reads that may wait at once (1 to 1,000,000); the next is refused. Default: 1,024.</summary>
    public int MaxQueuedReads { get; init => field = Within(value, 1, 1_000_000, nameof(MaxQueuedReads)); } = 1024;

    /// <summary>Checks, flushes and block hashings that may wait at once (1 to 10,000,000); the next is answered with its failure. Default: 262,144.</summary>
    public int MaxQueuedControls { get; init => field = Within(value, 1, 10_000_000, nameof(MaxQueuedControls)); } = 1 << 18;

    /// <summary>Files the engine keeps open (1 to 1,000,000); the one unused for longest is closed first. Leased ones stay open until given back. Default: 256.</summary>
    public int MaxOpenFiles { get; init => field = Within(value, 1, 1_000_000, nameof(MaxOpenFiles)); } = 256;

    /// <summary>Bytes of each worker's buffer for reading files (16 KiB to 64 MiB). Small enough for the second-level cache is fastest on warm files. Default: 256 KiB.</summary>
    public int ReadBufferBytes { get; init => field = Within(value, 16 << 10, 64 << 20, nameof(ReadBufferBytes)); } = 256 << 10;

    /// <summary>Bytes of consecutive pieces a worker checks before it reports and lets other jobs in (16 KiB to 1 GiB). Sixteen pieces or more are hashed fastest. Default: 32 MiB.</summary>
    public int CheckTurnBytes { get; init => field = Within(value, 16 << 10, 1 << 30, nameof(CheckTurnBytes)); } = 32 << 20;

    /// <summary>Bytes of files that are mapped to be sent from at most (0: none, to 1 TiB), in windows of <see cref="MappedWindowBytes"/>. They are the system's cache, but count in the process's resident size. Default: 2 GiB.</summary>
    public long MappedBytes { get; init => field = Within(value, 0, 1L << 40, nameof(MappedBytes)); } = 2L << 30;

    /// <summary>Bytes of a file mapped at once (64 KiB to 1 GiB, a multiple of 64 KiB). Default: 16 MiB.</summary>
    public int MappedWindowBytes
    {
        get;
        init => field = Within(value, FileWindow.UnitBytes, 1 << 30, nameof(MappedWindowBytes)) % FileWindow.UnitBytes == 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MappedWindowBytes), value, $"Must be a multiple of {FileWindow.UnitBytes}.");
    } = 16 << 20;

    /// <summary>The settings if they fit each other.</summary>
    /// <exception cref="ArgumentException">The low-water mark is above the high-water mark.</exception>
    internal DiskSettings Validated() =>
        LowWaterBytes <= HighWaterBytes ? this : throw new ArgumentException($"{nameof(LowWaterBytes)} must not exceed {nameof(HighWaterBytes)}.");

    private static TimeSpan Within(TimeSpan value, string name) =>
        value >= TimeSpan.Zero && value <= TimeSpan.FromMinutes(1) ? value : throw new ArgumentOutOfRangeException(name, value, "Must be from 0 to 1 minute.");

    private static int Within(int value, int least, int most, string name) => (int)Within((long)value, least, most, name);

    private static long Within(long value, long least, long most, string name) =>
        value >= least && value <= most ? value : throw new ArgumentOutOfRangeException(name, value, $"Must be from {least} to {most}.");
}
