using Swarm.Actors.Store;
using Swarm.Io.Store.Postgres;

namespace Swarm.Host.Configuration;

/// <summary>What holds the node's durable state.</summary>
internal enum StoreKind
{
    /// <summary>A file of the data folder.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, which nodes may share.</summary>
    Postgres,
}

/// <summary>Durable state: what holds it, and who writes it.</summary>
internal sealed record StoreSettings : IChecked
{
    /// <summary>What holds it.</summary>
    public StoreKind Kind { get; init; } = StoreKind.Sqlite;

    /// <summary>The database, where it is PostgreSQL's.</summary>
    public PostgresSectionSettings Postgres { get; init; } = new();

    /// <summary>The writer.</summary>
    public StoreActorSettings Writer { get; init; } = StoreActorSettings.Default;

    /// <summary>As the store takes it; null: the state is in the data folder.</summary>
    public PostgresStoreSettings? ToPostgres() => Kind == StoreKind.Postgres ? Postgres.ToStore() : null;

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (Kind != StoreKind.Postgres) yield break;
        if (string.IsNullOrWhiteSpace(Postgres.Connection)) yield return (nameof(Postgres), "kind = postgres needs the connection; set it to postgresql://USER:PASSWORD@HOST/DATABASE or Host=…;Database=…;Username=…;Password=…");
        else if (PostgresSettings.ConnectionProblem(Postgres.Connection) is { } problem) yield return (nameof(Postgres), $"the connection cannot be read: {problem}");
    }
}

/// <summary>A PostgreSQL database, what is this node's of it, and how long its answers may take.</summary>
internal sealed record PostgresSectionSettings : IChecked
{
    // A lease outlives two renewals that failed.
    private const int RenewalsPerLease = 3;

    /// <summary>The way to the database.</summary>
    [Secret]
    public string Connection { get; init; } = "";

    /// <summary>How long the start of a daemon waits for a database that is away; 0 s to 1 d.</summary>
    public TimeSpan StartPatience { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>The schema that holds the tables.</summary>
    public string Schema { get; init; } = "swarm";

    /// <summary>The place where content lies, by name; empty: the machine's name.</summary>
    public string Storage { get; init; } = "";

    /// <summary>How long a connection may take to come about; 1 s to 5 min.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long one round trip may take; 1 s to 10 min.</summary>
    public TimeSpan CommandTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(15);

    /// <summary>How long the database waits for what another transaction has locked; 1 ms to 5 min.</summary>
    public TimeSpan LockTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long this process counts as alive after it last said so; 1 s to 1 d.</summary>
    public TimeSpan Lease { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>How often it says that it is alive; 100 ms to 1 h.</summary>
    public TimeSpan RenewInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long the end waits for what is queued; 0 s to 10 min.</summary>
    public TimeSpan CloseTimeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(10);

    /// <summary>Batches that may wait for the writer, 1 to 65,536; one more fails as transient.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 16;

    /// <summary>The longest torrent list one command may return, 1 to 100,000,000.</summary>
    public int MaxTorrents { get; init => field = Setting.InRange(value, 1, 100_000_000); } = 1_000_000;

    /// <summary>The database as such.</summary>
    public PostgresSettings ToDatabase() => new() { Connection = Connection, Schema = Schema, ConnectTimeout = ConnectTimeout, CommandTimeout = CommandTimeout, LockTimeout = LockTimeout };

    /// <summary>This node's storage in it.</summary>
    public PostgresStoreSettings ToStore() => new()
    {
        Database = ToDatabase(),
        Storage = Storage.Length == 0 ? Environment.MachineName : Storage,
        Lease = Lease,
        RenewInterval = RenewInterval,
        CloseTimeout = CloseTimeout,
        QueueLimit = QueueLimit,
        MaxTorrents = MaxTorrents,
    };

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (PostgresSettings.SchemaProblem(Schema) is { } wrong) yield return (nameof(Schema), wrong);
        if (Storage.Length > 0 && PostgresStoreSettings.StorageProblem(Storage) is { } unfit) yield return (nameof(Storage), unfit);
        if (Lease < RenewInterval * RenewalsPerLease) yield return (nameof(Lease), $"it must be {RenewalsPerLease} times renew-interval or more, so that a renewal may fail");
    }
}
