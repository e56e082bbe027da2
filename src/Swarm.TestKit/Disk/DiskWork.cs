using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Disk;

/// <summary>
/// Does the jobs of turns: blocks to files and to results, checks, reads, flushes. Called by <see cref="SimTurns"/> when a turn is over, never by a port call.
/// <para>A piece of a content that is known is valid if every block that was given was right; where nothing is known of it, it is read back and hashed when its last block is in. An owner is told
/// once a turn what was written. What fails is told, the piece is forgotten, and every slice is released once.</para>
/// </summary>
internal sealed partial class DiskWork(SimVolume volume, SimPressure pressure, Random random, Func<SimDiskSettings> settings, Func<SlabLedger> slabs, Action<SimStorage> closed, Action<SimStorage> relocated, Action<SimStorage> wrote)
{
    private readonly byte[] _block = new byte[PieceGeometry.BlockSize];
    private readonly SimReader _reader = new(volume, random, settings);
    private readonly List<FileRegion> _regions = [];
    private readonly List<Report> _reports = [];

    public long BytesWritten { get; private set; }

    public long BytesHashed { get; private set; }

    public long BytesRead { get; private set; }

    public long DuplicateBlocks { get; private set; }

    public long Flushes { get; private set; }

    public long FlushesFailed { get; private set; }

    public int QueuedReads { get; set; }

    public int QueuedControls { get; set; }

    /// <summary>Bytes that the device moves for a job.</summary>
    public long BytesOf(SimDiskJob job) => job.Kind switch
    {
        SimDiskJobKind.Write => job.Bytes,
        SimDiskJobKind.Read => job.Block.Length,
        SimDiskJobKind.HashBlocks when job.Storage.Geometry.Contains(job.Block.Piece) => job.Storage.Geometry.PieceSize(job.Block.Piece),
        SimDiskJobKind.Check when job.Check.Count > 0 => job.Check[0].Sum(piece => _reader.Probe(job.Storage, piece) == DataPresence.Data ? (long)job.Storage.Geometry.PieceSize(piece) : 0),
        SimDiskJobKind.Flush => job.Storage.WrittenFiles.Sum(file => volume.Find(job.Storage.PathOf(file))?.DirtyBytes ?? 0),
        _ => 0,
    };

    /// <summary>Does a turn and tells the owners.</summary>
    public void Do(DiskTurn turn)
    {
        var bytes = 0L;
        foreach (var (lane, taken) in turn.Lanes)
        {
            if (taken[0].IsFence) DoFence(taken[0]);
            else DoOnPiece(lane.Storage, taken);
            bytes += taken.Sum(job => (long)job.Bytes);
        }

        foreach (var report in _reports) report.Storage.Tell(new IDisk.Written(report.Storage.Id, report.Blocks, report.Results.ToImmutable()));
        _reports.Clear();
        if (bytes > 0) pressure.Remove(bytes);
    }

    /// <summary>A fence is through, its last answer told.</summary>
    public void EndFence(SimDiskJob fence)
    {
        Leave(fence.Kind);
        fence.Storage.CompleteFence();
    }

    /// <summary>Lets a job go that nobody is to hear of any more.</summary>
    public void Drop(SimDiskJob job)
    {
        Leave(job.Kind);
        if (job.Kind != SimDiskJobKind.Write) return;
        job.ReleaseSlices();
        pressure.Remove(job.Bytes);
    }

    /// <summary>The process died within this write: it gets through, if it can, and nobody hears of it.</summary>
    public void WriteUnanswered(SimDiskJob job)
    {
        if (job.Storage.Failure is null && job.Storage.Geometry.TryBlockOf(job.Block, out _) && job.Bytes == job.Block.Length) Write(job);
    }

    /// <summary>Copies a block's bytes.</summary>
    public DiskError? Read(SimStorage storage, BlockRequest block, Span<byte> destination)
    {
        if (!storage.Geometry.IsValid(block)) return SimDiskErrors.Failed(storage.Spec.Root, $"{block} is no part of the torrent");
        BytesRead += block.Length;
        return _reader.Read(storage, storage.Geometry.PieceOffset(block.Piece) + block.Begin, destination[..block.Length]);
    }

