using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Moves the files of one storage below another root, a step a turn, so that a worker does other storages' jobs in between. Runs alone in its storage (in a fence); used by one worker.
/// <para>
/// Order: look at both places, and refuse where the target has other content → file by file, rename, or where the target is on another file system copy under a name of its own, force to disk, compare lengths,
/// give it its name → force the folders to disk → the storage lies there from now on → delete what was copied and the folders that are empty. A failure before the storage lies there takes everything back.
/// </para>
/// <para>
/// Always holds: every file is whole in one of the two places at least, at every moment, and nothing that was there is written over. So whoever finds the two places after a crash can go on: a file that is only
/// in the target's place was moved; one that is in both, with the same bytes, was copied and not yet deleted.
/// </para>
/// </summary>
internal sealed class RelocationRun : IDisposable
{
    /// <summary>What a copy is called until it is whole.</summary>
    public const string CopySuffix = ".swarm-moving";

    private const int CopyBytes = 1 << 20;
    private const int CopiesPerStep = 16;

    private readonly StorageFiles _files;
    private readonly FileOperations _operations;
    private readonly string _root;
    private readonly MoveKind _kind;
    private readonly Queue<Action> _steps = new();
    private readonly List<string> _changed = [];
    private readonly List<int> _renamed = [];
    private readonly List<int> _copied = [];
    private readonly List<int> _toDelete = [];
    private CopyState? _copy;

    public RelocationRun(StorageFiles files, string root, MoveKind kind)
    {
        _files = files;
        _operations = files.Operations;
        _root = Path.TrimEndingDirectorySeparator(root);
        _kind = kind;
        _steps.Enqueue(Examine);
    }

    /// <summary>Why it failed; everything is where it was. Null: it did not.</summary>
    public DiskError? Error { get; private set; }

    /// <summary>Does a step. False: that was the last.</summary>
    public bool Step()
    {
        if (_copy is { } copy)
        {
            GoOn(copy);
        }
        else if (_steps.TryDequeue(out var step))
        {
            step();
        }

        if (Error is null) return _copy is not null || _steps.Count > 0;
        TakeBack();
        return false;
    }

    /// <summary>Lets go of a copy that the engine's end left half done; it is found and begun anew at the next start.</summary>
    public void Dispose() => _copy?.Dispose();

    private FilePlace From(int file) => _files.PlaceOf(file);

    private FilePlace To(int file) => new(_root, _files.Layout.Files[file]);

    private FilePlace CopyOf(int file) => new(_root, CopyName(_files.Layout.Files[file]));

    /// <summary>A file under the name that its copy has until it is whole.</summary>
    public static ContentFile CopyName(ContentFile file) => file with { Path = file.Path + CopySuffix };

    private void Examine()
    {
        Error = StorageFiles.WhyUnusable(_files.Spec with { Root = _root }) ?? _files.Flush();
        if (Error is not null) return;
        var here = _files.Look();
        var there = _operations.Look(_root, _files.Layout.Files);
        for (var file = 0; file < here.Length && Error is null; file++)
        {
            var entry = _files.Layout.Files[file];
            if (entry.IsPad) continue;
            var place = file;
            if (entry.SymlinkTarget is not null) _steps.Enqueue(() => MoveLink(place));
            else if (there[file].Exists && _kind == MoveKind.Begin) Error = InTheWay(file);
            else if (there[file].Exists && here[file].Exists) Error = Compare(file, here[file], there[file]);
            else if (there[file].Exists) _renamed.Add(file);
            else if (here[file].Exists) _steps.Enqueue(() => MoveFile(place));
        }

        _steps.Enqueue(Switch);
    }

    private DiskError InTheWay(int file) => DiskErrors.Obstructed("move to", To(file).FullPath, "another file is in its place; move that away, or choose another folder");

    // Both are there: a copy that was finished, or somebody else's file. Only the same bytes count as the same.
    private DiskError? Compare(int file, FileFingerprint here, FileFingerprint there)
    {
        if (here.Length != there.Length) return InTheWay(file);
        using var left = _operations.Open(From(file), FileIntent.Read, [], out var error);
        if (left is null) return error;
        using var right = _operations.Open(To(file), FileIntent.Read, [], out error);
        if (right is null) return error;
        var buffers = ArrayPool<byte>.Shared.Rent(2 * CopyBytes);
        try
        {
            for (long at = 0; at < here.Length; at += CopyBytes)
            {
                var first = buffers.AsSpan(0, CopyBytes);
                var second = buffers.AsSpan(CopyBytes, CopyBytes);
                var read = _operations.Read(left, first, at, From(file), out error);
                if (error is not null) return error;
                var same = _operations.Read(right, second, at, To(file), out error);
                if (error is not null) return error;
                if (!first[..read].SequenceEqual(second[..same])) return InTheWay(file);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffers);
        }

        _toDelete.Add(file);
        return null;
    }

