namespace Swarm.Tests;

/// <summary>
/// What a piece of code allocates. A collection that another test causes takes the rest of this thread's allocation buffer away, up to 8 KiB, and the counter has it as allocated;
/// so the least of a few rounds counts. What the code itself allocates is in every round.
/// </summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>Bytes that <paramref name="times"/> calls allocate on this thread.</summary>
    public static long Of(int times, Action use) => Least(GC.GetAllocatedBytesForCurrentThread, times, use);

    /// <summary>Bytes that the whole process allocates during <paramref name="times"/> calls; nothing else may run. What a timer or the runtime needs now and then is in one round or another.</summary>
    public static long OfProcess(int times, Action use) => Least(static () => GC.GetTotalAllocatedBytes(precise: true), times, use);

    private static long Least(Func<long> counter, int times, Action use)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds && least > 0; round++)
        {
            var before = counter();
            for (var i = 0; i < times; i++) use();
            least = Math.Min(least, counter() - before);
        }

        return least;
    }
}
