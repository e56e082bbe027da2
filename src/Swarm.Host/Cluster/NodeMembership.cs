using Microsoft.Extensions.Logging;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Host.Configuration;
using Swarm.Io.Disk;
using Swarm.Io.Store.Postgres;

namespace Swarm.Host.Cluster;

/// <summary>
/// What makes a node a member of a cluster besides its settings: the link, which holds its end point since before anything else was opened, and the cluster's tables. Owns both; disposed of after the node has ended, so that nobody else can have the end point while it writes.
/// </summary>
internal sealed record NodeMembership(NodeLinks Links, IClusterStore Tables) : IAsyncDisposable
{
    /// <summary>Binds the end point and makes the way to the tables, as it is configured; null: the node is in no cluster.</summary>
    /// <exception cref="SwarmException">The end point is not to be had, or the secret or the certificates cannot be used; one line that says what to do.</exception>
    public static async Task<NodeMembership?> BeginAsync(SwarmSettings settings, ILoggerFactory logs)
    {
        if (settings.Cluster is not { } cluster) return null;
        var links = await NodeLinks.BindAsync(cluster.ToLink(), logs).ConfigureAwait(false);
        if (PostgresClusterStore.Create(settings.Store.Postgres.ToDatabase(), cluster.Tables, logs.CreateLogger("Swarm.Cluster"), out var error) is { } tables) return new NodeMembership(links, tables);
        await links.DisposeAsync().ConfigureAwait(false);
        throw new SwarmException(error!);
    }

    /// <summary>What the node's actors see of it.</summary>
    public ClusterPorts PortsFor(ILoggerFactory logs) => new(Tables, Links, new FreeSpace(logs.CreateLogger("Swarm.Cluster")));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Tables is IAsyncDisposable tables) await tables.DisposeAsync().ConfigureAwait(false);
        await Links.DisposeAsync().ConfigureAwait(false);
    }
}
