namespace Swarm.Io.Store;

/// <summary>The limits of a <see cref="SqliteStore"/>.</summary>
public sealed record SqliteStoreSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static SqliteStoreSettings Default { get; } = new();

    /// <summary>Batches that may wait for the writer; one more fails as transient. The store actor has one under way at a time, so this is a guard, not a buffer.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 16;

    /// <summary>How long a batch waits for another process's transaction before it fails as transient.</summary>
    public TimeSpan BusyTimeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long <see cref="SqliteStore.Dispose"/> waits for what is queued.</summary>
    public TimeSpan CloseTimeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(10);

    /// <summary>The database may not grow beyond this many bytes; a batch that would make it fails as a full disk does.</summary>
    public long MaxDatabaseBytes { get; init => field = Setting.InRange(value, 64L * 1024, 1L << 44); } = 64L << 30;

    /// <summary>A database up to this size is checked for damage when it is opened; a larger one only as its pages are read.</summary>
    public long QuickCheckBytes { get; init => field = Setting.InRange(value, 0L, 1L << 44); } = 64L << 20;

    /// <summary>The longest torrent list one command may return.</summary>
    public int MaxTorrents { get; init => field = Setting.InRange(value, 1, 100_000_000); } = 1_000_000;
}
