using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Turns blocks into files and hashes: the heart of a worker, used by its thread only.
/// <para>
/// Blocks are gathered over a turn, or longer where the device wants it (<see cref="WriteBatching"/>), and settled piece by piece: neighbours are written with one gathering write a file, then the running
/// hash takes what continues it, straight from the slabs. A block ahead of the hash keeps its slab while the budget lasts; beyond it the
/// block is read back when the hash gets there, and likewise while links wait for slabs. The last block of a piece completes the hash, and the piece is forgotten with its result.
/// </para>
/// What can fail: a write (the piece's gathered blocks are lost, <see cref="IDisk.WriteFailed"/>, and the piece is forgotten), a read-back
/// (the running hash is given up, and the whole piece is read when it is complete; if that fails too it is <see cref="PieceState.Unreadable"/>).
/// Always holds: a slice is released when its bytes are hashed, dropped or failed, and once.
/// </summary>
internal sealed partial class PieceWriter : IDisposable
{
    /// <summary>Idle piece records kept; a piece in progress needs one.</summary>
    private const int MaxIdlePieces = 64;

    private readonly int _worker;
    private readonly DiskResources _resources;
    private readonly ILogger _logger;
    private readonly TurnReports _reports;
    private readonly BlockReader _reader;
    private readonly GatherList _gather = new();
    private readonly List<FileRegion> _regions = [];
    private readonly GatheredPieces _gathered;
    private GatheredWrites _now;
    private readonly Predicate<PieceProgress> _mayWait;
    private readonly Stack<PieceProgress> _idle = new();
    private readonly IncrementalHash _wholePieceHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private PieceProgress? _last;

    public PieceWriter(int worker, DiskResources resources, TurnReports reports, BlockReader reader)
    {
        _worker = worker;
        _resources = resources;
        _logger = resources.Logger;
        _reports = reports;
        _reader = reader;
        _gathered = new GatheredPieces(resources.Time);
        _mayWait = piece => !piece.IsComplete && piece.Storage.Batching.MayHold(_now);
    }

    /// <summary>Bytes of blocks taken and not written.</summary>
    public long GatheredBytes => _gathered.Bytes;

    /// <summary>How long they may stay so, or null: there are none.</summary>
    public TimeSpan? GatherTimeLeft => _gathered.Left;

    /// <summary>Takes a block's slices over, to be written when the turn ends or later. The job counts as done when it is written, or at once if there is nothing to be written.</summary>
    public void Add(DiskJob job)
    {
        var storage = job.Storage;
        if (!storage.Geometry.TryBlockOf(job.Block, out var block) || job.Bytes != job.Block.Length)
        {
            job.ReleaseSlices();
            _reports.Done(storage);
            var error = DiskErrors.Failed("write to", storage.Files.Root, $"{job.Block} with {job.Bytes} bytes is no block of the torrent");
            storage.Tell(new IDisk.WriteFailed(storage.Id, job.Block.Piece, 1, error));
            return;
        }

        var piece = Find(storage, job.Block.Piece) ?? Begin(storage, job.Block.Piece);
        if (!piece.TryTake(block, job.First, job.Second))
        {
            // The first copy is in the hash and on disk, and the two may differ: the first one counts.
            job.ReleaseSlices();
            Interlocked.Increment(ref _resources.Tally.DuplicateBlocks);
            _reports.Done(storage);
            _reports.Written(storage, 1);
            return;
        }

        _gathered.Add(piece, job.Bytes);
    }

    /// <summary>Writes and hashes everything gathered.</summary>
    public void SettleAll()
    {
        foreach (var piece in _gathered.Take(static _ => false)) Settle(piece);
    }

    /// <summary>Writes and hashes what was gathered, but for what may wait for more.</summary>
    public void SettleDue()
    {
        _now = new GatheredWrites(_gathered.Bytes, _gathered.Age, _resources.Pressure.Bytes, _resources.SlabsAreDry);
        foreach (var piece in _gathered.Take(_mayWait)) Settle(piece);
    }

    /// <summary>Writes and hashes what was gathered of one piece, because a later job of the turn wants to see it.</summary>
    public void Settle(DiskStorage storage, PieceIndex index)
    {
        if (Find(storage, index) is not { FreshCount: > 0 } piece) return;
        _gathered.Remove(piece);
        Settle(piece);
    }

    /// <summary>Forgets a piece, after writing what was gathered of it.</summary>
    public void Restart(DiskStorage storage, PieceIndex index)
    {
        Settle(storage, index);
        if (Find(storage, index) is { } piece) Forget(piece);
    }

    /// <summary>Lets go of every block of a storage that is on disk and only waits for its hash, if links still wait for slabs.</summary>
    public void LetGo(DiskStorage storage)
    {
        if (!_resources.SlabsAreDry) return;
        foreach (var piece in storage.PiecesOf(_worker).Values)
        {
            for (var block = piece.Hashed; block < piece.BlockCount; block++)
            {
                ref var data = ref piece.Data(block);
                if (!data.IsHere || piece.IsFresh(block)) continue;
                Release(ref data, isHeld: true, _resources);
                Interlocked.Increment(ref _resources.Tally.BlocksLetGo);
            }
        }
    }

