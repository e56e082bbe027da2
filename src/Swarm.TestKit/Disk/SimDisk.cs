using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Disk;

/// <summary>
/// The disk of one simulated node, behind the port that the production actors use, in virtual time. It outlives its node: a world crashes it (<see cref="Crash"/>, <see cref="Kill"/>), gives it the
/// slabs of the process that starts next, and the files are what the crash left.
/// <para>What is kept. A torrent's bytes are computed (<see cref="Know"/>), so a right block costs a reference; only bytes that are wrong, or of a torrent that is not known, are kept. Every file has
/// two images: what processes see, and what a power loss leaves. A write changes the first, a flush copies it to the second.</para>
/// <para>What always holds: everything that <see cref="IDisk"/> promises. Within that the seed does as it likes: jobs of different pieces overtake each other, turns are large or small, checks report out
/// of order. A flush forces out the files that were written through its own storage since it was opened, or that a check of it found right bytes in, and nothing else that an earlier process left in the cache.</para>
/// <para>How it fails: as <see cref="SimDiskSettings"/> says, and as it is told (<see cref="Break"/>, <see cref="Stall"/>, <see cref="Rot()"/>, an outside hand). Every queue has its limit there but that
/// of restarts and closes, as with the real disk. Everything follows from the seed and the calls.</para>
/// </summary>
public sealed partial class SimDisk : IDisk, IBlockReader
{
    private readonly List<SimContent> _contents = [];
    private readonly SortedDictionary<long, SimStorage> _storages = [];
    private readonly Dictionary<(string Root, InfoHash Torrent), WorkTally> _tallies;
    private readonly WriteTerms _terms = new();
    private bool _isShared;
    private readonly Random _random;
    private readonly SimVolume _volume;
    private readonly SimPressure _pressure;
    private readonly DiskWork _work;
    private readonly SimTurns _turns;
    private long _jobsRefused;

    /// <summary>An empty disk.</summary>
    /// <param name="simulation">Whose time it keeps.</param>
    /// <param name="random">What decides everything that may be one way or another.</param>
    /// <param name="settings">What it is like.</param>
    /// <param name="slabs">Where the slabs of reads come from.</param>
    /// <param name="files">The disk whose files it sees, as a machine sees those of a file server; null: it has its own. What such machines have written is with the server: a power loss of one takes only what it had not done.</param>
    public SimDisk(Simulation simulation, Random random, SimDiskSettings settings, SlabLedger slabs, SimDisk? files = null)
    {
        Clock = simulation.Time;
        if (files is not null) files._isShared = _isShared = true;
        _tallies = files?._tallies ?? [];
        Settings = settings;
        Slabs = slabs;
        _random = random;
        _volume = files?._volume ?? new SimVolume(random, () => Settings, simulation.Time);
        _pressure = new SimPressure(() => Settings);
        _work = new DiskWork(_volume, _pressure, random, () => Settings, () => Slabs, storage => _storages.Remove(storage.Id.Value), FollowTally, storage => Wrote?.Invoke(storage.Content, storage.Spec.Root));
        _turns = new SimTurns(simulation, random, () => Settings, _work);
    }

    /// <summary>What it is like and what goes wrong with it; may be replaced at any time.</summary>
    public SimDiskSettings Settings { get; set; }

    /// <summary>The slabs of the process that runs now; a node that starts again brings its own.</summary>
    public SlabLedger Slabs { get; set; }

    /// <summary>The clock of the machine, by which <see cref="WriteUntil"/> is meant.</summary>
    public TimeProvider Clock { get; set; }

    /// <summary>Called after each write that reached a file: the content, where it is known, and the root of its storage.</summary>
    public Action<SimContent?, string>? Wrote { get; set; }

    /// <summary>Tells of a content, before a storage of it is opened: its bytes are then computed and not kept.</summary>
    public void Know(SimContent content)
    {
        if (!_contents.Contains(content)) _contents.Add(content);
    }

    /// <inheritdoc/>
    public void Open(StorageId storage, StorageSpec spec, IActorRef owner)
    {
        var content = _contents.Find(known => known.Geometry == spec.Layout.Geometry && known.Metainfo.PieceHashes!.Memory.Span.SequenceEqual(spec.PieceHashes.Span));
        var opened = new SimStorage(storage, spec, owner, content, content is null ? new WorkTally(spec.Layout.Geometry.PieceCount) : TallyOf(content, spec.Root), _turns, MayWrite(_terms.Of(spec.Root)));
        if (_storages.TryAdd(storage.Value, opened)) PostFence(opened, new SimDiskJob(SimDiskJobKind.Open, opened));
        else opened.Tell(new IDisk.OpenFailed(storage, SimDiskErrors.Failed(spec.Root, $"storage {storage.Value} is open already")));
    }

    /// <inheritdoc/>
    public bool Write(StorageId storage, ReadOnlySpan<BlockWrite> blocks)
    {
        var goOn = true;
        foreach (var block in blocks)
        {
            if (!_storages.TryGetValue(storage.Value, out var target))
            {
                block.First.Release();
                block.Second.Release();
                _jobsRefused++;
                continue;
            }

            var job = new SimDiskJob(SimDiskJobKind.Write, target) { Block = block.Block, First = block.First, Second = block.Second };
            goOn = _pressure.Add(target, job.Bytes);
            target.Post(job);
        }

        return goOn;
    }

    /// <inheritdoc/>
    public void Restart(StorageId storage, PieceIndex piece)
    {
        if (_storages.TryGetValue(storage.Value, out var target)) target.Post(OnPiece(SimDiskJobKind.Restart, target, piece));
    }

