using Swarm.Api.Contracts;

namespace Swarm.Host.Api;

/// <summary>The supervision tree of a running system as the API tells it, and the operator's way to make an actor fail. Akka.NET offers neither, so a build with it has no actors to show.</summary>
internal static class ActorInspection
{
#if AKKA
    /// <summary>None.</summary>
    public static ActorsSeen See(ActorSystem system, string under, int limit) => new([], 0, 0, More: false);

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

    /// <summary>Makes an actor fail, so that its supervisor decides; false if there is none.</summary>
    public static bool Fail(ActorSystem system, string path) => ActorIntervention.Fail(system, path);
#endif
}
