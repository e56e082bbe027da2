using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
    private const int TurnBytes = 8 << 20;
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
        ForEachPiece(layout.Geometry, progress, (piece, reader, hash) =>
        {
            var failed = reader.Append(files, layout.Geometry.PieceOffset(piece), layout.Geometry.PieceSize(piece), hash);
            hash.GetHashAndReset(hashes.AsSpan(piece.Value * Bytes20.Size, Bytes20.Size));
            if (failed is not null) Interlocked.CompareExchange(ref error, failed, null);
            return failed is null;
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
        ForEachPiece(spec.Layout.Geometry, progress, (piece, reader, hash) =>
        {
            states[piece.Value] = inspector.Inspect(piece, reader, hash);
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

    /// <summary>Runs <paramref name="work"/> for every piece, in ascending runs; false from it ends all.</summary>
    private void ForEachPiece(PieceGeometry geometry, Action<long>? progress, Func<PieceIndex, BlockReader, IncrementalHash, bool> work, CancellationToken cancellation)
    {
        var run = new Run(geometry, progress, work, cancellation);
        var helpers = new Thread[Math.Min(_threads, geometry.PieceCount) - 1];
        for (var i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(run.Work) { IsBackground = true, Name = $"hash-{i}" };
            helpers[i].Start();
        }

        run.Work();
        foreach (var helper in helpers) helper.Join();
        run.ThrowIfFailed();
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>One pass over the pieces, shared by its threads.</summary>
    private sealed class Run(PieceGeometry geometry, Action<long>? progress, Func<PieceIndex, BlockReader, IncrementalHash, bool> work, CancellationToken cancellation)
    {
        private readonly Lock _gate = new();
        private readonly int _turn = Math.Max(1, TurnBytes / geometry.PieceLength);
        private int _next;
        private long _done;
        private Exception? _failure;
        private volatile bool _ended;

        public void Work()
        {
            var reader = new BlockReader(BufferBytes);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
            try
            {
                while (!_ended && !cancellation.IsCancellationRequested)
                {
                    int first;
                    lock (_gate)
                    {
                        first = _next;
                        _next = Math.Min(geometry.PieceCount, first + _turn);
                    }

                    if (first == geometry.PieceCount) return;
                    WorkOn(first, Math.Min(geometry.PieceCount, first + _turn), reader, hash);
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

        private void WorkOn(int first, int end, BlockReader reader, IncrementalHash hash)
        {
            for (var i = first; i < end && !_ended && !cancellation.IsCancellationRequested; i++)
            {
                var piece = new PieceIndex(i);
                if (!work(piece, reader, hash)) _ended = true;
                if (progress is null) continue;
                lock (_gate) progress(_done += geometry.PieceSize(piece));
            }
        }
    }
}
