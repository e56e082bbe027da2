using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Disk;

/// <summary>
/// An open storage: its owner, its files, its pieces in progress, and the gate that keeps its jobs in order.
/// <para>
/// The gate. Ordinary jobs go straight to their piece's worker and are counted as under way. A fence waits in the held queue until nothing
/// is under way, then runs alone; whatever is posted behind it is held until it is through. So a fence costs other storages nothing, and
/// with no fence about a job costs one lock.
/// </para>
/// <see cref="PiecesOf"/> belongs to one worker each; a fence may touch them all, since the workers are then done with the storage.
/// </summary>
internal sealed class DiskStorage
{
    private readonly Lock _gate = new();
    private readonly DiskWorker[] _workers;
    private readonly DiskResources _resources;
    private readonly IActorRef _owner;
    private Dictionary<int, PieceProgress>?[]? _pieces;
    private DiskJob? _heldHead;
    private DiskJob? _heldTail;
    private int _underWay;
    private bool _fenced;
    private bool _closed;
    private CheckRun? _check;
    private readonly WriteTerm? _term;
    private volatile bool _awaitsDrain;
    private DiskWorker? _only;
    private bool _hasSettled;

    public DiskStorage(StorageId id, StorageSpec spec, IActorRef owner, DiskWorker[] workers, DiskResources resources)
    {
        Id = id;
        _owner = owner;
        _workers = workers;
        _resources = resources;
        _term = resources.Terms.Of(spec.Root);
        Batching = WriteBatching.For(DeviceKind.Unknown, resources.Settings);
        Files = new StorageFiles(id, spec, resources.Operations, resources.Handles, resources.Logger);
    }

    public StorageId Id { get; }

    public StorageFiles Files { get; }

    public PieceGeometry Geometry => Files.Layout.Geometry;

    /// <summary>Why it cannot be used; set while it opens, before any other job of it runs.</summary>
    public DiskError? Failure { get; set; }

    /// <summary>Whether its owner was told to hold back and has not been told to go on.</summary>
    public bool AwaitsDrain
    {
        get => _awaitsDrain;
        set => _awaitsDrain = value;
    }

    /// <summary>Why nothing may be written at this moment, or null: the term that it was opened in has ended.</summary>
    public DiskError? WhyExpired(string doing) => _term is null || _term.Allows(_resources.Time.GetElapsedTime(0).Ticks) ? null : DiskErrors.Expired(doing, Files.Root);

    /// <summary>How its blocks are gathered. Set while it opens.</summary>
    public WriteBatching Batching { get; private set; }

    /// <summary>Says what its files lie on, while it opens. It stays with that when it is moved: its pieces in progress are its worker's.</summary>
    public void LiesOn(DeviceTraits device)
    {
        Batching = WriteBatching.For(device.Kind, _resources.Settings);
        if (Batching.HasOneWorker) _only = _workers[_resources.NumberOf(device) % _workers.Length];
    }

    /// <summary>Tells the owner; the disk is no actor, so there is no sender.</summary>
    public void Tell(object message) => _owner.Tell(message, ActorRefs.NoSender);

    /// <summary>The pieces in progress of one worker.</summary>
    public Dictionary<int, PieceProgress> PiecesOf(int worker)
    {
        var all = Volatile.Read(ref _pieces) ?? Interlocked.CompareExchange(ref _pieces, new Dictionary<int, PieceProgress>?[_workers.Length], null) ?? _pieces;
        return all[worker] ??= [];
    }

    /// <summary>Whether anything was ever written through it since it was opened.</summary>
    public bool HasPieces => Volatile.Read(ref _pieces) is not null;

    /// <summary>Every piece in progress; only in a fence.</summary>
    public IEnumerable<PieceProgress> AllPieces() => _pieces is null ? [] : _pieces.Where(p => p is not null).SelectMany(p => p!.Values);

    /// <summary>Forgets every piece in progress; only in a fence.</summary>
    public void ClearPieces() => _pieces = null;