    /// <inheritdoc/>
    public void HashBlocks(StorageId storage, PieceIndex piece)
    {
        if (!_storages.TryGetValue(storage.Value, out var target)) return;
        if (TryEnterControl()) target.Post(OnPiece(SimDiskJobKind.HashBlocks, target, piece));
        else target.Tell(new IDisk.BlockHashes(storage, piece, []));
    }

    /// <inheritdoc/>
    public bool Read(StorageId storage, BlockRequest block, long tag, IActorRef replyTo)
    {
        if (!_storages.TryGetValue(storage.Value, out var target))
        {
            replyTo.Tell(new IDisk.ReadFailed(storage, block, tag, SimDiskErrors.NotOpen(storage)), ActorRefs.NoSender);
            return true;
        }

        if (_work.QueuedReads >= Settings.MaxQueuedReads)
        {
            _jobsRefused++;
            return false;
        }

        _work.QueuedReads++;
        target.Post(new SimDiskJob(SimDiskJobKind.Read, target) { Block = block, Tag = tag, ReplyTo = replyTo });
        return true;
    }

    /// <inheritdoc/>
    public void Check(StorageId storage, Bitfield pieces)
    {
        if (!_storages.TryGetValue(storage.Value, out var target)) return;
        if (TryEnterControl()) PostFence(target, new SimDiskJob(SimDiskJobKind.Check, target) { Check = RunsOf(pieces, Math.Max(1, Settings.CheckTurnBytes / target.Geometry.PieceLength)) });
        else target.Tell(new IDisk.Checked(storage, [], Finished: true));
    }

    /// <inheritdoc/>
    public void Flush(StorageId storage, long tag)
    {
        if (!_storages.TryGetValue(storage.Value, out var target)) return;
        if (TryEnterControl()) PostFence(target, new SimDiskJob(SimDiskJobKind.Flush, target) { Tag = tag });
        else target.Tell(new IDisk.FlushFailed(storage, tag, SimDiskErrors.Failed(target.Spec.Root, "too many jobs wait; try again later")));
    }

    /// <inheritdoc/>
    public void Move(StorageId storage, string root, MoveKind kind)
    {
        if (_storages.TryGetValue(storage.Value, out var target)) PostFence(target, new SimDiskJob(SimDiskJobKind.Move, target) { Path = root.TrimEnd('/'), Tag = (long)kind });
    }

    /// <inheritdoc/>
    public void Rename(StorageId storage, int file, string path)
    {
        if (_storages.TryGetValue(storage.Value, out var target)) PostFence(target, new SimDiskJob(SimDiskJobKind.Rename, target) { Path = path, Tag = file });
    }

    /// <inheritdoc/>
    public void Delete(StorageId storage)
    {
        if (_storages.TryGetValue(storage.Value, out var target)) PostFence(target, new SimDiskJob(SimDiskJobKind.Delete, target));
    }

    /// <inheritdoc/>
    public void WriteUntil(string root, long term, long untilTicks) => _terms.Set(root, term, untilTicks, Clock.GetElapsedTime(0).Ticks);

    /// <inheritdoc/>
    public void Close(StorageId storage)
    {
        if (_storages.TryGetValue(storage.Value, out var target)) PostFence(target, new SimDiskJob(SimDiskJobKind.Close, target));
    }

    /// <inheritdoc/>
    public bool TryRead(StorageId storage, BlockRequest block, Span<byte> destination)
    {
        if (!_storages.TryGetValue(storage.Value, out var target)) return false;
        if ((target.Failure ?? _work.Read(target, block, destination)) is not { } error) return true;
        target.Tell(new IDisk.ReadFailed(storage, block, -1, error));
        return false;
    }

    private Func<bool> MayWrite(WriteTerm? term) => term is null ? static () => true : () => Settings.IgnoresTerms || term.Allows(Clock.GetElapsedTime(0).Ticks);

    private static SimDiskJob OnPiece(SimDiskJobKind kind, SimStorage target, PieceIndex piece) => new(kind, target) { Block = new BlockRequest(piece, 0, 0) };

    private static List<List<PieceIndex>> RunsOf(Bitfield pieces, int piecesPerRun)
    {
        var runs = new List<List<PieceIndex>>();
        for (var piece = pieces.NextSet(0); piece >= 0; piece = piece + 1 < pieces.Length ? pieces.NextSet(piece + 1) : -1)
        {
            if (runs.Count == 0 || runs[^1].Count == piecesPerRun) runs.Add([]);
            runs[^1].Add(new PieceIndex(piece));
        }

        return runs;
    }

    private void PostFence(SimStorage target, SimDiskJob fence) => target.PostFence(fence, _turns.CheckOf(target));

    private bool TryEnterControl()
    {
        if (_work.QueuedControls < Settings.MaxQueuedControls)
        {
            _work.QueuedControls++;
            return true;
        }

        _jobsRefused++;
        return false;
    }

    // The work on the pieces goes where the files go, and is still told of the place where they were: whoever counts learns of a move later.
    private void FollowTally(SimStorage moved)
    {
        if (moved.Content is { } content) _tallies[(moved.Spec.Root.TrimEnd('/'), content.Torrent)] = moved.Tally;
    }

    private WorkTally TallyOf(SimContent content, string root)
    {
        var key = (root.TrimEnd('/'), content.Torrent);
        if (_tallies.TryGetValue(key, out var tally)) return tally;
        tally = new WorkTally(content.Geometry.PieceCount);
        _tallies.Add(key, tally);
        return tally;
    }
}
