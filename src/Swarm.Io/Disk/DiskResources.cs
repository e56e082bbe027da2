using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Disk;

/// <summary>What the workers of one engine share. Each member is safe from any thread.</summary>
internal sealed class DiskResources : IDisposable
{
    private volatile Func<bool>? _slabsAreDry;
    private int _queuedReads;
    private int _queuedControls;
    private readonly Lock _devicesGate = new();
    private readonly Dictionary<string, int> _devices = new(StringComparer.Ordinal);

    public DiskResources(DiskSettings settings, FileOperations operations, Func<int, Slab?> rentSlab, ILogger logger, TimeProvider time)
    {
        Time = time;
        Settings = settings.Validated();
        Operations = operations;
        RentSlab = rentSlab;
        Logger = logger;
        Windows = new FileWindows(settings, Tally);
        Handles = new HandleCache(settings.MaxOpenFiles, Windows.Forget);
        Pressure = new DiskPressure(settings);
        Reorder = new SlabBudget(settings.ReorderBytes);
        Together = new SlabBudget(settings.HashTogetherBytes);
        Whole = new WholePieces(time, settings.HashTogetherTime);
        Hashes = new HashPool(settings.MaxRunningHashes);
        Jobs = new DiskJobPool((int)Math.Min(1 << 20, settings.HighWaterBytes / PieceGeometry.BlockSize) + 64);
    }

    public DiskSettings Settings { get; }

    public FileOperations Operations { get; }

    /// <summary>The clock by which write terms end: the one that those who set them go by.</summary>
    public TimeProvider Time { get; }

    /// <summary>Until when there may be written where.</summary>
    public WriteTerms Terms { get; } = new();

    public Func<int, Slab?> RentSlab { get; }

    public ILogger Logger { get; }

    public FileWindows Windows { get; }

    public HandleCache Handles { get; }

    public DiskPressure Pressure { get; }

    /// <summary>What blocks ahead of a running hash hold on to.</summary>
    public SlabBudget Reorder { get; }

    /// <summary>What blocks of pieces that are to be hashed together hold on to.</summary>
    public SlabBudget Together { get; }

    /// <summary>Whole pieces that wait to be hashed together.</summary>
    public WholePieces Whole { get; }

    public HashPool Hashes { get; }

    public DiskJobPool Jobs { get; }

    public DiskTally Tally { get; } = new();

    /// <summary>Whether links wait for slabs, so that none is to be held here that can be done without.</summary>
    public bool SlabsAreDry => _slabsAreDry?.Invoke() == true;

    /// <summary>Whether pieces of a length are hashed together: the processor can, enough of them to make it worthwhile have room, and no link waits for a slab.</summary>
    public bool MayHashTogether(int pieceLength) => LaneHasher.IsWorthwhile(Settings.HashTogetherBytes, pieceLength) && !SlabsAreDry;

    /// <summary>What the blocks of a piece count in that are in memory after they were written.</summary>
    public SlabBudget BudgetOf(HashWay way) => way == HashWay.Together ? Together : Reorder;

    /// <summary>Links have begun to wait; <paramref name="isDry"/> says how long.</summary>
    public void SlabsRanDry(Func<bool> isDry) => _slabsAreDry = isDry;

    /// <summary>A number for a device, the same whenever it is asked for: they are counted as they come up. As many are remembered as the system has devices that were written to.</summary>
    public int NumberOf(DeviceTraits device)
    {
        lock (_devicesGate)
        {
            if (!_devices.TryGetValue(device.Name, out var number)) _devices.Add(device.Name, number = _devices.Count);
            return number;
        }
    }

    /// <summary>Makes room for a read in the queues. False: there is none.</summary>
    public bool TryEnterRead() => TryEnter(ref _queuedReads, Settings.MaxQueuedReads);

    /// <summary>Makes room for a check, a flush or a block hashing. False: there is none.</summary>
    public bool TryEnterControl() => TryEnter(ref _queuedControls, Settings.MaxQueuedControls);

    /// <summary>The job is through, one way or another: its place in the bounds is free again.</summary>
    public void Leave(DiskJobKind kind)
    {
        if (kind == DiskJobKind.Read) Interlocked.Decrement(ref _queuedReads);
        if (kind is DiskJobKind.HashBlocks or DiskJobKind.Flush or DiskJobKind.Check) Interlocked.Decrement(ref _queuedControls);
    }

    /// <summary>Lets a job go that nobody is to hear of any more: its storage is closed, or the engine is.</summary>
    public void Drop(DiskJob job)
    {
        Interlocked.Increment(ref Tally.JobsRefused);
        Leave(job.Kind);
        if (job.Kind != DiskJobKind.Write) return;
        Pressure.Remove(job.Bytes);
        job.ReleaseSlices();
    }

    /// <summary>Drops a chain of jobs and takes the nodes back.</summary>
    public void DropChain(DiskJob? chain)
    {
        for (var job = chain; job is not null; job = job.Next) Drop(job);
        Jobs.ReturnChain(chain);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Handles.Dispose();
        Windows.Dispose();
        Hashes.Dispose();
    }

    private bool TryEnter(ref int count, int limit)
    {
        if (Interlocked.Increment(ref count) <= limit) return true;
        Interlocked.Decrement(ref count);
        Interlocked.Increment(ref Tally.JobsRefused);
        return false;
    }
}
