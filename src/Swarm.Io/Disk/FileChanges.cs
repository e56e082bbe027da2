using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>What is done to the files of a storage in one go, alone in it (in a fence): naming one anew, and deleting all.</summary>
internal static class FileChanges
{
    /// <summary>Names a file anew, durably. See <see cref="IDisk.Rename"/>.</summary>
    public static DiskError? Rename(StorageFiles files, int file, string path)
    {
        var (from, to) = (files.PlaceOf(file), new FilePlace(files.Root, files.Layout.Files[file] with { Path = path }));
        if (files.Flush() is { } unflushed) return unflushed;
        if (StorageFiles.WhyUnusable(files.Spec with { Layout = files.LayoutWith(file, path) }) is { } unusable) return unusable;
        var seen = files.Operations.Look(files.Root, [from.File, to.File]);
        if (seen[0].Exists && seen[1].Exists) return DiskErrors.Obstructed("rename to", to.FullPath, "another file is in its place; move that away, or choose another name");
        var changed = new List<string>();
        if (seen[0].Exists)
        {
            if (files.Operations.Rename(from, to, changed, out var error) != RenameOutcome.Done) return error ?? DiskErrors.Failed("rename to", to.FullPath, "it lies on another file system");
            files.Operations.RemoveEmptyFolders(files.Root, from.File.Path, changed);
        }

        files.CallOtherwise(file, path);
        foreach (var folder in changed.Distinct(StringComparer.Ordinal))
        {
            if (files.Operations.SyncFolder(folder) is { Kind: not DiskErrorKind.NotFound } error) return error;
        }

        return null;
    }

    /// <summary>Deletes every file of a storage, and the folders that are empty then. The first failure is told, and the rest is deleted all the same.</summary>
    public static DiskError? Delete(StorageFiles files)
    {
        files.CloseAll();
        DiskError? first = null;
        var changed = new List<string>();
        foreach (var file in files.Layout.Files)
        {
            if (file.IsPad) continue;
            var error = files.Operations.Delete(new FilePlace(files.Root, file), changed);
            first ??= error;
            if (file.SymlinkTarget is null) _ = files.Operations.Delete(new FilePlace(files.Root, RelocationRun.CopyName(file)), changed);
        }

        foreach (var file in files.Layout.Files) files.Operations.RemoveEmptyFolders(files.Root, file.Path, changed);
        foreach (var folder in changed.Distinct(StringComparer.Ordinal).OrderDescending(StringComparer.Ordinal))
        {
            if (files.Operations.SyncFolder(folder) is { Kind: not DiskErrorKind.NotFound } error) first ??= error;
        }

        return first;
    }
}
