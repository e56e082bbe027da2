using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>What <see cref="ContentHasher.Hash"/> found: twenty bytes for each piece (BEP 3, "pieces"), or why there are none.</summary>
public sealed record ContentHashes(ImmutableArray<byte> PieceHashes, DiskError? Error);

/// <summary>
/// Hashes whole contents for programs (create a torrent, verify files), outside of actors: a blocking call that uses several threads and
/// reads every byte once. Every file has to be there with the length the layout says, and must not change meanwhile: what is read in part
/// before and in part after a change is neither the one nor the other.
/// </summary>
public sealed class ContentHasher
{
    private const int TurnBytes = 32 << 20;
    private const int MostPieces = 64;
    private const int BufferBytes = 256 << 10;

    private readonly int _threads;
    private readonly FileOperations _operations;

    /// <summary>Uses so many threads (1 to 64), the caller's included.</summary>
    public ContentHasher(int threads)
        : this(threads, FileOperations.ForThisSystem())
    {
    }

    internal ContentHasher(int threads, FileOperations operations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 64);
        _threads = threads;
        _operations = operations;
    }

    /// <summary>The v1 piece hashes of what lies below <paramref name="root"/>.</summary>
    /// <param name="root">The absolute folder.</param>
    /// <param name="layout">The files; pad files are zeros.</param>
    /// <param name="progress">Told the bytes hashed so far, ascending, one call at a time, from any of the threads.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ContentHashes Hash(string root, ContentLayout layout, Action<long>? progress, CancellationToken cancellation)
    {
        var hashes = new byte[layout.Geometry.PieceCount * Bytes20.Size];
        using var handles = new HandleCache(DiskSettings.Default.MaxOpenFiles);
        var files = Files(root, layout, hashes, handles);
        if (StorageFiles.WhyUnusable(files.Spec) is { } unusable) return new ContentHashes([], unusable);
        var before = files.Look();
        for (var i = 0; i < before.Length; i++)
        {
            if (WhyNotAsExpected(files, i, before[i]) is { } different) return new ContentHashes([], different);
        }

        DiskError? error = null;
        ForEachRun(layout.Geometry, progress, (pieces, hasher) =>
        {
            var errors = new DiskError?[pieces.Length];
            hasher.Hash(files, pieces, hashes.AsSpan(pieces[0].Value * Bytes20.Size, pieces.Length * Bytes20.Size), errors);
            if (Array.Find(errors, static e => e is not null) is not { } failed) return true;
            Interlocked.CompareExchange(ref error, failed, null);
            return false;
        }, cancellation);
        if (error is null)
        {
            var after = files.Look();
            var changed = Enumerable.Range(0, after.Length).FirstOrDefault(i => after[i] != before[i], -1);
            if (changed >= 0) error = DiskErrors.Failed("hash", files.PlaceOf(changed).FullPath, "it changed while it was read; wait until nothing writes to it and start again");
        }

        return error is null ? new ContentHashes(ImmutableCollectionsMarshal.AsImmutableArray(hashes), null) : new ContentHashes([], error);
    }

    /// <summary>Compares what lies on disk with its hashes: one state for each piece. Missing and short files are no error.</summary>
    /// <param name="spec">Layout, root and hashes.</param>
    /// <param name="progress">Told the bytes compared so far, as in <see cref="Hash"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <param name="error">Why nothing could be compared; the result is empty then.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ImmutableArray<PieceState> Verify(StorageSpec spec, Action<long>? progress, CancellationToken cancellation, out DiskError? error)
    {
        error = StorageFiles.WhyUnusable(spec);
        if (error is not null) return [];
        using var handles = new HandleCache(DiskSettings.Default.MaxOpenFiles);
        var inspector = new PieceInspector(new StorageFiles(default, spec, _operations, handles, NullLogger.Instance));
        var states = new PieceState[spec.Layout.Geometry.PieceCount];
        ForEachRun(spec.Layout.Geometry, progress, (pieces, hasher) =>
        {
            inspector.Inspect(pieces, states.AsSpan(pieces[0].Value, pieces.Length), hasher);
            return true;
        }, cancellation);
        return [.. states];
    }

    private static DiskError? WhyNotAsExpected(StorageFiles files, int index, FileFingerprint seen)
    {
        var file = files.Layout.Files[index];
        if (file.IsPad || file.SymlinkTarget is not null) return null;
        var path = files.PlaceOf(index).FullPath;
        if (!seen.Exists) return DiskErrors.NotFound("hash", path);
        return seen.Length == file.Length ? null : DiskErrors.Failed("hash", path, $"it has {seen.Length} bytes and {file.Length} were expected; start again");
    }

    private StorageFiles Files(string root, ContentLayout layout, byte[] hashes, HandleCache handles) =>
        new(default, new StorageSpec(layout, root, hashes, FileAllocation.Sparse), _operations, handles, NullLogger.Instance);

    /// <summary>Works on a run of consecutive pieces; false ends all.</summary>
    private delegate bool Work(ReadOnlySpan<PieceIndex> pieces, FileHasher hasher);

    /// <summary>Has every piece worked on, in ascending runs.</summary>
    private void ForEachRun(PieceGeometry geometry, Action<long>? progress, Work work, CancellationToken cancellation)
    {
        var pass = new Pass(geometry, _threads, progress, work, cancellation);
        var helpers = new Thread[Math.Min(_threads, geometry.PieceCount) - 1];
        for (var i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(pass.TakePart) { IsBackground = true, Name = $"hash-{i}" };
            helpers[i].Start();
        }

        pass.TakePart();
        foreach (var helper in helpers) helper.Join();
        pass.ThrowIfFailed();
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>One pass over the pieces, shared by its threads.</summary>
    private sealed class Pass(PieceGeometry geometry, int threads, Action<long>? progress, Work work, CancellationToken cancellation)
    {
        private readonly Lock _gate = new();
        private readonly int _turn = Math.Clamp(Math.Min(TurnBytes / geometry.PieceLength, (geometry.PieceCount + threads - 1) / threads), 1, MostPieces);
        private int _next;
        private long _done;
        private Exception? _failure;
        private volatile bool _ended;

        public void TakePart()
        {
            using var hasher = new FileHasher(new BlockReader(), BufferBytes);
            Span<PieceIndex> pieces = stackalloc PieceIndex[MostPieces];
            try
            {
                while (!_ended && !cancellation.IsCancellationRequested)
                {
                    var count = Take(pieces);
                    if (count == 0) return;
                    if (!work(pieces[..count], hasher)) _ended = true;
                    Progressed(pieces[..count]);
                }
            }
            catch (Exception e)
            {
                // A bug here or a failing callback must reach the caller's thread, not end the process from a helper's.
                Interlocked.CompareExchange(ref _failure, e, null);
                _ended = true;
            }
        }

        public void ThrowIfFailed()
        {
            if (_failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }

        private int Take(Span<PieceIndex> pieces)
        {
            lock (_gate)
            {
                var count = Math.Min(_turn, geometry.PieceCount - _next);
                for (var i = 0; i < count; i++) pieces[i] = new PieceIndex(_next++);
                return count;
            }
        }

        private void Progressed(ReadOnlySpan<PieceIndex> pieces)
        {
            if (progress is null) return;
            lock (_gate)
            {
                foreach (var piece in pieces) _done += geometry.PieceSize(piece);
                progress(_done);
            }
        }
    }
}
