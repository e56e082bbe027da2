using Microsoft.Extensions.Logging;

namespace Swarm.Host.Api.Logging;

/// <summary>The levels of the log by their names in the API.</summary>
internal static class LogLevelNames
{
    /// <summary>A level's name.</summary>
    public static string NameOf(LogLevel level) => level.ToString().ToLowerInvariant();

    /// <summary>The level of a name, or null.</summary>
    public static LogLevel? Parse(string name) => name switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "information" or "info" => LogLevel.Information,
        "warning" or "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "critical" => LogLevel.Critical,
        "none" => LogLevel.None,
        _ => null,
    };
}
