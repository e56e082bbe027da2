using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;

namespace Swarm.Host.Api;

/// <summary>Keeps the catalogue as the node's torrents say it is: the one writer, for as long as the node lives.</summary>
internal static class CataloguePump
{
    /// <summary>Ends when the node does, or is cancelled.</summary>
    public static Task RunAsync(SwarmNode node, TorrentCatalogue catalogue, CancellationToken cancellation) => RunAsync(
        node,
        changes =>
        {
            foreach (var torrent in changes.Removed) catalogue.Remove(torrent);
            catalogue.Put(changes.Rows);
        },
        cancellation);

    /// <summary>Likewise, for a member of a cluster, whose catalogue has more than the node's torrents.</summary>
    public static Task RunAsync(SwarmNode node, ClusterCatalogue catalogue, CancellationToken cancellation) => RunAsync(node, catalogue.Take, cancellation);

    private static async Task RunAsync(SwarmNode node, Action<RowFeed.Changes> take, CancellationToken cancellation)
    {
        using var feed = node.FollowRows();
        try
        {
            while (await feed.ReadAsync(cancellation).ConfigureAwait(false) is { } changes) take(changes);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Who serves has ended.
        }
    }
}
