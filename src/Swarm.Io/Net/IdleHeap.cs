namespace Swarm.Io.Net;

/// <summary>
/// Gives the memory that a burst left behind back to the system once the process is quiet. The collector itself waits until its budget is full, which in a process that then does nothing is hours, and what it has emptied it keeps for the next
/// burst: a thousand connections that were greeted and say nothing would hold twice as much garbage as objects. Asked at every sweep, by its thread alone.
/// <para>
/// Always holds: it says yes only after <see cref="QuietSweeps"/> sweeps in a row in each of which less was allocated than <see cref="QuietBytes"/> and less was moved by links than <see cref="QuietMoved"/>, so nobody who is busy is stopped;
/// and only if since it last said yes more was allocated than <see cref="WorthBytes"/> and than a quarter of what was in use then, so a process at rest is left alone, and a full collection of a large heap, which takes time by what lives, comes so much more rarely.
/// </para>
/// </summary>
internal sealed class IdleHeap
{
    /// <summary>Allocated between two sweeps by a process that is at rest: beats, timers, a question now and then.</summary>
    public const long QuietBytes = 256 << 10;

    /// <summary>Bytes of links' streams between two sweeps when nothing is being transferred: keep-alives, haves.</summary>
    public const long QuietMoved = 64 << 10;

    /// <summary>Sweeps that must have been quiet: a transfer that pauses goes on within the first, as a rule.</summary>
    public const int QuietSweeps = 2;

    /// <summary>Garbage that is worth a collection.</summary>
    public const long WorthBytes = 1 << 20;

    private const int WorthPartOfUse = 4;

    private long _allocated;
    private long _moved;
    private long _allocatedThen;
    private long _usedThen;
    private int _quietSweeps;

    /// <summary>Whether to collect now. <paramref name="allocated"/> and <paramref name="moved"/>: bytes allocated by the process, and received and sent by its links, so far.</summary>
    public bool IsDue(long allocated, long moved)
    {
        var isQuiet = allocated - _allocated < QuietBytes && moved - _moved < QuietMoved;
        (_allocated, _moved) = (allocated, moved);
        _quietSweeps = isQuiet ? _quietSweeps + 1 : 0;
        return _quietSweeps >= QuietSweeps && allocated - _allocatedThen >= Math.Max(WorthBytes, _usedThen / WorthPartOfUse);
    }

    /// <summary>It was done, and left <paramref name="used"/> bytes in use.</summary>
    public void Collected(long used) => (_allocatedThen, _usedThen) = (_allocated, used);

    /// <summary>Collects everything and gives back what that frees, the C library's free memory too, if it is due. <paramref name="moved"/>: bytes received and sent by the links so far.</summary>
    public void Sweep(long moved)
    {
        if (!IsDue(GC.GetTotalAllocatedBytes(), moved)) return;

        // Any milder kind compacts into new regions and keeps the old ones for later.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        PageRelease.TryTrimNative();
        Collected(GC.GetTotalMemory(forceFullCollection: false));
    }
}
