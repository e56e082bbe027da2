using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Picking;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Everything there is to say of one torrent at one moment, gathered when somebody asks for it: what lists do not show. A torrent that rests is described from what is recorded, without being woken.
/// </summary>
public sealed record TorrentDetails
{
    /// <summary>What lists show.</summary>
    public required TorrentRow Row { get; init; }

    /// <summary>What it is doing, in figures.</summary>
    public required TorrentStatus Status { get; init; }

    /// <summary>How it is run.</summary>
    public required TorrentOptions Options { get; init; }

    /// <summary>The parsed metainfo; null while a magnet link has not brought it.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The link it was added by, or null.</summary>
    public string? Magnet { get; init; }

    /// <summary>Verified pieces in wire form (BEP 3 bitfield); empty without metainfo.</summary>
    public ImmutableArray<byte> Pieces { get; init; } = [];

    /// <summary>Files in layout order; empty without metainfo.</summary>
    public ImmutableArray<FileLine> Files { get; init; } = [];

    /// <summary>Connections with a finished handshake, in the order they were made.</summary>
    public ImmutableArray<PeerLine> Peers { get; init; } = [];

    /// <summary>Trackers, tier by tier.</summary>
    public ImmutableArray<TrackerDetails> Trackers { get; init; } = [];
}

/// <summary>A file: its path inside the torrent as it lies on disk, bytes, bytes verified, and how much it is wanted.</summary>
public sealed record FileLine(string Path, long Length, long VerifiedLength, PiecePriority Priority);

/// <summary>A connection. Lengths are payload bytes over it; rates payload bytes a second; <paramref name="Progress"/> 0 to 1, what the peer has.</summary>
public sealed record PeerLine(
    IPEndPoint Remote, string Client, bool Incoming, double Progress, long Downloaded, long Uploaded, long DownloadRate, long UploadRate,
    bool WeChoke, bool WeAreInterested, bool PeerChokes, bool PeerIsInterested, bool Snubbed);

/// <summary>A tracker at one moment. Moments in UTC ticks, 0 for never; counts -1 where it did not say.</summary>
public sealed record TrackerDetails(string Url, int Tier, string? Error, int Seeders, int Leechers, int Completed, int PeersTold, long LastAnnouncedTicks, long NextAnnounceTicks);

/// <summary>What a connection says of itself. <paramref name="Progress"/> 0 to 1, what the peer has.</summary>
public readonly record struct PeerView(double Progress, bool WeChoke, bool WeAreInterested, bool PeerChokes, bool PeerIsInterested, bool Snubbed)
{
    /// <summary>Before it has said anything: as BEP 3 has every connection begin.</summary>
    public static PeerView Nothing { get; } = new(0, WeChoke: true, WeAreInterested: false, PeerChokes: true, PeerIsInterested: false, Snubbed: false);
}
