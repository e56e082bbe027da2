using Swarm.Api.Contracts;
using Swarm.Host.Watching;

namespace Swarm.Host.Api;

/// <summary>The supervision tree of a running system as the API tells it, and the operator's way to make an actor fail. Akka.NET offers neither, so a build with it has no actors to show.</summary>
internal static class ActorInspection
{
#if AKKA
    /// <summary>None.</summary>
    public static ActorsSeen See(ActorSystem system, string under, int limit) => new([], 0, 0, More: false);

    /// <summary>Nothing.</summary>
    public static NodeFigures Count(ActorSystem system) => NodeFigures.None;

    /// <summary>Never.</summary>
    public static bool Fail(ActorSystem system, string path) => false;
#else
    /// <summary>The actors at or below a path, parents before children, at most so many.</summary>
    public static ActorsSeen See(ActorSystem system, string under, int limit)
    {
        var root = under.TrimEnd('/');
        var actors = new List<ActorItem>();
        var more = false;
        foreach (var actor in ActorTree.Walk(system))
        {
            var path = actor.Path.ToString();
            if (path != root && !path.StartsWith(root + "/", StringComparison.Ordinal)) continue;
            more = actors.Count == limit;
            if (more) break;
            actors.Add(new ActorItem(
                path, actor.Path.Name, actor.Path.Depth, actor.ActorType.Name, actor.MailboxDepth, actor.Restarts,
                actor.LastFailure is { } failure ? $"{failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}" : null, actor.LastFailureAt, actor.IsStopping));
        }

        var counters = ActorTree.Counters(system);
        return new ActorsSeen(actors, counters.DeadLetters, counters.Dropped, more);
    }

    /// <summary>What the system counted, and its actors by class.</summary>
    public static NodeFigures Count(ActorSystem system)
    {
        var kinds = new SortedDictionary<string, ActorFigures>(StringComparer.Ordinal);
        foreach (var actor in ActorTree.Walk(system))
        {
            var kind = kinds.GetValueOrDefault(actor.ActorType.Name) ?? new ActorFigures(actor.ActorType.Name, 0, 0, 0, 0);
            kinds[kind.Kind] = new ActorFigures(kind.Kind, kind.Actors + 1, kind.Waiting + actor.MailboxDepth, Math.Max(kind.LongestQueue, actor.MailboxDepth), kind.Restarts + actor.Restarts);
        }

        var counters = ActorTree.Counters(system);
        return NodeFigures.None with { Actors = [.. kinds.Values], DeadLetters = counters.DeadLetters, Dropped = counters.Dropped, Restarts = counters.Restarts };
    }

    /// <summary>Makes an actor fail, so that its supervisor decides; false if there is none.</summary>
    public static bool Fail(ActorSystem system, string path) => ActorIntervention.Fail(system, path);
#endif
}
