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

    /// <summary>The port that peers and trackers are told, 0 for none.</summary>
    public ushort ListenPort => (ushort)(Listen.IsEmpty ? 0 : Listen[0].Port);
}
