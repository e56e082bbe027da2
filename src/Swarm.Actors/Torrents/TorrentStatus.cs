using System.Collections.Immutable;

namespace Swarm.Actors.Torrents;

/// <summary>What a torrent is doing.</summary>
public enum TorrentState
{
    /// <summary>Taking the lease and reading what is recorded.</summary>
    Loading,

    /// <summary>A magnet link's info dictionary is being fetched from peers (BEP 9).</summary>
    FetchingMetadata,

    /// <summary>Data on disk is being hashed.</summary>
    Checking,

    /// <summary>Pieces are wanted.</summary>
    Downloading,

    /// <summary>Every selected piece is there, and it is served.</summary>
    Seeding,

    /// <summary>Standing still for a reason that can pass by itself, such as a full disk.</summary>
    Waiting,

    /// <summary>Standing still until the user acts.</summary>
    Failed,

    /// <summary>Telling trackers, saving state.</summary>
    Stopping,

    /// <summary>At rest: state is saved, trackers are told.</summary>
    Stopped,

    /// <summary>At rest until the queue lets it go on; its user has not paused it.</summary>
    Queued,
}

/// <summary>
/// A torrent at one moment. Lengths in bytes, rates in payload bytes a second. <see cref="SelectedLength"/> counts pieces that hold selected bytes.
/// </summary>
public sealed record TorrentStatus
{
    /// <summary>Which torrent.</summary>
    public required InfoHash Torrent { get; init; }

    /// <summary>Its name, or the magnet link's, or the hash.</summary>
    public required string Name { get; init; }

    /// <summary>What it is doing.</summary>
    public required TorrentState State { get; init; }

    /// <summary>Why it stands still, one line for people; null unless paused or failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the info dictionary is known; lengths are 0 until it is.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>Bytes of the whole torrent.</summary>
    public long TotalLength { get; init; }

    /// <summary>Bytes of the wanted pieces.</summary>
    public long SelectedLength { get; init; }

    /// <summary>Bytes of the wanted pieces that are verified.</summary>
    public long VerifiedLength { get; init; }

    /// <summary>Pieces in all.</summary>
    public int PieceCount { get; init; }

    /// <summary>Pieces verified, wanted or not.</summary>
    public int VerifiedPieces { get; init; }

    /// <summary>Pieces hashed so far, and to hash, while checking.</summary>
    public (int Done, int Total) CheckProgress { get; init; }

    /// <summary>Payload bytes received in this run, wasted ones included.</summary>
    public long Downloaded { get; init; }

    /// <summary>Payload bytes sent in this run.</summary>
    public long Uploaded { get; init; }

    /// <summary>Payload bytes sent in all runs.</summary>
    public long UploadedEver { get; init; }

    /// <summary>Received bytes that were of no use: duplicates, failed pieces.</summary>
    public long Wasted { get; init; }

    /// <summary>Download rate.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Upload rate.</summary>
    public long UploadRate { get; init; }

    /// <summary>Connections with a finished handshake.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Those of them that have everything.</summary>
    public int ConnectedSeeds { get; init; }

    /// <summary>Known addresses.</summary>
    public int KnownPeers { get; init; }

    /// <summary>Trackers as they stand.</summary>
    public ImmutableArray<TrackerLine> Trackers { get; init; } = [];

    /// <summary>Whether every wanted piece is verified.</summary>
    public bool IsComplete => HasMetadata && VerifiedLength == SelectedLength;

    /// <summary>Time to completion at the present rate, or null if nothing moves.</summary>
    public TimeSpan? TimeLeft =>
        IsComplete ? TimeSpan.Zero : DownloadRate > 0 && HasMetadata ? TimeSpan.FromSeconds((double)(SelectedLength - VerifiedLength) / DownloadRate) : null;
}

/// <summary>A tracker at one moment: its last error, or null, and what it says of the swarm (-1: it did not say).</summary>
public sealed record TrackerLine(string Url, string? Error, int Seeders, int Leechers);
