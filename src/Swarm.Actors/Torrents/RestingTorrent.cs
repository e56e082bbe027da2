using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Torrents;

/// <summary>
/// All that is kept of a torrent at rest: its row, and what announcing it takes. Immutable. Small, because a node has a hundred thousand of them: texts and trackers are shared
/// (<see cref="RestingTorrents"/>), and neither metainfo nor bitfield is here.
/// </summary>
public sealed record RestingTorrent(TorrentRow Row)
{
    /// <summary>Pieces in all, 0 while the metadata is unknown.</summary>
    public int PieceCount { get; init; }

    /// <summary>Pieces verified, wanted or not.</summary>
    public int VerifiedPieces { get; init; }

    /// <summary>What it moved in this process before it lay down.</summary>
    public PayloadMoved Moved { get; init; }

    /// <summary>The trackers in tiers.</summary>
    public ImmutableArray<ImmutableArray<string>> TrackerTiers { get; init; } = [];

    /// <summary>Its replicas elsewhere in the cluster, or null.</summary>
    public ReplicaGroup? Group { get; init; }

    /// <summary>Whether another replica announces it: it is private, and one speaks for all.</summary>
    public bool IsSilent => Row.IsPrivate && Group is { IsAnnouncer: false };

    /// <summary>Whether its first tracker has heard of it in this process.</summary>
    public bool WasAnnounced { get; init; }

    /// <summary>Whether it is to be announced while it rests: one that is served, as opposed to one that is paused or has failed.</summary>
    public bool IsServed => Row.State == TorrentState.Seeding;

    /// <summary>Its figures while it rests.</summary>
    public TorrentStatus Describe() => new()
    {
        Torrent = Row.Torrent,
        Name = Row.Name,
        State = Row.State,
        Reason = Row.Reason,
        HasMetadata = Row.HasMetadata,
        TotalLength = Row.TotalLength,
        SelectedLength = Row.SelectedLength,
        VerifiedLength = Row.VerifiedLength,
        PieceCount = PieceCount,
        VerifiedPieces = VerifiedPieces,
        Downloaded = Moved.Downloaded,
        Uploaded = Moved.Uploaded,
        UploadedEver = Row.UploadedEver,
        Wasted = Moved.Wasted,
        Trackers = [.. TrackerTiers.SelectMany(tier => tier).Select(url => new TrackerLine(url, null, -1, -1))],
    };
}

/// <summary>Payload bytes that a torrent received, wasted ones included, sent, and received for nothing.</summary>
public readonly record struct PayloadMoved(long Downloaded, long Uploaded, long Wasted)
{
    /// <summary>Received bytes as trackers are told them: without wasted ones.</summary>
    public long Received => Math.Max(0, Downloaded - Wasted);
}
