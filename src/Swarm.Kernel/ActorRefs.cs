using System.Runtime.CompilerServices;

namespace Swarm.Kernel;

/// <summary>The two handles that mean "no actor".</summary>
public static class ActorRefs
{
    /// <summary>An actor that does not exist; what is told to it is forgotten.</summary>
    public static readonly IActorRef Nobody = new NobodyRef();

    /// <summary>The absent sender: null, as in Akka.NET.</summary>
    public static readonly IActorRef NoSender = null!;

    private sealed class NobodyRef : IActorRef
    {
        public ActorPath Path { get; } = ActorPath.Root / "Nobody";

        public void Tell(object message, IActorRef? sender)
        {
            // Nobody listens, by definition.
        }

        public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => 0;

        public int CompareTo(IActorRef? other) => other is null ? 1 : Path.CompareTo(other.Path);

        public override string ToString() => "Nobody";
    }
}

/// <summary>Questions about handles.</summary>
public static class ActorRefExtensions
{
    /// <summary>True for null and for <see cref="ActorRefs.Nobody"/>.</summary>
    public static bool IsNobody(this IActorRef? actorRef) => actorRef is null || ReferenceEquals(actorRef, ActorRefs.Nobody);
}

/// <summary>Telling with the current actor as the sender.</summary>
public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Tells with the actor that runs on this thread as sender, or with no sender outside of actors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tell(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.CurrentSelfOrNoSender);

    /// <summary>Tells the message on with the sender of the message that is being handled.</summary>
    public static void Forward(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.CurrentSenderOrNoSender);
}

/// <summary>What all handles of the kernel share: identity and order.</summary>
internal abstract class InternalActorRefBase : IInternalActorRef
{
    public abstract ActorPath Path { get; }

    public abstract ActorSystemImpl System { get; }

    public virtual IInternalActorRef? Parent => null;

    public abstract void Tell(object message, IActorRef? sender);

    public virtual void Stop()
    {
        // Handles without a life of their own have nothing to stop.
    }

    public virtual void Suspend()
    {
        // As above.
    }

    public virtual void Resume(Exception? causedByFailure)
    {
        // As above.
    }

    public virtual void Restart(Exception cause)
    {
        // As above.
    }

    public virtual void SendSystemMessage(SystemMessage message)
    {
        // As above; a handle that can be watched overrides this.
    }

    public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

    public sealed override bool Equals(object? obj) => ReferenceEquals(this, obj);

    // The uid, not the address in memory: a hash that differs from run to run would be a seed nobody chose.
    public override int GetHashCode() => Path.Uid.GetHashCode();

    public int CompareTo(IActorRef? other)
    {
        if (other is null)
        {
            return 1;
        }

        var byPath = Path.CompareTo(other.Path);
        return byPath != 0 ? byPath : Path.Uid.CompareTo(other.Path.Uid);
    }

    public override string ToString() => $"[{Path}#{Path.Uid}]";
}

/// <summary>The handle of an actor in this process. Lives as long as anyone holds it; the cell behind it may be dead.</summary>
internal sealed class LocalActorRef : InternalActorRefBase
{
    private readonly Mailbox _mailbox;

    internal LocalActorRef(ActorSystemImpl system, Props props, MailboxExecutor executor, IInternalActorRef parent, ActorPath path)
    {
        Path = path;
        Cell = new ActorCell(system, this, props, executor, parent);
        _mailbox = Cell.Mailbox;
    }

    public override ActorPath Path { get; }

    public override ActorSystemImpl System => Cell.SystemImpl;

    public override IInternalActorRef? Parent => Cell.ParentRef;

    internal ActorCell Cell { get; }

    public override void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        _mailbox.Post(message, sender);
    }

    public override void Stop() => _mailbox.PostSystem(new SystemMessage.Terminate());

    public override void Suspend() => _mailbox.PostSystem(new SystemMessage.Suspend());

    public override void Resume(Exception? causedByFailure) => _mailbox.PostSystem(new SystemMessage.Resume(causedByFailure));

    public override void Restart(Exception cause) => _mailbox.PostSystem(new SystemMessage.Recreate(cause));

    public override void SendSystemMessage(SystemMessage message) => _mailbox.PostSystem(message);
}

/// <summary>Turns whatever is told to it into a <see cref="DeadLetter"/> on the event stream.</summary>
internal sealed class DeadLetterActorRef(ActorSystemImpl system) : InternalActorRefBase
{
    public override ActorPath Path { get; } = ActorPath.Root / "deadLetters";

    public override ActorSystemImpl System { get; } = system;

    public override void Tell(object message, IActorRef? sender) => System.PublishDeadLetter(message, sender, this);
}

/// <summary>
/// Stands above the root guardian. The root has nobody to hand its failures to, so a failure that reaches this place
/// stops the whole system, and the root's death is the system's.
/// </summary>
internal sealed class TopActorRef(ActorSystemImpl system) : InternalActorRefBase
{
    public override ActorPath Path { get; } = ActorPath.Root / "top";

    public override ActorSystemImpl System { get; } = system;

    public override void Tell(object message, IActorRef? sender) => System.PublishDeadLetter(message, sender, this);

    public override void SendSystemMessage(SystemMessage message)
    {
        switch (message)
        {
            case SystemMessage.Failed failed:
                System.OnRootFailed(failed.Cause);
                break;
            case SystemMessage.DeathWatchNotification:
                System.OnRootTerminated();
                break;
        }
    }
}
