using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>
/// What all connections of a torrent share. <paramref name="ListenPort"/> is what we tell peers, 0 for none. Links ask <paramref name="Bandwidth"/> for quota under <paramref name="Scope"/>.
/// </summary>
public sealed record PeerContext(
    InfoHash Torrent, PeerId OwnId, int ListenPort, IActorRef Bandwidth, BandwidthScope Scope, TorrentSettings Settings, TimeProvider Time, ILogger Log);

/// <summary>What a connection needs once the metadata is known and the storage open. <paramref name="Verified"/>: what we have, in wire form.</summary>
public sealed record PeerContent(TorrentMetainfo Metainfo, IActorRef Pieces, StorageId Storage, ImmutableArray<byte> Verified);
