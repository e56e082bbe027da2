using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// The files of one storage: opens them through the handle cache, creates them, and remembers which were written, or found to hold valid pieces, since the last flush:
/// what a process that crashed wrote a moment ago may be in memory only.
/// Used by every worker at once.
/// <para>
/// What is made when. At the first write of a storage: its empty files and its symbolic links (BEP 47), whatever is in their places is left
/// alone; a storage that is only read makes nothing, so a seed works on a read-only file system. At the first write into a file: its
/// folders, the file (with the executable bit, where the torrent says so) and, with <see cref="FileAllocation.Full"/>, its disk blocks.
/// A pad file is never made. No file is ever cut: one that is longer than the torrent says keeps its tail, and its fingerprint shows it.
/// </para>
/// </summary>
internal sealed partial class StorageFiles
{
    /// <summary>Flags of a file: written since the last flush; its disk blocks reserved; valid pieces found in it since the last flush.</summary>
    private const byte Written = 1;
    private const byte Reserved = 2;
    private const byte HasFound = 4;

    private readonly Lock _gate = new();
    private readonly FileOperations _operations;
    private readonly HandleCache _handles;
    private readonly ILogger _logger;
    private readonly SortedSet<string> _changedFolders = new(StringComparer.Ordinal);
    private byte[]? _states;
    private volatile bool _prepared;

    public StorageFiles(StorageId id, StorageSpec spec, FileOperations operations, HandleCache handles, ILogger logger)
    {
        Id = id;
        Spec = spec with { Root = Path.TrimEndingDirectorySeparator(spec.Root) };
        _operations = operations;
        _handles = handles;
        _logger = logger;
    }

    /// <summary>The storage they belong to.</summary>
    public StorageId Id { get; }

    /// <summary>The absolute folder they lie below.</summary>
    public string Root => Spec.Root;

    /// <summary>What they are. Replaced whole, in a fence, when they move; links that read meanwhile see the one or the other.</summary>
    public StorageSpec Spec { get; private set; }

    /// <summary>The layout.</summary>
    public ContentLayout Layout => Spec.Layout;

    /// <summary>The operations of the system.</summary>
    public FileOperations Operations => _operations;

    /// <summary>
    /// Why a storage cannot be used at all, or null. The last check that every file lies inside the root, whatever the parser of the
    /// torrent did: by the normalised full path.
    /// </summary>
    public static DiskError? WhyUnusable(StorageSpec spec)
    {
        const string Doing = "use";
        if (!Path.IsPathFullyQualified(spec.Root) || spec.Root.Contains('\0')) return DiskErrors.Failed(Doing, spec.Root, "the folder must be an absolute path");
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(spec.Root));
        if (File.Exists(root)) return DiskErrors.FromErrno(DiskErrors.NotAFolder, Doing, root);
        if (spec.PieceHashes.Length != (long)spec.Layout.Geometry.PieceCount * Bytes20.Size)
        {
            return DiskErrors.Failed(Doing, root, $"there are {spec.PieceHashes.Length} bytes of hashes for {spec.Layout.Geometry.PieceCount} pieces");
        }

        foreach (var file in spec.Layout.Files)
        {
            if (file.IsPad) continue;
            if (!IsInside(root, file.Path)) return DiskErrors.Obstructed(Doing, Path.Join(root, file.Path), "the path leads out of the download folder");
            if (file.SymlinkTarget is { } target && !IsInside(root, target))
            {
                return DiskErrors.Obstructed(Doing, Path.Join(root, file.Path), "the link leads out of the download folder");
            }
        }

