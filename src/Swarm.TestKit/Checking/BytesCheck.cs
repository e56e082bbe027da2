using Swarm.Actors.Torrents;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>
/// Looks at the bytes on a node's disk when it says that it has verified them and, a node at a time, again and again while it runs; and at those that nodes sent to peers that know what is right.
/// </summary>
internal sealed class BytesCheck(SimWorld world) : WorldCheck(world, "Every byte that a node calls verified, or gives to others, is the torrent's")
{
    private int _next;

    public override void OnEvent(SimNode node, SimTorrent torrent, TorrentEvent happened)
    {
        if (happened is TorrentEvent.PiecesVerified verified) Look(node, torrent, verified.Pieces);
    }

    public override void OnInterval()
    {
        if (World.Nodes.Count > 0 && World.Nodes[_next++ % World.Nodes.Count] is { State: NodeState.Running } node) Look(node);
        if (World.Peers.FirstOrDefault(peer => peer.WrongBlocksReceived > 0) is { } peer) Broken(null, $"{peer.Host.Name} was sent {peer.WrongBlocksReceived} blocks that are not the torrent's");
    }

    public override void OnEnding()
    {
        foreach (var node in World.Nodes.Where(node => node.State == NodeState.Running)) Look(node);
    }

    private void Look(SimNode node)
    {
        foreach (var torrent in node.Torrents)
        {
            Look(node, torrent, PiecesIn(torrent.VerifiedNow));
            if (torrent.Status is { IsComplete: true } && torrent.Options.Select.IsEmpty) Look(node, torrent, Enumerable.Range(0, torrent.Content.Geometry.PieceCount).Select(piece => new PieceIndex(piece)));
        }
    }

    private void Look(SimNode node, SimTorrent torrent, IEnumerable<PieceIndex> pieces)
    {
        if (!node.TrustsDisk || node.HasLostBytes) return;
        var folders = FoldersOf(node, torrent);
        foreach (var piece in pieces)
        {
            if (node.Disk.Holds(torrent.Content, folders, piece)) continue;
            Broken(node, $"piece {piece.Value} of {torrent.Content.Metainfo.Name} is called verified, and its bytes are not the torrent's");
            return;
        }
    }
}
