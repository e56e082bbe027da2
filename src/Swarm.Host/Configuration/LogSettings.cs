using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Swarm.Host.Configuration;

/// <summary>How an entry of the log is written.</summary>
internal enum LogFormat
{
    /// <summary>A line for people.</summary>
    Text,

    /// <summary>A line of JSON.</summary>
    Json,
}

/// <summary>What the daemon logs, how and where.</summary>
internal sealed record LogSettings : IChecked
{
    /// <summary>From which level on.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>The same for single categories and all below them, such as Swarm.Dht: the longest that fits holds. Of itself the web server would log every request.</summary>
    public ImmutableSortedDictionary<string, LogLevel> Levels { get; init; } = ImmutableSortedDictionary.Create<string, LogLevel>(StringComparer.Ordinal).Add("Microsoft", LogLevel.Warning);

    /// <summary>How.</summary>
    public LogFormat Format { get; init; } = LogFormat.Text;

    /// <summary>A file that entries are added to; null: standard error. It is opened again at a reload, so that it may be rotated.</summary>
    public string? File { get; init; }

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (File is not null && (string.IsNullOrWhiteSpace(File) || File.Contains('\0', StringComparison.Ordinal))) yield return (nameof(File), "this is no file's name; leave the key out for standard error");
    }
}
