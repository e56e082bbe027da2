using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// <see cref="IDisk"/> over real files. Actors call it from any thread; the work is done by a few threads of its own
/// (<see cref="DiskWorker"/>), and answers go to each storage's owner.
/// <para>
/// Path of a block: the call puts a pooled node into the queue of the piece's worker; the worker gathers a turn, writes neighbours with one
/// call, hashes them from the slabs, several pieces in step where the processor can (<see cref="PieceHasher"/>), and tells the owner once a turn. Nothing is copied, nothing is allocated for a block.
/// </para>
/// <para>
/// Always holds: jobs on a piece are done in the order posted; a fence waits for all earlier jobs of its storage and holds later ones of
/// that storage only; every slab reference given to <see cref="Write"/> is released exactly once, whatever happens; no call waits for a disk,
/// except <see cref="IBlockSource.TryLocate"/>, which may open a file and is meant for the links' own threads.
/// </para>
/// <para>
/// What happens when: a storage that could not be opened (<see cref="IDisk.OpenFailed"/>) is closed with that; jobs posted before its owner
/// knew are answered with the same failure. <see cref="Close"/> ends a running check early. A write over the high-water mark is taken, the
/// answer is false, and one <see cref="IDisk.Drained"/> follows. Every queue has a limit in <see cref="DiskSettings"/> but that of restarts and
/// closes, which can be neither refused nor lost and of which a piece or a storage needs one at a time. <see cref="Dispose"/> drops what is queued: close storages first.
/// </para>
/// <para>
/// A write is held against its storage's term (<see cref="WriteUntil"/>) by the worker right before the system call, so that what was queued by a process that stood still is refused before its actors know. Between that look and the call nothing can be done.
/// </para>
/// <para>
/// Slabs that blocks wait in for their hash are let go of when links have none to read into (<see cref="IBlockSource.SlabsRanDry"/>): their bytes are in the files already, and are read back from there.
/// </para>
/// </summary>
public sealed class DiskEngine : IDisk, IBlockSource, IDisposable
{
    private readonly ConcurrentDictionary<StorageId, DiskStorage> _storages = new();
    private readonly DiskResources _resources;
    private readonly DiskWorker[] _workers;
    private int _disposed;

    /// <summary>Starts the workers.</summary>
    /// <param name="settings">The limits.</param>
    /// <param name="rentSlab">Gives a slab of at least so many bytes with one reference, or null: none is free (the read then allocates its own).</param>
    /// <param name="logger">Where the unforeseen is written.</param>
    /// <param name="time">The node's clock, by which <see cref="WriteUntil"/> is meant; the system's by default.</param>
    /// <exception cref="ArgumentException">The settings contradict each other.</exception>
    public DiskEngine(DiskSettings settings, Func<int, Slab?> rentSlab, ILogger<DiskEngine>? logger = null, TimeProvider? time = null)
        : this(settings, rentSlab, logger ?? NullLogger<DiskEngine>.Instance, FileOperations.ForThisSystem(), time)
    {
    }

    internal DiskEngine(DiskSettings settings, Func<int, Slab?> rentSlab, ILogger logger, FileOperations operations, TimeProvider? time = null)
    {
        _resources = new DiskResources(settings, operations, rentSlab, logger, time ?? TimeProvider.System);
        _workers = new DiskWorker[settings.Workers];
        for (var i = 0; i < _workers.Length; i++) _workers[i] = new DiskWorker(i, _resources, Forget);
        foreach (var worker in _workers) worker.Start();
    }

    /// <summary>What was done until now, and what is held now.</summary>
    public DiskCounters Counters
    {
        get
        {
            var tally = _resources.Tally;
            return new DiskCounters(
                Volatile.Read(ref tally.BytesWritten),
                Volatile.Read(ref tally.WriteCalls),
                Volatile.Read(ref tally.DuplicateBlocks),
                Volatile.Read(ref tally.BytesReadBack),
                Volatile.Read(ref tally.BlocksOverReorderBudget),
                Volatile.Read(ref tally.BlocksLetGo),
                Volatile.Read(ref tally.PiecesHashedTogether),
                Volatile.Read(ref tally.PiecesWithoutRunningHash),
                Volatile.Read(ref tally.UnpooledReads),
                Volatile.Read(ref tally.MapRefusals),
                Volatile.Read(ref tally.JobsRefused),
                _resources.Pressure.Bytes,
                _resources.Reorder.Bytes,
                _resources.Together.Bytes,
                _resources.Hashes.Rented,
                _resources.Handles.Count,
                _resources.Windows.MappedBytes);
        }
    }

