namespace Swarm.Actors.Store;

/// <summary>The limits of a <see cref="StoreActor"/>.</summary>
public sealed record StoreActorSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static StoreActorSettings Default { get; } = new();

    /// <summary>Commands in one batch, which is one transaction.</summary>
    public int BatchLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 256;

    /// <summary>Bytes in one batch; a single larger command goes alone.</summary>
    public long BatchBytes { get; init => field = Setting.InRange(value, 1L, 1L << 32); } = 32L << 20;

    /// <summary>Senders that may wait for a batch of their own turn; one more is refused at once.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 16_384;

    /// <summary>Bytes of the commands that wait; a command that would go beyond is refused at once.</summary>
    public long QueueBytes { get; init => field = Setting.InRange(value, 1L, 1L << 36); } = 256L << 20;

    /// <summary>Bytes of a single command; a larger one is refused at once, because no retry would make it smaller.</summary>
    public long CommandBytes { get; init => field = Setting.InRange(value, 1L, 1L << 30); } = 128L << 20;

    /// <summary>The wait before the first retry of a batch; it doubles with each one.</summary>
    public TimeSpan RetryDelay { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait before a retry.</summary>
    public TimeSpan MaxRetryDelay { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>Retries of a batch before its senders are told that it failed. With the default delays they take about 16 seconds.</summary>
    public int RetryLimit { get; init => field = Setting.InRange(value, 0, 1000); } = 8;

    /// <summary>How long <see cref="StoreActor.Drain"/> waits for what is outstanding.</summary>
    public TimeSpan DrainTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(10);
}
