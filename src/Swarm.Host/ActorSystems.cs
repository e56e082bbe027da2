using Microsoft.Extensions.Logging;

namespace Swarm.Host;

/// <summary>Makes the actor system of whichever engine the build chose (ActorEngine.props).</summary>
internal static class ActorSystems
{
#if AKKA
    public static ActorSystem Create(string name, MailboxSettings mailboxes, ILoggerFactory logs)
    {
        // Akka.NET has its own configuration for both.
        _ = mailboxes;
        _ = logs;
        return ActorSystem.Create(name);
    }
#else
    public static ActorSystem Create(string name, MailboxSettings mailboxes, ILoggerFactory logs)
    {
        var defaults = ActorSystemSettings.Default;
        return ActorSystem.Create(name, defaults with
        {
            LoggerFactory = logs,
            MailboxCapacity = mailboxes.Capacity,
            StashCapacity = mailboxes.StashCapacity,
            Dispatchers = defaults.Dispatchers.ToDictionary(entry => entry.Key, entry => entry.Value with { Throughput = mailboxes.Throughput }, StringComparer.Ordinal),
        });
    }
#endif
}
