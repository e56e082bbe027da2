using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;

namespace Swarm.Actors.Torrents;

/// <summary>What every torrent of a node works with. <paramref name="Listen"/> are the addresses the node really listens at.</summary>
public sealed record TorrentServices(
    NodePorts Ports, TorrentSettings Settings, IActorRef Store, IActorRef Net, IActorRef Bandwidth, IActorRef Trackers, ImmutableArray<IPEndPoint> Listen, ILogger Log)
{
    /// <summary>The node's DHT, a family each; empty if it has none.</summary>
    public ImmutableArray<DhtAccess> Dht { get; init; } = [];

    /// <summary>A number drawn once a process: what the ids of its torrents come from.</summary>
    public int PeerSeed { get; init; }

    /// <summary>The id under which peers and trackers know us in a torrent's swarm: another for each torrent, and the same in a process, whether the torrent works or rests.</summary>
    public PeerId PeerIdOf(InfoHash torrent)
    {
        Span<byte> hash = stackalloc byte[Bytes20.Size];
        torrent.Value.CopyTo(hash);
        return PeerId.Create(new Random(PeerSeed ^ BinaryPrimitives.ReadInt32LittleEndian(hash)));
    }

    /// <summary>The port that peers and trackers are told, 0 for none.</summary>
    public ushort ListenPort => (ushort)(Listen.IsEmpty ? 0 : Listen[0].Port);
}
