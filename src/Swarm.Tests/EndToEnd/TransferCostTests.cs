namespace Swarm.Tests.EndToEnd;

/// <summary>These count what the whole process does, so nothing else may run.</summary>
[CollectionDefinition(nameof(TransferCostTests), DisableParallelization = true)]
public sealed class TransferCostDefinition;

/// <summary>
/// What a MiB between two nodes may cost, in counts that do not depend on the machine's speed: a limit is about one and a half times the worst of sixteen runs on a busy machine, some on one processor (docs/perf), where reads
/// are smaller, and breaks when something is done by the block that was done by the slab: a message, a call or an object a block is 64 a MiB.
/// </summary>
[Collection(nameof(TransferCostTests))]
public sealed class TransferCostTests
{
    private const int MiB = 1 << 20;
    private const int Pieces = 96;
    private const int Warmed = 32;

    [Fact]
    public async Task A_mebibyte_costs_few_calls_few_messages_and_little_memory()
    {
        using var content = TestContent.Create(1, MiB, ("cost.bin", Pieces * MiB));
        await using var seed = await TestNode.StartAsync(content.Folder("seed-data"));
        await seed.AddAsync(content, content.SeedFolder);
        await seed.FinishedAsync(content);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        await leecher.AddAsync(content, content.Folder("out"), seed.Listen);

        await leecher.VerifiedAsync(Warmed);
        var before = Look(seed, leecher);
        await leecher.FinishedAsync(content);
        var cost = Look(seed, leecher) - before;

        cost.Moved.ShouldBeGreaterThan(MiB * 8L);
        cost.ShouldSatisfyAllConditions(
            () => cost.PerMiB(cost.ReceiveCalls).ShouldBeLessThan(9, "calls that receive"),
            () => cost.PerMiB(cost.SendCalls).ShouldBeLessThan(4, "calls that send: the bound of the kernel's queue on a short path makes them smaller, and cheaper all the same"),
            () => cost.PerMiB(cost.WriteCalls).ShouldBeLessThan(6, "calls that write to files"),
            () => cost.PerMiB(cost.Wakes).ShouldBeLessThan(9, "times a socket's thread was woken"),
            () => cost.PerMiB(cost.Messages).ShouldBeLessThan(11, "messages from links"),
            () => cost.PerMiB(cost.Allocated).ShouldBeLessThan(21 << 10, "bytes allocated by both nodes, slabs not counted"));
        await leecher.StopAsync();
        await seed.StopAsync();
    }

    private static Cost Look(TestNode seed, TestNode leecher)
    {
        var (sent, received) = (seed.Tcp.Counters, leecher.Tcp.Counters);
        return new Cost(
            received.BytesReceived,
            received.ReceiveCalls,
            sent.SendCalls,
            leecher.Disk.Counters.WriteCalls,
            received.ReadTurns + received.WriteTurns + sent.ReadTurns + sent.WriteTurns,
            received.Messages + sent.Messages,
            GC.GetTotalAllocatedBytes(precise: true) - leecher.Tcp.Slabs.LentBytes - leecher.Tcp.Slabs.FreeBytes);
    }

    private sealed record Cost(long Moved, long ReceiveCalls, long SendCalls, long WriteCalls, long Wakes, long Messages, long Allocated)
    {
        public static Cost operator -(Cost now, Cost then) => new(
            now.Moved - then.Moved,
            now.ReceiveCalls - then.ReceiveCalls,
            now.SendCalls - then.SendCalls,
            now.WriteCalls - then.WriteCalls,
            now.Wakes - then.Wakes,
            now.Messages - then.Messages,
            now.Allocated - then.Allocated);

        public double PerMiB(long count) => (double)count * MiB / Moved;
    }
}