    private static ImmutableArray<FileFingerprint> Look(SimStorage storage, SimVolume volume) =>
    [
        .. storage.Layout.Files.Select((file, i) => file.IsPad || file.SymlinkTarget is not null ? FileFingerprint.Absent : volume.Look(storage.PathOf(i))),
    ];

    private void Leave(SimDiskJobKind kind)
    {
        if (kind == SimDiskJobKind.Read) QueuedReads--;
        if (kind is SimDiskJobKind.HashBlocks or SimDiskJobKind.Flush or SimDiskJobKind.Check) QueuedControls--;
    }

    private void DoOnPiece(SimStorage storage, List<SimDiskJob> jobs)
    {
        var writes = new List<SimDiskJob>();
        foreach (var job in jobs)
        {
            Leave(job.Kind);
            if (storage.Failure is { } failure)
            {
                job.Refuse(failure);
                continue;
            }

            if (job.Kind == SimDiskJobKind.Write)
            {
                Take(job, writes);
                continue;
            }

            Settle(storage, job.Block.Piece, writes);
            if (job.Kind == SimDiskJobKind.Restart) storage.Forget(job.Block.Piece);
            else if (job.Kind == SimDiskJobKind.HashBlocks) storage.Tell(new IDisk.BlockHashes(storage.Id, job.Block.Piece, _reader.HashBlocks(storage, job.Block.Piece)));
            else Read(job);
        }

        Settle(storage, jobs[^1].Block.Piece, writes);
    }

    private void Take(SimDiskJob job, List<SimDiskJob> writes)
    {
        var storage = job.Storage;
        if (!storage.Geometry.TryBlockOf(job.Block, out var block) || job.Bytes != job.Block.Length)
        {
            job.Refuse(SimDiskErrors.Failed(storage.Spec.Root, $"{job.Block} with {job.Bytes} bytes is no block of the torrent"));
            return;
        }

        if (storage.ProgressOf(job.Block.Piece).TryTake(block))
        {
            writes.Add(job);
            return;
        }

        // The first copy is in the hash and on disk, and the two may differ: the first one counts.
        job.ReleaseSlices();
        DuplicateBlocks++;
        ReportOf(storage).Blocks++;
    }

    private void Settle(SimStorage storage, PieceIndex piece, List<SimDiskJob> writes)
    {
        if (writes.Count == 0) return;
        var progress = storage.ProgressOf(piece);
        var fails = Happens(settings().WriteFailure);
        var error = storage.MayWrite() ? null : SimDiskErrors.Expired(storage.Spec.Root);
        if (error is null) wrote(storage);
        foreach (var job in error is not null ? [] : writes.Take(fails ? random.Next(writes.Count) : writes.Count))
        {
            progress.AllRight &= storage.Content is null || storage.Content.Matches(job.Block, BytesOfBlock(job));
            error = Write(job);
            if (error is not null) break;
            BytesWritten += job.Bytes;
            BytesHashed += job.Bytes;
            storage.Tally.Wrote(piece);
        }

        foreach (var job in writes) job.ReleaseSlices();
        if (fails) error ??= SimDiskErrors.Device(storage.Spec.Root);
        if (error is null)
        {
            ReportOf(storage).Blocks += writes.Count;
            if (progress.IsComplete) Finish(storage, piece, progress);
        }
        else
        {
            storage.Tell(new IDisk.WriteFailed(storage.Id, piece, writes.Count, error));
            storage.Forget(piece);
        }

        writes.Clear();
    }

    private void Finish(SimStorage storage, PieceIndex piece, PieceProgress progress)
    {
        storage.Forget(piece);
        var state = settings().SkipsHashCheck || (storage.Content is not null && progress.AllRight) ? PieceState.Valid
            : storage.Content is null ? _reader.Hash(storage, piece)
            : PieceState.Invalid;
        if (state == PieceState.Valid) storage.Tally.Completed(piece);
        ReportOf(storage).Results.Add(new PieceResult(piece, state));
    }

