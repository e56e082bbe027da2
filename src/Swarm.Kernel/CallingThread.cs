namespace Swarm.Kernel;

/// <summary>
/// Lets a thread of the outside that tells an actor something give that actor its turn itself, instead of waking a thread of the pool for it: <see cref="Tell"/> keeps the receiver's mailbox if that becomes due and is one of the thread-pool
/// dispatcher's, and <see cref="TakeTurns"/> gives it its turn. All that an actor is promised holds: one thread at a time, in order, as many messages a turn as ever. What becomes due during that turn goes to the pool.
/// <para>
/// For loops that receive, where the turn is short and its messages are why the thread woke up: a hand-over costs as much as receiving a few datagrams. Always holds: who tells takes the turns, soon, on the same thread and outside of all
/// locks, for the actor may call anything.
/// </para>
/// </summary>
public static class CallingThread
{
    // One is enough: who tells many at once gains nothing by doing their work one after the other.
    [ThreadStatic]
    private static Mailbox? _kept;

    [ThreadStatic]
    private static bool _isKeeping;

    /// <summary>Tells without a sender. If the receiver has no turn due or under way, its turn waits for <see cref="TakeTurns"/>. On a thread that runs no actor.</summary>
    public static void Tell(IActorRef receiver, object message)
    {
        _isKeeping = _kept is null;
        receiver.Tell(message, ActorRefs.NoSender);
        _isKeeping = false;
    }

    /// <summary>Gives the mailbox that was kept, if any, its turn.</summary>
    public static void TakeTurns()
    {
        if (_kept is not { } mailbox) return;
        _kept = null;
        ((IThreadPoolWorkItem)mailbox).Execute();
    }

    internal static bool TryKeep(Mailbox mailbox)
    {
        if (!_isKeeping) return false;
        _isKeeping = false;
        _kept = mailbox;
        return true;
    }
}
