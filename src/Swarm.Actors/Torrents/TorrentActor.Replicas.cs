using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Torrents;

// What a torrent does for its replicas elsewhere in the cluster: it finds their connections among its own, so that the piece manager asks them first, and of a private torrent it lets one of them speak to the trackers for all.
public sealed partial class TorrentActor
{
    private ImmutableSortedDictionary<PeerKey, string> _replicaPeers = ImmutableSortedDictionary<PeerKey, string>.Empty;

    // A private tracker counts by passkey and takes two addresses for two people. So one replica announces; the others have their peers, which are each other, from the cluster, and what is moved with peers outside is all told by the one that has them.
    private bool IsSilent => _metainfo is { IsPrivate: true } && _options.Group is { IsAnnouncer: false };

    private void TakeGroup(ReplicaGroup group)
    {
        var wasSilent = IsSilent;
        _options = _options with { Group = group };
        if (_state is TorrentState.Downloading or TorrentState.Seeding && wasSilent != IsSilent) SpeakOrNot();
        TellReplicas(isNew: true);
    }

    private void SpeakOrNot()
    {
        if (IsSilent) _announcer?.Tell(new AnnouncerActor.Stop(Stats()));
        else StartAnnouncer();
    }

    private void TellReplicas(bool isNew = false)
    {
        if (_options.Group is not { } group || _pieces is null || (!isNew && group.Others.IsEmpty)) return;
        var peers = ImmutableSortedDictionary.CreateBuilder<PeerKey, string>();
        foreach (var peer in _peers.All)
        {
            if (peer.Handshaken && StorageAt(group, peer.Incoming ? peer.ListensAt : peer.Remote) is { } storage) peers.Add(peer.Key, storage);
        }

        if (!isNew && peers.SequenceEqual(_replicaPeers)) return;
        _replicaPeers = peers.ToImmutable();
        // Only the announcer of a private torrent has peers outside: what it does not fetch, nobody does.
        _pieces.Tell(new PiecesActor.SetReplicas(group, _replicaPeers, IsDivided: !_metainfo!.IsPrivate));
    }

    // By where it listens: an incoming connection has said so by the time it has anything to offer.
    private static string? StorageAt(ReplicaGroup group, IPEndPoint? end)
    {
        foreach (var other in group.Others)
        {
            if (end is not null && other.EndPoints.Contains(end)) return other.Storage;
        }

        return null;
    }
}
