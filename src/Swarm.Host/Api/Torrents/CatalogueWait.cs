using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api.Torrents;

/// <summary>Waits, for a bounded time, until the lists show what was just done: who did it answers first and tells the lists after, and who asks next shall see it.</summary>
internal static class CatalogueWait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Until a torrent's entry (null: it is not there) is so, or the patience is over: then it was done all the same, and the lists will follow.</summary>
    public static async Task UntilAsync(TorrentCatalogue catalogue, InfoHash torrent, Func<CatalogueEntry?, bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var revision = catalogue.Revision;
                if (isSo(catalogue.Find(torrent))) return;
                await catalogue.WaitAsync(revision, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Later, then.
        }
    }
}