    /// <inheritdoc/>
    public void Open(StorageId storage, StorageSpec spec, IActorRef owner)
    {
        var opened = new DiskStorage(storage, spec, owner, _workers, _resources);
        if (_disposed != 0 || !_storages.TryAdd(storage, opened))
        {
            opened.Tell(new IDisk.OpenFailed(storage, DiskErrors.Failed("use", spec.Root, $"storage {storage.Value} is open already, or the disk has stopped")));
            return;
        }

        opened.PostFence(Job(opened, DiskJobKind.Open));
    }

    /// <inheritdoc/>
    public bool Write(StorageId storage, ReadOnlySpan<BlockWrite> blocks)
    {
        if (blocks.IsEmpty) return true;
        if (!_storages.TryGetValue(storage, out var target) || _disposed != 0)
        {
            foreach (ref readonly var block in blocks)
            {
                block.First.Release();
                block.Second.Release();
            }

            Interlocked.Add(ref _resources.Tally.JobsRefused, blocks.Length);
            return true;
        }

        var chain = _resources.Jobs.RentChain(blocks.Length);
        var bytes = 0;
        var job = chain;
        foreach (ref readonly var block in blocks)
        {
            job!.Kind = DiskJobKind.Write;
            job.Storage = target;
            job.Block = block.Block;
            job.First = block.First;
            job.Second = block.Second;
            bytes += job.Bytes;
            job = job.Next;
        }

        var goOn = _resources.Pressure.Add(target, bytes);
        target.Post(chain);
        return goOn;
    }

    /// <inheritdoc/>
    public void Restart(StorageId storage, PieceIndex piece)
    {
        if (_storages.TryGetValue(storage, out var target)) PostOnPiece(target, DiskJobKind.Restart, piece);
    }

    /// <inheritdoc/>
    public void HashBlocks(StorageId storage, PieceIndex piece)
    {
        if (!_storages.TryGetValue(storage, out var target)) return;
        if (_resources.TryEnterControl()) PostOnPiece(target, DiskJobKind.HashBlocks, piece);
        else target.Tell(new IDisk.BlockHashes(storage, piece, []));
    }

    /// <inheritdoc/>
    public bool Read(StorageId storage, BlockRequest block, long tag, IActorRef replyTo)
    {
        if (!_storages.TryGetValue(storage, out var target))
        {
            replyTo.Tell(new IDisk.ReadFailed(storage, block, tag, NotOpen(storage)), ActorRefs.NoSender);
            return true;
        }

        if (!_resources.TryEnterRead()) return false;
        var job = Job(target, DiskJobKind.Read);
        job.Block = block;
        job.Tag = tag;
        job.ReplyTo = replyTo;
        target.Post(job);
        return true;
    }

    /// <inheritdoc/>
    public void Check(StorageId storage, Bitfield pieces)
    {
        if (!_storages.TryGetValue(storage, out var target)) return;
        if (!_resources.TryEnterControl())
        {
            target.Tell(new IDisk.Checked(storage, [], Finished: true));
            return;
        }

        var job = Job(target, DiskJobKind.Check);
        job.Check = new CheckRun(target, new Bitfield(pieces), _resources.Settings.CheckTurnBytes);
        target.PostFence(job);
    }

    /// <inheritdoc/>
    public void Flush(StorageId storage, long tag)
    {
        if (!_storages.TryGetValue(storage, out var target)) return;
        if (!_resources.TryEnterControl())
        {
            target.Tell(new IDisk.FlushFailed(storage, tag, DiskErrors.Failed("flush", target.Files.Root, "too many jobs wait; try again later")));
            return;
        }

        var job = Job(target, DiskJobKind.Flush);
        job.Tag = tag;
        target.PostFence(job);
    }

