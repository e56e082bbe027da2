using Swarm.Actors.Ports;
using Swarm.Io;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>
/// How blocks are gathered on a device with a head. Where a test wants to know what ends the holding, the clock stands, so that time does not.
/// </summary>
public sealed class DiskGatheringTests
{
    private const int PieceLength = 1 << 18;
    private const int BlocksPerPiece = PieceLength / PieceGeometry.BlockSize;
    private static readonly DiskSettings Held = new() { Workers = 4, Device = DeviceChoice.Rotational, GatherTime = TimeSpan.FromMilliseconds(1) };

    [Theory]
    [InlineData("Solid", 8 * BlocksPerPiece)]
    [InlineData("Rotational", 8)]
    public void Blocks_that_come_one_by_one_cost_a_call_each_without_a_head_and_a_call_a_piece_with_one(string device, int calls)
    {
        var isSolid = device == "Solid";
        var content = TestContent.OneFile(PieceLength, 8 * PieceLength);
        using var world = new DiskWorld(Held with { Device = Enum.Parse<DeviceChoice>(device) }, time: new StandingClock());
        var storage = world.Open(content);
        for (var block = 0; block < BlocksPerPiece; block++)
        {
            for (var piece = 0; piece < 8; piece++)
            {
                world.Write(storage, world.Block(content, piece, block));

                // As slow as peers are: the next comes when this one is long written.
                if (isSolid || block == BlocksPerPiece - 1) world.Owner.Next<IDisk.Written>();
            }
        }

        world.Engine.Counters.WriteCalls.ShouldBe(calls);
        world.Engine.Counters.BytesWritten.ShouldBe(8 * PieceLength);
        world.Operations.Reads.ShouldBe(0);
        content.ShouldBeOnDisk(world.Root);
        world.Close(storage);
    }

    [Fact]
    public void Torrents_on_one_device_have_one_worker_and_others_have_theirs()
    {
        var (a, b, c) = (TestContent.Files(PieceLength, 4 * PieceLength), TestContent.Files(PieceLength, 4 * PieceLength), TestContent.Files(PieceLength, 4 * PieceLength));
        using var world = new DiskWorld(new DiskSettings { Workers = 2 });
        world.Operations.Device = new DeviceTraits("sda", DeviceKind.Rotational);
        var first = world.Open(a);
        var second = world.StartOpening(b, root: Path.Combine(world.Root, "second"));
        world.Owner.Next<IDisk.Opened>();
        world.Operations.Device = new DeviceTraits("sdb", DeviceKind.Rotational);
        var third = world.StartOpening(c, root: Path.Combine(world.Root, "third"));
        world.Owner.Next<IDisk.Opened>();
        var threads = new Dictionary<string, HashSet<int>>();
        world.Operations.OnWrite = (place, _) =>
        {
            lock (threads)
            {
                if (!threads.TryGetValue(place.Root, out var seen)) threads.Add(place.Root, seen = []);
                seen.Add(Environment.CurrentManagedThreadId);
            }

            return null;
        };
        foreach (var (storage, content) in new[] { (first, a), (second, b), (third, c) })
        {
            world.WritePieces(storage, content, 0, 1, 2, 3);
            world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        }

        threads[world.Root].Count.ShouldBe(1);
        threads[Path.Combine(world.Root, "second")].ShouldBe(threads[world.Root]);
        threads[Path.Combine(world.Root, "third")].Count.ShouldBe(1);
        threads[Path.Combine(world.Root, "third")].ShouldNotBe(threads[world.Root]);
        foreach (var storage in new[] { first, second, third }) world.Close(storage);
    }

    [Fact]
    public void Pieces_that_wait_together_are_written_in_order_of_offset()
    {
        var content = TestContent.OneFile(PieceLength, 6 * PieceLength);
        using var world = new DiskWorld(Held, time: new StandingClock());
        var storage = world.Open(content);
        var offsets = new List<long>();
        using var reached = new ManualResetEventSlim();
        using var open = new ManualResetEventSlim();
        world.Operations.OnWrite = (_, offset) =>
        {
            lock (offsets) offsets.Add(offset);
            reached.Set();
            open.Wait(TimeSpan.FromSeconds(90)).ShouldBeTrue();
            return null;
        };
        world.WritePieces(storage, content, 0);
        reached.Wait(TimeSpan.FromSeconds(90)).ShouldBeTrue();
        world.WritePieces(storage, content, 4, 2, 5, 1, 3);
        open.Set();
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        offsets.ShouldBe([.. Enumerable.Range(0, 6).Select(piece => (long)piece * PieceLength)]);
        world.Close(storage);
    }

