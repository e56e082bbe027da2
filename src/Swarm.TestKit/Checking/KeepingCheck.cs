using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>
/// Remembers, for each storage and torrent, which pieces were verified in the process that runs and which are on record, and how many blocks of each the disk had written by then: neither may be verified
/// anew, and no block of either may be written again. What was verified and not recorded may be lost with its process; what is on record may not.
/// </summary>
internal sealed class KeepingCheck(SimWorld world) : WorldCheck(world, "A verified piece stays verified and is never fetched again")
{
    private readonly SortedDictionary<(string Storage, InfoHash Torrent), Kept> _kept = [];
    private int _next;

    public override void OnEvent(SimNode node, SimTorrent torrent, TorrentEvent happened)
    {
        if (happened is not TorrentEvent.PiecesVerified verified || !node.TrustsDisk || node.HasLostBytes) return;
        // Who stood still hears late of what it wrote when it might; whoever has taken the torrent over meanwhile may have fetched and recorded the same.
        if (node.Store.LeaseOf(torrent.Content.Torrent) is { } lease && lease.Owner != node.Name) return;
        var kept = Of(node, torrent);
        foreach (var piece in verified.Pieces)
        {
            if (torrent.VerifiedNow[piece]) Broken(node, $"piece {piece.Value} of {torrent.Content.Metainfo.Name} was fetched and verified twice in one process");
            else if (kept.Recorded[piece]) Broken(node, $"piece {piece.Value} of {torrent.Content.Metainfo.Name} was on record, and was fetched again");
            kept.BlocksWritten.TryAdd(piece, node.Disk.WorkOn(torrent.Content, torrent.Options.Folder, piece).BlocksWritten);
        }
    }

    public override void OnCommitted(SimNode node, StoreCommand command, StoreOutcome outcome)
    {
        // What is removed on purpose may be fetched again.
        if (outcome is StoreOutcome.Done && command is StoreCommand.PutOptions { Unfinished: UnfinishedWork.Removal } going) _kept.Remove((node.StorageName, going.Torrent));
        if (outcome is StoreOutcome.Done && command is StoreCommand.RemoveTorrent removed) _kept.Remove((node.StorageName, removed.Torrent));
        if (outcome is not StoreOutcome.Done || command is not StoreCommand.PutProgress put || node.Find(put.Torrent) is not { } torrent || !node.TrustsDisk) return;
        var kept = Of(node, torrent);
        if (Bitfield.FromWire(put.Progress.Verified.AsSpan(), torrent.Content.Geometry.PieceCount) is not { } recorded) return;
        kept.Recorded = recorded;
        foreach (var piece in PiecesIn(recorded)) kept.BlocksWritten.TryAdd(piece, node.Disk.WorkOn(torrent.Content, torrent.Options.Folder, piece).BlocksWritten);
    }

    // Told after the events that the torrent published before it.
    public override void OnStatus(SimNode node, SimTorrent torrent, TorrentStatus status)
    {
        if (status.State is not (TorrentState.Downloading or TorrentState.Seeding) || status.VerifiedPieces >= torrent.VerifiedNow.Count || !node.TrustsDisk || node.HasLostBytes) return;
        Broken(node, $"{torrent.VerifiedNow.Count} pieces of {torrent.Content.Metainfo.Name} were verified, and it says that it has {status.VerifiedPieces}");
    }

    public override void OnStarted(SimNode node)
    {
        if (node.HasLostBytes) ForgetUnrecorded(node);
    }

    public override void OnLost(SimNode node, bool withPower) => ForgetUnrecorded(node);

    public override void OnInterval()
    {
        if (World.Nodes.Count > 0) Look(World.Nodes[_next++ % World.Nodes.Count]);
    }

    public override void OnEnding()
    {
        foreach (var node in World.Nodes) Look(node);
    }

    private void ForgetUnrecorded(SimNode node)
    {
        foreach (var torrent in node.Torrents)
        {
            if (!_kept.TryGetValue((node.StorageName, torrent.Content.Torrent), out var kept)) continue;
            foreach (var piece in kept.BlocksWritten.Keys.Where(piece => !kept.Recorded[piece]).ToArray()) kept.BlocksWritten.Remove(piece);
        }
    }

    private void Look(SimNode node)
    {
        if (!node.TrustsDisk || node.HasLostBytes) return;
        foreach (var torrent in node.Torrents)
        {
            if (!_kept.TryGetValue((node.StorageName, torrent.Content.Torrent), out var kept)) continue;
            foreach (var (piece, written) in kept.BlocksWritten)
            {
                var now = node.Disk.WorkOn(torrent.Content, torrent.Options.Folder, piece).BlocksWritten;
                if (now > written) Broken(node, $"{now - written} blocks of piece {piece.Value} of {torrent.Content.Metainfo.Name} were written after it was verified");
            }
        }
    }

    private Kept Of(SimNode node, SimTorrent torrent)
    {
        var key = (node.StorageName, torrent.Content.Torrent);
        if (!_kept.TryGetValue(key, out var kept)) _kept.Add(key, kept = new Kept(torrent.Content.Geometry.PieceCount));
        return kept;
    }

    private sealed class Kept(int pieces)
    {
        public Bitfield Recorded { get; set; } = new(pieces);

        public SortedDictionary<PieceIndex, int> BlocksWritten { get; } = [];
    }
}
