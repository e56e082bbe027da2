using System.Collections.Immutable;
using Swarm.Host.Configuration;

namespace Swarm.Host.Serve;

/// <summary>
/// What a reload does with a new configuration: which keys take effect at once, and which need a restart. Keeps both configurations that are in force, the one of the start and the one last reloaded. Pure.
/// </summary>
internal sealed class LiveSettings
{
    // Whatever is added here must be applied by ServeRun.
    private static readonly ImmutableArray<string> LiveKeys = ["swarm.drain-timeout", "swarm.net.download-limit", "swarm.net.upload-limit", "swarm.log", "swarm.automation", "swarm.watch", "swarm.schedule"];

    // Folders are what the API lets people reach, and stay as they were.
    private static readonly ImmutableArray<string> Exceptions = ["swarm.automation.categories", "swarm.automation.completed-folder"];

    private readonly SwarmConfiguration _started;

    /// <summary>For a daemon that started with this.</summary>
    public LiveSettings(SwarmConfiguration started)
    {
        _started = started;
        Current = started;
    }

    /// <summary>What live keys have now.</summary>
    public SwarmConfiguration Current { get; private set; }

    /// <summary>Takes the live keys of a new configuration over. All that differs is told: a live key once, any other for as long as it differs from what the daemon started with.</summary>
    public (ImmutableArray<string> Changed, ImmutableArray<string> NeedRestart) Take(SwarmConfiguration next)
    {
        ImmutableArray<string> changed = [.. Current.Changes(next).Where(IsLive)];
        ImmutableArray<string> needRestart = [.. _started.Changes(next).Where(key => !IsLive(key))];
        Current = next;
        return (changed, needRestart);
    }

    private static bool IsLive(string key) => LiveKeys.Any(live => IsIn(key, live)) && !Exceptions.Any(exception => IsIn(key, exception));

    private static bool IsIn(string key, string part) => key == part || key.StartsWith(part + ".", StringComparison.Ordinal);
}
