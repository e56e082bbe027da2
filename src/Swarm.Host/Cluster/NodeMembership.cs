using Microsoft.Extensions.Logging;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Host.Cluster;

/// <summary>
/// What makes a node a member of a cluster besides its settings: the link, which holds its end point since before anything else was opened, and the cluster's tables. Whoever made both disposes of them, when the node has ended.
/// </summary>
internal sealed record NodeMembership(NodeLinks Links, IClusterStore Tables)
{
    /// <summary>What the node's actors see of it.</summary>
    public ClusterPorts PortsFor(ILoggerFactory logs) => new(Tables, Links, new FreeSpace(logs.CreateLogger("Swarm.Cluster")));
}