    [Fact]
    public void A_block_is_held_for_a_while_and_then_written_although_nothing_follows()
    {
        var content = TestContent.OneFile(PieceLength, PieceLength);
        using var world = new DiskWorld(Held with { GatherTime = TimeSpan.FromMilliseconds(20) });
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 3));
        world.Owner.Next<IDisk.Written>().Blocks.ShouldBe(1);
        world.Close(storage);
    }

    [Fact]
    public void A_fence_waits_for_no_clock_wherever_it_stands_in_line()
    {
        var content = TestContent.OneFile(PieceLength, 4 * PieceLength);
        using var world = new DiskWorld(Held, time: new StandingClock());
        var storage = world.Open(content);
        for (var block = 0; block < BlocksPerPiece - 1; block++)
        {
            for (var piece = 0; piece < 4; piece++) world.Write(storage, world.Block(content, piece, block));
            world.Engine.Flush(storage, block);
        }

        for (var block = 0; block < BlocksPerPiece - 1; block++) world.Owner.Next<IDisk.Flushed>().Tag.ShouldBe(block);
        world.Owner.TakeAll<IDisk.Written>().Sum(written => written.Blocks).ShouldBe(4 * (BlocksPerPiece - 1));
        world.Write(storage, world.Block(content, 0, BlocksPerPiece - 1), world.Block(content, 1, BlocksPerPiece - 1));
        world.Write(storage, world.Block(content, 2, BlocksPerPiece - 2));
        world.Check(storage, content).Count(result => result.State == PieceState.Valid).ShouldBe(2);
        world.Close(storage);
    }

    [Fact]
    public void What_is_held_is_seen_by_a_reader_and_by_who_hashes_blocks()
    {
        var content = TestContent.OneFile(PieceLength, 2 * PieceLength);
        using var world = new DiskWorld(Held, time: new StandingClock());
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 5));
        var request = content.Layout.Geometry.RequestFor(new PieceIndex(0), new BlockIndex(5));
        world.Engine.Read(storage, request, 1, world.Owner.Ref).ShouldBeTrue();
        var read = world.Owner.Next<IDisk.BlockRead>();
        read.Data.Span.SequenceEqual(content.BytesOf(request)).ShouldBeTrue();
        read.Data.Release();
        for (var block = 0; block < BlocksPerPiece - 1; block++) world.Write(storage, world.Block(content, 1, block));
        world.Write(storage, world.Block(content, 1, 0));
        world.Engine.HashBlocks(storage, new PieceIndex(1));
        world.Owner.Next<IDisk.BlockHashes>();
        world.Engine.Counters.DuplicateBlocks.ShouldBe(1);
        world.Close(storage);
    }

    [Fact]
    public void Nothing_is_held_above_the_low_water_mark()
    {
        var content = TestContent.OneFile(PieceLength, PieceLength);
        using var world = new DiskWorld(Held with { LowWaterBytes = 32 << 10, HighWaterBytes = 64 << 10 }, time: new StandingClock());
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0), world.Block(content, 0, 4), world.Block(content, 0, 8), world.Block(content, 0, 9), world.Block(content, 0, 12)).ShouldBeFalse();
        world.Owner.Next<IDisk.Drained>().Storage.ShouldBe(storage);
        world.Owner.Next<IDisk.Written>().Blocks.ShouldBe(5);
        world.Close(storage);
    }

    [Fact]
    public void No_more_is_held_than_is_gathered()
    {
        var content = TestContent.OneFile(8 * PieceLength, 8 * PieceLength);
        using var world = new DiskWorld(Held with { TurnBytes = 64 << 10, GatherBytes = 64 << 10 }, time: new StandingClock());
        var storage = world.Open(content);
        for (var block = 0; block < 64; block += 2) world.Write(storage, world.Block(content, 0, block));
        var written = 0;
        // As many as may be held may be left at the end; closing writes them.
        while (written < 32 - 4) written += world.Owner.Next<IDisk.Written>().Blocks;
        world.Close(storage);
    }

    [Fact]
    public void Links_without_slabs_get_those_that_are_held()
    {
        var content = TestContent.OneFile(PieceLength, PieceLength);
        using var world = new DiskWorld(Held, time: new StandingClock());
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 3));
        ((IBlockSource)world.Engine).SlabsRanDry(static () => true);
        world.Owner.Next<IDisk.Written>().Blocks.ShouldBe(1);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void A_disk_that_fails_to_take_what_was_held_says_so_for_all_of_it()
    {
        var content = TestContent.OneFile(PieceLength, PieceLength);
        using var world = new DiskWorld(Held, time: new StandingClock());
        var storage = world.Open(content);
        world.Operations.OnWrite = (place, _) => new DiskError(DiskErrorKind.NoSpace, place.FullPath, "full");
        world.Write(storage, world.Block(content, 0, 3));
        world.Write(storage, world.Block(content, 0, 5));
        world.Engine.Restart(storage, new PieceIndex(0));
        world.Owner.Next<IDisk.WriteFailed>().Blocks.ShouldBe(2);
        world.Close(storage);
    }

    [Fact]
    public void An_engine_that_stops_writes_what_it_holds()
    {
        var content = TestContent.OneFile(PieceLength, PieceLength);
        using var world = new DiskWorld(Held, time: new StandingClock());
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0));
        world.Engine.Read(storage, content.Layout.Geometry.RequestFor(new PieceIndex(0), new BlockIndex(0)), 1, world.Owner.Ref);
        world.Owner.Next<IDisk.BlockRead>().Data.Release();
        world.Write(storage, world.Block(content, 0, 1));
        world.Engine.Read(storage, default, 1, world.Owner.Ref);
        world.Owner.Next<IDisk.ReadFailed>();
        world.Engine.Dispose();
        world.Engine.Counters.BytesWritten.ShouldBe(2 * PieceGeometry.BlockSize);
    }
}
