using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Turns blocks into files, and hands their pieces on to be hashed: the heart of a worker, used by its thread only.
/// <para>
/// Blocks are gathered over a turn, or longer where the device wants it (<see cref="WriteBatching"/>), and settled piece by piece: neighbours are written with one gathering write a file, then
/// <see cref="PieceHasher"/> takes them, straight from the slabs. The last block of a piece completes the hash, and the piece is forgotten with its result.
/// </para>
/// What can fail: a write (the piece's gathered blocks are lost, <see cref="IDisk.WriteFailed"/>, and the piece is forgotten).
/// Always holds: a slice is released when its bytes are hashed, dropped or failed, and once.
/// </summary>
internal sealed partial class PieceWriter : IDisposable
{
    private readonly DiskResources _resources;
    private readonly ILogger _logger;
    private readonly TurnReports _reports;
    private readonly PiecesInProgress _pieces;
    private readonly PieceHasher _hasher;
    private readonly GatherList _gather = new();
    private readonly List<FileRegion> _regions = [];
    private readonly GatheredPieces _gathered;
    private readonly Predicate<PieceProgress> _mayWait;
    private GatheredWrites _now;

    public PieceWriter(DiskResources resources, TurnReports reports, PiecesInProgress pieces, PieceHasher hasher)
    {
        _resources = resources;
        _logger = resources.Logger;
        _reports = reports;
        _pieces = pieces;
        _hasher = hasher;
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

        var piece = _pieces.Find(storage, job.Block.Piece) ?? Begin(storage, job.Block.Piece);
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
        if (_pieces.Find(storage, index) is not { FreshCount: > 0 } piece) return;
        _gathered.Remove(piece);
        Settle(piece);
    }

    /// <summary>Forgets a piece, after writing what was gathered of it.</summary>
    public void Restart(DiskStorage storage, PieceIndex index)
    {
        Settle(storage, index);
        if (_pieces.Find(storage, index) is { } piece) _pieces.Forget(piece);
    }

    /// <inheritdoc/>
    public void Dispose() => _gather.Dispose();

    private PieceProgress Begin(DiskStorage storage, PieceIndex index)
    {
        var piece = _pieces.Begin(storage, index);
        _hasher.Begun(piece);
        return piece;
    }

    private void Settle(PieceProgress piece)
    {
        var storage = piece.Storage;
        var index = piece.Piece;
        var jobs = piece.FreshCount;
        DiskError? error;
        try
        {
            error = WriteFresh(piece);
        }
        catch (Exception e)
        {
            LogUnexpected(e);
            _gather.Clear();
            error = DiskErrors.FromException(e, "write to", storage.Files.Root);
        }

        if (error is not null)
        {
            _reports.Done(storage, jobs);
            _pieces.Forget(piece);
            storage.Tell(new IDisk.WriteFailed(storage.Id, index, jobs, error));
            return;
        }

        _reports.Written(storage, jobs);
        var waits = false;
        try
        {
            waits = _hasher.Take(piece);
        }
        catch (Exception e)
        {
            LogUnexpected(e);
            _reports.Result(storage, index, PieceState.Unreadable);
            _pieces.Forget(piece);
        }

        _reports.Done(storage, waits ? jobs - 1 : jobs);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "Writing a piece failed in a way that was not foreseen.")]
    private partial void LogUnexpected(Exception exception);
}
