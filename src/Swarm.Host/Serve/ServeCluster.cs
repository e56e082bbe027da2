using Swarm.Host.Api.Clusters;
using Swarm.Host.Cluster;

namespace Swarm.Host.Serve;

/// <summary>What the API of a member needs besides the node itself to be the face of the whole cluster. <paramref name="ReportInterval"/>: how often nodes report to each other.</summary>
internal sealed record ServeCluster(ClusterFacts Facts, INodeCalls Calls, TimeSpan ReportInterval);
