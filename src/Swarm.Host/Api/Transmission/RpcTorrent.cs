using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Transmission;

/// <summary>A torrent as a call asks for it: its row, and, where a field needs more, what the node says of it closely (null where no field does).</summary>
internal sealed record RpcTorrent(CatalogueEntry Entry, TorrentDetails? Details)
{
    /// <summary>Its row.</summary>
    public TorrentRow Row => Entry.Row;

    /// <summary>Its metainfo, or null while a link has not brought it.</summary>
    public TorrentMetainfo? Metainfo => Details?.Metainfo;

    /// <summary>Transmission's status, 0 to 6.</summary>
    public int Status => Row.State switch
    {
        TorrentState.Loading => 1,
        TorrentState.Checking => 2,
        TorrentState.Queued => IsComplete ? 5 : 3,
        TorrentState.Downloading or TorrentState.FetchingMetadata => 4,
        TorrentState.Seeding => 6,
        _ => 0,
    };

    /// <summary>Whether every wanted piece is there.</summary>
    public bool IsComplete => Row.HasMetadata && Row.VerifiedLength == Row.SelectedLength;

    /// <summary>Whether it stands still.</summary>
    public bool IsStopped => Status == 0;

    /// <summary>Seconds to completion; -1: none is missing, -2: nobody knows.</summary>
    public long Eta => IsComplete ? -1 : RowFigures.SecondsLeft(Row) ?? -2;
}
