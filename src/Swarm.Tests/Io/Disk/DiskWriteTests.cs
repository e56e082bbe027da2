using Swarm.Actors.Ports;
using Swarm.Io;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class DiskWriteTests
{
    public static TheoryData<int, bool> Seeds => [.. Enumerable.Range(1, 30).Select(seed => (seed, seed % 3 == 0))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_layout_written_in_any_order_with_duplicates_ends_up_valid_and_byte_for_byte_on_disk(int seed, bool isPortable)
    {
        var random = new Random(seed);
        var content = TestContent.Draw(random);
        var settings = new DiskSettings
        {
            Workers = random.Next(1, 5),
            ReorderBytes = random.Next(3) switch { 0 => 0, 1 => 3 * 64 << 10, _ => 64 << 20 },
            MaxRunningHashes = random.Next(2) == 0 ? 2 : 100,
            HashTogetherBytes = random.Next(3) switch { 0 => 0, 1 => 512 << 10, _ => 48 << 20 },
            HashTogetherTime = random.Next(3) switch { 0 => TimeSpan.Zero, 1 => TimeSpan.FromMilliseconds(1), _ => TimeSpan.FromMinutes(1) },
            MaxOpenFiles = random.Next(1, 6),
            TurnBytes = random.Next(2) == 0 ? 16 << 10 : 1 << 20,
            Device = (DeviceChoice)random.Next(3),
            GatherBytes = random.Next(2) == 0 ? 16 << 10 : 1 << 20,
            GatherTime = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromMinutes(1),
        };
        using var world = new DiskWorld(settings, isPortable ? new PortableFileOperations() : null);
        var storage = world.Open(content, random.Next(2) == 0 ? FileAllocation.Full : FileAllocation.Sparse);
        var blocks = content.Blocks().ToArray();
        var order = blocks.ToArray();
        if (random.Next(4) > 0) random.Shuffle(order);
        var posted = 0;
        for (var i = 0; i < order.Length;)
        {
            var batch = new List<BlockWrite>();
            for (var n = random.Next(1, 10); n > 0 && i < order.Length; n--, i++)
            {
                batch.Add(world.Block(content, order[i].Piece, order[i].Block, isSplit: random.Next(3) == 0));

                // A duplicate comes before its piece can be complete, as an endgame's do.
                if (i + 1 < order.Length && order[i + 1].Piece == order[i].Piece && random.Next(5) == 0)
                {
                    batch.Add(world.Block(content, order[i].Piece, order[i].Block));
                }
            }

            posted += batch.Count;
            world.Engine.Write(storage, batch.ToArray());
        }

        world.Engine.Flush(storage, 1);
        var flushed = world.Owner.Next<IDisk.Flushed>();
        var written = world.Owner.TakeAll<IDisk.Written>();
        written.Sum(w => w.Blocks).ShouldBe(posted);
        written.SelectMany(w => w.Pieces).OrderBy(p => p.Piece).ShouldBe(content.AllValid());
        flushed.Files.Select(f => f.Length).ShouldBe(content.Layout.Files.Select(f => f.IsPad ? 0 : f.Length));
        content.ShouldBeOnDisk(world.Root);
        world.Check(storage, content).ShouldBe(content.AllValid());
        world.Engine.Counters.OpenFiles.ShouldBeLessThanOrEqualTo(settings.MaxOpenFiles);
        world.Close(storage);
    }

    [Fact]
    public void Blocks_in_order_are_never_read_back_and_neighbours_share_a_write()
    {
        var content = TestContent.OneFile(1 << 20, 4 << 20);
        using var world = new DiskWorld(new DiskSettings { Workers = 1 });
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1, 2, 3);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Operations.Reads.ShouldBe(0);
        world.Engine.Counters.BytesWritten.ShouldBe(4 << 20);
        world.Engine.Counters.WriteCalls.ShouldBeLessThan(4 * 64 / 4);
        world.Close(storage);
    }

    [Fact]
    public void Neighbours_that_wait_together_are_written_by_one_call_whatever_their_order()
    {
        var content = TestContent.OneFile(1 << 18, 2 << 18);
        using var world = new DiskWorld(new DiskSettings { Workers = 1 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.Write(storage, world.Block(content, 0, 0));
        gate.WaitUntilReached();
        foreach (var block in new[] { 5, 3, 1, 2, 4, 6 }) world.Write(storage, world.Block(content, 0, block));
        gate.Open();
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.WriteCalls.ShouldBe(2);
        world.Operations.Reads.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void A_wrong_byte_makes_the_piece_invalid_and_its_blocks_stay_on_disk_until_it_is_written_anew()
    {
        var content = TestContent.OneFile(1 << 16, (2 << 16) + 5);
        using var world = new DiskWorld(new DiskSettings { HashTogetherBytes = 0 });
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 1, 0), world.Block(content, 1, 1, isWrong: true), world.Block(content, 1, 2), world.Block(content, 1, 3));
        world.Owner.Next<IDisk.Written>().Pieces.ShouldBe([new PieceResult(new PieceIndex(1), PieceState.Invalid)]);
        world.Engine.HashBlocks(storage, new PieceIndex(1));
        var hashes = world.Owner.Next<IDisk.BlockHashes>().Hashes;
        Enumerable.Range(0, 4).Where(b => hashes[b] != HashOf(content, 1, b)).ShouldBe([1]);
        world.WritePieces(storage, content, 1);
        world.FlushAndTakeResults(storage).ShouldBe([new PieceResult(new PieceIndex(1), PieceState.Valid)]);
        world.Close(storage);
    }

    [Fact]
    public void A_duplicate_block_counts_as_written_and_changes_nothing()
    {
        var content = TestContent.OneFile(1 << 16, 1 << 16);
        using var world = new DiskWorld(new DiskSettings { Workers = 1 });
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0), world.Block(content, 0, 0, isWrong: true), world.Block(content, 0, 1));
        world.Write(storage, world.Block(content, 0, 1, isWrong: true), world.Block(content, 0, 2), world.Block(content, 0, 3));
        world.Engine.Flush(storage, 1);
        world.Owner.Next<IDisk.Flushed>();
        var written = world.Owner.TakeAll<IDisk.Written>();
        written.Sum(w => w.Blocks).ShouldBe(6);
        written.SelectMany(w => w.Pieces).ShouldBe(content.AllValid());
        world.Engine.Counters.DuplicateBlocks.ShouldBe(2);
        content.ShouldBeOnDisk(world.Root);
        world.Close(storage);
    }

    [Fact]
    public void A_restart_forgets_the_blocks_before_it_and_none_after_it()
    {
        var content = TestContent.OneFile(1 << 16, 1 << 16);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0, isWrong: true), world.Block(content, 0, 2));
        world.Engine.Restart(storage, new PieceIndex(0));
        world.WritePieces(storage, content, 0);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        content.ShouldBeOnDisk(world.Root);
        world.Close(storage);
    }

    [Fact]
    public void What_is_no_block_of_the_torrent_fails_and_its_slabs_come_back()
    {
        var content = TestContent.OneFile(1 << 16, 100_000);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        var good = world.Block(content, 0, 0);
        world.Write(storage, good with { Block = good.Block with { Begin = 1 } });
        world.Owner.Next<IDisk.WriteFailed>().Blocks.ShouldBe(1);
        world.Write(storage, world.Block(content, 0, 0) with { Block = new BlockRequest(new PieceIndex(2), 0, 16384) });
        world.Owner.Next<IDisk.WriteFailed>().Piece.ShouldBe(new PieceIndex(2));
        world.Write(storage, new BlockWrite(good.Block, world.Slabs.Slice(new byte[100]), default));
        world.Owner.Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Failed);
        world.Close(storage);
        Directory.Exists(world.Root).ShouldBeFalse();
    }

    [Fact]
    public void Writes_to_a_storage_that_is_not_open_only_give_their_slabs_back()
    {
        var content = TestContent.OneFile(1 << 16, 100_000);
        using var world = new DiskWorld();
        world.Write(new StorageId(99), world.Block(content, 0, 0), world.Block(content, 0, 1, isSplit: true)).ShouldBeTrue();
        world.Slabs.Outstanding.ShouldBe(0);
        world.Engine.Counters.JobsRefused.ShouldBe(2);
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    public void Blocks_ahead_of_the_hash_keep_their_slabs_up_to_the_budget_and_one_past_it_is_read_back(int ahead, int readBack)
    {
        var content = TestContent.OneFile(1 << 17, 1 << 17);
        using var world = new DiskWorld(new DiskSettings { Workers = 1, ReorderBytes = 4 * 64 << 10, HashTogetherBytes = 0 });
        var storage = world.Open(content);
        for (var block = 1; block <= ahead; block++) world.Write(storage, world.Block(content, 0, block));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.ReorderBytes.ShouldBe(4 * 64 << 10);
        world.Engine.Counters.BlocksOverReorderBudget.ShouldBe(readBack);
        world.Slabs.Outstanding.ShouldBe(4);
        world.Write(storage, [world.Block(content, 0, 0), .. Enumerable.Range(ahead + 1, 7 - ahead).Select(b => world.Block(content, 0, b))]);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.BytesReadBack.ShouldBe(readBack * 16384);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Close(storage);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void While_links_wait_for_slabs_blocks_ahead_of_the_hash_are_let_go_of_and_none_is_kept(int workers)
    {
        var content = TestContent.OneFile(1 << 17, 6 << 17);
        using var world = new DiskWorld(new DiskSettings { Workers = workers, HashTogetherBytes = 0 });
        var storage = world.Open(content);
        var isDry = true;
        for (var piece = 0; piece < 6; piece++) world.Write(storage, [.. Enumerable.Range(1, 4).Select(block => world.Block(content, piece, block))]);
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(24);

        ((IBlockSource)world.Engine).SlabsRanDry(() => isDry);
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(0);
        world.Engine.Counters.ReorderBytes.ShouldBe(0);
        world.Engine.Counters.BlocksLetGo.ShouldBe(24);
        world.Write(storage, world.Block(content, 0, 5));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(0);
        world.Engine.Counters.BlocksLetGo.ShouldBe(25);

        isDry = false;
        world.Write(storage, world.Block(content, 0, 6));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(1);
        world.Write(storage, world.Block(content, 0, 0), world.Block(content, 0, 7));
        for (var piece = 1; piece < 6; piece++) world.Write(storage, [.. new[] { 7, 6, 5, 0 }.Select(block => world.Block(content, piece, block))]);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.BytesReadBack.ShouldBe(25 * 16384);
        world.Close(storage);
    }

    [Fact]
    public void Slices_of_one_slab_count_it_once()
    {
        var content = TestContent.OneFile(1 << 17, 1 << 17);
        using var world = new DiskWorld(new DiskSettings { Workers = 1, ReorderBytes = 64 << 10, HashTogetherBytes = 0 });
        var storage = world.Open(content);
        var slab = world.Slabs.Rent();
        for (var block = 1; block <= 3; block++)
        {
            var request = content.Layout.Geometry.RequestFor(new PieceIndex(0), new BlockIndex(block));
            content.BytesOf(request).CopyTo(slab.Buffer.AsSpan(block * 16384));
            slab.Retain();
            world.Write(storage, new BlockWrite(request, new SlabSlice(slab, block * 16384, 16384), default));
        }

        slab.Release();
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.ReorderBytes.ShouldBe(64 << 10);
        world.Engine.Counters.BlocksOverReorderBudget.ShouldBe(0);
        world.Write(storage, world.Block(content, 0, 0));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void Pieces_beyond_the_running_hashes_are_read_when_complete()
    {
        var content = TestContent.OneFile(1 << 16, 3 << 16);
        using var world = new DiskWorld(new DiskSettings { Workers = 1, MaxRunningHashes = 2, HashTogetherBytes = 0 });
        var storage = world.Open(content);
        for (var block = 0; block < 4; block++)
        {
            for (var piece = 0; piece < 3; piece++) world.Write(storage, world.Block(content, piece, block));
        }

        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.PiecesWithoutRunningHash.ShouldBe(1);
        world.Engine.Counters.BytesReadBack.ShouldBe(1 << 16);
        world.Close(storage);
    }

    [Fact]
    public void A_write_at_the_high_water_mark_goes_on_one_past_it_holds_back_and_is_drained_once()
    {
        var content = TestContent.OneFile(1 << 20, 1 << 20);
        using var world = new DiskWorld(new DiskSettings { Workers = 1, HighWaterBytes = 64 << 10, LowWaterBytes = 16 << 10 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.Write(storage, world.Block(content, 0, 0), world.Block(content, 0, 1), world.Block(content, 0, 2)).ShouldBeTrue();
        gate.WaitUntilReached();
        world.Write(storage, world.Block(content, 0, 3)).ShouldBeTrue("exactly at the mark");
        world.Write(storage, world.Block(content, 0, 4)).ShouldBeFalse("one past it");
        world.Write(storage, world.Block(content, 0, 5)).ShouldBeFalse("not drained yet");
        world.Owner.All().ShouldNotContain(m => m is IDisk.Drained);
        gate.Open();
        world.Owner.Next<IDisk.Drained>().Storage.ShouldBe(storage);
        world.Write(storage, world.Block(content, 0, 6)).ShouldBeTrue();
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Owner.All().ShouldNotContain(m => m is IDisk.Drained);
        world.Close(storage);
    }

    [Fact]
    public void A_write_allocates_nothing_on_the_callers_side()
    {
        var content = TestContent.OneFile(1 << 20, 1 << 20);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        var blocks = Enumerable.Range(0, 32).Select(b => world.Block(content, 0, b)).ToArray();
        foreach (ref readonly var block in blocks.AsSpan()) block.First.Slab!.Retain();
        world.Engine.Write(storage, blocks);
        world.FlushAndTakeResults(storage);
        var before = GC.GetAllocatedBytesForCurrentThread();
        world.Engine.Write(storage, blocks);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        world.Close(storage);
    }

    private static Bytes20 HashOf(TestContent content, int piece, int block) =>
        new(System.Security.Cryptography.SHA1.HashData(content.BytesOf(content.Layout.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block)))));
}

/// <summary>Holds the first write of a world back until it is opened.</summary>
internal sealed class WriteGate : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ManualResetEventSlim _reached = new();
    private readonly ManualResetEventSlim _open = new();

    public WriteGate(DiskWorld world, Func<FilePlace, bool>? only = null) => world.Operations.OnWrite = (place, _) =>
    {
        if (only?.Invoke(place) == false) return null;
        _reached.Set();
        if (!_open.Wait(Patience)) throw new TimeoutException("The gate was never opened.");
        return null;
    };

    public void WaitUntilReached() => _reached.Wait(Patience).ShouldBeTrue();

    public void Open() => _open.Set();

    public void Dispose()
    {
        _open.Set();
        _reached.Dispose();
    }
}
