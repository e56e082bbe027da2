using Swarm.Actors.Torrents;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>Compares each status of a torrent with the one before it in the same process.</summary>
internal sealed class ProgressCheck(SimWorld world) : WorldCheck(world, "Progress never goes backwards")
{
    public override void OnStatus(SimNode node, SimTorrent torrent, TorrentStatus status)
    {
        if (status.VerifiedLength > status.SelectedLength || status.VerifiedPieces > status.PieceCount) Broken(node, $"{status.Name} has more than there is: {status}");
        if (torrent.Status is not { } before || !IsAtWork(before) || !IsAtWork(status) || !node.TrustsDisk || node.HasLostBytes) return;
        if (status.VerifiedPieces < before.VerifiedPieces) Broken(node, $"{status.Name} had {before.VerifiedPieces} pieces and now has {status.VerifiedPieces}");
        if (status.VerifiedLength < before.VerifiedLength) Broken(node, $"{status.Name} had {before.VerifiedLength} bytes of what it wants and now has {status.VerifiedLength}");
        if (before.State == TorrentState.Seeding && status.State == TorrentState.Downloading) Broken(node, $"{status.Name} was complete and downloads again");
    }

    private static bool IsAtWork(TorrentStatus status) => status.State is TorrentState.Downloading or TorrentState.Seeding or TorrentState.Waiting;
}
