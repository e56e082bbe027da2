using Microsoft.Extensions.Logging;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Actors.Node;

/// <summary>Everything a node's actors see of the world, handed down from the composition root. The simulated world has the same shape.</summary>
public sealed record NodePorts(
    ITcp Tcp, IDisk Disk, IStore Store, IHttp Http, IUdp Udp, IDns Dns, IEntropy Entropy, TimeProvider Time, ILoggerFactory Logs, IItemSignatures Signatures)
{
    /// <summary>What a node of a cluster sees besides; null for one that is in none.</summary>
    public ClusterPorts? Cluster { get; init; }
}
