using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api.Torrents;

/// <summary>Sums over all torrents, from one walk. Rates in payload bytes a second.</summary>
internal sealed class CatalogueTotals
{
    private readonly int[] _byState = new int[Enum.GetValues<TorrentState>().Length];

    /// <summary>Torrents.</summary>
    public int Torrents { get; private set; }

    /// <summary>What all receive.</summary>
    public long DownloadRate { get; private set; }

    /// <summary>What all send.</summary>
    public long UploadRate { get; private set; }

    /// <summary>Received in all runs.</summary>
    public long Downloaded { get; private set; }

    /// <summary>Sent in all runs.</summary>
    public long Uploaded { get; private set; }

    /// <summary>Connections.</summary>
    public int ConnectedPeers { get; private set; }

    /// <summary>Of a catalogue as it is: the torrents that the node itself has.</summary>
    public static CatalogueTotals Of(TorrentCatalogue catalogue) => Of(catalogue.Walk().Where(static entry => entry.IsHere));

    /// <summary>Of a catalogue as it is: all that lists show, those of a cluster's other nodes included. Only those that run here have rates and connections.</summary>
    public static CatalogueTotals OfAll(TorrentCatalogue catalogue) => Of(catalogue.Walk());

    private static CatalogueTotals Of(IEnumerable<CatalogueEntry> entries)
    {
        var totals = new CatalogueTotals();
        foreach (var entry in entries) totals.Add(entry.Row);
        return totals;
    }

    /// <summary>Torrents in a state.</summary>
    public int In(TorrentState state) => _byState[(int)state];

    private void Add(TorrentRow row)
    {
        Torrents++;
        _byState[(int)row.State]++;
        DownloadRate += row.DownloadRate;
        UploadRate += row.UploadRate;
        Downloaded += row.DownloadedEver;
        Uploaded += row.UploadedEver;
        ConnectedPeers += row.ConnectedPeers;
    }
}
