using System.Collections.Immutable;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>
/// What a torrent is run by: the parsed .torrent file with its bytes, a magnet link with its text, or what the store has of it. Exactly one of the three.
/// </summary>
public sealed record TorrentSource
{
    /// <summary>Why a torrent without v1 data is refused.</summary>
    public const string IsOfVersion2 = "this is a BitTorrent v2 torrent without v1 data, which cannot be transferred yet; use its hybrid or v1 form";

    private TorrentSource(InfoHash torrent) => Torrent = torrent;

    /// <summary>The hash on the wire.</summary>
    public InfoHash Torrent { get; }

    /// <summary>The parsed file, or null.</summary>
    public TorrentMetainfo? Metainfo { get; private init; }

    /// <summary>The file's bytes, empty for a link.</summary>
    public ImmutableArray<byte> File { get; private init; } = [];

    /// <summary>The parsed link, or null.</summary>
    public MagnetLink? Magnet { get; private init; }

    /// <summary>Whether all that is known of it is in the store.</summary>
    public bool IsRecorded => Metainfo is null && Magnet is null;

    /// <summary>Why a torrent cannot be run by this, whatever else is known of it, in one line for people; null: it can.</summary>
    public string? Problem => Metainfo is { V1: null } || Magnet is { V1: null } ? IsOfVersion2 : null;

    /// <summary>Of one that rested: what it moved in this process before.</summary>
    public PayloadMoved Moved { get; private init; }

    /// <summary>Of one that rested: whether trackers know it from this process.</summary>
    public bool WasAnnounced { get; private init; }

    /// <summary>By what the store has of it.</summary>
    public static TorrentSource FromStore(InfoHash torrent) => new(torrent);

    /// <summary>By what the store has of it, and what it was in this process before.</summary>
    public static TorrentSource FromRest(RestingTorrent rested) => new(rested.Row.Torrent) { Moved = rested.Moved, WasAnnounced = rested.WasAnnounced };

    /// <summary>By .torrent file.</summary>
    public static TorrentSource FromFile(TorrentMetainfo metainfo, ImmutableArray<byte> file) => new(metainfo.WireHash) { Metainfo = metainfo, File = file };

    /// <summary>By magnet link; it must name a hash.</summary>
    public static TorrentSource FromMagnet(MagnetLink magnet) => new(magnet.WireHash!.Value) { Magnet = magnet };
}
