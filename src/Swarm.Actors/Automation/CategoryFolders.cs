using System.Collections.Immutable;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>
/// Where torrents of a category are loaded to and moved to. Pure. A complete torrent is moved only from the folder that it would have been loaded to: one that somebody put elsewhere stays there, and one that is
/// there already is not moved again, so after a crash the same question has the right answer.
/// <para>A folder may be known by two paths: as it is configured, and, where that goes over a link, as it really is, which is what the API records of a torrent that is added. Both are the folder.</para>
/// </summary>
public sealed class CategoryFolders
{
    private readonly string? _defaultFolder;
    private readonly string? _completedFolder;
    private readonly ImmutableSortedDictionary<string, CategorySettings> _categories;
    private readonly Dictionary<string, string> _real = new(StringComparer.Ordinal);

    /// <summary>
    /// Of the settings. <paramref name="defaultFolder"/>: where torrents are loaded to that nothing is said of; null: there is none. <paramref name="real"/>: a folder with every link on its path followed, asked here and never
    /// again; null: there are no links.
    /// </summary>
    public CategoryFolders(AutomationSettings settings, string? defaultFolder, Func<string, string>? real = null)
    {
        _defaultFolder = defaultFolder;
        _completedFolder = settings.CompletedFolder;
        // Of two with one name the first holds.
        _categories = settings.Categories.Where(category => category.Name.Length > 0).DistinctBy(category => category.Name).ToImmutableSortedDictionary(category => category.Name, category => category, StringComparer.Ordinal);
        foreach (var folder in _categories.Values.SelectMany(category => new[] { category.Folder, category.CompletedFolder }).Append(defaultFolder).Append(_completedFolder).OfType<string>()) _real[folder] = real?.Invoke(folder) ?? folder;
    }

    /// <summary>Where a torrent of a category is loaded to; null: nothing is said of it.</summary>
    public string? LoadFolderOf(string? category) => (category is null ? null : _categories.GetValueOrDefault(category)?.Folder) ?? _defaultFolder;

    /// <summary>Where a complete torrent is to be moved to, or null: it is where it should be.</summary>
    public string? TargetOf(TorrentRow row)
    {
        if (!row.IsComplete || row.CompletedTicks == 0 || row.State is not (TorrentState.Seeding or TorrentState.Queued or TorrentState.Stopped)) return null;
        var known = row.Category is null ? null : _categories.GetValueOrDefault(row.Category);
        var target = known is null ? _completedFolder : known.CompletedFolder;
        return target is not null && LoadFolderOf(row.Category) is { } loaded && IsAt(row.Folder, loaded) && !IsSame(_real[loaded], _real[target]) ? target : null;
    }

    private bool IsAt(string folder, string configured) => IsSame(folder, configured) || IsSame(folder, _real[configured]);

    private static bool IsSame(string folder, string other) => string.Equals(Path.TrimEndingDirectorySeparator(folder), Path.TrimEndingDirectorySeparator(other), StringComparison.Ordinal);
}
