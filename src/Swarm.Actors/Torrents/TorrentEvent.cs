using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>Something that happened to a torrent, published on the system's event stream for whoever shows it. Never needed for the work itself.</summary>
public abstract record TorrentEvent(InfoHash Torrent)
{
    /// <summary>The state changed. <paramref name="Reason"/> is one line for people, or null.</summary>
    public sealed record StateChanged(InfoHash Torrent, TorrentState State, string? Reason) : TorrentEvent(Torrent);

    /// <summary>A magnet link's info dictionary is known.</summary>
    public sealed record MetadataReceived(InfoHash Torrent, TorrentMetainfo Metainfo) : TorrentEvent(Torrent);

    /// <summary>Pieces were verified as they came from peers.</summary>
    public sealed record PiecesVerified(InfoHash Torrent, ImmutableArray<PieceIndex> Pieces) : TorrentEvent(Torrent);

    /// <summary>A piece failed its hash.</summary>
    public sealed record PieceFailed(InfoHash Torrent, PieceIndex Piece) : TorrentEvent(Torrent);

    /// <summary>A connection finished its handshake. <paramref name="Client"/> is the other side's program as it names itself, cleaned.</summary>
    public sealed record PeerConnected(InfoHash Torrent, IPEndPoint Remote, string Client) : TorrentEvent(Torrent);

    /// <summary>Such a connection ended.</summary>
    public sealed record PeerDisconnected(InfoHash Torrent, IPEndPoint Remote, string Reason) : TorrentEvent(Torrent);

    /// <summary>A peer was banned.</summary>
    public sealed record PeerBanned(InfoHash Torrent, IPAddress Address, string Reason) : TorrentEvent(Torrent);

    /// <summary>A tracker answered with an error, or not at all.</summary>
    public sealed record TrackerFailed(InfoHash Torrent, string Url, string Reason) : TorrentEvent(Torrent);
}

/// <summary>What lists of torrents are kept up to date by, published on the system's event stream. Every torrent's row is told once when it is taken up, and then when it changed.</summary>
public abstract record TorrentRowsEvent
{
    private TorrentRowsEvent() { }

    /// <summary>These torrents are new or changed; at most once a beat for each of them, many in one message where many change together.</summary>
    public sealed record RowsChanged(ImmutableArray<TorrentRow> Rows) : TorrentRowsEvent;

    /// <summary>This torrent is not there any more.</summary>
    public sealed record RowRemoved(InfoHash Torrent) : TorrentRowsEvent;
}
