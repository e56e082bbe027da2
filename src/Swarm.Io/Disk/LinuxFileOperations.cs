using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// <see cref="FileOperations"/> for Linux. Paths are walked from the root folder by descriptor, one component at a time with O_NOFOLLOW
/// (<see cref="LinuxFolder"/>): the kernel itself then refuses links, and no one can swap a folder for a link between a check and its use.
/// Writes are <c>pwritev</c>, holes are found by <c>SEEK_DATA</c>, space is reserved by <c>fallocate</c>.
/// </summary>
internal sealed unsafe class LinuxFileOperations : FileOperations
{
    /// <summary>Vectors the kernel takes in one call (UIO_MAXIOV).</summary>
    private const int MaxVectors = 1024;

    private readonly DeviceReader _devices = new();

    public override SafeFileHandle? Open(FilePlace place, FileIntent intent, List<string> changedFolders, out DiskError? error)
    {
        var doing = intent == FileIntent.Write ? "open for writing" : "open";
        var path = place.FullPath;
        using var folder = LinuxFolder.Open(place.Root, place.File.Path, intent == FileIntent.Write, changedFolders, out var name, out var errno);
        if (folder is null)
        {
            error = DiskErrors.FromErrno(errno, doing, path);
            return null;
        }

        var flags = LinuxNative.OpenNoFollow | LinuxNative.OpenNonBlocking | LinuxNative.OpenCloseOnExec
            | (intent == FileIntent.Write ? LinuxNative.OpenReadWrite : LinuxNative.OpenReadOnly);
        var descriptor = LinuxNative.OpenAt(folder.Descriptor, name, flags, 0);
        errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (errno == DiskErrors.NoEntry && intent == FileIntent.Write)
        {
            // The mode is narrowed by the process's umask, as for any program that makes files.
            descriptor = LinuxNative.OpenAt(folder.Descriptor, name, flags | LinuxNative.OpenCreate, place.File.IsExecutable ? 0b111_111_111u : 0b110_110_110u);
            errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (errno == 0) changedFolders.Add(Path.GetDirectoryName(path)!);
        }

        if (errno == 0) return OrdinaryFile(descriptor, doing, path, out error);
        error = DiskErrors.FromErrno(errno, doing, path);
        return null;
    }

    public override DiskError? Write(SafeFileHandle handle, GatherList parts, long offset, FilePlace place)
    {
        var vectors = parts.Pin();
        try
        {
            for (var left = parts.Count; left > 0;)
            {
                var written = LinuxNative.WriteVectors(handle, vectors, Math.Min(left, MaxVectors), offset);
                if (written < 0)
                {
                    var errno = Marshal.GetLastPInvokeError();
                    if (errno == DiskErrors.Interrupted) continue;
                    return DiskErrors.FromErrno(errno, "write to", place.FullPath);
                }

                // A disk that fills up writes a part first; the next call then says why.
                offset += written;
                while (left > 0 && (nuint)written >= vectors->Length)
                {
                    written -= (nint)vectors->Length;
                    vectors++;
                    left--;
                }

                if (written == 0) continue;
                vectors->Address += written;
                vectors->Length -= (nuint)written;
            }

            return null;
        }
        finally
        {
            parts.Unpin();
        }
    }

    public override int Read(SafeFileHandle handle, Span<byte> buffer, long offset, FilePlace place, out DiskError? error)
    {
        error = null;
        var total = 0;
        fixed (byte* start = buffer)
        {
            while (total < buffer.Length)
            {
                var read = LinuxNative.Read(handle, start + total, (nuint)(buffer.Length - total), offset + total);
                if (read == 0) break;
                if (read > 0)
                {
                    total += (int)read;
                    continue;
                }

                var errno = Marshal.GetLastPInvokeError();
                if (errno == DiskErrors.Interrupted) continue;
                error = DiskErrors.FromErrno(errno, "read", place.FullPath);
                break;
            }
        }

        return total;
    }

    public override long NextData(SafeFileHandle handle, long offset)
    {
        const int NoSuchAddress = 6;
        var found = LinuxNative.Seek(handle, offset, LinuxNative.SeekData);
        if (found >= 0) return found;
        return Marshal.GetLastPInvokeError() == NoSuchAddress ? -1 : offset;
    }

