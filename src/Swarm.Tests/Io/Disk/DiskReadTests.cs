using Swarm.Actors.Ports;
using Swarm.Io;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class DiskReadTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 15)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_range_reads_the_same_through_slabs_and_through_located_files(int seed)
    {
        var random = new Random(seed);
        var content = TestContent.Draw(random);
        using var world = new DiskWorld(new DiskSettings { MaxOpenFiles = 2 });
        content.Save(world.Root);
        var storage = world.Open(content);
        for (var i = 0; i < 20; i++)
        {
            var piece = random.Next(content.Layout.Geometry.PieceCount);
            var size = content.Layout.Geometry.PieceSize(new PieceIndex(piece));
            var begin = random.Next(size);
            var request = new BlockRequest(new PieceIndex(piece), begin, random.Next(1, Math.Min(world.Slabs.Size, size - begin) + 1));
            world.Engine.Read(storage, request, i, world.Owner.Ref).ShouldBeTrue();
            var read = world.Owner.Next<IDisk.BlockRead>();
            read.Tag.ShouldBe(i);
            read.Block.ShouldBe(request);
            read.Data.Span.SequenceEqual(content.BytesOf(request)).ShouldBeTrue();
            read.Data.Release();
            ReadLocated(world, storage, request).AsSpan().SequenceEqual(content.BytesOf(request)).ShouldBeTrue();
        }

        world.Operations.WriteOpens.ShouldBe(0, "a seed never opens a file for writing");
        world.Close(storage);
    }

    [Fact]
    public void A_read_sees_every_write_posted_before_it()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 3));
        var request = content.Layout.Geometry.RequestFor(default, new BlockIndex(3));
        world.Engine.Read(storage, request, 0, world.Owner.Ref);
        var data = world.Owner.Next<IDisk.BlockRead>().Data;
        data.Span.SequenceEqual(content.BytesOf(request)).ShouldBeTrue();
        data.Release();
        world.Close(storage);
    }

    [Fact]
    public void Missing_and_short_files_fail_to_read_with_their_path()
    {
        var content = TestContent.Files(64 << 10, 50_000, 50_000);
        using var world = new DiskWorld();
        content.Save(world.Root);
        File.Delete(world.PathOf(content, 1));
        var storage = world.Open(content);
        world.Engine.Read(storage, new BlockRequest(default, 49_000, 2_000), 8, world.Owner.Ref);
        var error = world.Owner.Next<IDisk.ReadFailed>().Error;
        error.Kind.ShouldBe(DiskErrorKind.NotFound);
        error.Message.ShouldContain(world.PathOf(content, 1));
        ((IBlockSource)world.Engine).TryLocate(storage, new BlockRequest(default, 49_000, 2_000), [], out var why).ShouldBeFalse();
        why!.Kind.ShouldBe(DiskErrorKind.NotFound);
        using (var file = File.OpenWrite(world.PathOf(content, 0))) file.SetLength(100);
        world.Engine.Read(storage, new BlockRequest(default, 0, 101), 9, world.Owner.Ref);
        world.Owner.Next<IDisk.ReadFailed>().Error.Message.ShouldContain("ends at byte 100");
        world.Engine.HashBlocks(storage, default);
        world.Owner.Next<IDisk.BlockHashes>().Hashes.ShouldBeEmpty();
        world.Close(storage);
    }

    [Fact]
    public void A_range_outside_its_piece_or_of_an_unknown_storage_fails()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        content.Save(world.Root);
        var storage = world.Open(content);
        world.Engine.Read(storage, new BlockRequest(default, 65_000, 1_000), 1, world.Owner.Ref);
        world.Owner.Next<IDisk.ReadFailed>().Tag.ShouldBe(1);
        world.Engine.Read(new StorageId(77), new BlockRequest(default, 0, 10), 2, world.Owner.Ref).ShouldBeTrue();
        world.Owner.Next<IDisk.ReadFailed>().Tag.ShouldBe(2);
        ((IBlockSource)world.Engine).TryLocate(storage, new BlockRequest(new PieceIndex(1), 0, 10), [], out _).ShouldBeFalse();
        ((IBlockSource)world.Engine).TryLocate(new StorageId(77), new BlockRequest(default, 0, 10), [], out _).ShouldBeFalse();
        world.Engine.HashBlocks(storage, new PieceIndex(5));
        world.Owner.Next<IDisk.BlockHashes>().Hashes.ShouldBeEmpty();
        world.Close(storage);
    }

    [Fact]
    public void Reads_at_the_limit_wait_and_one_past_it_is_refused()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 1, MaxQueuedReads = 2 });
        var storage = world.Open(content);
        using var gate = new WriteGate(world);
        world.WritePieces(storage, content, 0);
        gate.WaitUntilReached();
        var request = new BlockRequest(default, 0, 10);
        world.Engine.Read(storage, request, 1, world.Owner.Ref).ShouldBeTrue();
        world.Engine.Read(storage, request, 2, world.Owner.Ref).ShouldBeTrue();
        world.Engine.Read(storage, request, 3, world.Owner.Ref).ShouldBeFalse();
        gate.Open();
        world.Owner.Next<IDisk.BlockRead>().Data.Release();
        world.Owner.Next<IDisk.BlockRead>().Data.Release();
        world.Engine.Read(storage, request, 4, world.Owner.Ref).ShouldBeTrue();
        world.Owner.Next<IDisk.BlockRead>().Data.Release();
        world.Close(storage);
    }

    [Fact]
    public void An_empty_pool_does_not_stop_a_read()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld { PoolIsEmpty = true };
        content.Save(world.Root);
        var storage = world.Open(content);
        world.Engine.Read(storage, new BlockRequest(default, 5, 100), 1, world.Owner.Ref);
        var data = world.Owner.Next<IDisk.BlockRead>().Data;
        data.Length.ShouldBe(100);
        data.Release();
        world.Engine.Counters.UnpooledReads.ShouldBe(1);
        world.Close(storage);
    }

    [Fact]
    public void A_located_file_can_be_read_after_it_was_evicted_and_after_the_storage_closed()
    {
        var content = TestContent.Files(16 << 10, 16 << 10, 16 << 10, 16 << 10);
        using var world = new DiskWorld(new DiskSettings { MaxOpenFiles = 1 });
        content.Save(world.Root);
        var storage = world.Open(content);
        var source = (IBlockSource)world.Engine;
        var slices = new List<FileSlice>();
        for (var piece = 0; piece < 3; piece++) source.TryLocate(storage, new BlockRequest(new PieceIndex(piece), 0, 16 << 10), slices, out _).ShouldBeTrue();
        world.Engine.Counters.OpenFiles.ShouldBe(1);
        world.Close(storage);
        for (var piece = 0; piece < 3; piece++)
        {
            var bytes = new byte[16 << 10];
            RandomAccess.Read(slices[piece].Handle!, bytes, slices[piece].Offset).ShouldBe(bytes.Length);
            bytes.AsSpan().SequenceEqual(content.BytesOfPiece(piece)).ShouldBeTrue();
            slices[piece].Release();
            slices[piece].Handle!.IsClosed.ShouldBeTrue();
        }
    }

    [Fact]
    public void A_reported_read_failure_reaches_the_owner_and_the_file_is_opened_anew()
    {
        var content = TestContent.OneFile(16 << 10, 16 << 10);
        using var world = new DiskWorld();
        content.Save(world.Root);
        var storage = world.Open(content);
        var source = (IBlockSource)world.Engine;
        var block = new BlockRequest(default, 0, 16 << 10);
        var slices = new List<FileSlice>();
        source.TryLocate(storage, block, slices, out _).ShouldBeTrue();
        slices[0].Release();
        world.Engine.Counters.OpenFiles.ShouldBe(1);
        var error = new DiskError(DiskErrorKind.Failed, "x", "y");
        source.ReportReadFailure(storage, block, error);
        world.Owner.Next<IDisk.ReadFailed>().ShouldBe(new IDisk.ReadFailed(storage, block, -1, error));
        world.Engine.Counters.OpenFiles.ShouldBe(0);
        world.Close(storage);
    }

    private static byte[] ReadLocated(DiskWorld world, StorageId storage, BlockRequest request)
    {
        var slices = new List<FileSlice>();
        ((IBlockSource)world.Engine).TryLocate(storage, request, slices, out var error).ShouldBeTrue(error?.Message);
        using var stream = new MemoryStream();
        foreach (var slice in slices)
        {
            var bytes = new byte[slice.Length];
            if (slice.Handle is not null) RandomAccess.Read(slice.Handle, bytes, slice.Offset).ShouldBe(bytes.Length);
            stream.Write(bytes);
            slice.Release();
        }

        return stream.ToArray();
    }
}
