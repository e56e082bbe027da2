using Swarm.Actors.Ports;

namespace Swarm.TestKit.World;

/// <summary>A node's randomness: every generator follows from the node's own stream, in the order in which its actors ask.</summary>
public sealed class SimEntropy(Random random) : IEntropy
{
    /// <inheritdoc/>
    public Random CreateRandom() => new(random.Next());
}
