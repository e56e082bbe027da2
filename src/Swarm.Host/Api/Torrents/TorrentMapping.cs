using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Protocol.Picking;

namespace Swarm.Host.Api.Torrents;

/// <summary>The node's records as the API's contracts, field by field.</summary>
internal static class TorrentMapping
{
    /// <summary>A line of a list.</summary>
    public static TorrentItem ItemOf(CatalogueEntry entry) => ItemOf(entry.Row, entry);

    private static TorrentItem ItemOf(TorrentRow row, CatalogueEntry entry) => new()
    {
        Hash = row.Torrent.ToString(),
        Name = row.Name,
        State = PhaseOf(row.State),
        Reason = row.Reason,
        Folder = row.Folder,
        Category = row.Category,
        Labels = row.Labels,
        TrackerHosts = row.TrackerHosts.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        AddedAt = MomentOf(row.AddedTicks) ?? default,
        CompletedAt = MomentOf(row.CompletedTicks),
        ActiveAt = MomentOf(row.ActiveTicks),
        HasMetadata = row.HasMetadata,
        IsPrivate = row.IsPrivate,
        TotalBytes = row.TotalLength,
        SelectedBytes = row.SelectedLength,
        VerifiedBytes = row.VerifiedLength,
        Progress = Math.Round(RowFigures.Progress(row), 4),
        DownloadedBytes = row.DownloadedEver,
        UploadedBytes = row.UploadedEver,
        DownloadRate = row.DownloadRate,
        UploadRate = row.UploadRate,
        SecondsLeft = RowFigures.SecondsLeft(row),
        Ratio = Math.Round(row.Ratio, 3),
        ConnectedPeers = row.ConnectedPeers,
        ConnectedSeeds = row.ConnectedSeeds,
        QueuePosition = row.QueuePosition < 0 ? null : row.QueuePosition,
        Placement = entry.Placement is { } placement ? new TorrentPlacement(placement.Wanted, placement.Complete, placement.IsHere, ClusterMapping.ReplicasOf(placement)) : null,
        Revision = entry.Revision,
    };

    /// <summary>One torrent looked at closely.</summary>
    public static TorrentView ViewOf(TorrentDetails details, CatalogueEntry entry) => new()
    {
        Torrent = ItemOf(details.Row, entry),
        Magnet = details.Magnet,
        Comment = details.Metainfo?.Comment,
        CreatedBy = details.Metainfo?.CreatedBy,
        PieceBytes = details.Metainfo?.Layout.Geometry.PieceLength ?? 0,
        PieceCount = details.Status.PieceCount,
        VerifiedPieces = details.Status.VerifiedPieces,
        FileCount = details.Files.Length,
        CheckedPieces = details.Status.CheckProgress.Done,
        PiecesToCheck = details.Status.CheckProgress.Total,
        WastedBytes = details.Status.Wasted,
        KnownPeers = details.Status.KnownPeers,
        DownloadLimit = details.Options.DownloadLimit,
        UploadLimit = details.Options.UploadLimit,
        Sequential = details.Options.Sequential,
    };

    /// <summary>Files.</summary>
    public static FileList FilesOf(TorrentDetails details) => new(
        [.. details.Files.Select((file, index) => new FileItem(index, file.Path, file.Length, file.VerifiedLength, file.Length > 0 ? Math.Round((double)file.VerifiedLength / file.Length, 4) : 1, PriorityOf(file.Priority)))]);

    /// <summary>Connections.</summary>
    public static PeerList PeersOf(TorrentDetails details) => new([.. details.Peers.Select(peer => new PeerItem
    {
        Address = peer.Remote.ToString(),
        Client = peer.Client,
        Incoming = peer.Incoming,
        Progress = Math.Round(peer.Progress, 4),
        DownloadedBytes = peer.Downloaded,
        UploadedBytes = peer.Uploaded,
        DownloadRate = peer.DownloadRate,
        UploadRate = peer.UploadRate,
        WeChoke = peer.WeChoke,
        WeAreInterested = peer.WeAreInterested,
        PeerChokes = peer.PeerChokes,
        PeerIsInterested = peer.PeerIsInterested,
        Snubbed = peer.Snubbed,
    })]);

    /// <summary>Trackers.</summary>
    public static TrackerList TrackersOf(TorrentDetails details) => new([.. details.Trackers.Select(tracker => new TrackerItem(
        tracker.Url, tracker.Tier, tracker.Error, Said(tracker.Seeders), Said(tracker.Leechers), Said(tracker.Completed), tracker.PeersTold, MomentOf(tracker.LastAnnouncedTicks), MomentOf(tracker.NextAnnounceTicks)))]);

    /// <summary>Pieces.</summary>
    public static PieceMap PiecesOf(TorrentDetails details) => new(
        details.Status.PieceCount, details.Status.VerifiedPieces, details.Metainfo?.Layout.Geometry.PieceLength ?? 0, Convert.ToBase64String(details.Pieces.AsSpan()));

    /// <summary>What a delta tells.</summary>
    public static TorrentDelta DeltaOf(CatalogueDelta delta) => new()
    {
        Revision = delta.Revision,
        Changed = [.. delta.Changed.Select(ItemOf)],
        Removed = [.. delta.Removed.Select(tombstone => tombstone.Torrent.ToString())],
        Resync = delta.Resync,
        More = delta.More,
    };

    /// <summary>A state as the API names it.</summary>
    public static TorrentPhase PhaseOf(TorrentState state) => state switch
    {
        TorrentState.Loading => TorrentPhase.Loading,
        TorrentState.FetchingMetadata => TorrentPhase.FetchingMetadata,
        TorrentState.Checking => TorrentPhase.Checking,
        TorrentState.Downloading => TorrentPhase.Downloading,
        TorrentState.Seeding => TorrentPhase.Seeding,
        TorrentState.Waiting => TorrentPhase.Waiting,
        TorrentState.Failed => TorrentPhase.Failed,
        TorrentState.Stopping => TorrentPhase.Stopping,
        TorrentState.Queued => TorrentPhase.Queued,
        _ => TorrentPhase.Paused,
    };

    /// <summary>A priority as the node has it.</summary>
    public static PiecePriority PriorityOf(FilePriority priority) => priority switch
    {
        FilePriority.Skip => PiecePriority.Skip,
        FilePriority.Low => PiecePriority.Low,
        FilePriority.High => PiecePriority.High,
        _ => PiecePriority.Normal,
    };

    /// <summary>A moment of UTC ticks, 0 for never.</summary>
    public static DateTimeOffset? MomentOf(long ticks) => ticks <= 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    private static FilePriority PriorityOf(PiecePriority priority) => priority switch
    {
        { IsWanted: false } => FilePriority.Skip,
        _ when priority.CompareTo(PiecePriority.Normal) < 0 => FilePriority.Low,
        _ when priority.CompareTo(PiecePriority.High) >= 0 => FilePriority.High,
        _ => FilePriority.Normal,
    };

    private static int? Said(int count) => count < 0 ? null : count;
}
