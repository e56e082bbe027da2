using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Swarm.Actors.Torrents;

namespace Swarm.Host.Output;

/// <summary>The lines that <c>get --json</c> and <c>seed --json</c> print; <see cref="Type"/> tells them apart. Lengths in bytes, rates in payload bytes a second, hashes in lower-case hex.</summary>
internal abstract record JsonLine([property: JsonPropertyOrder(-1)] string Type)
{
    /// <summary>The first line: the node takes connections at this port.</summary>
    internal sealed record Listening(int Port, ImmutableArray<string> Addresses) : JsonLine("listening");

    /// <summary>Content is being hashed before it is shared.</summary>
    internal sealed record Hashing(string Name, long Hashed, long Total) : JsonLine("hashing");

    /// <summary>The torrent as it stands, about once a second and at every change of state. Lengths are 0 until the metadata is known; secondsLeft is null while nothing moves.</summary>
    internal sealed record Progress(
        string InfoHash,
        string Name,
        TorrentState State,
        string? Reason,
        long TotalLength,
        long SelectedLength,
        long VerifiedLength,
        int Pieces,
        int VerifiedPieces,
        int CheckedPieces,
        int PiecesToCheck,
        long Downloaded,
        long Uploaded,
        long Wasted,
        long DownloadRate,
        long UploadRate,
        int Peers,
        int Seeds,
        int KnownPeers,
        double? SecondsLeft) : JsonLine("progress")
    {
        public static Progress Of(TorrentStatus status) => new(
            status.Torrent.ToString(),
            status.Name,
            status.State,
            status.Reason,
            status.TotalLength,
            status.SelectedLength,
            status.VerifiedLength,
            status.PieceCount,
            status.VerifiedPieces,
            status.CheckProgress.Done,
            status.CheckProgress.Total,
            status.Downloaded,
            status.Uploaded,
            status.Wasted,
            status.DownloadRate,
            status.UploadRate,
            status.ConnectedPeers,
            status.ConnectedSeeds,
            status.KnownPeers,
            status.TimeLeft is { } left ? Math.Round(left.TotalSeconds, 1) : null);
    }

    /// <summary>Pieces came from peers and match their hashes.</summary>
    internal sealed record Verified(string InfoHash, IEnumerable<int> Pieces) : JsonLine("verified");

    /// <summary>A connection began or ended, or a peer was banned. event: connected, disconnected or banned.</summary>
    internal sealed record Peer(string InfoHash, string Event, string Address, string? Client, string? Reason) : JsonLine("peer");

    /// <summary>Something went wrong. fatal: the command ends because of it.</summary>
    internal sealed record Error(string Message, bool Fatal) : JsonLine("error");

    /// <summary>Every selected byte is verified. piecesFetched: those that came in this run.</summary>
    internal sealed record Done(string InfoHash, string Name, string Path, long Length, int PiecesFetched, long Downloaded, long Uploaded, double Seconds) : JsonLine("done");

    /// <summary>The torrent is shared.</summary>
    internal sealed record Seeding(string InfoHash, string Name, string Magnet, string Path, int Port) : JsonLine("seeding");
}
