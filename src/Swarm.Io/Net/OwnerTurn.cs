namespace Swarm.Io.Net;

/// <summary>
/// Tells an owner of datagrams, and lets it have its turn on the thread that received them. Akka.NET has no equal of <c>CallingThread</c>: with it the owner is woken as by any message.
/// </summary>
internal static class OwnerTurn
{
#if AKKA
    public static void Tell(IActorRef owner, object message) => owner.Tell(message, ActorRefs.NoSender);

    public static void Take()
    {
    }
#else
    /// <summary>Tells an owner; its turn may wait for <see cref="Take"/>.</summary>
    public static void Tell(IActorRef owner, object message) => CallingThread.Tell(owner, message);

    /// <summary>The turn of who was told. On the same thread, outside of all locks.</summary>
    public static void Take() => CallingThread.TakeTurns();
#endif
}
