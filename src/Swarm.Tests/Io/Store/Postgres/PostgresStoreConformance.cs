using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>What tests of <see cref="PostgresStore"/> share: a database of the test's own, processes with names of their own, and their deaths.</summary>
public abstract class PostgresStoreConformance : StoreConformance, IAsyncLifetime
{
    private readonly List<(PostgresStore Store, string Name)> _stores = [];

    /// <summary>How to connect to the test's database.</summary>
    protected string Database { get; private set; } = "";

    // Nobody says that he lives unless a test lets the time come.
    internal static PostgresStoreSettings Calm(string database) => new() { Database = new PostgresSettings { Connection = database }, Storage = "here", Lease = TimeSpan.FromHours(20), RenewInterval = TimeSpan.FromHours(1) };

    public async ValueTask InitializeAsync() => Database = await CreateDatabaseAsync();

    public ValueTask DisposeAsync()
    {
        Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected abstract Task<string> CreateDatabaseAsync();

    protected override IStore Open() => Open(Calm(Database));

    protected override void Close(IStore store) => ((PostgresStore)store).Dispose();

    // A process that is gone keeps its torrents until its lease has run out: that time passes here.
    protected override void Kill(IStore store)
    {
        ((PostgresStore)store).Abandon();
        Expire(store);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var (store, _) in _stores) store.Dispose();
        _stores.Clear();
        base.Dispose(disposing);
    }

    protected PostgresStore Open(PostgresStoreSettings settings, string? name = null)
    {
        name ??= $"{_stores.Count}.test:1";
        var opened = OpenAs(settings, PostgresOwner.OfEndPoint(name));
        opened.Error.ShouldBeNull();
        _stores.Add((opened.Store.ShouldNotBeNull(), name));
        return opened.Store;
    }

    protected static PostgresStore.Opened OpenAs(PostgresStoreSettings settings, PostgresOwner owner) =>
        Task.Run(() => PostgresStore.OpenAsync(settings, owner, TimeProvider.System, NullLogger.Instance, CancellationToken.None)).GetAwaiter().GetResult();

    /// <summary>Lets the lease of a process run out.</summary>
    protected void Expire(IStore store) => Ask($"UPDATE swarm.owners SET expires = now() - interval '1 s' WHERE name = 'node {NameOf(store)}' RETURNING 1").ShouldBe(1);

    protected string NameOf(IStore store) => _stores.Find(one => ReferenceEquals(one.Store, store)).Name;

    /// <summary>The first value that a statement tells, or null.</summary>
    protected object? Ask(string sql)
    {
        using var connection = new NpgsqlConnection(Database + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
