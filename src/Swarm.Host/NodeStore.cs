using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Io.Store;
using Swarm.Io.Store.Postgres;

namespace Swarm.Host;

/// <summary>Opens what holds a node's durable state: the database that is configured, or the one of the data folder.</summary>
internal static class NodeStore
{
    /// <summary>The store, and how it is closed. <paramref name="endPoint"/>: what a member of a cluster has bound before, by which it goes there; null: it is in none.</summary>
    /// <exception cref="SwarmException">It does not open; the message says what, where and what to do.</exception>
    public static async Task<(IStore Store, IDisposable Closing)> OpenAsync(string dataFolder, IoSettings io, string? endPoint, ILogger logger)
    {
        if (io.Postgres is { } settings)
        {
            var postgres = await OpenPostgresAsync(settings, endPoint is null ? OwnerOf(dataFolder) : PostgresOwner.OfEndPoint(endPoint), logger).ConfigureAwait(false);
            return (postgres, postgres);
        }

        var sqlite = SqliteStore.Open(dataFolder, io.Sqlite, logger, out var error) ?? throw new SwarmException(error!);
        return (sqlite, sqlite);
    }

    /// <summary>A storage in PostgreSQL.</summary>
    /// <exception cref="SwarmException">It does not open.</exception>
    public static async Task<PostgresStore> OpenPostgresAsync(PostgresStoreSettings settings, PostgresOwner owner, ILogger logger)
    {
        var opened = await PostgresStore.OpenAsync(settings, owner, TimeProvider.System, logger, CancellationToken.None).ConfigureAwait(false);
        return opened.Store ?? throw new SwarmException(opened.Error!);
    }

    /// <summary>What a process without a cluster is called, by its data folder.</summary>
    /// <exception cref="SwarmException">The folder is not to be had.</exception>
    public static PostgresOwner OwnerOf(string dataFolder) => PostgresOwner.OfFolder(dataFolder, out var error) ?? throw new SwarmException(error!);
}
