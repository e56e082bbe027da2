using Swarm.Actors.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>A member's cluster as the API sees it. <paramref name="ask"/>: puts a message to the actor <c>cluster</c> and waits for an answer so long.</summary>
internal sealed class ClusterModel(ClusterFacts facts, Func<object, TimeSpan, Task<object>> ask) : IClusterModel
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    // What the answer may take on its way after the command's own patience is over.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public ClusterFacts Facts => facts;

    /// <inheritdoc/>
    public async Task<ClusterStatus> StatusAsync() => (ClusterStatus)await AskAsync(new RouterActor.GetStatus(), Usual).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<PlacementAnswer?> ExplainAsync(InfoHash torrent) => await AskAsync(new RouterActor.Explain(torrent), Usual).ConfigureAwait(false) as PlacementAnswer;

    /// <inheritdoc/>
    public Task<object> CommandAsync(object command, TimeSpan patience) => AskAsync(command, patience + Grace);

    private async Task<object> AskAsync(object message, TimeSpan limit)
    {
        try
        {
            return await ask(message, limit).ConfigureAwait(false);
        }
        catch (NoAnswerException e)
        {
            throw new NoAnswerException("the node's part in the cluster does not answer; what was asked for may be done all the same", e);
        }
    }
}
