namespace Swarm.Kernel;

/// <summary>What an operator sees of one actor.</summary>
/// <param name="Path">Its place.</param>
/// <param name="ActorType">Its class.</param>
/// <param name="MailboxDepth">User messages that wait; near, since the actor goes on meanwhile.</param>
/// <param name="Restarts">How often it was restarted.</param>
/// <param name="LastFailure">Its last failure, or null.</param>
/// <param name="LastFailureAt">When that was.</param>
/// <param name="IsStopping">It waits for its children to die.</param>
public sealed record ActorSnapshot(
    ActorPath Path, Type ActorType, int MailboxDepth, int Restarts, Exception? LastFailure, DateTimeOffset? LastFailureAt, bool IsStopping);

/// <summary>What a system counted.</summary>
/// <param name="DeadLetters">Messages that found nobody.</param>
/// <param name="Dropped">Messages that full mailboxes refused.</param>
/// <param name="Restarts">Restarts of actors, also of those that are gone.</param>
public sealed record ActorSystemCounters(long DeadLetters, long Dropped, long Restarts);

/// <summary>
/// Looks at a running system from outside. Nothing stops for it and no message is told: it reads what the cells publish, so
/// the picture is of no single moment.
/// </summary>
public static class ActorTree
{
    /// <summary>Every actor, parents before children, siblings by age.</summary>
    public static IEnumerable<ActorSnapshot> Walk(ActorSystem system) => Cells(system).Select(cell => new ActorSnapshot(
        cell.Self.Path, cell.Props.Type, cell.Mailbox.Depth, cell.Restarts, cell.LastFailure, cell.LastFailureAt, cell.IsStopping));

    public static ActorSystemCounters Counters(ActorSystem system) => new(Of(system).DeadLetterCount, Of(system).DroppedCount, Of(system).RestartCount);

    internal static IEnumerable<ActorCell> Cells(ActorSystem system)
    {
        var pending = new Stack<ActorCell>();
        pending.Push(Of(system).RootCell);
        while (pending.Count > 0)
        {
            var cell = pending.Pop();
            yield return cell;
            var children = cell.ChildrenStats();
            for (var i = children.Length - 1; i >= 0; i--)
            {
                pending.Push(children[i].Child.Cell);
            }
        }
    }

    private static ActorSystemImpl Of(ActorSystem system) =>
        system as ActorSystemImpl ?? throw new ArgumentException("Not a system of this kernel", nameof(system));
}
