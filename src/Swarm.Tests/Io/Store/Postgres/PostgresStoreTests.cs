using Swarm.Tests.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>The conformance suite on PostgreSQL, and what is PostgreSQL's own: owners in database time, storages, names.</summary>
public sealed class PostgresStoreTests(SharedPostgres postgres) : PostgresStoreConformance
{
    protected override Task<string> CreateDatabaseAsync() => postgres.CreateDatabaseAsync();
}
