using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Ports;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>
/// What a torrent is added by: the parsed .torrent file with its bytes, or a magnet link with its text. Exactly one of the two.
/// </summary>
public sealed record TorrentSource
{
    private TorrentSource(InfoHash torrent) => Torrent = torrent;

    /// <summary>The hash on the wire.</summary>
    public InfoHash Torrent { get; }

    /// <summary>The parsed file, or null.</summary>
    public TorrentMetainfo? Metainfo { get; private init; }

    /// <summary>The file's bytes, empty for a link.</summary>
    public ImmutableArray<byte> File { get; private init; } = [];

    /// <summary>The parsed link, or null.</summary>
    public MagnetLink? Magnet { get; private init; }

    /// <summary>By .torrent file.</summary>
    public static TorrentSource FromFile(TorrentMetainfo metainfo, ImmutableArray<byte> file) => new(metainfo.WireHash) { Metainfo = metainfo, File = file };

    /// <summary>By magnet link; it must name a hash.</summary>
    public static TorrentSource FromMagnet(MagnetLink magnet) => new(magnet.WireHash!.Value) { Magnet = magnet };
}

/// <summary>How a torrent is to be run.</summary>
public sealed record TorrentOptions
{
    /// <summary>The absolute folder the content lies below.</summary>
    public required string Folder { get; init; }

    /// <summary>Peers to try at once, besides those that trackers name.</summary>
    public ImmutableArray<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Trackers besides the torrent's own, each a tier of its own.</summary>
    public ImmutableArray<string> Trackers { get; init; } = [];

    /// <summary>Patterns (* and ?) over paths inside the torrent; a file that none matches is not wanted. Empty: all are wanted.</summary>
    public ImmutableArray<string> Select { get; init; } = [];

    /// <summary>Fetch pieces in order, for watching while it loads.</summary>
    public bool Sequential { get; init; }

    /// <summary>Hash everything on disk first, and fetch and overwrite what does not match.</summary>
    public bool Recheck { get; init; }

    /// <summary>Serve what is there; it is an error if anything is missing, and nothing is ever written.</summary>
    public bool SeedOnly { get; init; }

    /// <summary>The caller has just hashed the whole content: believe it if the files have the right lengths.</summary>
    public bool TrustExisting { get; init; }

    /// <summary>How files get their size.</summary>
    public FileAllocation Allocation { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long UploadLimit { get; init; }
}
