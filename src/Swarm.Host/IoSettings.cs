using Swarm.Io.Disk;
using Swarm.Io.Dns;
using Swarm.Io.Http;
using Swarm.Io.Store;
using Swarm.Io.Store.Postgres;

namespace Swarm.Host;

/// <summary>The limits of everything behind the ports of one node, and of its actor system.</summary>
public sealed record IoSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static IoSettings Default { get; } = new();

    /// <summary>Sockets.</summary>
    public Io.Net.NetSettings Sockets { get; init; } = Io.Net.NetSettings.Default;

    /// <summary>Reading, writing, hashing.</summary>
    public DiskSettings Disk { get; init; } = DiskSettings.Default;

    /// <summary>Requests of trackers and web seeds. Where they are made from follows from the address the node is bound to.</summary>
    public HttpPortSettings Http { get; init; } = HttpPortSettings.Default;

    /// <summary>Look-ups of names.</summary>
    public DnsPortSettings Dns { get; init; } = DnsPortSettings.Default;

    /// <summary>The database of the node's state, where that is in the data folder.</summary>
    public SqliteStoreSettings Sqlite { get; init; } = SqliteStoreSettings.Default;

    /// <summary>The database of the node's state, where that is PostgreSQL's; null: it is in the data folder.</summary>
    public PostgresStoreSettings? Postgres { get; init; }

    /// <summary>Messages of actors.</summary>
    public MailboxSettings Mailboxes { get; init; } = new();
}

/// <summary>What actors may have waiting.</summary>
public sealed record MailboxSettings
{
    /// <summary>Messages that wait for one actor, 1,024 to 16,777,216; one more is dropped and counted.</summary>
    public int Capacity { get; init => field = Setting.InRange(value, 1_024, 1 << 24); } = 1 << 20;

    /// <summary>Messages that one actor has put aside, 1,024 to 16,777,216; one more restarts it.</summary>
    public int StashCapacity { get; init => field = Setting.InRange(value, 1_024, 1 << 24); } = 1 << 16;

    /// <summary>Messages that an actor handles before others have their turn, 1 to 65,536.</summary>
    public int Throughput { get; init => field = Setting.InRange(value, 1, 65_536); } = 64;
}