    private DiskError? Write(SimDiskJob job)
    {
        var storage = job.Storage;
        Prepare(storage);
        var bytes = BytesOfBlock(job);
        _regions.Clear();
        storage.Layout.RegionsOf(storage.Geometry.PieceOffset(job.Block.Piece) + job.Block.Begin, bytes.Length, _regions);
        foreach (var region in _regions)
        {
            var part = bytes[..region.Length];
            bytes = bytes[region.Length..];
            if (storage.Layout.Files[region.File].IsPad) continue;
            if (WriteRegion(storage, region, part) is { } error) return error;
        }

        return null;
    }

    private DiskError? WriteRegion(SimStorage storage, FileRegion region, ReadOnlySpan<byte> bytes)
    {
        var place = storage.PlaceOf(region.File);
        if (storage.WantsRoom(region.File))
        {
            if (volume.OpenForWriting(place, out var error) is not { } file) return error;
            if (volume.Reserve(file, place.Length) is { } noRoom) return noRoom;
            storage.MarkReserved(region.File);
        }

        storage.MarkWritten(region.File);
        return volume.Write(place, region.Offset, bytes);
    }

    // At the first write of a storage its empty files are made. What cannot be made is no reason to refuse the torrent's bytes.
    private void Prepare(SimStorage storage)
    {
        if (storage.IsPrepared) return;
        storage.IsPrepared = true;
        for (var file = 0; file < storage.Layout.Files.Length; file++)
        {
            var entry = storage.Layout.Files[file];
            if (entry.Length == 0 && !entry.IsPad && entry.SymlinkTarget is null && volume.OpenForWriting(storage.PlaceOf(file), out _) is not null) storage.MarkWritten(file);
        }
    }

    private void Read(SimDiskJob job)
    {
        var storage = job.Storage;
        var bytes = job.Block.Length <= _block.Length ? _block : new byte[job.Block.Length];
        if (Read(storage, job.Block, bytes) is { } error) job.Refuse(error);
        else job.ReplyTo!.Tell(new IDisk.BlockRead(storage.Id, job.Block, job.Tag, slabs().Slice(bytes.AsSpan(0, job.Block.Length))), ActorRefs.NoSender);
    }

    private void DoFence(SimDiskJob job)
    {
        var storage = job.Storage;
        if (storage.Failure is { } failure && job.Kind is not (SimDiskJobKind.Open or SimDiskJobKind.Close or SimDiskJobKind.Check)) job.Refuse(failure);
        else if (job.Kind is SimDiskJobKind.Move or SimDiskJobKind.Rename or SimDiskJobKind.Delete && !storage.MayWrite()) job.Refuse(SimDiskErrors.Expired(storage.Spec.Root));
        else if (job.Kind is SimDiskJobKind.Move or SimDiskJobKind.Rename) Relocate(job);
        else if (job.Kind == SimDiskJobKind.Delete) Delete(job);
        else if (job.Kind == SimDiskJobKind.Open) Open(storage);
        else if (job.Kind == SimDiskJobKind.Flush) Flush(job);
        else if (job.Kind == SimDiskJobKind.Close) Close(storage);
        else Check(job);
    }

    private void Open(SimStorage storage)
    {
        storage.Failure = SimPaths.WhyUnusable(storage.Spec, volume);
        if (storage.Failure is { } failure)
        {
            closed(storage);
            storage.Tell(new IDisk.OpenFailed(storage.Id, failure));
            return;
        }

        storage.Tell(new IDisk.Opened(storage.Id, Look(storage, volume)));
    }

