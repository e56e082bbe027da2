using FsCheck;
using FsCheck.Fluent;
using Swarm.Actors.Ports;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.TestKit.Disk;

public sealed class SimDiskCrashTests
{
    private static readonly SimContent TwoFiles = new(3, 20_000, [("a", 50_001), ("b", 49_999)]);

    // What happens before the crash: a block is written, right or wrong; everything is flushed; a piece starts anew.
    private static readonly Gen<(int Seed, (int Kind, int Block)[] Steps)> Histories =
        from seed in Gen.Choose(0, 1_000_000)
        from steps in Gen.Choose(0, 9).SelectMany(_ => Gen.Choose(0, 9), (kind, block) => (kind, block)).ArrayOf()
        select (seed, steps);

    [Fact]
    public void What_was_flushed_and_not_rewritten_since_survives_a_power_loss_and_nothing_right_appears_that_was_never_written() => PropertyCheck.Holds(Histories, history =>
    {
        var world = new SimDiskWorld(seed: history.Seed, content: TwoFiles);
        var (flushed, written) = (new HashSet<int>(), new HashSet<int>());
        foreach (var (kind, block) in history.Steps)
        {
            var piece = block / 2;
            if (kind == 0)
            {
                world.Flush();
                flushed = [.. written];
            }
            else if (kind < 3)
            {
                world.Disk.Restart(world.Storage, new PieceIndex(piece));
                world.Write(piece, block % 2, isWrong: true);
                written.Remove(block);
                flushed.Remove(block);
            }
            else
            {
                world.Disk.Restart(world.Storage, new PieceIndex(piece));
                world.Write(piece, block % 2);
                written.Add(block);
            }
        }

        world.Settle();
        var everRight = history.Steps.Where(step => step.Kind >= 3).Select(step => step.Block).ToHashSet();
        world.Disk.Crash();
        world.StartAgain();
        for (var block = 0; block < 10; block++)
        {
            var isRight = Reads(world, block);
            if (flushed.Contains(block)) isRight.ShouldBeTrue($"block {block} was flushed");
            if (!everRight.Contains(block)) isRight.ShouldBeFalse($"block {block} was never written");
        }

        var states = world.Check();
        for (var piece = 0; piece < 5; piece++)
        {
            (states[piece] == PieceState.Valid).ShouldBe(world.Holds(piece));
            world.HoldsDurably(piece).ShouldBe(world.Holds(piece), "after a power loss the two are one");
        }
    });

    [Fact]
    public void A_process_that_is_killed_loses_nothing_that_was_written_and_its_jobs_never_answer()
    {
        var world = new SimDiskWorld();
        for (var piece = 0; piece < 8; piece++) world.WritePiece(piece);
        world.Settle();
        for (var piece = 8; piece < 16; piece++) world.WritePiece(piece);
        world.Disk.Flush(world.Storage, 1);
        world.Disk.JobsPending.ShouldBe(33);
        var dead = world.Owner;
        dead.TakeAll<IDisk.Written>();
        world.Disk.Kill();
        world.Disk.JobsPending.ShouldBe(0);
        world.Disk.StoragesOpen.ShouldBeEmpty();
        world.Simulation.PendingTimers.ShouldBe(0);
        world.StartAgain();
        world.Pieces(world.Holds).ShouldContain(7);
        world.Pieces(world.Holds).Count(piece => piece < 8).ShouldBe(8);
        world.Pieces(world.HoldsDurably).ShouldBeEmpty();
        dead.All().ShouldBeEmpty();
    }

