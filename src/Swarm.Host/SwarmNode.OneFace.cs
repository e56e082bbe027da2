using Swarm.Host.Api.Clusters;

namespace Swarm.Host;

// A member's part in its cluster, for those who show and steer the whole of it.
public sealed partial class SwarmNode
{
    /// <summary>Keeps a catalogue as the cluster is, for as long as the node lives; once a node. <paramref name="interval"/>: the cluster's interval of reports.</summary>
    /// <exception cref="SwarmException">The node is in no cluster.</exception>
    internal void FollowCluster(ClusterCatalogue catalogue, TimeSpan interval)
    {
        if (_cluster is not { } cluster) throw new SwarmException("the node is in no cluster");
        _system.ActorOf(ClusterFollowerActor.Props(cluster, catalogue, interval), "cluster-follower");
    }
}
