using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>The system's file operations, with places to fail, to wait and to watch.</summary>
internal sealed class FaultyFileOperations(FileOperations inner) : FileOperations
{
    private int _reads;
    private int _writeOpens;
    private int _cachesDropped;

    public Func<FilePlace, FileIntent, DiskError?> OnOpen { get; set; } = (_, _) => null;

    public Func<FilePlace, long, DiskError?> OnWrite { get; set; } = (_, _) => null;

    public Func<FilePlace, long, DiskError?> OnRead { get; set; } = (_, _) => null;

    public Func<FilePlace, DiskError?> OnSync { get; set; } = _ => null;

    /// <summary>What a write goes to instead of the file.</summary>
    public SafeFileHandle? WriteElsewhere { get; set; }

    /// <summary>What every folder lies on; null: what the system says.</summary>
    public DeviceTraits? Device { get; set; }

    public List<string> SyncedFolders { get; } = [];

    public int Reads => Volatile.Read(ref _reads);

    public int CachesDropped => Volatile.Read(ref _cachesDropped);

    public int WriteOpens => Volatile.Read(ref _writeOpens);

    public override SafeFileHandle? Open(FilePlace place, FileIntent intent, List<string> changedFolders, out DiskError? error)
    {
        if (intent == FileIntent.Write) Interlocked.Increment(ref _writeOpens);
        error = OnOpen(place, intent);
        return error is null ? inner.Open(place, intent, changedFolders, out error) : null;
    }

    public override DiskError? Write(SafeFileHandle handle, GatherList parts, long offset, FilePlace place) =>
        OnWrite(place, offset) ?? inner.Write(WriteElsewhere ?? handle, parts, offset, place);

    public override int Read(SafeFileHandle handle, Span<byte> buffer, long offset, FilePlace place, out DiskError? error)
    {
        Interlocked.Increment(ref _reads);
        error = OnRead(place, offset);
        return error is null ? inner.Read(handle, buffer, offset, place, out error) : 0;
    }

    public override long Length(SafeFileHandle handle, FilePlace place, out DiskError? error) => inner.Length(handle, place, out error);

    public override long NextData(SafeFileHandle handle, long offset) => inner.NextData(handle, offset);

    public override DiskError? Reserve(SafeFileHandle handle, long length, FilePlace place) => inner.Reserve(handle, length, place);

    public override DiskError? Sync(SafeFileHandle handle, FilePlace place) => OnSync(place) ?? inner.Sync(handle, place);

    public override void DropCache(SafeFileHandle handle)
    {
        Interlocked.Increment(ref _cachesDropped);
        inner.DropCache(handle);
    }

    public override DiskError? SyncFolder(string folder)
    {
        lock (SyncedFolders) SyncedFolders.Add(folder);
        return inner.SyncFolder(folder);
    }

    public override DiskError? CreateLink(FilePlace link, string target, List<string> changedFolders) => inner.CreateLink(link, target, changedFolders);

    public Func<FilePlace, FilePlace, RenameOutcome?> OnRename { get; set; } = (_, _) => null;

    public override RenameOutcome Rename(FilePlace from, FilePlace to, List<string> changedFolders, out DiskError? error)
    {
        error = null;
        return OnRename(from, to) ?? inner.Rename(from, to, changedFolders, out error);
    }

    public override DiskError? Delete(FilePlace place, List<string> changedFolders) => inner.Delete(place, changedFolders);

    public override void RemoveEmptyFolders(string root, string path, List<string> changedFolders) => inner.RemoveEmptyFolders(root, path, changedFolders);

    public override DeviceTraits DeviceOf(string folder) => Device ?? inner.DeviceOf(folder);

    public override ImmutableArray<FileFingerprint> Look(string root, ImmutableArray<ContentFile> files) => inner.Look(root, files);
}