    public override DiskError? Reserve(SafeFileHandle handle, long length, FilePlace place)
    {
        while (LinuxNative.Reserve(handle, 0, 0, length) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno == DiskErrors.Interrupted) continue;

            // A file system without reservation (some network and copy-on-write ones): the file stays sparse rather than unusable.
            return errno == DiskErrors.NotSupported ? null : DiskErrors.FromErrno(errno, "reserve space for", place.FullPath);
        }

        return null;
    }

    public override DiskError? Sync(SafeFileHandle handle, FilePlace place)
    {
        var errno = LinuxNative.SyncData(handle) == 0 ? 0 : Marshal.GetLastPInvokeError();

        // File systems that can only be read, such as that of a compact disc, know nothing to be forced and say EINVAL.
        return errno is 0 or DiskErrors.Invalid ? null : DiskErrors.FromErrno(errno, "force to disk", place.FullPath);
    }

    public override void WillNeed(SafeFileHandle handle, long offset, int length) => _ = LinuxNative.Advise(handle, offset, length, LinuxNative.AdviseWillNeed);

    /// <inheritdoc/>
    public override void DropCache(SafeFileHandle handle) => _ = LinuxNative.Advise(handle, 0, 0, LinuxNative.AdviseNotNeeded);

    public override DiskError? SyncFolder(string folder)
    {
        var descriptor = LinuxNative.Open(folder, LinuxNative.OpenReadOnly | LinuxNative.OpenFolder | LinuxNative.OpenCloseOnExec, 0);
        if (descriptor < 0) return DiskErrors.FromErrno(Marshal.GetLastPInvokeError(), "force to disk", folder);
        var errno = LinuxNative.Sync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = LinuxNative.Close(descriptor);

        // Some file systems cannot sync folders and say EINVAL; there is nothing more to be done there.
        return errno is 0 or DiskErrors.Invalid ? null : DiskErrors.FromErrno(errno, "force to disk", folder);
    }

    public override DiskError? CreateLink(FilePlace link, string target, List<string> changedFolders)
    {
        using var folder = LinuxFolder.Open(link.Root, link.File.Path, true, changedFolders, out var name, out var errno);
        if (folder is not null && LinuxNative.MakeLinkAt(target, folder.Descriptor, name) != 0) errno = Marshal.GetLastPInvokeError();
        if (errno == 0) changedFolders.Add(Path.GetDirectoryName(link.FullPath)!);
        return errno is 0 or DiskErrors.Exists ? null : DiskErrors.FromErrno(errno, "make the link", link.FullPath);
    }

    public override ImmutableArray<FileFingerprint> Look(string root, ImmutableArray<ContentFile> files)
    {
        var seen = ImmutableArray.CreateBuilder<FileFingerprint>(files.Length);
        LinuxFolder? folder = null;
        string? folderPath = null;
        foreach (var file in files)
        {
            if (file.IsPad || file.SymlinkTarget is not null)
            {
                seen.Add(FileFingerprint.Absent);
                continue;
            }

            // Neighbours in a torrent mostly share their folder: it is walked to once.
            var slash = file.Path.LastIndexOf('/');
            var path = slash < 0 ? "" : file.Path[..slash];
            if (!string.Equals(path, folderPath, StringComparison.Ordinal))
            {
                folder?.Dispose();
                folder = LinuxFolder.Open(root, file.Path, false, [], out _, out _);
                folderPath = path;
            }

            LinuxNative.FileStatus status = default;
            var there = folder is not null
                && LinuxNative.Status(folder.Descriptor, file.Path[(slash + 1)..], LinuxNative.AtNoFollow, LinuxNative.StatBasic, &status) == 0
                && status.IsOrdinary;
            seen.Add(there ? new FileFingerprint(true, (long)status.Size, status.ModifiedTicks) : FileFingerprint.Absent);
        }

        folder?.Dispose();
        return seen.MoveToImmutable();
    }

    public override DeviceTraits DeviceOf(string folder)
    {
        LinuxNative.FileStatus status = default;
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (LinuxNative.Status(0, at, 0, LinuxNative.StatBasic, &status) == 0) return _devices.Read(status.DeviceMajor, status.DeviceMinor);
        }

        return DeviceTraits.Unknown;
    }

    public override RenameOutcome Rename(FilePlace from, FilePlace to, List<string> changedFolders, out DiskError? error)
    {
        const string Doing = "move";
        error = null;
        using var source = LinuxFolder.Open(from.Root, from.File.Path, false, [], out var oldName, out var errno);
        if (source is null)
        {
            error = DiskErrors.FromErrno(errno, Doing, from.FullPath);
            return RenameOutcome.Failed;
        }

        using var target = LinuxFolder.Open(to.Root, to.File.Path, true, changedFolders, out var newName, out errno);
        if (target is null)
        {
            error = DiskErrors.FromErrno(errno, Doing, to.FullPath);
            return RenameOutcome.Failed;
        }

        errno = LinuxNative.Rename(source.Descriptor, oldName, target.Descriptor, newName, LinuxNative.RenameNoReplace) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno == DiskErrors.Invalid) errno = RenameWhereFree(source, oldName, target, newName);
        if (errno == DiskErrors.CrossDevice) return RenameOutcome.OtherFileSystem;
        if (errno == 0)
        {
            changedFolders.Add(Path.GetDirectoryName(from.FullPath)!);
            changedFolders.Add(Path.GetDirectoryName(to.FullPath)!);
            return RenameOutcome.Done;
        }

        error = errno == DiskErrors.Exists ? DiskErrors.Obstructed(Doing, to.FullPath, "something is in its place; move that away") : DiskErrors.FromErrno(errno, Doing, errno == DiskErrors.NoEntry ? from.FullPath : to.FullPath);
        return RenameOutcome.Failed;
    }

    public override DiskError? Delete(FilePlace place, List<string> changedFolders)
    {
        using var folder = LinuxFolder.Open(place.Root, place.File.Path, false, [], out var name, out var errno);
        if (folder is null) return errno is DiskErrors.NoEntry or DiskErrors.NotAFolder ? null : DiskErrors.FromErrno(errno, "delete", place.FullPath);
        LinuxNative.FileStatus status = default;
        if (LinuxNative.Status(folder.Descriptor, name, LinuxNative.AtNoFollow, LinuxNative.StatBasic, &status) != 0) return null;
        // What is no file of a torrent's making stays.
        if (place.File.SymlinkTarget is null ? !status.IsOrdinary : !status.IsLink) return null;
        if (LinuxNative.Unlink(folder.Descriptor, name, 0) != 0) return DiskErrors.FromErrno(Marshal.GetLastPInvokeError(), "delete", place.FullPath);
        changedFolders.Add(Path.GetDirectoryName(place.FullPath)!);
        return null;
    }

    public override void RemoveEmptyFolders(string root, string path, List<string> changedFolders)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            using var above = LinuxFolder.Open(root, path[..slash], false, [], out var name, out _);
            if (above is null) continue;
            if (LinuxNative.Unlink(above.Descriptor, name, LinuxNative.AtRemoveFolder) != 0) return;
            changedFolders.Add(Path.GetDirectoryName(Path.Join(root, path[..slash]))!);
        }
    }

    /// <summary>Whether a path is an ordinary file, seen without opening it (a pipe would wait); null where that cannot be told.</summary>
    public static bool? IsOrdinaryFile(string path)
    {
        const int WorkingFolder = -100;
        if (!OperatingSystem.IsLinux()) return null;
        LinuxNative.FileStatus status = default;
        return LinuxNative.Status(WorkingFolder, path, 0, LinuxNative.StatBasic, &status) == 0 ? status.IsOrdinary : null;
    }

    // File systems that know no renaming without replacing say EINVAL; there it is looked first, which somebody could undercut.
    private static int RenameWhereFree(LinuxFolder source, string oldName, LinuxFolder target, string newName)
    {
        LinuxNative.FileStatus status = default;
        if (LinuxNative.Status(target.Descriptor, newName, LinuxNative.AtNoFollow, LinuxNative.StatBasic, &status) == 0) return DiskErrors.Exists;
        return LinuxNative.Rename(source.Descriptor, oldName, target.Descriptor, newName, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private static SafeFileHandle? OrdinaryFile(int descriptor, string doing, string path, out DiskError? error)
    {
        LinuxNative.FileStatus status = default;
        var looked = LinuxNative.Status(descriptor, "", LinuxNative.AtEmptyPath, LinuxNative.StatBasic, &status);
        error = looked != 0 ? DiskErrors.FromErrno(Marshal.GetLastPInvokeError(), doing, path)
            : !status.IsOrdinary ? DiskErrors.FromErrno(DiskErrors.IsAFolder, doing, path)
            : null;
        if (error is null) return new SafeFileHandle(descriptor, ownsHandle: true);
        _ = LinuxNative.Close(descriptor);
        return null;
    }
}
