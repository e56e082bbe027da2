namespace Swarm.Kernel;

/// <summary>
/// What the kernel says to itself: life cycle, supervision and death watch. System messages overtake user messages,
/// keep their own order, are never bounded and never dropped. Each is a node of the mailbox's intrusive list, so one
/// object goes to one actor.
/// </summary>
internal abstract class SystemMessage
{
    internal SystemMessage? Next;

    /// <summary>Held back while the actor waits for its children to die, because it would meet an actor in pieces.</summary>
    internal virtual bool WaitsForChildren => false;

    /// <summary>Held back while the actor itself is suspended: a failed supervisor does not judge its children.</summary>
    internal virtual bool WaitsWhileSuspended => false;

    internal sealed class Create : SystemMessage;

    internal sealed class Terminate : SystemMessage;

    internal sealed class Suspend : SystemMessage
    {
        internal override bool WaitsForChildren => true;
    }

    internal sealed class Resume(Exception? causedByFailure) : SystemMessage
    {
        internal Exception? CausedByFailure { get; } = causedByFailure;

        internal override bool WaitsForChildren => true;
    }

    internal sealed class Recreate(Exception cause) : SystemMessage
    {
        internal Exception Cause { get; } = cause;

        internal override bool WaitsForChildren => true;
    }

    internal sealed class Failed(IActorRef child, Exception cause) : SystemMessage
    {
        internal IActorRef Child { get; } = child;

        internal Exception Cause { get; } = cause;

        internal override bool WaitsForChildren => true;

        internal override bool WaitsWhileSuspended => true;
    }

    internal sealed class Watch(IInternalActorRef watcher) : SystemMessage
    {
        internal IInternalActorRef Watcher { get; } = watcher;
    }

    internal sealed class Unwatch(IInternalActorRef watcher) : SystemMessage
    {
        internal IInternalActorRef Watcher { get; } = watcher;
    }

    internal sealed class DeathWatchNotification(IActorRef actor, bool existenceConfirmed) : SystemMessage
    {
        internal IActorRef Actor { get; } = actor;

        internal bool ExistenceConfirmed { get; } = existenceConfirmed;
    }

    /// <summary>Marks a mailbox that takes no more system messages.</summary>
    internal sealed class Closed : SystemMessage;
}