        return null;
    }

    /// <summary>The hash a piece should have.</summary>
    public ReadOnlySpan<byte> HashOf(PieceIndex piece) => Spec.PieceHashes.Span.Slice(piece.Value * Bytes20.Size, Bytes20.Size);

    /// <summary>Holds a piece's hash against the one it should have.</summary>
    public PieceState Compare(PieceIndex piece, ReadOnlySpan<byte> hash) => hash.SequenceEqual(HashOf(piece)) ? PieceState.Valid : PieceState.Invalid;

    /// <summary>Where a file lies.</summary>
    public FilePlace PlaceOf(int file) => new(Root, Layout.Files[file]);

    /// <summary>Leases the file's handle; the caller gives it back with <c>DangerousRelease</c>. Opens, and for writing creates, the file where need be.</summary>
    public SafeFileHandle? Lease(int file, bool forWriting, out DiskError? error)
    {
        error = null;
        if (forWriting && !_prepared) Prepare();
        var handle = _handles.TryLease(Id, file, forWriting);
        if (handle is null)
        {
            var changed = new List<string>();
            var opened = _operations.Open(PlaceOf(file), forWriting ? FileIntent.Write : FileIntent.Read, changed, out error);
            RememberFolders(changed);
            if (opened is null) return null;
            handle = _handles.AddAndLease(Id, file, opened, forWriting);
        }

        if (!forWriting) return handle;
        error = MarkWritten(file, handle);
        if (error is null) return handle;
        handle.DangerousRelease();
        return null;
    }

    /// <summary>Lets go of the handles of the files that hold a run of bytes.</summary>
    public void Evict(long offset, int length)
    {
        var regions = new List<FileRegion>();
        Layout.RegionsOf(offset, length, regions);
        foreach (var region in regions) _handles.Evict(Id, region.File);
    }

    /// <summary>A valid piece was found in a run of bytes: the next flush forces its files to disk too.</summary>
    public void Found(long offset, int length)
    {
        var regions = new List<FileRegion>();
        Layout.RegionsOf(offset, length, regions);
        lock (_gate)
        {
            _states ??= new byte[Layout.Files.Length];
            foreach (var region in regions)
            {
                if (!Layout.Files[region.File].IsPad) _states[region.File] |= HasFound;
            }
        }
    }

    /// <summary>The layout with one file called otherwise.</summary>
    public ContentLayout LayoutWith(int file, string path) => new(Layout.Geometry, Layout.Files.SetItem(file, Layout.Files[file] with { Path = path }));

    /// <summary>The files have moved below another folder. Runs alone (in a fence).</summary>
    public void LieBelow(string root)
    {
        Spec = Spec with { Root = root };
        CloseAll();
    }

    /// <summary>A file is called otherwise. Runs alone (in a fence).</summary>
    public void CallOtherwise(int file, string path)
    {
        Spec = Spec with { Layout = LayoutWith(file, path) };
        _handles.Evict(Id, file);
    }

    /// <summary>Lets go of every handle.</summary>
    public void CloseAll() => _handles.EvictAll(Id);

    /// <summary>The files as they are now.</summary>
    public ImmutableArray<FileFingerprint> Look() => _operations.Look(Root, Layout.Files);

    /// <summary>
    /// Forces everything written or found since the last success to the disk: files, then the folders with new entries. Runs alone (in a fence).
    /// After a failure the kernel may have forgotten which bytes were lost, so what failed stays marked and a later success proves nothing
    /// about these bytes: whoever gets the failure must not record them as kept. What memory still shows of them is dropped, so that a later check sees the disk.
    /// </summary>
    public DiskError? Flush()
    {
        for (var file = 0; _states is not null && file < _states.Length; file++)
        {
            if ((_states[file] & (Written | HasFound)) == 0) continue;
            var handle = _handles.TryLease(Id, file, forWriting: true);
            if (handle is null)
            {
                var opened = _operations.Open(PlaceOf(file), FileIntent.Read, [], out var openError);
                if (opened is null) return openError;
                handle = _handles.AddAndLease(Id, file, opened, writable: false);
            }

            var error = _operations.Sync(handle, PlaceOf(file));
            if (error is not null)
            {
                // The system drops nothing that is mapped: the file's windows go with its place in the cache.
                _handles.Evict(Id, file);
                _operations.DropCache(handle);
            }

            handle.DangerousRelease();
            // What was only found may lie where nothing can be written, by us or by anybody: then there is nothing to be forced.
            if (error is not null && ((_states[file] & Written) != 0 || error.Kind != DiskErrorKind.Denied)) return error;
            _states[file] &= unchecked((byte)~(Written | HasFound));
        }

        while (_changedFolders.Max is { } folder)
        {
            // Deepest first, which the reverse of the ordinal order gives.
            if (_operations.SyncFolder(folder) is { } error) return error;
            _changedFolders.Remove(folder);
        }

        return null;
    }

    private static bool IsInside(string root, string path)
    {
        if (path.Length == 0 || path.Contains('\0')) return false;
        var full = Path.GetFullPath(Path.Join(root, path));
        var prefix = Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar;
        return full.Length > prefix.Length && full.StartsWith(prefix, StringComparison.Ordinal) && !path.Split('/').Contains("..");
    }

    private DiskError? MarkWritten(int file, SafeFileHandle handle)
    {
        var wanted = Spec.Allocation == FileAllocation.Full ? Written | Reserved : (int)Written;
        if (_states is { } states && (Volatile.Read(ref states[file]) & wanted) == wanted) return null;
        lock (_gate)
        {
            _states ??= new byte[Layout.Files.Length];
            ref var state = ref _states[file];
            if (Spec.Allocation == FileAllocation.Full && (state & Reserved) == 0)
            {
                if (_operations.Reserve(handle, Layout.Files[file].Length, PlaceOf(file)) is { } error) return error;
                state |= Reserved;
            }

            Volatile.Write(ref state, (byte)(state | Written));
            return null;
        }
    }

    /// <summary>Makes the empty files and links, once. What cannot be made is no reason to refuse the torrent's bytes: it is logged.</summary>
    private void Prepare()
    {
        lock (_gate)
        {
            if (_prepared) return;
            var changed = new List<string>();
            foreach (var file in Layout.Files)
            {
                if (file.Length > 0 || file.IsPad) continue;
                DiskError? error;
                if (file.SymlinkTarget is { } target)
                {
                    var depth = file.Path.Count(c => c == '/');
                    error = _operations.CreateLink(new FilePlace(Root, file), string.Concat(Enumerable.Repeat("../", depth)) + target, changed);
                }
                else
                {
                    _operations.Open(new FilePlace(Root, file), FileIntent.Write, changed, out error)?.Dispose();
                }

                if (error is not null) LogNotMade(error.Message);
            }

            _changedFolders.UnionWith(changed);
            _prepared = true;
        }
    }

    private void RememberFolders(List<string> changed)
    {
        if (changed.Count == 0) return;
        lock (_gate) _changedFolders.UnionWith(changed);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An empty file or link of a torrent was not made. {Reason}")]
    private partial void LogNotMade(string reason);
}
