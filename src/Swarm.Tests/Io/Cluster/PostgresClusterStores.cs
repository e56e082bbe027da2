using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Io.Store.Postgres;

namespace Swarm.Tests.Io.Cluster;

/// <summary>Opens stores for tests.</summary>
internal static class PostgresClusterStores
{
    // A busy machine is no failure; who tests time-outs says so.
    private static readonly PostgresClusterSettings Patient = new() { Timeout = TimeSpan.FromMinutes(1) };

    /// <summary>A store on a database. <paramref name="clock"/>: what it makes of the database's clock, called in the middle of each transaction; null for the clock itself.</summary>
    public static PostgresClusterStore Open(string database, Func<long, long>? clock = null, PostgresClusterSettings? settings = null)
    {
        var store = PostgresClusterStore.Create(new PostgresSettings { Connection = database }, settings ?? Patient, NullLogger.Instance, out var error);
        error.ShouldBeNull();
        if (clock is not null) store!.Clock = clock;
        return store!;
    }
}