    [Fact]
    public void Over_seeds_a_block_that_was_not_flushed_is_kept_torn_or_lost_and_length_and_time_are_old_or_new()
    {
        var (kept, torn, lost, gone, shorter, older) = (0, 0, 0, 0, 0, 0);
        for (var seed = 0; seed < 200; seed++)
        {
            var world = new SimDiskWorld(seed: seed, content: SimContent.OneFile(64 << 10, 16 << 10));
            if (seed % 2 == 0)
            {
                world.WritePiece(0);
                world.Flush();
            }

            var before = world.Flush().Files[0];
            world.Settle();
            world.WritePiece(3);
            world.Settle();
            world.Disk.Crash();
            world.StartAgain();
            var after = world.Flush().Files[0];
            var state = world.Check()[3];
            if (seed % 2 == 1 && !after.Exists)
            {
                gone++;
                continue;
            }

            kept += state == PieceState.Valid ? 1 : 0;
            torn += state == PieceState.Invalid ? 1 : 0;
            lost += state == PieceState.Absent && after.Length == 64 << 10 ? 1 : 0;
            shorter += after.Length == before.Length ? 1 : 0;
            older += after.ModifiedTicks == before.ModifiedTicks ? 1 : 0;
            if (seed % 2 == 0) world.Holds(0).ShouldBeTrue();
        }

        foreach (var count in new[] { kept, torn, lost, gone, shorter, older }) count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void A_flush_forces_out_what_its_storage_wrote_or_a_check_found_right_and_nothing_else_that_a_killed_process_left()
    {
        var world = new SimDiskWorld();
        world.WriteAll();
        world.Disk.Kill();
        world.StartAgain();
        world.Flush();
        world.Pieces(world.HoldsDurably).ShouldBeEmpty("nobody said that these bytes count");
        world.Check().ShouldAllBe(state => state == PieceState.Valid);
        world.Pieces(world.HoldsDurably).ShouldBeEmpty();
        world.Flush();
        world.Pieces(world.HoldsDurably).Count().ShouldBe(16);
    }

    [Fact]
    public void What_a_failed_flush_forgot_is_gone_until_it_is_written_again()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { FlushFailure = 1, FailedFlushForgets = 1 });
        world.WriteAll();
        world.Disk.Flush(world.Storage, 1);
        world.Next<IDisk.FlushFailed>().Tag.ShouldBe(1);
        world.Disk.Settings = SimDiskSettings.Default;
        world.Flush();
        world.Pieces(world.Holds).ShouldBeEmpty();
        world.Pieces(world.HoldsDurably).ShouldBeEmpty();
        world.WritePiece(5);
        world.Flush();
        world.Pieces(world.HoldsDurably).ShouldBe([5]);
    }

    [Fact]
    public void Mutation_loses_flush_says_that_it_is_done_and_keeps_nothing()
    {
        var world = new SimDiskWorld(SimDiskSettings.Default with { LosesFlush = true, CrashKeeps = 0, CrashTears = 0 });
        world.WriteAll();
        world.Flush();
        world.Pieces(world.Holds).Count().ShouldBe(16);
        world.Disk.Crash();
        world.Pieces(world.Holds).ShouldBeEmpty();
    }

    [Fact]
    public void Slabs_of_a_crashed_process_stay_with_it_and_the_next_one_brings_its_own()
    {
        var world = new SimDiskWorld();
        var old = world.Slabs;
        world.WritePiece(0);
        world.Disk.Kill();
        old.Outstanding.ShouldBe(4);
        world.StartAgain();
        world.WriteAll();
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void What_a_power_loss_in_the_middle_of_a_move_finds_moved_is_whole()
    {
        var moved = 0;
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new SimDiskWorld(seed: seed, content: TwoFiles);
            world.WriteAll();
            world.Disk.Move(world.Storage, "/elsewhere", MoveKind.Begin);
            world.Disk.Crash();
            foreach (var file in TwoFiles.Metainfo.Layout.Files)
            {
                if (world.Disk.ReadFile($"/elsewhere/{file.Path}") is not { } bytes) continue;
                bytes.Length.ShouldBe((int)file.Length);
                TwoFiles.Matches(file.Offset, bytes).ShouldBeTrue($"{file.Path}, seed {seed}");
                moved++;
            }
        }

        moved.ShouldBeInRange(1, 39);
    }

    [Fact]
    public void A_move_that_would_be_refused_has_moved_nothing_when_its_process_dies()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new SimDiskWorld(seed: seed, content: TwoFiles);
            world.WriteAll();
            world.Disk.Overwrite($"/elsewhere/{TwoFiles.Metainfo.Layout.Files[1].Path}", 0, [1]);
            var before = world.Disk.Files;
            world.Disk.Move(world.Storage, "/elsewhere", MoveKind.Begin);
            world.Disk.Kill();
            world.Disk.Files.ShouldBe(before);
        }
    }

    private static bool Reads(SimDiskWorld world, int block)
    {
        var request = TwoFiles.Geometry.RequestFor(new PieceIndex(block / 2), new BlockIndex(block % 2));
        var bytes = new byte[request.Length];
        var isRead = world.Disk.TryRead(world.Storage, request, bytes);
        if (!isRead) world.Owner.TakeAll<IDisk.ReadFailed>();
        return isRead && TwoFiles.Matches(request, bytes);
    }
}
