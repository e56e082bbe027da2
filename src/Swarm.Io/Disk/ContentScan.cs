using System.Collections.Immutable;
using System.Text;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>A file found by a <see cref="ContentScan"/>.</summary>
/// <param name="Path">Relative to <see cref="ContentScan.Root"/>, components separated by '/'.</param>
/// <param name="Length">Bytes; 0 for a link.</param>
/// <param name="IsExecutable">Its owner may run it (never so on Windows).</param>
/// <param name="LinkTarget">Where a symbolic link points, relative to <see cref="ContentScan.Root"/>, separated by '/'; null for an ordinary file.</param>
public sealed record ScannedFile(string Path, long Length, bool IsExecutable, string? LinkTarget);

/// <summary>
/// What there is to share at a path: a file, or every file in a folder and below, in an order that depends on the names only (component by
/// component, by code point), so that the same content always gives the same torrent. Used by programs, outside of actors; it may take
/// as long as the disk takes.
/// <para>
/// A symbolic link to a file of the same content is recorded as one (BEP 47). Any other link, and whatever is neither file nor folder, is
/// refused with its path: to leave it out silently would share something else than was named.
/// </para>
/// </summary>
/// <param name="Name">The last component of the path: what the torrent would be called.</param>
/// <param name="Root">The absolute folder the files' paths are relative to: the folder itself, or the one that holds the file.</param>
/// <param name="IsFolder">Whether the path is a folder.</param>
/// <param name="Files">At least one; not all of them empty.</param>
public sealed record ContentScan(string Name, string Root, bool IsFolder, ImmutableArray<ScannedFile> Files)
{
    /// <summary>Files a folder may hold, and levels of folders.</summary>
    private const int MaxFiles = 1_000_000;
    private const int MaxDepth = 100;

    /// <summary>All bytes.</summary>
    public long TotalLength => Files.Sum(f => f.Length);

    /// <summary>Looks at a path. Null: <paramref name="error"/> says why.</summary>
    public static ContentScan? TryScan(string path, out DiskError? error)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        var name = System.IO.Path.GetFileName(full);
        try
        {
            ContentScan scan;
            if (Directory.Exists(full))
            {
                var files = new List<ScannedFile>();
                error = ScanFolder(full, new DirectoryInfo(full), "", 0, files);
                if (error is not null) return null;
                scan = new ContentScan(name, full, true, [.. files]);
            }
            else
            {
                var file = new FileInfo(full);
                error = !file.Exists ? DiskErrors.NotFound("read", full) : IsOrdinary(file) ? null : NotOrdinary(full);
                if (error is not null) return null;
                scan = new ContentScan(name, System.IO.Path.GetDirectoryName(full)!, false, [new ScannedFile(name, file.Length, IsExecutable(file), null)]);
            }

            if (scan.TotalLength > 0) return scan;
            error = DiskErrors.Failed("share", full, "it holds no bytes, and a torrent needs at least one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = DiskErrors.FromException(e, "read", full);
        }

        return null;
    }

    private static DiskError? ScanFolder(string root, DirectoryInfo folder, string prefix, int depth, List<ScannedFile> files)
    {
        if (depth > MaxDepth) return DiskErrors.Failed("share", folder.FullName, $"folders are nested more than {MaxDepth} deep");
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, RecurseSubdirectories = false };
        foreach (var entry in folder.EnumerateFileSystemInfos("*", options).OrderBy(e => e.Name, CodePointOrder.Instance))
        {
            var path = prefix + entry.Name;
            if (entry.LinkTarget is not null)
            {
                if (LinkInside(root, entry) is not { } target)
                {
                    return DiskErrors.Obstructed("share", entry.FullName, "it is a symbolic link to something other than a file in the same folder; replace it by what it points to");
                }

                files.Add(new ScannedFile(path, 0, false, target));
            }
            else if (entry is DirectoryInfo child)
            {
                if (ScanFolder(root, child, path + "/", depth + 1, files) is { } error) return error;
            }
            else
            {
                var file = (FileInfo)entry;
                if (!IsOrdinary(file)) return NotOrdinary(file.FullName);
                files.Add(new ScannedFile(path, file.Length, IsExecutable(file), null));
            }

            if (files.Count > MaxFiles) return DiskErrors.Failed("share", root, $"it holds more than {MaxFiles} files");
        }

        return null;
    }

    private static string? LinkInside(string root, FileSystemInfo link)
    {
        if (link.ResolveLinkTarget(returnFinalTarget: true) is not FileInfo { Exists: true } target) return null;
        var relative = System.IO.Path.GetRelativePath(root, target.FullName).Replace(System.IO.Path.DirectorySeparatorChar, '/');
        return relative == ".." || relative.StartsWith("../", StringComparison.Ordinal) || System.IO.Path.IsPathRooted(relative) ? null : relative;
    }

    /// <summary>The base library takes pipes and sockets for files; where the system cannot be asked, reading them will tell.</summary>
    private static bool IsOrdinary(FileInfo file) => !file.Attributes.HasFlag(FileAttributes.Device) && (LinuxFileOperations.IsOrdinaryFile(file.FullName) ?? true);

    private static DiskError NotOrdinary(string path) => DiskErrors.Obstructed("share", path, "it is neither a file nor a folder; move it away");

    private static bool IsExecutable(FileInfo file) => !OperatingSystem.IsWindows() && file.UnixFileMode.HasFlag(UnixFileMode.UserExecute);

    /// <summary>Names by code point, which is the order of their UTF-8 bytes.</summary>
    private sealed class CodePointOrder : IComparer<string>
    {
        public static CodePointOrder Instance { get; } = new();

        public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y!));
    }
}
