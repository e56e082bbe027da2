using Microsoft.Extensions.Logging;

namespace Swarm.Host;

/// <summary>Makes the actor system of whichever engine the build chose (ActorEngine.props).</summary>
internal static class ActorSystems
{
#if AKKA
    public static ActorSystem Create(string name, ILoggerFactory logs)
    {
        _ = logs;
        return ActorSystem.Create(name);
    }
#else
    public static ActorSystem Create(string name, ILoggerFactory logs) => ActorSystem.Create(name, ActorSystemSettings.Default with { LoggerFactory = logs });
#endif
}