    private void MoveLink(int file)
    {
        var outcome = _operations.Rename(From(file), To(file), _changed, out var error);
        if (outcome == RenameOutcome.Done) _renamed.Add(file);
        else if (error?.Kind is not (DiskErrorKind.NotFound or null)) Error = error;
    }

    private void MoveFile(int file)
    {
        var outcome = _operations.Rename(From(file), To(file), _changed, out var error);
        switch (outcome)
        {
            case RenameOutcome.Done: _renamed.Add(file); break;
            case RenameOutcome.OtherFileSystem: BeginCopy(file); break;
            default: Error = error; break;
        }
    }

    private void BeginCopy(int file)
    {
        _ = _operations.Delete(CopyOf(file), []);
        var source = _operations.Open(From(file), FileIntent.Read, [], out var error);
        var target = source is null ? null : _operations.Open(CopyOf(file), FileIntent.Write, _changed, out error);
        Error = error;
        if (target is null) source?.Dispose();
        else _copy = new CopyState(file, source!, target);
    }

    private void GoOn(CopyState copy)
    {
        var place = CopyOf(copy.File);
        for (var turn = 0; turn < CopiesPerStep && Error is null; turn++)
        {
            var read = _operations.Read(copy.Source, copy.Buffer.Buffer, copy.At, From(copy.File), out var error);
            Error = error;
            if (Error is not null) return;
            if (read == 0)
            {
                EndCopy(copy);
                return;
            }

            copy.Parts.Clear();
            copy.Parts.Add(new SlabSlice(copy.Buffer, 0, read), 0, read);
            Error = _operations.Write(copy.Target, copy.Parts, copy.At, place);
            copy.At += read;
        }
    }

    private void EndCopy(CopyState copy)
    {
        _copy = null;
        using (copy)
        {
            var here = _operations.Look(_files.Root, [_files.Layout.Files[copy.File]])[0];
            Error = _operations.SetModified(copy.Target, here.ModifiedTicks, CopyOf(copy.File)) ?? _operations.Sync(copy.Target, CopyOf(copy.File));
            var written = Error is null ? _operations.Length(copy.Target, CopyOf(copy.File), out _) : 0;
            if (Error is null && (written != here.Length || copy.At != here.Length)) Error = DiskErrors.Failed("move", From(copy.File).FullPath, $"its copy has {written} bytes instead of {here.Length}; the file was changed meanwhile");
        }

        if (Error is not null) return;
        var outcome = _operations.Rename(CopyOf(copy.File), To(copy.File), _changed, out var error);
        if (outcome == RenameOutcome.Done) _copied.Add(copy.File);
        else Error = error ?? InTheWay(copy.File);
    }

    private void Switch()
    {
        Error = SyncFolders();
        if (Error is not null) return;
        var old = _files.Root;
        var places = _files.Layout.Files.Select((_, file) => From(file)).ToArray();
        _files.LieBelow(_root);
        // From here on nothing can fail: what is not deleted is a copy too many.
        _changed.Clear();
        foreach (var file in _copied.Concat(_toDelete)) _ = _operations.Delete(places[file], _changed);
        foreach (var place in places) _operations.RemoveEmptyFolders(old, place.File.Path, _changed);
        _ = SyncFolders();
    }

    private DiskError? SyncFolders()
    {
        foreach (var folder in _changed.Distinct(StringComparer.Ordinal).OrderDescending(StringComparer.Ordinal))
        {
            // A folder that is gone again has nothing to be forced.
            if (_operations.SyncFolder(folder) is { Kind: not DiskErrorKind.NotFound } error) return error;
        }

        return null;
    }

    private void TakeBack()
    {
        if (_copy is { } copy)
        {
            copy.Dispose();
            _ = _operations.Delete(CopyOf(copy.File), []);
            _copy = null;
        }

        _steps.Clear();
        foreach (var file in _renamed) _ = _operations.Rename(To(file), From(file), _changed, out _);
        foreach (var file in _copied) _ = _operations.Delete(To(file), _changed);
        foreach (var entry in _files.Layout.Files) _operations.RemoveEmptyFolders(_root, entry.Path, _changed);
        _ = SyncFolders();
    }

    /// <summary>A file that is being copied, and how far.</summary>
    private sealed class CopyState(int file, SafeFileHandle source, SafeFileHandle target) : IDisposable
    {
        public int File { get; } = file;

        public SafeFileHandle Source { get; } = source;

        public SafeFileHandle Target { get; } = target;

        public Slab Buffer { get; } = new(new byte[CopyBytes], static _ => { });

        public GatherList Parts { get; } = new();

        public long At { get; set; }

        public void Dispose()
        {
            Source.Dispose();
            Target.Dispose();
            Parts.Dispose();
        }
    }
}
