using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>What a file is opened for.</summary>
internal enum FileIntent
{
    /// <summary>Reading; nothing is created, and a read-only file system will do.</summary>
    Read,

    /// <summary>Reading and writing; the file and its folders are created where they are missing. Bytes that are there stay.</summary>
    Write,
}

/// <summary>What became of an attempt to rename a file.</summary>
internal enum RenameOutcome
{
    /// <summary>It is called so.</summary>
    Done,

    /// <summary>The two places lie on different file systems; nothing was done.</summary>
    OtherFileSystem,

    /// <summary>It could not be; nothing was done.</summary>
    Failed,
}

/// <summary>A file of a torrent below the root it lies in; its path is put together only where it is needed, which is in messages mostly.</summary>
internal readonly record struct FilePlace(string Root, ContentFile File)
{
    /// <summary>The absolute path.</summary>
    public string FullPath => Path.Join(Root, File.Path);
}

/// <summary>
/// Everything the engine asks of the operating system, in one place: <see cref="LinuxFileOperations"/> for Linux,
/// <see cref="PortableFileOperations"/> elsewhere, and a test's own to inject failures. Stateless and safe from any thread.
/// <para>
/// Paths are a root (absolute, chosen by the user, may go through symbolic links) and a path below it (from a torrent, separated by '/').
/// Always holds: <b>no symbolic link below the root is followed</b>, neither one in the way nor one in the file's own place. What a torrent
/// names are ordinary files in ordinary folders, so a link there is either somebody's trap or somebody's arrangement, and writing through it
/// would leave the root or overwrite another file. It is reported as <see cref="DiskErrorKind.Obstructed"/>.
/// </para>
/// Nothing here throws for what a disk does: failures are <see cref="DiskError"/>s.
/// </summary>
internal abstract class FileOperations
{
    /// <summary>The operations for the system this process runs on.</summary>
    public static FileOperations ForThisSystem() =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxFileOperations() : new PortableFileOperations();

    /// <summary>
    /// Opens an ordinary file. Folders (absolute paths) that got a new entry on the way are added to <paramref name="changedFolders"/>:
    /// they have to be forced to disk before the file counts as durable.
    /// </summary>
    public abstract SafeFileHandle? Open(FilePlace place, FileIntent intent, List<string> changedFolders, out DiskError? error);

    /// <summary>Writes all parts one after the other from <paramref name="offset"/> on; the file grows if need be.</summary>
    public abstract DiskError? Write(SafeFileHandle handle, GatherList parts, long offset, FilePlace place);

    /// <summary>Reads until the buffer is full or the file ends. Returns the bytes read.</summary>
    public virtual int Read(SafeFileHandle handle, Span<byte> buffer, long offset, FilePlace place, out DiskError? error)
    {
        error = null;
        var total = 0;
        try
        {
            while (total < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[total..], offset + total);
                if (read == 0) break;
                total += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = DiskErrors.FromException(e, "read", place.FullPath);
        }

        return total;
    }

    /// <summary>Tells the system that a part of the file will be read soon. Where it cannot be told, nothing.</summary>
    public virtual void WillNeed(SafeFileHandle handle, long offset, int length)
    {
    }

    /// <summary>The file's length in bytes.</summary>
    public virtual long Length(SafeFileHandle handle, FilePlace place, out DiskError? error)
    {
        error = null;
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = DiskErrors.FromException(e, "look at", place.FullPath);
            return 0;
        }
    }

    /// <summary>The first offset at or after <paramref name="offset"/> with data in the file, or -1: only a hole until the end. Where holes cannot be seen, <paramref name="offset"/>.</summary>
    public virtual long NextData(SafeFileHandle handle, long offset) => offset;

    /// <summary>Reserves disk blocks for the first <paramref name="length"/> bytes and makes the file at least that long.</summary>
    public abstract DiskError? Reserve(SafeFileHandle handle, long length, FilePlace place);

    /// <summary>Forces a file's bytes, and its length, to the disk.</summary>
    public abstract DiskError? Sync(SafeFileHandle handle, FilePlace place);

    /// <summary>
    /// After a <see cref="Sync"/> that failed: has the system drop what it keeps of the file in memory. It may hold bytes there that it counts as written and are lost (Linux), which a check would find right.
    /// Where the system has no such call, nothing.
    /// </summary>
    public virtual void DropCache(SafeFileHandle handle)
    {
    }

    /// <summary>Forces a folder's entries to the disk. <paramref name="folder"/> is an absolute path.</summary>
    public abstract DiskError? SyncFolder(string folder);

    /// <summary>
    /// Gives a file, or a link, another place; the folders it needs are made, and those that have changed are added to <paramref name="changedFolders"/>. Never writes over what is there.
    /// </summary>
    public abstract RenameOutcome Rename(FilePlace from, FilePlace to, List<string> changedFolders, out DiskError? error);

    /// <summary>Deletes an ordinary file, or a link where the torrent has one. One that is not there is no failure.</summary>
    public abstract DiskError? Delete(FilePlace place, List<string> changedFolders);

    /// <summary>Removes the folders between <paramref name="root"/> and a path below it, deepest first, as long as they are empty; never the root.</summary>
    public abstract void RemoveEmptyFolders(string root, string path, List<string> changedFolders);

    /// <summary>Sets the moment of a file's last write, UTC ticks.</summary>
    public virtual DiskError? SetModified(SafeFileHandle handle, long ticks, FilePlace place)
    {
        try
        {
            File.SetLastWriteTimeUtc(handle, new DateTime(ticks, DateTimeKind.Utc));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DiskErrors.FromException(e, "set the time of", place.FullPath);
        }
    }

    /// <summary>Makes a symbolic link with a relative target, unless something is in its place.</summary>
    public abstract DiskError? CreateLink(FilePlace link, string target, List<string> changedFolders);

    /// <summary>The device that a folder lies on, or that it would lie on if it were made. Where the system does not say, unknown.</summary>
    public virtual DeviceTraits DeviceOf(string folder) => DeviceTraits.Unknown;

    /// <summary>Looks at files, in order. Links, pad files and what is no ordinary file look absent.</summary>
    public abstract ImmutableArray<FileFingerprint> Look(string root, ImmutableArray<ContentFile> files);
}
