namespace Swarm.Kernel;

/// <summary>Anything a message can be told to.</summary>
public interface ICanTell
{
    /// <summary>Hands <paramref name="message"/> over and returns at once; never throws for a dead recipient.</summary>
    /// <param name="message">The message; not null.</param>
    /// <param name="sender">Whom the recipient sees as <c>Sender</c>; null is <see cref="ActorRefs.NoSender"/>.</param>
    void Tell(object message, IActorRef? sender);
}

/// <summary>
/// A handle to an actor: the only way to reach it. A handle stays valid for ever; after the actor's death whatever is
/// told to it becomes a <see cref="DeadLetter"/>. Two handles are equal when they mean the same incarnation.
/// </summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>
{
    /// <summary>Where the actor stands in the tree.</summary>
    ActorPath Path { get; }
}

/// <summary>What the kernel itself asks of a handle: life cycle and system messages.</summary>
internal interface IInternalActorRef : IActorRef
{
    ActorSystemImpl System { get; }

    IInternalActorRef? Parent { get; }

    void Stop();

    void Suspend();

    void Resume(Exception? causedByFailure);

    void Restart(Exception cause);

    void SendSystemMessage(SystemMessage message);
}
