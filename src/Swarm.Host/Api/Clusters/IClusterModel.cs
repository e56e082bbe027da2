using Swarm.Actors.Cluster;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>What is known of the node's part in its cluster without asking it.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="EndPoint">Where other nodes reach this one.</param>
/// <param name="Replicas">Replicas of a torrent that is added without saying how many; 0: it is this node's alone.</param>
/// <param name="Placement">How torrents are placed.</param>
/// <param name="Patience">How long somebody who adds a torrent waits who does not say how long.</param>
internal sealed record ClusterFacts(string Name, string EndPoint, int Replicas, PlacementSettings Placement, TimeSpan Patience);

/// <summary>The cluster as the API sees it through this node: see <see cref="RouterActor"/>. Safe from any thread.</summary>
internal interface IClusterModel
{
    /// <summary>What is known without asking.</summary>
    ClusterFacts Facts { get; }

    /// <summary>How it is.</summary>
    /// <exception cref="SwarmException">The node has ended, or does not answer.</exception>
    Task<ClusterStatus> StatusAsync();

    /// <summary>Where a torrent is and why; null: the cluster does not have it.</summary>
    /// <exception cref="SwarmException">The node has ended, or does not answer.</exception>
    Task<PlacementAnswer?> ExplainAsync(InfoHash torrent);

    /// <summary>Runs a command of <see cref="RouterActor"/>, which answers within its patience: <see cref="RouterActor.Accepted"/> or <see cref="RouterActor.Refused"/>.</summary>
    /// <exception cref="SwarmException">The node has ended, or does not answer.</exception>
    Task<object> CommandAsync(object command, TimeSpan patience);
}
