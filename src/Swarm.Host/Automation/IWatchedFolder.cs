using System.Collections.Immutable;

namespace Swarm.Host.Automation;

/// <summary>A folder that people put torrents into. It is listed again and again: notifications are not to be had of every file system, such as those over a network.</summary>
internal interface IWatchedFolder
{
    /// <summary>Its plain files; no links, no folders.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    IReadOnlyList<WatchedFile> List();

    /// <summary>A file's bytes, or null: it has more than <paramref name="limit"/>.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    ImmutableArray<byte>? Read(string name, int limit);

    /// <summary>Puts a file away into a folder below, under its name, or with a number where that is taken.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be moved.</exception>
    void PutAway(string name, string below);
}

/// <summary>One on disk.</summary>
internal sealed class WatchedFolder(string path) : IWatchedFolder
{
    // Names of one file that may be taken before it is an error.
    private const int MaxNames = 10_000;

    /// <inheritdoc/>
    public IReadOnlyList<WatchedFile> List() =>
        [.. new DirectoryInfo(path).EnumerateFiles().Where(file => !file.Attributes.HasFlag(FileAttributes.ReparsePoint)).Select(file => new WatchedFile(file.Name, file.Length, file.LastWriteTimeUtc.Ticks))];

    /// <inheritdoc/>
    public ImmutableArray<byte>? Read(string name, int limit)
    {
        using var file = File.OpenRead(Path.Combine(path, name));
        if (file.Length > limit) return null;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(bytes);
    }

    /// <inheritdoc/>
    public void PutAway(string name, string below)
    {
        var folder = Directory.CreateDirectory(Path.Combine(path, below)).FullName;
        for (var number = 0; number < MaxNames; number++)
        {
            var target = Path.Combine(folder, number == 0 ? name : $"{Path.GetFileNameWithoutExtension(name)}.{number}{Path.GetExtension(name)}");
            if (Path.Exists(target)) continue;
            File.Move(Path.Combine(path, name), target);
            return;
        }

        throw new IOException($"{folder} has {MaxNames} files of this name; empty it");
    }
}
