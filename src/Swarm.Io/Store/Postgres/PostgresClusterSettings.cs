namespace Swarm.Io.Store.Postgres;

/// <summary>The limits of a <see cref="PostgresClusterStore"/>.</summary>
public sealed record PostgresClusterSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static PostgresClusterSettings Default { get; } = new();

    /// <summary>
    /// How long a batch may take, a connection that has to be made first included, before it is told as failed: 1 s to 1 min. Shorter than the time between a renewal and the end of writing, or one that hangs costs a session;
    /// long enough for the largest .torrent file to get through.
    /// </summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(4);

    /// <summary>Batches that may wait, 1 to 1,024; one more fails at once. The caller has one under way at a time, so this is a guard, not a buffer.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 1, 1_024); } = 16;

    /// <summary>From one hint that something has changed to the next, at least: 10 ms to 1 min. Each makes every node read.</summary>
    public TimeSpan WakeInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)); } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a batch is tried again that another transaction was in the way of, 1 to 100 times, before it fails.</summary>
    public int MaxAttempts { get; init => field = Setting.InRange(value, 1, 100); } = 8;
}
