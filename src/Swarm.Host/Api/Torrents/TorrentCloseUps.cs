using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Explaining;

namespace Swarm.Host.Api.Torrents;

/// <summary>A torrent of this node looked at closely, in the API's words; null where it is not there any more. Throws <see cref="SwarmException"/> where the node does not say.</summary>
internal sealed class TorrentCloseUps(ApiServices api)
{
    /// <summary>All of it.</summary>
    public Task<TorrentView?> ViewAsync(InfoHash torrent) => OfAsync(torrent, details => api.Catalogue.Find(torrent) is { } entry ? TorrentMapping.ViewOf(details, entry) : null);

    /// <summary>Its files.</summary>
    public Task<FileList?> FilesAsync(InfoHash torrent) => OfAsync(torrent, TorrentMapping.FilesOf);

    /// <summary>Its connections.</summary>
    public Task<PeerList?> PeersAsync(InfoHash torrent) => OfAsync(torrent, TorrentMapping.PeersOf);

    /// <summary>Its trackers.</summary>
    public Task<TrackerList?> TrackersAsync(InfoHash torrent) => OfAsync(torrent, TorrentMapping.TrackersOf);

    /// <summary>Which pieces are verified.</summary>
    public Task<PieceMap?> PiecesAsync(InfoHash torrent) => OfAsync(torrent, TorrentMapping.PiecesOf);

    /// <summary>Why it is slow or stopped.</summary>
    public async Task<Explained?> ExplainAsync(InfoHash torrent, CancellationToken cancellation)
    {
        if (await api.Node.DetailsAsync(torrent).ConfigureAwait(false) is not { } details) return null;
        var facts = api.Node.Facts;
        var totals = CatalogueTotals.Of(api.Catalogue);
        var share = await ShareAsync().ConfigureAwait(false);
        var context = new ExplanationContext
        {
            DownloadLimit = facts.DownloadLimit,
            UploadLimit = facts.UploadLimit,
            DownloadShare = share.Download,
            UploadShare = share.Upload,
            DownloadRate = totals.DownloadRate,
            UploadRate = totals.UploadRate,
            DhtNodes = await DhtNodesAsync(cancellation).ConfigureAwait(false),
        };
        return new Explained(torrent.ToString(), details.Row.Name, TorrentMapping.PhaseOf(details.Row.State), Explanation.Of(details, context));
    }

    private async Task<T?> OfAsync<T>(InfoHash torrent, Func<TorrentDetails, T?> show)
        where T : class => await api.Node.DetailsAsync(torrent).ConfigureAwait(false) is { } details ? show(details) : null;

    private async Task<(long Download, long Upload)> ShareAsync()
    {
        if (api.Cluster is not { } cluster) return default;
        try
        {
            return (await cluster.StatusAsync().ConfigureAwait(false)).Share;
        }
        catch (ApiException)
        {
            // As with the DHT.
            return default;
        }
    }

    private async Task<int?> DhtNodesAsync(CancellationToken cancellation)
    {
        try
        {
            var families = await api.Node.DhtAsync(cancellation).ConfigureAwait(false);
            return families.Count == 0 ? null : families.Sum(family => family.Nodes);
        }
        catch (SwarmException)
        {
            // A DHT that does not answer is a finding of another kind; the torrent is explained without it.
            return null;
        }
    }
}
