using Swarm.Actors.Cluster;
using Swarm.Host.Cluster;
using Swarm.Host.Watching;
using Swarm.Protocol.Cluster;

namespace Swarm.Host;

// A node's part in a cluster.
public sealed partial class SwarmNode
{
    // Its answer comes from memory, so one that takes longer does not come.
    private static readonly TimeSpan StatusPatience = TimeSpan.FromSeconds(5);

    private IActorRef? _cluster;
    private string? _clusterFolder;
    private NodeLinks? _links;

    /// <summary>Whether it is to be a member of a cluster, and not whether it is one now.</summary>
    internal bool IsClustered => _cluster is not null;

    /// <summary>Puts a message to the actor <c>cluster</c>, which passes commands on to its router: the answer.</summary>
    /// <exception cref="NoAnswerException">No answer came within <paramref name="limit"/>.</exception>
    /// <exception cref="SwarmException">The node has ended, or is in no cluster.</exception>
    internal Task<object> AskClusterAsync(object message, TimeSpan limit) =>
        _cluster is { } cluster ? AskAsync<object>(cluster, message, limit) : throw new SwarmException("this node is in no cluster");

    /// <summary>The cluster as this node sees it; null: it is in none.</summary>
    /// <exception cref="SwarmException">The node has ended, or its part in the cluster does not answer.</exception>
    internal async Task<ClusterStatus?> ClusterAsync()
    {
        if (_cluster is null) return null;
        try
        {
            return (ClusterStatus)await AskClusterAsync(new RouterActor.GetStatus(), StatusPatience).ConfigureAwait(false);
        }
        catch (NoAnswerException e)
        {
            throw new SwarmException("the node's part in the cluster does not answer", e);
        }
    }

    /// <summary>What it has counted of the cluster; null: it is in none.</summary>
    /// <exception cref="SwarmException">The node has ended, or its part in the cluster does not answer.</exception>
    internal async Task<ClusterFigures?> ClusterFiguresAsync()
    {
        if (await ClusterAsync().ConfigureAwait(false) is not { } status) return null;
        var messages = (ClusterActor.LinkCounters)await AskClusterAsync(new ClusterActor.Inspect(), StatusPatience).ConfigureAwait(false);
        var tables = (TableActor.Counters)await AskClusterAsync(new TableActor.Inspect(), StatusPatience).ConfigureAwait(false);
        return ClusterFigures.Of(status, messages, tables, _links?.Counters);
    }

    /// <summary>Why it is not ready to serve as a member, one word for people; null: it is, or it is in no cluster.</summary>
    internal async Task<string?> UnreadyAsync()
    {
        try
        {
            return await ClusterAsync().ConfigureAwait(false) switch
            {
                null => null,
                { Self.IsNobody: true } => "joining",
                { Session: not SessionState.Writing } => "suspended",
                var status => status.View.Find(status.Self)?.State switch
                {
                    MemberState.Up => null,
                    MemberState.Draining => "draining",
                    _ => "joining",
                },
            };
        }
        catch (SwarmException)
        {
            return "failing";
        }
    }
}
