using Swarm.Actors.Ports;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Disk;

namespace Swarm.Tests.TestKit.Disk;

public sealed class SimDiskFaultTests
{
    [Fact]
    public void A_full_disk_takes_what_fits_and_no_more_and_takes_more_when_there_is_room()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { CapacityBytes = 10 * 16 << 10 });
        world.WriteAll();
        world.Disk.FreeBytes.ShouldBe(0);
        var failures = world.Owner.TakeAll<IDisk.WriteFailed>();
        failures.ShouldAllBe(failed => failed.Error.Kind == DiskErrorKind.NoSpace && failed.Error.Path == world.PathOf(0));
        failures.Sum(failed => failed.Blocks).ShouldBeInRange(54, 57, "those that would have fitted are lost with the neighbours they were written with");
        (world.Owner.TakeAll<IDisk.Written>().Sum(w => w.Blocks) + failures.Sum(failed => failed.Blocks)).ShouldBe(64);
        world.Disk.Settings = SimDiskSettings.Default;
        world.WriteAll();
        world.Check().ShouldAllBe(state => state == PieceState.Valid);
        world.Disk.FreeBytes.ShouldBe(SimDiskSettings.Default.CapacityBytes - (1 << 20));
        world.Disk.Remove(world.PathOf(0));
        world.Disk.FreeBytes.ShouldBe(SimDiskSettings.Default.CapacityBytes);
    }

    [Theory]
    [InlineData(1 << 20, true)]
    [InlineData((1 << 20) - 1, false)]
    public void Room_that_is_reserved_in_full_must_be_there_before_the_first_write_and_is_enough_afterwards(int capacity, bool isEnough)
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { CapacityBytes = capacity }, allocation: FileAllocation.Full);
        world.Write(0, 0);
        world.Settle();
        world.Owner.TakeAll<IDisk.WriteFailed>().Count.ShouldBe(isEnough ? 0 : 1);
        if (!isEnough) return;
        world.Disk.FreeBytes.ShouldBe(0);
        world.Flush().Files[0].Length.ShouldBe(1 << 20);
        world.WriteAll();
        world.Owner.TakeAll<IDisk.WriteFailed>().ShouldBeEmpty();
        world.Pieces(world.Holds).Count().ShouldBe(16);
    }

    [Fact]
    public void Room_is_counted_anew_after_a_power_loss()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { CapacityBytes = 1 << 20, CrashKeeps = 0, CrashTears = 0 });
        world.WritePiece(0);
        world.Flush();
        world.WriteAll();
        world.Disk.FreeBytes.ShouldBe(0);
        world.Disk.Crash();
        world.Disk.FreeBytes.ShouldBe((1 << 20) - (64 << 10));
    }

    [Fact]
    public void Lost_and_written_blocks_add_up_to_the_posted_ones_when_writes_fail_by_chance()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { WriteFailure = 0.3 });
        world.WriteAll();
        var lost = world.Owner.TakeAll<IDisk.WriteFailed>();
        lost.ShouldAllBe(failed => failed.Error.Kind == DiskErrorKind.Failed);
        lost.Sum(failed => failed.Blocks).ShouldBeInRange(1, 63);
        (lost.Sum(failed => failed.Blocks) + world.Owner.TakeAll<IDisk.Written>().Sum(w => w.Blocks)).ShouldBe(64);
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Reads_fail_by_chance_wherever_they_are_made()
    {
        var world = new SimDiskWorld();
        world.WriteAll();
        world.Disk.Settings = SimDiskSettings.Default with { ReadFailure = 1 };
        world.Check().ShouldAllBe(state => state == PieceState.Unreadable);
        world.Disk.Read(world.Storage, new BlockRequest(default, 0, 10), 4, world.Owner.Ref);
        world.Next<IDisk.ReadFailed>().Error.Kind.ShouldBe(DiskErrorKind.Failed);
        world.Disk.HashBlocks(world.Storage, default);
        world.Next<IDisk.BlockHashes>().Hashes.ShouldBeEmpty();
        world.Disk.TryRead(world.Storage, new BlockRequest(default, 0, 10), new byte[10]).ShouldBeFalse();
        world.Next<IDisk.ReadFailed>().Tag.ShouldBe(-1);
    }

    [Fact]
    public void What_is_broken_fails_in_its_range_and_its_way_until_it_is_mended()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { FailedFlushLoses = 0 });
        world.Disk.Break(world.PathOf(0), DiskOperations.Write | DiskOperations.Read, DiskErrorKind.Failed, from: 64 << 10, to: 65 << 10);
        world.WriteAll();
        world.Owner.TakeAll<IDisk.WriteFailed>().Select(failed => failed.Piece.Value).ShouldAllBe(piece => piece == 1);
        world.Pieces(world.Holds).Count().ShouldBe(15);
        world.Check().Count(state => state == PieceState.Unreadable).ShouldBe(1);
        world.Disk.Mend();
        world.Disk.Break(SimDiskWorld.Root, DiskOperations.All, DiskErrorKind.Denied);
        world.WritePiece(1);
        world.Disk.Flush(world.Storage, 1);
        world.Next<IDisk.FlushFailed>().Error.Kind.ShouldBe(DiskErrorKind.Denied);
        world.Owner.TakeAll<IDisk.WriteFailed>().ShouldAllBe(failed => failed.Error.Kind == DiskErrorKind.Denied);
        world.Disk.Mend();
        world.WritePiece(1);
        world.Flush();
        world.Pieces(world.HoldsDurably).Count().ShouldBe(16);
    }

    [Fact]
    public void On_a_read_only_file_system_seeds_read_and_writes_are_denied()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { IsReadOnly = true });
        var some = new Bitfield(16);
        some.Add(new PieceIndex(3));
        world.Disk.Put(world.Content, SimDiskWorld.Root, some);
        world.Check().ShouldBe([.. Enumerable.Range(0, 16).Select(piece => piece == 3 ? PieceState.Valid : PieceState.Absent)]);
        world.Write(0, 0);
        world.Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Denied);
    }

    [Fact]
    public void A_write_at_the_high_water_mark_goes_on_one_past_it_holds_back_and_is_drained_once()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { HighWaterBytes = 64 << 10, LowWaterBytes = 16 << 10 });
        for (var block = 0; block < 3; block++) world.Write(0, block).ShouldBeTrue();
        world.Write(0, 3).ShouldBeTrue("exactly at the mark");
        world.Write(1, 0).ShouldBeFalse("one past it");
        world.Write(1, 1).ShouldBeFalse("not drained yet");
        world.Disk.Counters.BytesQueued.ShouldBe(6 * 16 << 10);
        world.Owner.All().ShouldBeEmpty();
        world.Next<IDisk.Drained>().Storage.ShouldBe(world.Storage);
        world.Write(1, 2).ShouldBeTrue();
        world.Settle();
        world.Owner.TakeAll<IDisk.Drained>().ShouldBeEmpty();
    }

    [Fact]
    public void Queues_at_their_limit_take_and_one_past_it_they_refuse()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { MaxQueuedReads = 2, MaxQueuedControls = 2 });
        world.WriteAll();
        var block = new BlockRequest(default, 0, 10);
        world.Disk.Read(world.Storage, block, 1, world.Owner.Ref).ShouldBeTrue();
        world.Disk.Read(world.Storage, block, 2, world.Owner.Ref).ShouldBeTrue();
        world.Disk.Read(world.Storage, block, 3, world.Owner.Ref).ShouldBeFalse();
        world.Disk.Flush(world.Storage, 1);
        world.Disk.Check(world.Storage, new Bitfield(16));
        world.Disk.Flush(world.Storage, 3);
        world.Owner.TakeAll<IDisk.FlushFailed>().Single().Tag.ShouldBe(3);
        world.Disk.HashBlocks(world.Storage, default);
        world.Owner.TakeAll<IDisk.BlockHashes>().Single().Hashes.ShouldBeEmpty();
        world.Disk.Check(world.Storage, new Bitfield(16));
        world.Owner.TakeAll<IDisk.Checked>().Single().Finished.ShouldBeTrue();
        world.Disk.Counters.JobsRefused.ShouldBe(4);
        world.Settle();
        foreach (var read in world.Owner.TakeAll<IDisk.BlockRead>()) read.Data.Release();
        world.Flush();
        world.Disk.Read(world.Storage, block, 4, world.Owner.Ref).ShouldBeTrue();
        world.Next<IDisk.BlockRead>().Data.Release();
    }

    [Fact]
    public void Rot_changes_a_durable_bit_and_neither_length_nor_time()
    {
        var world = new SimDiskWorld();
        world.Disk.Rot().ShouldBeFalse("there is nothing durable");
        world.WriteAll();
        var before = world.Flush().Files;
        world.Disk.Rot().ShouldBeTrue();
        world.Flush().Files.ShouldBe(before);
        world.Check().Count(state => state == PieceState.Invalid).ShouldBe(1);
        world.Disk.WrongBlocks(world.Content, SimDiskWorld.Root).Count().ShouldBe(1);
        world.Pieces(world.HoldsDurably).Count().ShouldBe(15);
    }

    [Fact]
    public void Rot_below_a_block_that_was_written_anew_is_not_seen_and_is_gone_when_that_is_flushed()
    {
        var world = new SimDiskWorld();
        world.Write(0, 0, isWrong: true);
        world.Flush();
        world.Disk.Restart(world.Storage, default);
        world.WritePiece(0);
        world.Settle();
        world.Disk.Rot(world.PathOf(0), 5, bit: 3);
        world.Holds(0).ShouldBeTrue();
        world.HoldsDurably(0).ShouldBeFalse();
        world.Flush();
        world.HoldsDurably(0).ShouldBeTrue();
    }

    [Fact]
    public void An_outside_hand_cuts_touches_overwrites_and_removes()
    {
        var world = new SimDiskWorld();
        world.WriteAll();
        var before = world.Flush().Files[0];
        world.Disk.Touch(world.PathOf(0));
        var touched = world.Flush().Files[0];
        touched.ModifiedTicks.ShouldBeGreaterThan(before.ModifiedTicks);
        world.Check().ShouldAllBe(state => state == PieceState.Valid);
        world.Disk.Overwrite(world.PathOf(0), 70_000, [1, 2, 3]);
        world.Pieces(world.Holds).ShouldNotContain(1);
        world.Disk.Truncate(world.PathOf(0), (1 << 20) - 1);
        world.Flush().Files[0].Length.ShouldBe((1 << 20) - 1);
        world.Pieces(world.HoldsDurably).ShouldBe(Enumerable.Range(0, 15).Where(piece => piece != 1));
        world.Disk.Truncate(world.PathOf(0), 1 << 20);
        world.Holds(15).ShouldBe(world.Content.Matches((1 << 20) - 1, [0]), "a hole reads as zeros");
        world.Disk.Remove(world.PathOf(0));
        world.Disk.Files.ShouldBeEmpty();
        world.Check().ShouldAllBe(state => state == PieceState.Absent);
    }

    [Fact]
    public void A_stall_holds_everything_up_for_so_long()
    {
        var world = new SimDiskWorld();
        world.Disk.Stall(TimeSpan.FromMinutes(5));
        world.WritePiece(0);
        world.Simulation.AdvanceBy(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        world.Owner.All().ShouldBeEmpty();
        world.Next<IDisk.Written>();
    }

    [Fact]
    public void Bandwidth_is_shared_by_all_turns()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { BytesPerSecond = 64 << 10, WriteLatency = Latency.None });
        var before = world.Simulation.Elapsed;
        for (var piece = 0; piece < 16; piece++) world.WritePiece(piece);
        world.Simulation.RunUntil(() => world.Disk.JobsPending == 0, TimeSpan.FromHours(1));
        (world.Simulation.Elapsed - before).TotalSeconds.ShouldBe(16, tolerance: 0.001);
    }

    [Fact]
    public void Mutation_skips_hash_check_calls_whatever_has_bytes_valid()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { SkipsHashCheck = true });
        for (var block = 0; block < 4; block++) world.Write(2, block, isWrong: true);
        world.Settle();
        world.Owner.TakeAll<IDisk.Written>().SelectMany(w => w.Pieces).ShouldBe([new PieceResult(new PieceIndex(2), PieceState.Valid)]);
        world.Check().ShouldBe([.. Enumerable.Range(0, 16).Select(piece => piece == 2 ? PieceState.Valid : PieceState.Absent)]);
        world.Holds(2).ShouldBeFalse();
    }

    [Fact]
    public void What_was_done_with_a_piece_is_counted_over_crashes()
    {
        var world = new SimDiskWorld();
        var piece = new PieceIndex(4);
        world.WritePiece(4);
        world.Flush();
        world.Disk.WorkOn(world.Content, SimDiskWorld.Root, piece).ShouldBe(new PieceWork(4, 1, 0));
        world.Disk.Crash();
        world.StartAgain();
        world.Check();
        world.Check();
        world.Disk.WorkOn(world.Content, SimDiskWorld.Root, piece).ShouldBe(new PieceWork(4, 1, 2));
        world.Disk.WorkOn(world.Content, SimDiskWorld.Root, new PieceIndex(5)).ShouldBe(default);
        world.Disk.Counters.ShouldBe(new SimDiskCounters(BytesWritten: 64 << 10, BytesHashed: 3 * 64 << 10, BytesRead: 0, BytesQueued: 0, DuplicateBlocks: 0, JobsRefused: 0, Flushes: 1));
    }
}
