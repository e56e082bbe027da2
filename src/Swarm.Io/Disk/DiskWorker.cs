using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// A thread with a queue. It takes jobs in the order posted, gathers the writes of a turn (bounded by bytes), settles them, or those that need not wait for more (<see cref="WriteBatching"/>), and then tells
/// each storage's owner, once of the writes and once of what was hashed together. All jobs on a piece come to the same worker, which is what keeps their order. A fence settles the turn first,
/// so that nothing of other storages waits for it unreported.
/// A job that fails in a way not foreseen is logged and answered with its failure; the thread goes on.
/// </summary>
internal sealed partial class DiskWorker : IDisposable
{
    private readonly object _gate = new();
    private readonly DiskResources _resources;
    private readonly Action<DiskStorage> _closed;
    private readonly ILogger _logger;
    private readonly TurnReports _reports = new();
    private readonly FileHasher _files;
    private readonly PieceHasher _hasher;
    private readonly PieceWriter _writer;
    private readonly Thread _thread;
    private DiskJob? _head;
    private DiskJob? _tail;
    private bool _idle;
    private volatile bool _stopping;

    /// <summary>A worker whose thread does not run yet.</summary>
    /// <param name="number">Its place among the workers.</param>
    /// <param name="resources">What they share.</param>
    /// <param name="closed">Called when a storage is closed, before its owner is told.</param>
    public DiskWorker(int number, DiskResources resources, Action<DiskStorage> closed)
    {
        _resources = resources;
        _closed = closed;
        _logger = resources.Logger;
        _files = new FileHasher(new BlockReader(), resources.Settings.ReadBufferBytes);
        var pieces = new PiecesInProgress(number, resources);
        _hasher = new PieceHasher(resources, _reports, _files, pieces);
        _writer = new PieceWriter(resources, _reports, pieces, _hasher);
        _thread = new Thread(Run) { IsBackground = true, Name = $"disk-{number}" };
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Appends a chain of jobs.</summary>
    public void Post(DiskJob head, DiskJob tail)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                if (_tail is null) _head = head;
                else _tail.Next = head;
                _tail = tail;
                if (_idle) Monitor.Pulse(_gate);
                return;
            }
        }

        _resources.DropChain(head);
    }

    /// <summary>Ends the thread after its turn; what is queued is dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        if (_thread.IsAlive) _thread.Join();
        _writer.Dispose();
        _hasher.Dispose();
        _files.Dispose();
    }

    private void Run()
    {
        while (TryTakeAll(Sooner(_writer.GatherTimeLeft, _resources.Whole.Left), out var jobs))
        {
            do jobs = Turn(jobs);
            while (jobs is not null && !_stopping);
            _resources.DropChain(jobs);
        }

        var held = _writer.GatheredBytes;
        SettleAll();
        _reports.Tell();
        _resources.Pressure.Remove(held);
    }

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) => one < other ? one : other ?? one;

    /// <summary>Writes and hashes everything. Results are told after the writes that they come of, whichever worker tells them.</summary>
    private void SettleAll()
    {
        _writer.SettleAll();
        _reports.Tell();
        _hasher.SettleAll();
    }

    /// <summary>Waits for jobs and takes them all; none once <paramref name="patience"/> is over. False: the worker is to end.</summary>
    private bool TryTakeAll(TimeSpan? patience, out DiskJob? jobs)
    {
        lock (_gate)
        {
            for (var isOver = false; _head is null && !_stopping && !isOver;)
            {
                _idle = true;
                isOver = !Monitor.Wait(_gate, patience is { } time ? Math.Max(0, (int)Math.Ceiling(time.TotalMilliseconds)) : Timeout.Infinite);
                _idle = false;
            }

            jobs = _head;
            _head = _tail = null;
            if (!_stopping) return true;
            _resources.DropChain(jobs);
            return false;
        }
    }

    /// <summary>Does jobs until the turn's bytes are full or none are left; gives the rest. What was held back and is due is settled with them, or alone.</summary>
    private DiskJob? Turn(DiskJob? jobs)
    {
        var bytes = 0L;
        var held = _writer.GatheredBytes;
        DiskJob? done = null;
        var job = jobs;
        while (job is not null && bytes < job.Storage.Batching.GatherBytes)
        {
            var next = job.Next;
            if (job.Kind == DiskJobKind.Write) bytes += job.Bytes;
            if (Execute(job))
            {
                job.Next = done;
                done = job;
            }

            job = next;
        }

        _writer.SettleDue();
        _reports.Tell();
        _resources.Pressure.Remove(held + bytes - _writer.GatheredBytes);
        _resources.Jobs.ReturnChain(done);
        _hasher.SettleDue();
        _reports.Tell();
        return job;
    }

    /// <summary>Does a job. False: it was posted again and its node is in use.</summary>
    private bool Execute(DiskJob job)
    {
        if (job.IsFence) return ExecuteFence(job);
        var storage = job.Storage;
        _resources.Leave(job.Kind);
        if (job.Kind == DiskJobKind.Write && storage.Failure is null)
        {
            _writer.Add(job);
            return true;
        }

        _reports.Done(storage);
        if (storage.Failure is { } failure)
        {
            Refusal.Answer(job, failure);
            return true;
        }

        try
        {
            ExecuteOnPiece(job);
        }
        catch (Exception e)
        {
            LogUnexpected(e, job.Kind);
            Refusal.Answer(job, DiskErrors.FromException(e, "read", storage.Files.Root));
        }

        return true;
    }

    private void ExecuteOnPiece(DiskJob job)
    {
        switch (job.Kind)
        {
            case DiskJobKind.Restart:
                _writer.Restart(job.Storage, job.Block.Piece);
                break;
            case DiskJobKind.HashBlocks:
                _writer.Settle(job.Storage, job.Block.Piece);
                HashBlocks(job.Storage, job.Block.Piece);
                break;
            case DiskJobKind.Read:
                _writer.Settle(job.Storage, job.Block.Piece);
                Read(job);
                break;
            case DiskJobKind.LetGo:
                _hasher.LetGo(job.Storage);
                break;
            case DiskJobKind.Settle:
                SettleAll();
                break;
            default:
                throw new InvalidOperationException($"{job.Kind} is no job on a piece.");
        }
    }

    private bool ExecuteFence(DiskJob job)
    {
        _writer.SettleAll();
        _reports.Tell();
        var storage = job.Storage;
        try
        {
            if (job.Kind == DiskJobKind.Check && storage.Failure is null && job.Check!.Step(_files))
            {
                // The next run comes after whatever was posted meanwhile.
                job.Next = null;
                Post(job, job);
                return false;
            }

            // One that has begun is finished: half of it would be worse.
            var isChange = job.Kind is DiskJobKind.Move or DiskJobKind.Rename or DiskJobKind.Delete && job.Relocation is null;
            if (isChange && storage.Failure is null && storage.WhyExpired("change") is { } expired)
            {
                Refusal.Answer(job, expired);
                storage.CompleteFence();
                return true;
            }

            if (job.Kind == DiskJobKind.Move && storage.Failure is null && StepOf(job).Step())
            {
                job.Next = null;
                Post(job, job);
                return false;
            }

            if (storage.Failure is { } failure && job.Kind is not (DiskJobKind.Open or DiskJobKind.Close or DiskJobKind.Check)) Refusal.Answer(job, failure);
            else Fence(job);
        }
        catch (Exception e)
        {
            LogUnexpected(e, job.Kind);
            Refusal.Answer(job, DiskErrors.FromException(e, "use", storage.Files.Root));
        }

        if (job.Kind == DiskJobKind.Check && !job.Check!.Leave()) return true;
        _resources.Leave(job.Kind);
        storage.CompleteFence();
        return true;
    }

    private void Fence(DiskJob job)
    {
        switch (job.Kind)
        {
            case DiskJobKind.Open: Open(job.Storage); break;
            case DiskJobKind.Flush: Flush(job.Storage, job.Tag); break;
            case DiskJobKind.Move: Relocated(job.Storage, job.Relocation!.Error); break;
            case DiskJobKind.Rename: Relocated(job.Storage, FileChanges.Rename(job.Storage.Files, (int)job.Tag, job.Path!)); break;
            case DiskJobKind.Delete: Delete(job.Storage); break;
            case DiskJobKind.Close: Close(job.Storage); break;
        }
    }

    private void Open(DiskStorage storage)
    {
        storage.Failure = StorageFiles.WhyUnusable(storage.Files.Spec);
        if (storage.Failure is { } failure)
        {
            _closed(storage);
            storage.Tell(new IDisk.OpenFailed(storage.Id, failure));
            return;
        }

        var device = _resources.Operations.DeviceOf(storage.Files.Root);
        storage.LiesOn(device);
        LogDevice(storage.Files.Root, device.Name, device.Kind, storage.Batching);
        storage.Tell(new IDisk.Opened(storage.Id, storage.Files.Look()));
    }

    private static void Flush(DiskStorage storage, long tag)
    {
        object answer = storage.Files.Flush() is { } error
            ? new IDisk.FlushFailed(storage.Id, tag, error)
            : new IDisk.Flushed(storage.Id, tag, storage.Files.Look());
        storage.Tell(answer);
    }

    private static RelocationRun StepOf(DiskJob job) => job.Relocation ??= new RelocationRun(job.Storage.Files, job.Path!, (MoveKind)job.Tag);

    private static void Relocated(DiskStorage storage, DiskError? error) =>
        storage.Tell(error is null ? new IDisk.Relocated(storage.Id, storage.Files.Look()) : new IDisk.RelocateFailed(storage.Id, error));

    private void Delete(DiskStorage storage)
    {
        foreach (var piece in storage.AllPieces()) PiecesInProgress.Release(piece, _resources);
        storage.ClearPieces();
        storage.Tell(FileChanges.Delete(storage.Files) is { } error ? new IDisk.DeleteFailed(storage.Id, error) : new IDisk.Deleted(storage.Id));
    }

    private void Close(DiskStorage storage)
    {
        foreach (var piece in storage.AllPieces()) PiecesInProgress.Release(piece, _resources);
        storage.ClearPieces();
        storage.Files.CloseAll();
        storage.Seal();
        _resources.Pressure.Forget(storage);
        _closed(storage);
        storage.Tell(new IDisk.StorageClosed(storage.Id));
    }

    private void HashBlocks(DiskStorage storage, PieceIndex piece)
    {
        var geometry = storage.Geometry;
        if (!geometry.Contains(piece))
        {
            storage.Tell(new IDisk.BlockHashes(storage.Id, piece, []));
            return;
        }

        var hashes = ImmutableArray.CreateBuilder<Bytes20>(geometry.BlocksIn(piece));
        Span<byte> hash = stackalloc byte[Bytes20.Size];
        for (var block = 0; block < geometry.BlocksIn(piece); block++)
        {
            var offset = geometry.PieceOffset(piece) + ((long)block * PieceGeometry.BlockSize);
            if (_files.Hash(storage.Files, offset, geometry.BlockLength(piece, new BlockIndex(block)), hash) is not null)
            {
                storage.Tell(new IDisk.BlockHashes(storage.Id, piece, []));
                return;
            }

            hashes.Add(new Bytes20(hash));
        }

        storage.Tell(new IDisk.BlockHashes(storage.Id, piece, hashes.MoveToImmutable()));
    }

    private void Read(DiskJob job)
    {
        var storage = job.Storage;
        if (!storage.Geometry.IsValid(job.Block))
        {
            Refusal.Answer(job, DiskErrors.Failed("read", storage.Files.Root, $"{job.Block} is no part of the torrent"));
            return;
        }

        var slab = _resources.RentSlab(job.Block.Length) ?? Unpooled(job.Block.Length);
        var offset = storage.Geometry.PieceOffset(job.Block.Piece) + job.Block.Begin;
        var read = false;
        try
        {
            var error = _files.Reader.Read(storage.Files, offset, slab.Buffer.AsSpan(0, job.Block.Length));
            read = error is null;
            if (read) job.ReplyTo!.Tell(new IDisk.BlockRead(storage.Id, job.Block, job.Tag, new SlabSlice(slab, 0, job.Block.Length)), ActorRefs.NoSender);
            else Refusal.Answer(job, error!);
        }
        finally
        {
            if (!read) slab.Release();
        }
    }

    /// <summary>The pool is empty: a buffer of the read's own, so that a reader never has to wait for the writers' slabs.</summary>
    private Slab Unpooled(int length)
    {
        Interlocked.Increment(ref _resources.Tally.UnpooledReads);
        var slab = new Slab(new byte[length], static _ => { });
        slab.Rent();
        return slab;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Root} lies on the device {Name} ({Kind}), which is written to by {Batching}.")]
    private partial void LogDevice(string root, string name, DeviceKind kind, WriteBatching batching);

    [LoggerMessage(Level = LogLevel.Error, Message = "A disk job ({Kind}) failed in a way that was not foreseen.")]
    private partial void LogUnexpected(Exception exception, DiskJobKind kind);
}