    /// <summary>Lets go of what a piece holds in memory.</summary>
    public static void Release(PieceProgress piece, DiskResources resources)
    {
        for (var block = piece.Hashed; block < piece.BlockCount; block++)
        {
            ref var data = ref piece.Data(block);
            if (data.IsHere) Release(ref data, !piece.IsFresh(block), resources);
        }

        piece.ClearFresh();
        if (piece.Hash is null) return;
        resources.Hashes.Return(piece.Hash, isReset: false);
        piece.Hash = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gather.Dispose();
        _wholePieceHash.Dispose();
    }

    private static void Release(ref BlockData data, bool isHeld, DiskResources resources)
    {
        if (isHeld) resources.Reorder.Free(data.First, data.Second);
        data.First.Release();
        data.Second.Release();
        data = default;
    }

    private PieceProgress? Find(DiskStorage storage, PieceIndex index)
    {
        if (_last is { } last && last.Piece == index && ReferenceEquals(last.Storage, storage)) return last;
        return storage.PiecesOf(_worker).TryGetValue(index.Value, out var piece) ? _last = piece : null;
    }

    private PieceProgress Begin(DiskStorage storage, PieceIndex index)
    {
        var hash = _resources.Hashes.TryRent();
        if (hash is null) Interlocked.Increment(ref _resources.Tally.PiecesWithoutRunningHash);
        if (!_idle.TryPop(out var piece)) piece = new PieceProgress();
        piece.Begin(storage, index, hash);
        storage.PiecesOf(_worker).Add(index.Value, piece);
        return _last = piece;
    }

    private void Forget(PieceProgress piece)
    {
        piece.Storage.PiecesOf(_worker).Remove(piece.Piece.Value);
        Release(piece, _resources);
        piece.End();
        if (ReferenceEquals(_last, piece)) _last = null;
        if (_idle.Count < MaxIdlePieces) _idle.Push(piece);
    }

    private void Settle(PieceProgress piece)
    {
        DiskError? error;
        _reports.Done(piece.Storage, piece.FreshCount);
        try
        {
            error = WriteFresh(piece);
        }
        catch (Exception e)
        {
            LogUnexpected(e);
            _gather.Clear();
            error = DiskErrors.FromException(e, "write to", piece.Storage.Files.Root);
        }

        if (error is not null)
        {
            piece.Storage.Tell(new IDisk.WriteFailed(piece.Storage.Id, piece.Piece, piece.FreshCount, error));
            Forget(piece);
            return;
        }

        _reports.Written(piece.Storage, piece.FreshCount);
        try
        {
            if (piece.Hash is not null) ContinueHash(piece);
            KeepOrDropFresh(piece);
            if (piece.IsComplete) Finish(piece);
        }
        catch (Exception e)
        {
            LogUnexpected(e);
            _wholePieceHash.GetHashAndReset();
            _reports.Result(piece.Storage, piece.Piece, PieceState.Unreadable);
            Forget(piece);
        }
    }

    private DiskError? WriteFresh(PieceProgress piece)
    {
        for (var first = piece.NextFresh(0); first >= 0;)
        {
            var end = first + 1;
            while (end < piece.BlockCount && piece.IsFresh(end)) end++;
            if (WriteRun(piece, first, end) is { } error) return error;
            first = piece.NextFresh(end);
        }

        return null;
    }

    /// <summary>Writes neighbouring blocks, with one gathering write for each file they lie in.</summary>
    private DiskError? WriteRun(PieceProgress piece, int first, int end)
    {
        var files = piece.Storage.Files;
        var start = first * PieceGeometry.BlockSize;
        var length = Math.Min(end * PieceGeometry.BlockSize, piece.Storage.Geometry.PieceSize(piece.Piece)) - start;
        _regions.Clear();
        files.Layout.RegionsOf(piece.Storage.Geometry.PieceOffset(piece.Piece) + start, length, _regions);
        var position = start;
        foreach (var region in _regions)
        {
            var from = position;
            position += region.Length;
            if (files.Layout.Files[region.File].IsPad) continue;
            Gather(piece, from, region.Length);
            var error = WriteGathered(piece.Storage, region);
            _gather.Clear();
            if (error is not null) return error;
            Interlocked.Increment(ref _resources.Tally.WriteCalls);
            Interlocked.Add(ref _resources.Tally.BytesWritten, region.Length);
        }

        return null;
    }

    // Looked at before a file is made, and again when it is open, which may have taken long.
    private DiskError? WriteGathered(DiskStorage storage, FileRegion region)
    {
        var files = storage.Files;
        if (storage.WhyExpired("write to") is { } expired) return expired;
        var handle = files.Lease(region.File, forWriting: true, out var error);
        if (handle is null) return error;
        try
        {
            return storage.WhyExpired("write to") ?? _resources.Operations.Write(handle, _gather, region.Offset, files.PlaceOf(region.File));
        }
        finally
        {
            handle.DangerousRelease();
        }
    }

