namespace Swarm.Io.Net;

/// <summary>
/// Collects what a burst left behind once the process is quiet. The collector itself waits until its budget, megabytes, is full, which in a process that then does nothing is hours: five hundred connections that were greeted
/// and say nothing would hold as much garbage as they hold objects. Asked at every sweep, by its thread alone.
/// Always holds: it says yes only if less was allocated since the last sweep than <see cref="QuietBytes"/>, so nobody who is busy is stopped, and more than <see cref="WorthBytes"/> since the last collection of whatever kind, so a process at rest is left alone.
/// </summary>
internal sealed class IdleHeap
{
    /// <summary>Allocated between two sweeps by a process that is at rest: beats, timers, a question now and then.</summary>
    public const long QuietBytes = 256 << 10;

    /// <summary>Garbage that is worth a collection of the young.</summary>
    public const long WorthBytes = 1 << 20;

    private long _allocated;
    private long _allocatedAtCollection;
    private long _collections;

    /// <summary>Whether to collect now. <paramref name="allocated"/>: bytes allocated by the process so far; <paramref name="collections"/>: collections so far.</summary>
    public bool IsDue(long allocated, long collections)
    {
        var sinceSweep = allocated - _allocated;
        _allocated = allocated;
        if (collections != _collections) (_collections, _allocatedAtCollection) = (collections, allocated);
        if (sinceSweep >= QuietBytes || allocated - _allocatedAtCollection < WorthBytes) return false;
        _allocatedAtCollection = allocated;
        return true;
    }

    /// <summary>Collects if it is due.</summary>
    public void Sweep()
    {
        if (IsDue(GC.GetTotalAllocatedBytes(), GC.CollectionCount(0))) GC.Collect(1, GCCollectionMode.Forced, blocking: true, compacting: true);
    }
}
