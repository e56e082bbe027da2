using Swarm.Actors.Ports;
using Swarm.TestKit.Disk;

namespace Swarm.Tests.TestKit.Disk;

public sealed class SimDiskOrderTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 50)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Jobs_of_a_piece_are_done_in_order_and_fences_hold_whatever_the_seed_does(int seed)
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { Workers = (seed % 8) + 1, CheckTurnBytes = 64 << 10 }, seed);
        var random = new Random(seed);
        var tags = new List<(int Piece, long Tag)>();
        long tag = 0;
        for (var i = 0; i < 200; i++)
        {
            var piece = random.Next(4);
            if (random.Next(10) == 0) world.Disk.Flush(world.Storage, ++tag);
            else if (random.Next(20) == 0) world.Disk.Check(world.Storage, new Bitfield(16));
            else if (random.Next(2) == 0) world.Write(piece, random.Next(4));
            else world.Disk.Read(world.Storage, new BlockRequest(new PieceIndex(piece), 0, 10), ++tag, world.Owner.Ref);
            if (random.Next(5) == 0) world.Simulation.AdvanceBy(TimeSpan.FromMilliseconds(random.Next(5)));
        }

        world.Settle();
        world.Disk.JobsPending.ShouldBe(0);
        long lastFence = 0;
        foreach (var message in world.Owner.All())
        {
            var (piece, answered) = message switch
            {
                IDisk.BlockRead read => (read.Block.Piece.Value, read.Tag),
                IDisk.ReadFailed failed => (failed.Block.Piece.Value, failed.Tag),
                IDisk.Flushed flushed => (-1, flushed.Tag),
                _ => (-2, long.MaxValue),
            };
            answered.ShouldBeGreaterThan(lastFence, "what was posted before a fence is told before it");
            if (piece == -1) lastFence = answered;
            if (piece >= 0) tags.Add((piece, answered));
        }

        foreach (var piece in tags.GroupBy(entry => entry.Piece)) piece.Select(entry => entry.Tag).ShouldBeInOrder();
        foreach (var read in world.Owner.TakeAll<IDisk.BlockRead>()) read.Data.Release();
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Jobs_of_different_pieces_overtake_each_other_with_several_workers_and_with_one()
    {
        foreach (var workers in new[] { 1, 4 })
        {
            var world = new SimDiskWorld(SimDiskSettings.Default with { Workers = workers });
            for (var piece = 0; piece < 16; piece++) world.Disk.Read(world.Storage, new BlockRequest(new PieceIndex(piece), 0, 10), piece, world.Owner.Ref);
            world.Settle();
            var order = world.Owner.TakeAll<IDisk.ReadFailed>().Select(failed => failed.Tag).ToList();
            order.SequenceEqual(order.Order()).ShouldBeFalse();
            order.Order().ShouldBe(Enumerable.Range(0, 16).Select(piece => (long)piece));
        }
    }

    [Fact]
    public void The_seed_decides_everything()
    {
        Trace(7).ShouldBe(Trace(7));
        Trace(7).ShouldNotBe(Trace(8));
    }

    private static string Trace(int seed)
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { WriteFailure = 0.1, FlushFailure = 0.2 }, seed);
        for (var round = 0; round < 3; round++)
        {
            for (var piece = 0; piece < 16; piece++) world.WritePiece(piece);
            world.Disk.Flush(world.Storage, round);
            world.Simulation.AdvanceBy(TimeSpan.FromMilliseconds(20));
            world.Disk.Crash();
            world.StartAgain();
        }

        return $"{string.Join(',', world.Pieces(world.Holds))} {string.Join(',', world.Disk.WrongBlocks(world.Content, SimDiskWorld.Root))} {world.Disk.Counters}";
    }
}
