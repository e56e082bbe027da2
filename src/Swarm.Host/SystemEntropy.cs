using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.Host;

/// <summary>Generators seeded by the operating system.</summary>
internal sealed class SystemEntropy : IEntropy
{
    public Random CreateRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}
