using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.TestKit.Content;

namespace Swarm.TestKit.Disk;

/// <summary>
/// An open storage: its owner, where its files lie, its pieces in progress, and the gate that keeps its jobs in order.
/// <para>The gate. Ordinary jobs go to the lane of their piece and are counted as under way. A fence waits among the held jobs until nothing is under way, then runs alone; whatever is posted behind
/// it is held until it is through. A lane is a queue of one piece: its jobs are done in their order, and between lanes there is no order.</para>
/// </summary>
internal sealed class SimStorage
{
    private readonly IActorRef _owner;
    private readonly SimTurns _turns;
    private string[] _paths;
    private readonly bool[] _written;
    private readonly bool[] _reserved;
    private readonly Dictionary<int, PieceProgress> _pieces = [];
    private readonly Dictionary<int, DiskLane> _lanes = [];
    private readonly Queue<SimDiskJob> _held = new();
    private int _underWay;
    private bool _fenced;

    public SimStorage(StorageId id, StorageSpec spec, IActorRef owner, SimContent? content, WorkTally tally, SimTurns turns, Func<bool> mayWrite)
    {
        MayWrite = mayWrite;
        Id = id;
        Spec = spec;
        Content = content;
        Tally = tally;
        _owner = owner;
        _turns = turns;
        _paths = PathsOf(spec);
        _written = new bool[_paths.Length];
        _reserved = new bool[_paths.Length];
    }

    public StorageId Id { get; }

    /// <summary>Whether the term that it was opened in has not ended.</summary>
    public Func<bool> MayWrite { get; }

    public StorageSpec Spec { get; private set; }

    /// <summary>The content it is to hold, where that is known.</summary>
    public SimContent? Content { get; }

    /// <summary>What was done with its pieces, ever.</summary>
    public WorkTally Tally { get; }

    public ContentLayout Layout => Spec.Layout;

    public PieceGeometry Geometry => Spec.Layout.Geometry;

    /// <summary>Why it cannot be used; set while it opens.</summary>
    public DiskError? Failure { get; set; }

    /// <summary>Whether its owner was told to hold back and has not been told to go on.</summary>
    public bool AwaitsDrain { get; set; }

    /// <summary>Whether its empty files were made.</summary>
    public bool IsPrepared { get; set; }

    public bool IsClosed { get; private set; }

    /// <summary>Jobs that are held behind a fence, or are fences that wait.</summary>
    public int Held => _held.Count;

    /// <summary>The files written, or found right by a check, since the last flush that took, in layout order.</summary>
    public IEnumerable<int> WrittenFiles => Enumerable.Range(0, _written.Length).Where(file => _written[file]);

    /// <summary>Tells the owner; the disk is no actor, so there is no sender.</summary>
    public void Tell(object message) => _owner.Tell(message, ActorRefs.NoSender);

    public string PathOf(int file) => _paths[file];

    public FilePlace PlaceOf(int file) => new(_paths[file], Content, Layout.Files[file].Offset, Layout.Files[file].Length);

    /// <summary>Its files lie elsewhere, or are called otherwise, from now on.</summary>
    public void LieAt(StorageSpec spec)
    {
        Spec = spec;
        _paths = PathsOf(spec);
    }

    public void MarkWritten(int file) => _written[file] = true;

    /// <summary>The files of a piece are to be forced out by the next flush, as if they had been written.</summary>
    public void MarkWritten(PieceIndex piece)
    {
        var regions = new List<FileRegion>();
        Layout.RegionsOf(Geometry.PieceOffset(piece), Geometry.PieceSize(piece), regions);
        foreach (var region in regions) _written[region.File] |= !Layout.Files[region.File].IsPad;
    }

    public void MarkFlushed(int file) => _written[file] = false;

    /// <summary>Whether the file's room is still to be reserved.</summary>
    public bool WantsRoom(int file) => Spec.Allocation == FileAllocation.Full && !_reserved[file];

    public void MarkReserved(int file) => _reserved[file] = true;

    public PieceProgress ProgressOf(PieceIndex piece)
    {
        if (_pieces.TryGetValue(piece.Value, out var progress)) return progress;
        progress = new PieceProgress(Geometry.BlocksIn(piece));
        _pieces.Add(piece.Value, progress);
        return progress;
    }

    /// <summary>Forgets which blocks a piece has.</summary>
    public void Forget(PieceIndex piece) => _pieces.Remove(piece.Value);

    /// <summary>Posts an ordinary job.</summary>
    public void Post(SimDiskJob job)
    {
        if (_fenced || _held.Count > 0) _held.Enqueue(job);
        else Dispatch(job);
    }

    /// <summary>Posts a fence. A close also ends the checks that run or wait: nobody is left to use their results.</summary>
    public void PostFence(SimDiskJob fence, SimDiskJob? running)
    {
        if (fence.Kind == SimDiskJobKind.Close)
        {
            running?.Check.Clear();
            foreach (var job in _held) job.Check.Clear();
        }

        _held.Enqueue(fence);
        Advance();
    }

    /// <summary>Ordinary jobs of a lane are done, and their answers told.</summary>
    public void Complete(DiskLane lane, int jobs)
    {
        _underWay -= jobs;
        if (lane.Jobs.Count == 0) _lanes.Remove(lane.Piece);
        Advance();
    }

    /// <summary>The running fence is through, and its answer told.</summary>
    public void CompleteFence()
    {
        _fenced = false;
        Advance();
    }

    /// <summary>Takes no more jobs and gives those that are held, to be dropped.</summary>
    public ImmutableArray<SimDiskJob> Seal()
    {
        IsClosed = true;
        ImmutableArray<SimDiskJob> dropped = [.. _held];
        _held.Clear();
        return dropped;
    }

    private static string[] PathsOf(StorageSpec spec) => [.. spec.Layout.Files.Select(file => SimPaths.Join(spec.Root, file.Path))];

    private void Advance()
    {
        while (!_fenced && _held.TryPeek(out var next))
        {
            if (next.IsFence && _underWay > 0) return;
            _held.Dequeue();
            if (!next.IsFence)
            {
                Dispatch(next);
                continue;
            }

            _fenced = true;
            var lane = new DiskLane(this, -1);
            lane.Jobs.Enqueue(next);
            _turns.Add(lane);
        }
    }

    private void Dispatch(SimDiskJob job)
    {
        _underWay++;
        var piece = job.Block.Piece.Value;
        if (_lanes.TryGetValue(piece, out var lane))
        {
            lane.Jobs.Enqueue(job);
            return;
        }

        lane = new DiskLane(this, piece);
        lane.Jobs.Enqueue(job);
        _lanes.Add(piece, lane);
        _turns.Add(lane);
    }
}

/// <summary>The jobs of one piece that wait, or one fence.</summary>
internal sealed class DiskLane(SimStorage storage, int piece)
{
    public SimStorage Storage { get; } = storage;

    public int Piece { get; } = piece;

    public Queue<SimDiskJob> Jobs { get; } = new();
}

/// <summary>Which blocks of a piece came since it was begun, and whether all of them were right.</summary>
internal sealed class PieceProgress(int blocks)
{
    private readonly Bitfield _have = new(blocks);

    public bool AllRight { get; set; } = true;

    public bool IsComplete => _have.IsFull;

    /// <summary>Notes a block. False: it was there already.</summary>
    public bool TryTake(BlockIndex block) => _have.Add(new PieceIndex(block.Value));
}
