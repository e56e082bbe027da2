using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

// One torrent looked at closely, and why it does what it does. Lengths in bytes, rates in payload bytes a second, progress from 0 to 1.

/// <summary>Everything there is to say of one torrent but its files, peers, pieces and trackers, which have addresses of their own.</summary>
public sealed record TorrentView
{
    /// <summary>What lists show.</summary>
    public required TorrentItem Torrent { get; init; }

    /// <summary>The link it was added by.</summary>
    public string? Magnet { get; init; }

    /// <summary>The comment in the .torrent file.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that made the .torrent file.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Length of a piece.</summary>
    public long PieceBytes { get; init; }

    /// <summary>Pieces in all.</summary>
    public int PieceCount { get; init; }

    /// <summary>Pieces verified, wanted or not.</summary>
    public int VerifiedPieces { get; init; }

    /// <summary>Files.</summary>
    public int FileCount { get; init; }

    /// <summary>Pieces hashed so far, while checking.</summary>
    public int CheckedPieces { get; init; }

    /// <summary>Pieces to hash, while checking.</summary>
    public int PiecesToCheck { get; init; }

    /// <summary>Received bytes that were of no use.</summary>
    public long WastedBytes { get; init; }

    /// <summary>Known addresses of peers.</summary>
    public int KnownPeers { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long UploadLimit { get; init; }

    /// <summary>Whether pieces are fetched in order.</summary>
    public bool Sequential { get; init; }
}

/// <summary>Files of a torrent.</summary>
public sealed record FileList(IReadOnlyList<FileItem> Items);

/// <summary>A file: its place in the torrent, its path inside the torrent.</summary>
public sealed record FileItem(int Index, string Path, long Bytes, long VerifiedBytes, double Progress, FilePriority Priority);

/// <summary>Connections of a torrent.</summary>
public sealed record PeerList(IReadOnlyList<PeerItem> Items);

/// <summary>A connection.</summary>
public sealed record PeerItem
{
    /// <summary>"address:port".</summary>
    public required string Address { get; init; }

    /// <summary>The other side's program, as it names itself.</summary>
    public required string Client { get; init; }

    /// <summary>It connected to us.</summary>
    public bool Incoming { get; init; }

    /// <summary>What it has, 0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Received from it.</summary>
    public long DownloadedBytes { get; init; }

    /// <summary>Sent to it.</summary>
    public long UploadedBytes { get; init; }

    /// <summary>Received a second.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Sent a second.</summary>
    public long UploadRate { get; init; }

    /// <summary>We do not serve it.</summary>
    public bool WeChoke { get; init; }

    /// <summary>It has what we want.</summary>
    public bool WeAreInterested { get; init; }

    /// <summary>It does not serve us.</summary>
    public bool PeerChokes { get; init; }

    /// <summary>We have what it wants.</summary>
    public bool PeerIsInterested { get; init; }

    /// <summary>It promised blocks and does not send.</summary>
    public bool Snubbed { get; init; }
}

/// <summary>Trackers of a torrent.</summary>
public sealed record TrackerList(IReadOnlyList<TrackerItem> Items);

/// <summary>A tracker: its last error, and what it says of the swarm (absent: it did not say).</summary>
public sealed record TrackerItem(
    string Url, int Tier, string? Error, int? Seeders, int? Leechers, int? Completed, int PeersTold, DateTimeOffset? LastAnnouncedAt, DateTimeOffset? NextAnnounceAt);

/// <summary>Which pieces are verified: <paramref name="Bitfield"/> in base64, a bit a piece, the highest bit of the first byte first (BEP 3).</summary>
public sealed record PieceMap(int PieceCount, int Verified, long PieceBytes, string Bitfield);

/// <summary>How much a finding hinders.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<FindingSeverity>))]
public enum FindingSeverity
{
    /// <summary>As it should be, or as somebody asked.</summary>
    Note,

    /// <summary>It is slower for this.</summary>
    Slows,

    /// <summary>It stands still for this.</summary>
    Stops,
}

/// <summary>Why a torrent is slow or stopped: the findings that matter most first; one at least.</summary>
public sealed record Explained(string Hash, string Name, TorrentPhase State, IReadOnlyList<Finding> Items);

/// <summary>One thing found: a code for programs, a sentence for people, what to do where there is something, and the figures it was seen by.</summary>
public sealed record Finding(string Code, FindingSeverity Severity, string Sentence, string? Remedy, IReadOnlyDictionary<string, string> Evidence);
