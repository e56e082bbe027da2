namespace Swarm.Kernel;

/// <summary>Handles a message; false says that it did not.</summary>
public delegate bool Receive(object message);

/// <summary>Handles a message, or calls <c>Unhandled</c>.</summary>
public delegate void UntypedReceive(object message);

/// <summary>Makes and stops actors: a system makes those below <c>/user</c>, a context makes children.</summary>
public interface IActorRefFactory
{
    /// <summary>Makes an actor. It begins on its own turn; a failing constructor is a failure of the child, not of this call.</summary>
    /// <param name="props">How to make it.</param>
    /// <param name="name">Its name among its siblings; null lets the kernel choose one that begins with $.</param>
    /// <exception cref="InvalidActorNameException">The name is malformed or taken.</exception>
    IActorRef ActorOf(Props props, string? name = null);

    /// <summary>Stops an actor after the message it handles now; what waits in its mailbox becomes dead letters.</summary>
    void Stop(IActorRef actor);
}

/// <summary>Short forms of <see cref="IActorRefFactory.ActorOf"/>.</summary>
public static class ActorRefFactoryExtensions
{
    public static IActorRef ActorOf<TActor>(this IActorRefFactory factory, string? name = null)
        where TActor : ActorBase, new() => factory.ActorOf(Props.Create<TActor>(), name);
}

/// <summary>Death watch.</summary>
public interface ICanWatch
{
    /// <summary>Asks for a <see cref="Terminated"/> when the subject dies, or at once if it is dead. Watching twice is watching once.</summary>
    /// <returns>The subject.</returns>
    IActorRef Watch(IActorRef subject);

    /// <summary>As <see cref="Watch"/>, with a message of one's own instead.</summary>
    /// <exception cref="InvalidOperationException">The subject is watched already with another message.</exception>
    IActorRef WatchWith(IActorRef subject, object message);

    /// <summary>Ends the watch; a notice that is already queued does not arrive.</summary>
    IActorRef Unwatch(IActorRef subject);
}

/// <summary>What an actor knows of its place. Valid on the actor's own turn only.</summary>
public interface IActorContext : IActorRefFactory, ICanWatch
{
    IActorRef Self { get; }

    Props Props { get; }

    /// <summary>Who told the message that is being handled; the dead letters where nobody did.</summary>
    IActorRef Sender { get; }

    ActorSystem System { get; }

    IActorRef Parent { get; }

    /// <summary>How long the actor waits for a message before it receives <see cref="Kernel.ReceiveTimeout"/>; null is for ever.</summary>
    TimeSpan? ReceiveTimeout { get; }

    /// <summary>Replaces the behaviour on top of the stack.</summary>
    void Become(Receive receive);

    /// <summary>Puts a behaviour on the stack.</summary>
    void BecomeStacked(Receive receive);

    /// <summary>Takes the behaviour on top away, unless it is the only one.</summary>
    void UnbecomeStacked();

    /// <summary>The child of that name, or <see cref="ActorRefs.Nobody"/>.</summary>
    IActorRef Child(string name);

    /// <summary>The children, in the order of their creation.</summary>
    IEnumerable<IActorRef> GetChildren();

    /// <summary>Sets, resets, or with null ends the receive timeout.</summary>
    void SetReceiveTimeout(TimeSpan? timeout);
}

/// <summary>The context of an <see cref="UntypedActor"/>.</summary>
public interface IUntypedActorContext : IActorContext
{
    void Become(UntypedReceive receive);

    void BecomeStacked(UntypedReceive receive);
}