    /// <inheritdoc/>
    public void Move(StorageId storage, string root, MoveKind kind) => PostRelocation(storage, DiskJobKind.Move, root, (long)kind);

    /// <inheritdoc/>
    public void Rename(StorageId storage, int file, string path) => PostRelocation(storage, DiskJobKind.Rename, path, file);

    /// <inheritdoc/>
    public void Delete(StorageId storage)
    {
        if (_storages.TryGetValue(storage, out var target)) target.PostFence(Job(target, DiskJobKind.Delete));
    }

    /// <inheritdoc/>
    public void WriteUntil(string root, long term, long untilTicks) => _resources.Terms.Set(root, term, untilTicks, _resources.Time.GetElapsedTime(0).Ticks);

    /// <inheritdoc/>
    public void Close(StorageId storage)
    {
        if (_storages.TryGetValue(storage, out var target)) target.PostFence(Job(target, DiskJobKind.Close));
    }

    /// <inheritdoc/>
    bool IBlockSource.TryLocate(StorageId storage, BlockRequest block, List<FileSlice> slices, out DiskError? error)
    {
        if (!_storages.TryGetValue(storage, out var target))
        {
            error = NotOpen(storage);
            return false;
        }

        return BlockLocator.TryLocate(target.Files, block, slices, out error);
    }

    /// <inheritdoc/>
    FileWindows IBlockSource.Windows => _resources.Windows;

    /// <inheritdoc/>
    void IBlockSource.ReportReadFailure(StorageId storage, BlockRequest block, DiskError error)
    {
        if (!_storages.TryGetValue(storage, out var target)) return;
        if (target.Geometry.IsValid(block)) target.Files.Evict(target.Geometry.PieceOffset(block.Piece) + block.Begin, block.Length);
        target.Tell(new IDisk.ReadFailed(storage, block, -1, error));
    }

    /// <inheritdoc/>
    void IBlockSource.SlabsRanDry(Func<bool> isDry)
    {
        if (_disposed != 0) return;
        _resources.SlabsRanDry(isDry);

        // Each worker's own job on each storage: so it keeps its place among the fences, which may touch every worker's pieces.
        foreach (var storage in _storages.Values)
        {
            if (!storage.HasPieces) continue;
            for (var worker = 0; worker < _workers.Length; worker++)
            {
                var job = Job(storage, DiskJobKind.LetGo);
                job.Tag = worker;
                storage.Post(job);
            }
        }
    }

    /// <summary>Stops the workers after their turn, drops what is queued and closes every file. No message follows.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        foreach (var worker in _workers) worker.Dispose();
        foreach (var storage in _storages.Values)
        {
            storage.Seal();
            foreach (var piece in storage.AllPieces()) PiecesInProgress.Release(piece, _resources);
            storage.ClearPieces();
        }

        _storages.Clear();
        _resources.Dispose();
    }

    private static DiskError NotOpen(StorageId storage) =>
        new(DiskErrorKind.NotFound, "", $"Storage {storage.Value} is not open; open the torrent first.");

    // Of these, as of closes, a storage has one at a time.
    private void PostRelocation(StorageId storage, DiskJobKind kind, string path, long tag)
    {
        if (!_storages.TryGetValue(storage, out var target)) return;
        var job = Job(target, kind);
        job.Path = path;
        job.Tag = tag;
        target.PostFence(job);
    }

    private void PostOnPiece(DiskStorage target, DiskJobKind kind, PieceIndex piece)
    {
        var job = Job(target, kind);
        job.Block = new BlockRequest(piece, 0, 0);
        target.Post(job);
    }

    private DiskJob Job(DiskStorage storage, DiskJobKind kind)
    {
        var job = _resources.Jobs.RentChain(1);
        job.Kind = kind;
        job.Storage = storage;
        return job;
    }

    private void Forget(DiskStorage storage) => _storages.TryRemove(new KeyValuePair<StorageId, DiskStorage>(storage.Id, storage));
}