    /// <summary>Collects the slab parts that hold the piece's bytes from <paramref name="position"/> on.</summary>
    private void Gather(PieceProgress piece, int position, int length)
    {
        for (var block = position / PieceGeometry.BlockSize; length > 0; block++)
        {
            ref var data = ref piece.Data(block);
            var skip = position - (block * PieceGeometry.BlockSize);
            for (var part = 0; part < 2 && length > 0; part++)
            {
                var slice = part == 0 ? data.First : data.Second;
                if (skip >= slice.Length)
                {
                    skip -= slice.Length;
                    continue;
                }

                var count = Math.Min(slice.Length - skip, length);
                _gather.Add(slice, skip, count);
                position += count;
                length -= count;
                skip = 0;
            }
        }
    }

    /// <summary>Feeds the running hash as far as there are blocks without a gap, from memory, or from the file where they were dropped.</summary>
    private void ContinueHash(PieceProgress piece)
    {
        while (piece.Hashed < piece.BlockCount && piece.Has(piece.Hashed))
        {
            ref var data = ref piece.Data(piece.Hashed);
            if (data.IsHere)
            {
                piece.Hash!.AppendData(data.First.Span);
                if (data.Second.Length > 0) piece.Hash.AppendData(data.Second.Span);
                Release(ref data, !piece.IsFresh(piece.Hashed), _resources);
                piece.Hashed++;
                continue;
            }

            if (ReadBack(piece)) continue;
            GiveUpHash(piece);
            return;
        }
    }

    /// <summary>Without a running hash nothing need stay in memory: the piece is read when it is complete.</summary>
    private void GiveUpHash(PieceProgress piece)
    {
        _resources.Hashes.Return(piece.Hash!, isReset: false);
        piece.Hash = null;
        for (var block = piece.Hashed; block < piece.BlockCount; block++)
        {
            ref var data = ref piece.Data(block);
            if (data.IsHere) Release(ref data, !piece.IsFresh(block), _resources);
        }
    }

    private bool ReadBack(PieceProgress piece)
    {
        var end = piece.Hashed + 1;
        while (end < piece.BlockCount && piece.Has(end) && !piece.Data(end).IsHere) end++;
        var start = piece.Hashed * PieceGeometry.BlockSize;
        var length = Math.Min(end * PieceGeometry.BlockSize, piece.Storage.Geometry.PieceSize(piece.Piece)) - start;
        if (_reader.Append(piece.Storage.Files, piece.Storage.Geometry.PieceOffset(piece.Piece) + start, length, piece.Hash!) is not null) return false;
        Interlocked.Add(ref _resources.Tally.BytesReadBack, length);
        piece.Hashed = end;
        return true;
    }

    /// <summary>Fresh blocks the hash did not take: kept for it while the budget lasts and no link waits for a slab.</summary>
    private void KeepOrDropFresh(PieceProgress piece)
    {
        var isDry = _resources.SlabsAreDry;
        for (var block = piece.NextFresh(0); block >= 0; block = piece.NextFresh(block + 1))
        {
            ref var data = ref piece.Data(block);
            if (!data.IsHere) continue;
            if (!isDry && piece.Hash is not null && _resources.Reorder.TryHold(data.First, data.Second)) continue;
            Interlocked.Increment(ref (isDry ? ref _resources.Tally.BlocksLetGo : ref _resources.Tally.BlocksOverReorderBudget));
            Release(ref data, isHeld: false, _resources);
        }

        piece.ClearFresh();
    }

    private void Finish(PieceProgress piece)
    {
        var storage = piece.Storage;
        var index = piece.Piece;
        Span<byte> actual = stackalloc byte[Bytes20.Size];
        DiskError? error = null;
        if (piece.Hash is { } running)
        {
            running.GetHashAndReset(actual);
            _resources.Hashes.Return(running, isReset: true);
            piece.Hash = null;
        }
        else
        {
            var size = storage.Geometry.PieceSize(piece.Piece);
            error = _reader.Append(storage.Files, storage.Geometry.PieceOffset(piece.Piece), size, _wholePieceHash);
            _wholePieceHash.GetHashAndReset(actual);
            Interlocked.Add(ref _resources.Tally.BytesReadBack, size);
        }

        var expected = storage.Files.Spec.PieceHashes.Span.Slice(piece.Piece.Value * Bytes20.Size, Bytes20.Size);
        var state = error is not null ? PieceState.Unreadable : actual.SequenceEqual(expected) ? PieceState.Valid : PieceState.Invalid;
        Forget(piece);
        _reports.Result(storage, index, state);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Writing a piece failed in a way that was not foreseen.")]
    private partial void LogUnexpected(Exception exception);
}
