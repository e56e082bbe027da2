using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>
/// Compares the transfer figures of each status with those before it, and in the end all that was received with all that was sent; the latter only if no process was lost and no connection with it,
/// for figures go with their processes.
/// </summary>
internal sealed class AccountingCheck(SimWorld world) : WorldCheck(world, "What is counted as moved was moved")
{
    private bool _someAreLost;
    private bool _someHaveStopped;

    public override void OnLost(SimNode node, bool withPower) => _someAreLost |= node.Lives > 0;

    public override void OnStopped(SimNode node) => _someHaveStopped = true;

    // What a cluster has stopped at a node has no figures any more.
    public override void OnEvent(SimNode node, SimTorrent torrent, TorrentEvent happened) => _someHaveStopped |= torrent.IsPlaced && happened is TorrentEvent.StateChanged { State: TorrentState.Stopped };

    // Nor has what was removed, be it by a cluster or by its user.
    public override void OnCommitted(SimNode node, StoreCommand command, StoreOutcome outcome) =>
        _someHaveStopped |= outcome is StoreOutcome.Done && command is (StoreCommand.RemoveTorrent or StoreCommand.PutOptions { Unfinished: UnfinishedWork.Removal });

    public override void OnStatus(SimNode node, SimTorrent torrent, TorrentStatus status)
    {
        if (status.Downloaded < 0 || status.Uploaded < 0 || status.Wasted < 0 || status.UploadedEver < status.Uploaded) Broken(node, $"the figures of {status.Name} cannot be: {status}");
        if (torrent.Status is not { } before) return;
        if (status.Downloaded < before.Downloaded || status.Uploaded < before.Uploaded || status.Wasted < before.Wasted) Broken(node, $"the figures of {status.Name} went backwards, from {before} to {status}");
    }

    public override void OnEnding()
    {
        var figures = World.Nodes.SelectMany(node => node.Torrents.Select(torrent => (Node: node, torrent.Status, Torrent: torrent))).Where(each => each.Status is not null).ToArray();
        foreach (var (node, status, torrent) in figures)
        {
            var geometry = torrent.Content.Geometry;
            var fetched = PiecesIn(torrent.VerifiedNow).Sum(piece => (long)geometry.PieceSize(piece));
            if (status!.State == TorrentState.Seeding && status.Downloaded < fetched) Broken(node, $"{status.Name} has fetched {fetched} bytes of pieces that hold, and counts {status.Downloaded} received");
        }

        if (_someAreLost || _someHaveStopped) return;
        var received = figures.Sum(each => each.Status!.Downloaded) + World.Peers.Sum(peer => peer.BytesReceived);
        var sent = figures.Sum(each => each.Status!.Uploaded) + World.Peers.Sum(peer => peer.BytesSent);
        if (received > sent && World.Network.Counters.Resets == 0) Broken(null, $"all together have received {received} bytes of blocks and sent {sent}");
    }
}
