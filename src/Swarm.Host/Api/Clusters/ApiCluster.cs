using Swarm.Actors.Cluster;
using Swarm.Host.Cluster;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>What the API's operations of a cluster work with: the cluster, and calls to its other nodes. Commands answer in the API's words. Safe from any thread.</summary>
internal sealed class ApiCluster(IClusterModel model, INodeCalls calls)
{
    // Of the last view that was looked at, which most requests share.
    private volatile Surveyed? _survey;

    /// <summary>What is known without asking.</summary>
    public ClusterFacts Facts => model.Facts;

    /// <summary>Calls to other nodes.</summary>
    public INodeCalls Calls => calls;

    /// <summary>How it is.</summary>
    /// <exception cref="ApiException">The node does not say.</exception>
    public Task<ClusterStatus> StatusAsync() => OrUnavailableAsync(model.StatusAsync);

    /// <summary>Where a torrent is and why; null: the cluster does not have it.</summary>
    /// <exception cref="ApiException">The node does not say.</exception>
    public Task<PlacementAnswer?> ExplainAsync(InfoHash torrent) => OrUnavailableAsync(() => model.ExplainAsync(torrent));

    /// <summary>The placement as of now, and the first steps, at most <see cref="PlanLimit"/>: as costly as a look at every torrent, so it is made once a view.</summary>
    /// <exception cref="ApiException">The node does not say.</exception>
    public async Task<PlacementSurvey> SurveyAsync()
    {
        var view = (await StatusAsync().ConfigureAwait(false)).View;
        if (_survey is { } known && ReferenceEquals(known.View, view)) return known.Survey;
        var survey = await Task.Run(() => PlacementSurvey.Of(view, Facts.Placement, PlanLimit)).ConfigureAwait(false);
        _survey = new Surveyed(view, survey);
        return survey;
    }

    /// <summary>Steps of a plan that are shown at most.</summary>
    public const int PlanLimit = 1_000;

    /// <summary>Runs a command of <see cref="RouterActor"/>.</summary>
    /// <exception cref="ApiException">It was refused, or is not known to be done; the detail says which.</exception>
    public async Task<RouterActor.Accepted> CommandAsync(object command, TimeSpan? patience = null) =>
        await OrUnavailableAsync(() => model.CommandAsync(command, patience ?? Facts.Patience)).ConfigureAwait(false) switch
        {
            RouterActor.Accepted accepted => accepted,
            RouterActor.Refused { IsDurable: true } late => throw new ApiException(504, "Not replicated in time", $"{Sentence(late.Reason)} It is in the cluster and will be."),
            RouterActor.Refused refused => throw ApiException.Conflict(Sentence(refused.Reason)),
            var other => throw new InvalidOperationException($"{other.GetType().Name} is no answer to a command of the cluster."),
        };

    private static string Sentence(string reason) => $"{char.ToUpperInvariant(reason[0])}{reason.AsSpan(1).TrimEnd('.')}.";

    private static async Task<T> OrUnavailableAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (SwarmException e)
        {
            throw ApiException.Unavailable($"{Sentence(e.Message)}");
        }
    }

    private sealed record Surveyed(ClusterView View, PlacementSurvey Survey);
}
