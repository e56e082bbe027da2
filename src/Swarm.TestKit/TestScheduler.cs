namespace Swarm.TestKit;

/// <summary>
/// Moves the virtual time that the system's scheduler and all its timers run on. Akka.NET's scheduler of that name stands in for the system's; here the system's own runs on virtual time already,
/// so this only turns the clock: all that becomes due happens in order, with the turns of actors in between.
/// </summary>
public sealed class TestScheduler
{
    private readonly Simulation _simulation;

    internal TestScheduler(Simulation simulation) => _simulation = simulation;

    public DateTimeOffset Now => _simulation.Time.GetUtcNow();

    /// <summary>Lets that much time pass, with all that happens in it.</summary>
    public void Advance(TimeSpan offset) => _simulation.AdvanceBy(offset);

    /// <summary>Lets time pass until then.</summary>
    /// <exception cref="InvalidOperationException">That is over.</exception>
    public void AdvanceTo(DateTimeOffset when)
    {
        if (when < Now) throw new InvalidOperationException($"Time does not go back from {Now:O} to {when:O}.");
        Advance(when - Now);
    }
}
