using Swarm.Host.Api.Clusters;

namespace Swarm.Host;

// A member's part in its cluster, for those who show and steer the whole of it.
public sealed partial class SwarmNode
{
    private IActorRef? _cluster;

    /// <summary>Puts a message to the node's part in the cluster and waits for the answer.</summary>
    /// <exception cref="SwarmException">The node is in no cluster, or has ended.</exception>
    /// <exception cref="AskTimeoutException">There is no answer in time.</exception>
    internal Task<object> AskClusterAsync(object message, TimeSpan limit) =>
        _cluster is { } cluster ? AskAsync<object>(cluster, message, limit) : throw new SwarmException("the node is in no cluster");

    /// <summary>Keeps a catalogue as the cluster is, for as long as the node lives; once a node. <paramref name="interval"/>: the cluster's interval of reports.</summary>
    /// <exception cref="SwarmException">The node is in no cluster.</exception>
    internal void FollowCluster(ClusterCatalogue catalogue, TimeSpan interval)
    {
        if (_cluster is not { } cluster) throw new SwarmException("the node is in no cluster");
        _system.ActorOf(ClusterFollowerActor.Props(cluster, catalogue, interval), "cluster-follower");
    }
}
