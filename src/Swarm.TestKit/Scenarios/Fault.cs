namespace Swarm.TestKit.Scenarios;

/// <summary>Something that happens to a swarm: a fault, its end, or anything else that can be said as an action. The usual ones are in <see cref="Faults"/>.</summary>
/// <param name="What">What happens, as a sentence without a subject or a full stop.</param>
/// <param name="Strike">Does it. Called from the simulation's loop, never from inside of an actor's turn.</param>
public sealed record Fault(string What, Action<SwarmRun> Strike)
{
    /// <inheritdoc/>
    public override string ToString() => What;
}
