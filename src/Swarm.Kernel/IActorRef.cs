namespace Swarm.Kernel;

/// <summary>A handle to an actor: the only way to reach it.</summary>
public interface IActorRef
{
    /// <summary>Puts a message into the actor's mailbox.</summary>
    void Tell(object message, IActorRef sender);
}
