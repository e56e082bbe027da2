namespace Swarm.Kernel;

/// <summary>
/// What an operator does to a running system from outside, as <see cref="ActorTree"/> is what one sees of it. Akka.NET has neither; both are kept apart from the actors, which use nothing of
/// the kernel that Akka.NET lacks.
/// </summary>
public static class ActorIntervention
{
    /// <summary>
    /// Makes a living actor fail with <see cref="ActorKilledException"/> when it comes to it, behind what waits in its mailbox; its supervisor then restarts or stops it, as for a bug of its own.
    /// Guardians are left alone.
    /// </summary>
    /// <returns>False: there is no such actor below /user.</returns>
    public static bool Fail(ActorSystem system, string path)
    {
        if (!path.StartsWith("/user/", StringComparison.Ordinal)) return false;
        if (ActorTree.Cells(system).FirstOrDefault(cell => cell.Self.Path.ToString() == path) is not { } actor) return false;
        actor.Self.Tell(Kill.Instance, ActorRefs.NoSender);
        return true;
    }
}
