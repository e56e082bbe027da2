using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>
/// What all connections of a torrent share. <paramref name="ListenPort"/> is what we tell peers, 0 for none. Links ask <paramref name="Bandwidth"/> for quota under <paramref name="Scope"/>.
/// </summary>
public sealed record PeerContext(
    InfoHash Torrent, PeerId OwnId, int ListenPort, IActorRef Bandwidth, BandwidthScope Scope, TorrentSettings Settings, TimeProvider Time, ILogger Log)
{
    /// <summary>The node's DHT, as far as this torrent may use it.</summary>
    public ImmutableArray<DhtAccess> Dht { get; init; } = [];

    /// <summary>The DHT of a peer's family, or null.</summary>
    public DhtAccess? DhtOf(IPAddress peer) => Dht.FirstOrDefault(dht => dht.Reaches(peer));
}

/// <summary>What a connection needs once the metadata is known and the storage open. <paramref name="Verified"/>: what we have, in wire form.</summary>
public sealed record PeerContent(TorrentMetainfo Metainfo, IActorRef Pieces, StorageId Storage, ImmutableArray<byte> Verified);
