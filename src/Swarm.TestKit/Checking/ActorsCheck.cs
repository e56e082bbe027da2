using Swarm.Actors.Store;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>Walks the actors of every running node: an exception is a bug, whatever the supervisor makes of it, but for a store that says that it is broken and for an actor that an operator made fail (<see cref="ActorIntervention"/>); and no mailbox comes to its bound.</summary>
internal sealed class ActorsCheck(SimWorld world) : WorldCheck(world, "No actor fails, and every mailbox stays under its bound")
{
    public override void OnInterval()
    {
        foreach (var node in World.Nodes.Where(node => node.State is NodeState.Running or NodeState.Stopping)) Look(node);
    }

    public override void OnStopped(SimNode node) => Look(node);

    private void Look(SimNode node)
    {
        foreach (var actor in ActorTree.Walk(node.System!))
        {
            if (actor.LastFailure is { } failure and not (StoreFailedException or ActorKilledException)) Broken(node, $"{actor.Path} failed: {failure}");
            if (actor.MailboxDepth >= World.Settings.MailboxBound) Broken(node, $"{actor.MailboxDepth} messages wait for {actor.Path}");
        }

        var counters = ActorTree.Counters(node.System!);
        if (counters.Dropped > 0) Broken(node, $"{counters.Dropped} messages were refused by full mailboxes");
    }
}
