using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api;

/// <summary>Keeps the catalogue as the node's torrents say it is: the one writer, for as long as the node lives.</summary>
internal static class CataloguePump
{
    /// <summary>Ends when the node does, or is cancelled.</summary>
    public static async Task RunAsync(SwarmNode node, TorrentCatalogue catalogue, CancellationToken cancellation)
    {
        using var feed = node.FollowRows();
        try
        {
            while (await feed.ReadAsync(cancellation).ConfigureAwait(false) is { } changes)
            {
                foreach (var torrent in changes.Removed) catalogue.Remove(torrent);
                catalogue.Put(changes.Rows);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Who serves has ended.
        }
    }
}