    private void Check(SimDiskJob job)
    {
        var storage = job.Storage;
        if (storage.Failure is not null) job.Check.Clear();
        if (job.Check.Count > 0)
        {
            var next = random.Next(Math.Min(job.Check.Count, settings().Workers));
            ImmutableArray<PieceResult> results = [.. job.Check[next].Select(piece => new PieceResult(piece, Inspect(storage, piece)))];
            job.Check.RemoveAt(next);
            storage.Tell(new IDisk.Checked(storage.Id, results, Finished: false));
        }

        if (job.Check.Count == 0) storage.Tell(new IDisk.Checked(storage.Id, [], Finished: true));
    }

    private PieceState Inspect(SimStorage storage, PieceIndex piece)
    {
        var state = StateOf(storage, piece);
        if (state == PieceState.Valid) MarkFound(storage, piece);
        return state;
    }

    // A flush forces what was found too, whoever wrote it.
    private static void MarkFound(SimStorage storage, PieceIndex piece)
    {
        var regions = new List<FileRegion>();
        storage.Spec.Layout.RegionsOf(storage.Geometry.PieceOffset(piece), storage.Geometry.PieceSize(piece), regions);
        foreach (var region in regions.Where(region => !storage.Spec.Layout.Files[region.File].IsPad)) storage.MarkWritten(region.File);
    }

    private PieceState StateOf(SimStorage storage, PieceIndex piece)
    {
        var presence = _reader.Probe(storage, piece);
        switch (presence)
        {
            case DataPresence.Missing: return PieceState.Absent;
            case DataPresence.Incomplete: return PieceState.Invalid;
            case DataPresence.Unreadable: return PieceState.Unreadable;
            case DataPresence.Hole when storage.Content is not null: return PieceState.Absent;
        }

        var state = _reader.Hash(storage, piece);

        // A sparse copy keeps zeros as holes: what reads as the right zeros is right, though there is nothing to read.
        if (presence == DataPresence.Hole) return state == PieceState.Valid ? PieceState.Valid : PieceState.Absent;
        BytesHashed += storage.Geometry.PieceSize(piece);
        storage.Tally.Checked(piece);
        if (state == PieceState.Valid) storage.MarkWritten(piece);
        return settings().SkipsHashCheck ? PieceState.Valid : state;
    }

    private void Flush(SimDiskJob job)
    {
        var storage = job.Storage;
        var files = storage.WrittenFiles.ToList();
        var bad = files.Count > 0 && Happens(settings().FlushFailure) ? files[random.Next(files.Count)] : -1;
        foreach (var file in files)
        {
            var path = storage.PathOf(file);
            if (!settings().LosesFlush && (file == bad ? SimDiskErrors.Device(path) : volume.Flush(path)) is { } error)
            {
                FlushesFailed++;
                volume.Find(path)?.FailFlush(random, settings().FailedFlushForgets);
                job.Refuse(error);
                return;
            }

            storage.MarkFlushed(file);
        }

        Flushes++;
        storage.Tell(new IDisk.Flushed(storage.Id, job.Tag, Look(storage, volume)));
    }

    private void Close(SimStorage storage)
    {
        foreach (var job in storage.Seal()) Drop(job);
        pressure.Forget(storage);
        closed(storage);
        storage.Tell(new IDisk.StorageClosed(storage.Id));
    }

    private bool Happens(double share) => share > 0 && random.NextDouble() < share;

    private ReadOnlySpan<byte> BytesOfBlock(SimDiskJob job)
    {
        if (job.Second.Length == 0) return job.First.Span;
        job.First.Span.CopyTo(_block);
        job.Second.Span.CopyTo(_block.AsSpan(job.First.Length));
        return _block.AsSpan(0, job.Bytes);
    }

    private Report ReportOf(SimStorage storage)
    {
        foreach (var known in _reports)
        {
            if (known.Storage == storage) return known;
        }

        var report = new Report(storage);
        _reports.Add(report);
        return report;
    }

    /// <summary>What was written of a storage in one turn.</summary>
    private sealed class Report(SimStorage storage)
    {
        public SimStorage Storage { get; } = storage;

        public int Blocks { get; set; }

        public ImmutableArray<PieceResult>.Builder Results { get; } = ImmutableArray.CreateBuilder<PieceResult>();
    }
}
