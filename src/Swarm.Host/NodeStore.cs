using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Io.Store;
using Swarm.Io.Store.Postgres;

namespace Swarm.Host;

/// <summary>Opens what holds a node's durable state: the database that is configured, or the one of the data folder.</summary>
internal static class NodeStore
{
    /// <summary>
    /// The store, and how it is closed. <paramref name="endPoint"/>: what a member of a cluster has bound before, by which it goes there; null: it is in none. <paramref name="wait"/>: the patience with a database that is away; null: none.
    /// </summary>
    /// <exception cref="SwarmException">It does not open; the message says what, where and what to do.</exception>
    /// <exception cref="OperationCanceledException">Whoever waits is to end.</exception>
    public static async Task<(IStore Store, IDisposable Closing)> OpenAsync(string dataFolder, IoSettings io, string? endPoint, ILogger logger, DatabaseWait? wait = null)
    {
        if (io.Postgres is { } settings)
        {
            var postgres = await OpenPostgresAsync(settings, () => endPoint is null ? OwnerOf(dataFolder) : PostgresOwner.OfEndPoint(endPoint), logger, wait).ConfigureAwait(false);
            return (postgres, postgres);
        }

        var sqlite = SqliteStore.Open(dataFolder, io.Sqlite, logger, out var error) ?? throw new SwarmException(error!);
        return (sqlite, sqlite);
    }

    // Every try has the name anew: one that fails gives it up.
    private static async Task<PostgresStore> OpenPostgresAsync(PostgresStoreSettings settings, Func<PostgresOwner> owner, ILogger logger, DatabaseWait? wait)
    {
        while (true)
        {
            var opened = await PostgresStore.OpenAsync(settings, owner(), TimeProvider.System, logger, wait?.Ended ?? CancellationToken.None).ConfigureAwait(false);
            if (opened.Store is { } store)
            {
                wait?.Came(logger);
                return store;
            }

            if (!opened.MayPass || wait is null || !await wait.GoOnAsync(opened.Error!, logger).ConfigureAwait(false)) throw new SwarmException(opened.Error + wait?.Told);
        }
    }

    // What a process without a cluster is called.
    private static PostgresOwner OwnerOf(string dataFolder) => PostgresOwner.OfFolder(dataFolder, out var error) ?? throw new SwarmException(error!);
}
