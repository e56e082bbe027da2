using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>
/// Holds each record of progress, at the moment of its commit, against the image of the disk that would survive a power loss; and all of it again after each power loss. Records of one folder never
/// shrink, unless the node was told to accept a loss.
/// </summary>
internal sealed class DurabilityCheck(SimWorld world) : WorldCheck(world, "What is recorded as kept is kept, beyond power loss, and stays recorded")
{
    private readonly SortedDictionary<(string Storage, InfoHash Torrent), ImmutableArray<byte>> _recorded = [];

    public override void OnCommitted(SimNode node, StoreCommand command, StoreOutcome outcome)
    {
        if (outcome is not StoreOutcome.Done || !node.TrustsDisk) return;
        if (command is StoreCommand.PutOptions { Unfinished: UnfinishedWork.Removal } going) _recorded.Remove((node.StorageName, going.Torrent));
        if (command is StoreCommand.RemoveTorrent removed) _recorded.Remove((node.StorageName, removed.Torrent));
        if (command is not StoreCommand.PutProgress put || node.Find(put.Torrent) is not { } torrent) return;
        var key = (node.StorageName, put.Torrent);
        var count = torrent.Content.Geometry.PieceCount;
        var before = _recorded.TryGetValue(key, out var wire) ? Bitfield.FromWire(wire.AsSpan(), count)! : new Bitfield(count);
        if (Bitfield.FromWire(put.Progress.Verified.AsSpan(), count) is not { } now)
        {
            Broken(node, $"the record of {torrent.Content.Metainfo.Name} has {put.Progress.Verified.Length} bytes, which are not of {count} pieces");
            return;
        }

        _recorded[key] = put.Progress.Verified;
        foreach (var piece in PiecesIn(now))
        {
            if (!before[piece] && !IsKept(node, torrent, piece, "is recorded as kept, and would not survive a power loss")) return;
        }

        if (!torrent.Options.Recheck && before.HasAnyNotIn(now)) Broken(node, $"{torrent.Content.Metainfo.Name} had {before.Count} pieces on record, and now has {now.Count} without some of them");
    }

    public override void OnLost(SimNode node, bool withPower)
    {
        if (!withPower || !node.TrustsDisk) return;
        foreach (var torrent in node.Torrents)
        {
            if (!_recorded.TryGetValue((node.StorageName, torrent.Content.Torrent), out var wire)) continue;
            foreach (var piece in PiecesIn(Bitfield.FromWire(wire.AsSpan(), torrent.Content.Geometry.PieceCount)!))
            {
                if (!IsKept(node, torrent, piece, "was recorded as kept, and the power loss took it")) return;
            }
        }
    }

    private bool IsKept(SimNode node, SimTorrent torrent, PieceIndex piece, string what)
    {
        if (node.Disk.HoldsDurably(torrent.Content, FoldersOf(node, torrent), piece)) return true;
        Broken(node, $"piece {piece.Value} of {torrent.Content.Metainfo.Name} {what}");
        return false;
    }
}
