using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>What a job is. Those from <see cref="Open"/> on are fences.</summary>
internal enum DiskJobKind
{
    Write,
    Restart,
    HashBlocks,
    Read,
    LetGo,
    Settle,
    Open,
    Check,
    Flush,
    Move,
    Rename,
    Delete,
    Close,
}

/// <summary>
/// One job in a queue: a pooled node, linked into one queue at a time. A <see cref="DiskJobKind.Write"/> owns its slices' references
/// until a worker takes them over or the job is dropped.
/// </summary>
internal sealed class DiskJob
{
    public DiskJob? Next { get; set; }

    public DiskJobKind Kind { get; set; }

    public DiskStorage Storage { get; set; } = null!;

    /// <summary>The block; of a job on a piece only the piece counts.</summary>
    public BlockRequest Block { get; set; }

    public SlabSlice First { get; set; }

    public SlabSlice Second { get; set; }

    /// <summary>The caller's, which comes back with the answer; of <see cref="DiskJobKind.LetGo"/> and <see cref="DiskJobKind.Settle"/> the worker's number.</summary>
    public long Tag { get; set; }

    public IActorRef? ReplyTo { get; set; }

    public CheckRun? Check { get; set; }

    public RelocationRun? Relocation { get; set; }

    /// <summary>Of <see cref="DiskJobKind.Move"/> the new root, of <see cref="DiskJobKind.Rename"/> the file's new path; <see cref="Tag"/> is the kind of move, or the file.</summary>
    public string? Path { get; set; }

    /// <summary>Whether it waits for every earlier job of its storage and holds later ones.</summary>
    public bool IsFence => Kind >= DiskJobKind.Open;

    /// <summary>The bytes of a write.</summary>
    public int Bytes => First.Length + Second.Length;

    /// <summary>Gives a write's slices back.</summary>
    public void ReleaseSlices()
    {
        First.Release();
        Second.Release();
        First = Second = default;
    }
}

/// <summary>Free job nodes: as many as writes under the high-water mark need are kept, further ones are left to the collector.</summary>
internal sealed class DiskJobPool
{
    private readonly Lock _gate = new();
    private readonly int _limit;
    private DiskJob? _free;
    private int _count;

    public DiskJobPool(int limit) => _limit = limit;

    /// <summary>A chain of <paramref name="count"/> nodes.</summary>
    public DiskJob RentChain(int count)
    {
        DiskJob? chain = null;
        lock (_gate)
        {
            for (; count > 0 && _free is { } job; count--)
            {
                _free = job.Next;
                _count--;
                job.Next = chain;
                chain = job;
            }
        }

        for (; count > 0; count--) chain = new DiskJob { Next = chain };
        return chain!;
    }

    /// <summary>Takes a chain of nodes back.</summary>
    public void ReturnChain(DiskJob? chain)
    {
        if (chain is null) return;
        lock (_gate)
        {
            while (chain is { } job)
            {
                chain = job.Next;
                job.Storage = null!;
                job.First = job.Second = default;
                job.ReplyTo = null;
                job.Check = null;
                job.Relocation?.Dispose();
                job.Relocation = null;
                job.Path = null;
                job.Next = null;
                if (_count >= _limit) continue;
                job.Next = _free;
                _free = job;
                _count++;
            }
        }
    }
}
