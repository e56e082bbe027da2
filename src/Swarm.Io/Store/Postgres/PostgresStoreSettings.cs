namespace Swarm.Io.Store.Postgres;

/// <summary>Where a <see cref="PostgresStore"/> is, and its limits.</summary>
public sealed record PostgresStoreSettings
{
    /// <summary>The longest name of a storage.</summary>
    public const int MaxStorageLength = 255;

    /// <summary>The database and the schema.</summary>
    public required PostgresSettings Database { get; init; }

    /// <summary>The place where content lies, by name: everything here is of this storage. Processes that give the same name say that they see the same files; leases divide the torrents between them. 1 to 255 characters.</summary>
    public string Storage
    {
        get;
        init => field = StorageProblem(value) is { } problem ? throw new ArgumentException(problem, nameof(Storage)) : value;
    } = Environment.MachineName;

    /// <summary>Why a text cannot be a storage's name, as a clause; null: it can.</summary>
    public static string? StorageProblem(string storage) =>
        storage.Length is > 0 and <= MaxStorageLength && !storage.Any(static c => char.IsControl(c) || char.IsSurrogate(c)) ? null : $"the name of a storage has 1 to {MaxStorageLength} characters that can be seen";

    /// <summary>Batches that may wait for the writer; one more fails as transient. The store actor has one under way at a time, so this is a guard, not a buffer.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 16;

    /// <summary>How long this process counts as alive after it last said so; a process of another name may take its torrents over after that. Several times <see cref="RenewInterval"/>.</summary>
    public TimeSpan Lease { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>How often it says that it is alive.</summary>
    public TimeSpan RenewInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long <see cref="PostgresStore.Dispose"/> waits for what is queued.</summary>
    public TimeSpan CloseTimeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(10);

    /// <summary>The longest torrent list one command may return.</summary>
    public int MaxTorrents { get; init => field = Setting.InRange(value, 1, 100_000_000); } = 1_000_000;
}
