using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class DiskFenceTests
{
    [Fact]
    public void A_flush_waits_for_earlier_writes_of_its_storage_on_every_worker_and_holds_later_ones()
    {
        var content = TestContent.OneFile(16 << 10, 4 * 16 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 4 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.WritePieces(storage, content, 0, 1, 2);
        world.Engine.Flush(storage, 1);
        world.WritePieces(storage, content, 3);
        gate.WaitUntilReached();
        gate.Open();
        world.Owner.Find(m => m is IDisk.Written w && w.Pieces.Any(p => p.Piece.Value == 3));
        var told = world.Owner.All();
        var flushed = told.FindIndex(m => m is IDisk.Flushed);
        for (var piece = 0; piece < 4; piece++)
        {
            var written = told.FindIndex(m => m is IDisk.Written w && w.Pieces.Contains(new PieceResult(new PieceIndex(piece), PieceState.Valid)));
            (written >= 0).ShouldBeTrue();
            (written < flushed).ShouldBe(piece < 3, $"piece {piece}");
        }

        world.Close(storage);
    }

    [Fact]
    public void A_write_behind_a_fence_is_held_while_an_earlier_one_is_under_way_elsewhere()
    {
        var content = TestContent.OneFile(16 << 10, 2 * 16 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 2, HashTogetherBytes = 0 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.WritePieces(storage, content, 0);
        gate.WaitUntilReached();
        world.Engine.Flush(storage, 1);
        world.WritePieces(storage, content, 1);

        // The other worker is idle, and its answer to another storage shows that it did not take the held write.
        var other = world.Open(TestContent.OneFile(16 << 10, 100));
        world.Close(other);
        world.Engine.Counters.QueuedBytes.ShouldBe(2 * 16 << 10);
        world.Owner.All().ShouldNotContain(m => m is IDisk.Written || m is IDisk.Flushed);
        gate.Open();
        world.Owner.Next<IDisk.Flushed>();
        world.Owner.Next<IDisk.Written>().Pieces.Single().Piece.ShouldBe(new PieceIndex(0));
        world.Owner.Next<IDisk.Written>().Pieces.Single().Piece.ShouldBe(new PieceIndex(1));
        world.Close(storage);
    }

    [Fact]
    public void A_fence_holds_up_no_other_storage()
    {
        var blocked = TestContent.Files(16 << 10, 16 << 10, 16 << 10);
        var free = TestContent.OneFile(16 << 10, 2 * 16 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 2 });
        var first = world.Open(blocked);
        var second = world.Open(free);
        using var gate = new WriteGate(world, place => place.File.Path.StartsWith("folder", StringComparison.Ordinal));
        world.WritePieces(first, blocked, 0);
        gate.WaitUntilReached();
        world.Engine.Flush(first, 1);
        world.WritePieces(first, blocked, 1);

        // Piece 0 of both storages cannot share a worker, their ids being neighbours; the other worker is free.
        world.WritePieces(second, free, 0);
        world.Owner.Next<IDisk.Written>().Storage.ShouldBe(second);
        gate.Open();
        world.Owner.Next<IDisk.Flushed>().Storage.ShouldBe(first);
        world.Close(first);
        world.Close(second);
    }

    [Fact]
    public void A_close_does_every_queued_write_first_and_nothing_is_told_after_it()
    {
        var content = TestContent.OneFile(64 << 10, 20 * 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 3 });
        var storage = world.Open(content);
        world.WritePieces(storage, content, [.. Enumerable.Range(0, 20)]);
        world.Write(storage, world.Block(content, 0, 2));
        world.Engine.Close(storage);
        world.Write(storage, world.Block(content, 0, 1));
        world.Owner.Next<IDisk.StorageClosed>();
        world.Owner.TakeAll<IDisk.Written>().Sum(w => w.Blocks).ShouldBe(81);
        content.ShouldBeOnDisk(world.Root);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Owner.All().ShouldBeEmpty();
    }

    [Fact]
    public void A_close_gives_back_what_unfinished_pieces_hold()
    {
        var content = TestContent.OneFile(1 << 20, 4 << 20);
        using var world = new DiskWorld(new DiskSettings { HashTogetherBytes = 0 });
        var storage = world.Open(content);
        for (var piece = 0; piece < 4; piece++) world.Write(storage, world.Block(content, piece, 3), world.Block(content, piece, 0), world.Block(content, piece, 9, isSplit: true));
        world.FlushAndTakeResults(storage);
        world.Slabs.Outstanding.ShouldBe(4 * 3);
        world.Engine.Counters.RunningHashes.ShouldBe(4);
        world.Close(storage);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Engine.Counters.RunningHashes.ShouldBe(0);
        world.Engine.Counters.OpenFiles.ShouldBe(0);
    }

    [Fact]
    public void A_close_ends_a_running_check_early()
    {
        var content = TestContent.OneFile(16 << 10, 256 * 16 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 2, CheckTurnBytes = 16 << 10 });
        content.Save(world.Root);
        var storage = world.Open(content);
        using var reached = new ManualResetEventSlim();
        using var open = new ManualResetEventSlim();
        world.Operations.OnRead = (_, _) =>
        {
            reached.Set();
            open.Wait();
            return null;
        };
        var all = new Bitfield(256);
        all.Fill();
        world.Engine.Check(storage, all);
        reached.Wait();
        world.Engine.Check(storage, all);
        world.Engine.Close(storage);
        open.Set();
        world.Owner.Next<IDisk.StorageClosed>();
        var messages = world.Owner.TakeAll<IDisk.Checked>();
        messages.Count(m => m.Finished).ShouldBe(2, "each of the two checks ends");
        messages.Sum(m => m.Pieces.Length).ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public void Disposing_the_engine_with_queued_and_held_jobs_gives_every_slab_back()
    {
        var content = TestContent.OneFile(64 << 10, 20 * 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 2 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.Write(storage, world.Block(content, 0, 1));
        gate.WaitUntilReached();
        world.WritePieces(storage, content, 1, 2, 3, 4);
        world.Engine.Flush(storage, 1);
        world.WritePieces(storage, content, 5, 6);
        gate.Open();
        world.Engine.Dispose();
        world.Slabs.Outstanding.ShouldBe(0);
        world.WritePieces(storage, content, 7);
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Jobs_behind_a_failed_open_are_answered_with_its_failure()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        var storage = world.StartOpening(content, root: "relative/folder");
        world.Write(storage, world.Block(content, 0, 0));
        world.Engine.Flush(storage, 4);
        world.Engine.Read(storage, new BlockRequest(default, 0, 5), 3, world.Owner.Ref);
        world.Engine.HashBlocks(storage, default);
        world.Engine.Check(storage, new Bitfield(1));
        world.Engine.Close(storage);
        world.Owner.Next<IDisk.OpenFailed>().Error.Message.ShouldContain("absolute");

        // How far the calls got before the storage was gone is a race; what was taken is answered, and nothing else is.
        world.Owner.Next<IDisk.ReadFailed>().Error.Kind.ShouldBeOneOf(DiskErrorKind.Failed, DiskErrorKind.NotFound);
        world.Engine.Dispose();
        world.Owner.TakeAll<IDisk.WriteFailed>().Count.ShouldBeLessThanOrEqualTo(1);
        world.Owner.All().ShouldAllBe(m => m is IDisk.FlushFailed || m is IDisk.BlockHashes || m is IDisk.Checked || m is IDisk.StorageClosed);
    }

    [Fact]
    public void A_storage_cannot_be_opened_twice_and_can_be_opened_again_after_its_close()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Engine.Open(storage, new StorageSpec(content.Layout, world.Root, content.Hashes, FileAllocation.Sparse), world.Owner.Ref);
        world.Owner.Next<IDisk.OpenFailed>().Error.Message.ShouldContain("open already");
        world.Close(storage);
        world.Engine.Open(storage, new StorageSpec(content.Layout, world.Root, content.Hashes, FileAllocation.Sparse), world.Owner.Ref);
        world.Owner.Next<IDisk.Opened>();
        world.Close(storage);
    }

    [Fact]
    public void Too_many_waiting_checks_flushes_and_hashings_are_answered_with_their_failure()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld(new DiskSettings { MaxQueuedControls = 2 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.Write(storage, world.Block(content, 0, 0));
        gate.WaitUntilReached();
        world.Engine.Flush(storage, 1);
        world.Engine.Flush(storage, 2);
        world.Owner.All().ShouldNotContain(m => m is IDisk.FlushFailed, "exactly at the limit");
        world.Engine.Flush(storage, 3);
        world.Owner.Next<IDisk.FlushFailed>().Tag.ShouldBe(3);
        world.Engine.HashBlocks(storage, default);
        world.Owner.Next<IDisk.BlockHashes>().Hashes.ShouldBeEmpty();
        world.Engine.Check(storage, new Bitfield(1));
        world.Owner.Next<IDisk.Checked>().Finished.ShouldBeTrue();
        gate.Open();
        world.Owner.Next<IDisk.Flushed>().Tag.ShouldBe(1);
        world.Owner.Next<IDisk.Flushed>().Tag.ShouldBe(2);
        world.Engine.Flush(storage, 4);
        world.Owner.Next<IDisk.Flushed>().Tag.ShouldBe(4);
        world.Close(storage);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(100, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Fences_under_load_keep_every_promise(int seed)
    {
        var random = new Random(seed);
        using var world = new DiskWorld(new DiskSettings { Workers = 3, TurnBytes = 16 << 10, MaxOpenFiles = 2, ReorderBytes = 256 << 10, HashTogetherBytes = random.Next(3) * (512 << 10) });
        var contents = Enumerable.Range(0, 3).Select(i => TestContent.OneFile(50_000, random.Next(200_000, 500_000), seed + i)).ToArray();
        var storages = contents.Select((c, i) => (Storage: world.StartOpening(c, root: Path.Combine(world.Root, $"{i}")), Content: c)).ToArray();
        long tag = 0;
        var orders = storages.Select(s =>
        {
            var order = s.Content.Blocks().ToArray();
            random.Shuffle(order);
            return new Queue<(int Piece, int Block)>(order);
        }).ToArray();
        while (orders.Any(o => o.Count > 0))
        {
            var i = random.Next(storages.Length);
            for (var n = random.Next(1, 6); n > 0 && orders[i].TryDequeue(out var next); n--)
            {
                world.Write(storages[i].Storage, world.Block(storages[i].Content, next.Piece, next.Block, isSplit: n == 2));
            }

            if (random.Next(4) == 0) world.Engine.Flush(storages[i].Storage, ++tag);
            if (random.Next(10) == 0) world.Engine.Check(storages[i].Storage, new Bitfield(storages[i].Content.Layout.Geometry.PieceCount));
        }

        foreach (var (storage, _) in storages) world.Engine.Close(storage);
        for (var i = 0; i < storages.Length; i++) world.Owner.Next<IDisk.StorageClosed>();
        var told = world.Owner.All();
        for (var i = 0; i < storages.Length; i++)
        {
            var (storage, content) = storages[i];
            content.ShouldBeOnDisk(Path.Combine(world.Root, $"{i}"));
            told.OfType<IDisk.Written>().Where(w => w.Storage == storage).SelectMany(w => w.Pieces).OrderBy(p => p.Piece).ShouldBe(content.AllValid());
            var flushes = told.OfType<IDisk.Flushed>().Where(f => f.Storage == storage).Select(f => f.Tag).ToList();
            flushes.ShouldBe(flushes.Order());
        }

        told.OfType<IDisk.Flushed>().Count().ShouldBe((int)tag);
    }
}
