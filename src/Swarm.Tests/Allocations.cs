namespace Swarm.Tests;

/// <summary>
/// What a piece of code allocates. A collection that another test causes takes the rest of this thread's allocation buffer away, up to 8 KiB, and the counter has it as allocated;
/// so the least of a few rounds counts. What the code itself allocates is in every round.
/// </summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>Bytes that <paramref name="times"/> calls allocate on this thread.</summary>
    public static long Of(int times, Action use)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < times; i++) use();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