    /// <summary>Posts a chain of ordinary jobs of this storage.</summary>
    public void Post(DiskJob chain)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                if (_fenced || _heldHead is not null) Hold(chain);
                else Dispatch(chain);
                return;
            }
        }

        // Outside of the lock: a slab that is given back serves whoever waits for one.
        _resources.DropChain(chain);
    }

    /// <summary>Posts a fence. <see cref="DiskJobKind.Close"/> also ends a check that runs or waits: nobody is left to use its results.</summary>
    public void PostFence(DiskJob fence)
    {
        lock (_gate)
        {
            if (_closed)
            {
                _resources.DropChain(fence);
                return;
            }

            if (fence.Kind == DiskJobKind.Close)
            {
                _check?.Cancel();
                for (var job = _heldHead; job is not null; job = job.Next) job.Check?.Cancel();
            }

            Hold(fence);
            Advance();
        }
    }

    /// <summary>Ordinary jobs are done, and their answers told.</summary>
    public void Complete(int jobs)
    {
        lock (_gate)
        {
            _underWay -= jobs;
            Advance();
        }
    }

    /// <summary>The running fence is through, and its answer told.</summary>
    public void CompleteFence()
    {
        lock (_gate)
        {
            _fenced = false;
            _check = null;
            Advance();
        }
    }

    /// <summary>Takes no more jobs, and drops those that are held: the end, whether by close or because the engine stops.</summary>
    public void Seal()
    {
        DiskJob? held;
        lock (_gate)
        {
            _closed = true;
            _check?.Cancel();
            held = _heldHead;
            _heldHead = _heldTail = null;
        }

        _resources.DropChain(held);
    }

    private DiskWorker WorkerOf(PieceIndex piece) => _only ?? _workers[(int)((uint)((int)Id.Value + piece.Value) % (uint)_workers.Length)];

    private DiskWorker WorkerOf(DiskJob job) => job.Kind is DiskJobKind.LetGo or DiskJobKind.Settle ? _workers[(int)job.Tag] : WorkerOf(job.Block.Piece);

    private void Hold(DiskJob chain)
    {
        if (_heldTail is null) _heldHead = chain;
        else _heldTail.Next = chain;
        _heldTail = chain;
        while (_heldTail.Next is { } next) _heldTail = next;
    }

    /// <summary>Starts the held jobs up to and including a fence, as far as they may run.</summary>
    private void Advance()
    {
        while (!_fenced && _heldHead is { } head)
        {
            if (head.IsFence)
            {
                if (_underWay > 0)
                {
                    SettleForFence();
                    return;
                }

                _heldHead = head.Next;
                if (_heldHead is null) _heldTail = null;
                head.Next = null;
                _fenced = true;
                _hasSettled = false;
                Start(head);
                return;
            }

            var last = head;
            while (last.Next is { IsFence: false } next) last = next;
            _heldHead = last.Next;
            if (_heldHead is null) _heldTail = null;
            last.Next = null;
            Dispatch(head);
        }
    }

    /// <summary>Has what is held back written, and whole pieces hashed that wait for others, once for a fence that waits: else it would wait as long as those may.</summary>
    private void SettleForFence()
    {
        if (_hasSettled) return;
        _hasSettled = true;
        var chain = _resources.Jobs.RentChain(_workers.Length);
        var worker = 0;
        for (var job = chain; job is not null; job = job.Next)
        {
            job.Kind = DiskJobKind.Settle;
            job.Storage = this;
            job.Tag = worker++;
        }

        Dispatch(chain);
    }

    private void Start(DiskJob fence)
    {
        if (fence.Check is not { } check)
        {
            WorkerOf(default(PieceIndex)).Post(fence, fence);
            return;
        }

        _check = check;
        var parts = Math.Min(_workers.Length, _resources.Settings.CheckWorkers);
        check.Begin(parts);
        fence.Next = parts > 1 ? _resources.Jobs.RentChain(parts - 1) : null;
        for (var worker = 0; worker < parts; worker++)
        {
            var part = fence;
            fence = part.Next!;
            part.Next = null;
            part.Kind = DiskJobKind.Check;
            part.Storage = this;
            part.Check = check;
            _workers[worker].Post(part, part);
        }
    }

    /// <summary>Hands a chain to the workers, neighbours for the same worker together.</summary>
    private void Dispatch(DiskJob chain)
    {
        for (DiskJob? head = chain; head is not null;)
        {
            var worker = WorkerOf(head);
            var tail = head;
            _underWay++;
            while (tail.Next is { } next && WorkerOf(next) == worker)
            {
                tail = next;
                _underWay++;
            }

            var rest = tail.Next;
            tail.Next = null;
            worker.Post(head, tail);
            head = rest;
        }
    }
}
