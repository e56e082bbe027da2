namespace Swarm.Actors.Ports;

/// <summary>Randomness as actors see it: seeded in simulation, unpredictable in the world.</summary>
public interface IEntropy
{
    /// <summary>A generator of one's own; not to be shared with another actor.</summary>
    Random CreateRandom();
}
