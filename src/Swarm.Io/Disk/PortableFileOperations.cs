using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// <see cref="FileOperations"/> by the base library alone, for systems without <see cref="LinuxFileOperations"/>. Links are looked for
/// component by component just before the file is opened: unlike there, somebody who can write in the folder could swap one in between.
/// Holes are not seen, and folders are forced to disk by the file system's own ordering only.
/// </summary>
internal sealed class PortableFileOperations : FileOperations
{
    public override SafeFileHandle? Open(FilePlace place, FileIntent intent, List<string> changedFolders, out DiskError? error)
    {
        var path = place.FullPath;
        var doing = intent == FileIntent.Write ? "open for writing" : "open";
        try
        {
            error = Obstruction(place.Root, place.File.Path, doing);
            if (error is not null) return null;
            if (Directory.Exists(path))
            {
                error = DiskErrors.FromErrno(DiskErrors.IsAFolder, doing, path);
                return null;
            }

            if (intent == FileIntent.Read) return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var isNew = !File.Exists(path);
            var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (isNew && place.File.IsExecutable && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(handle, File.GetUnixFileMode(handle) | UnixFileMode.UserExecute);
            }

            return handle;
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            error = DiskErrors.FromException(e, doing, path);
            return null;
        }
    }

    public override DiskError? Write(SafeFileHandle handle, GatherList parts, long offset, FilePlace place) => Try("write to", place.FullPath, () =>
    {
        for (var i = 0; i < parts.Count; i++)
        {
            RandomAccess.Write(handle, parts[i].Span, offset);
            offset += parts[i].Length;
        }
    });

    public override DiskError? Reserve(SafeFileHandle handle, long length, FilePlace place) => Try("reserve space for", place.FullPath, () =>
    {
        if (RandomAccess.GetLength(handle) < length) RandomAccess.SetLength(handle, length);
    });

    public override DiskError? Sync(SafeFileHandle handle, FilePlace place) => Try("force to disk", place.FullPath, () => RandomAccess.FlushToDisk(handle));

    public override DiskError? SyncFolder(string folder) => null;

    public override DiskError? CreateLink(FilePlace link, string target, List<string> changedFolders)
    {
        var path = link.FullPath;
        return Obstruction(link.Root, Path.GetDirectoryName(link.File.Path) ?? "", "make the link") ?? Try("make the link", path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var place = new FileInfo(path);
            if (!place.Exists && place.LinkTarget is null && !Directory.Exists(path)) File.CreateSymbolicLink(path, target);
        });
    }

    public override RenameOutcome Rename(FilePlace from, FilePlace to, List<string> changedFolders, out DiskError? error)
    {
        error = Obstruction(to.Root, Path.GetDirectoryName(to.File.Path) ?? "", "move") ?? Obstruction(from.Root, Path.GetDirectoryName(from.File.Path) ?? "", "move");
        if (error is not null) return RenameOutcome.Failed;
        // The base library copies where it cannot rename; that is not wanted here, because a copy is not forced to disk.
        if (!string.Equals(Path.GetPathRoot(from.FullPath), Path.GetPathRoot(to.FullPath), StringComparison.OrdinalIgnoreCase)) return RenameOutcome.OtherFileSystem;
        error = Try("move", to.FullPath, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to.FullPath)!);
            File.Move(from.FullPath, to.FullPath, overwrite: false);
        });
        return error is null ? RenameOutcome.Done : RenameOutcome.Failed;
    }

    public override DiskError? Delete(FilePlace place, List<string> changedFolders)
    {
        var info = new FileInfo(place.FullPath);
        var isLink = info.LinkTarget is not null;
        if (Obstruction(place.Root, Path.GetDirectoryName(place.File.Path) ?? "", "delete") is not null || isLink != place.File.SymlinkTarget is not null || (!isLink && !info.Exists)) return null;
        return Try("delete", place.FullPath, info.Delete);
    }

    public override void RemoveEmptyFolders(string root, string path, List<string> changedFolders)
    {
        for (var folder = Path.GetDirectoryName(path); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            var full = new DirectoryInfo(Path.Join(root, folder));
            if (!full.Exists) continue;
            if (full.LinkTarget is not null || full.EnumerateFileSystemInfos().Any() || Try("remove", full.FullName, full.Delete) is not null) return;
        }
    }

    public override ImmutableArray<FileFingerprint> Look(string root, ImmutableArray<ContentFile> files)
    {
        var seen = ImmutableArray.CreateBuilder<FileFingerprint>(files.Length);
        foreach (var file in files)
        {
            var info = new FileInfo(Path.Join(root, file.Path));
            var there = !file.IsPad && file.SymlinkTarget is null && info.Exists && Obstruction(root, file.Path, "look at") is null;
            seen.Add(there ? new FileFingerprint(true, info.Length, info.LastWriteTimeUtc.Ticks) : FileFingerprint.Absent);
        }

        return seen.MoveToImmutable();
    }

    private static DiskError? Obstruction(string root, string path, string doing)
    {
        var walked = root;
        foreach (var component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            walked = Path.Join(walked, component);
            if (new FileInfo(walked).LinkTarget is not null) return DiskErrors.FromErrno(DiskErrors.LoopOfLinks, doing, walked);
        }

        return null;
    }

    private static DiskError? Try(string doing, string path, Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            return DiskErrors.FromException(e, doing, path);
        }
    }

    private static bool IsOfTheDisk(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException;
}
