using System.Collections.Immutable;
using Swarm.Host.Configuration;

namespace Swarm.Host.Automation;

/// <summary>Folders that torrents are added from; at a member of a cluster to the cluster, but for folders with a category or a content folder.</summary>
internal sealed record WatchSettings : IChecked
{
    /// <summary>What is used unless somebody says otherwise: none.</summary>
    public static WatchSettings Default { get; } = new();

    /// <summary>The folders.</summary>
    public ImmutableArray<WatchFolderSettings> Folders { get; init; } = [];

    /// <summary>How often they are listed, 100 ms to 1 h.</summary>
    public TimeSpan Interval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long a file that is no torrent must have been still before it is put away as failed, 1 s to 1 day.</summary>
    public TimeSpan GiveUpAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        foreach (var twice in Folders.GroupBy(folder => folder.Path, StringComparer.Ordinal).Where(group => group.Count() > 1)) yield return (nameof(Folders), $"the folder '{twice.Key}' is watched twice");
    }
}

/// <summary>A folder that torrents are added from.</summary>
internal sealed record WatchFolderSettings : IChecked
{
    /// <summary>The absolute folder.</summary>
    public string Path { get; init; } = "";

    /// <summary>The category of what is added; null: none.</summary>
    public string? Category { get; init; }

    /// <summary>The absolute folder that content is loaded to; null: the category's, or the default folder.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether what is added waits until somebody resumes it.</summary>
    public bool Paused { get; init; }

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (!System.IO.Path.IsPathFullyQualified(Path)) yield return (nameof(Path), $"'{Path}' is no absolute path");
        if (Folder is not null && !System.IO.Path.IsPathFullyQualified(Folder)) yield return (nameof(Folder), $"'{Folder}' is no absolute path");
    }
}
