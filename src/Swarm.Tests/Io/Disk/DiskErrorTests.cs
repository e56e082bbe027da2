using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class DiskErrorTests
{
    private const int NoSpaceLeft = 28;
    private const int IoError = 5;

    [Fact]
    public void A_full_disk_loses_the_gathered_blocks_says_so_and_the_piece_can_be_written_when_there_is_room()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /dev/full, which Linux has.");
        var content = TestContent.OneFile(64 << 10, 2 * 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 1 });
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 2), world.Block(content, 0, 0));
        world.FlushAndTakeResults(storage);
        using (var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write))
        {
            world.Operations.WriteElsewhere = full;
            world.Write(storage, world.Block(content, 0, 1), world.Block(content, 0, 3));
            var failed = world.Owner.Next<IDisk.WriteFailed>();
            failed.Piece.ShouldBe(new PieceIndex(0));
            failed.Blocks.ShouldBeInRange(1, 2);
            failed.Error.Kind.ShouldBe(DiskErrorKind.NoSpace);
            failed.Error.Message.ShouldContain(world.PathOf(content, 0));
            failed.Error.Message.ShouldContain("free some space");
            world.Engine.Flush(storage, 1);
            world.Owner.Next<IDisk.Flushed>();
            world.Operations.WriteElsewhere = null;
        }

        world.Slabs.Outstanding.ShouldBe(0, "the piece is forgotten with what it held");
        world.Engine.Restart(storage, default);
        world.WritePieces(storage, content, 0, 1);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Close(storage);
    }

    [Fact]
    public void Lost_and_written_blocks_add_up_to_the_posted_ones()
    {
        var random = new Random(5);
        var content = TestContent.OneFile(64 << 10, 30 * 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 3, ReorderBytes = 128 << 10 });
        var storage = world.Open(content);
        var calls = 0;
        world.Operations.OnWrite = (place, _) => Interlocked.Increment(ref calls) % 3 == 0 ? DiskErrors.FromErrno(NoSpaceLeft, "write to", place.FullPath) : null;
        var order = content.Blocks().ToArray();
        random.Shuffle(order);
        foreach (var (piece, block) in order) world.Write(storage, world.Block(content, piece, block));
        world.Engine.Flush(storage, 1);
        world.Owner.Next<IDisk.Flushed>();
        var lost = world.Owner.TakeAll<IDisk.WriteFailed>().Sum(f => f.Blocks);
        lost.ShouldBeGreaterThan(0);
        (lost + world.Owner.TakeAll<IDisk.Written>().Sum(w => w.Blocks)).ShouldBe(order.Length);
        world.Close(storage);
    }

    [Fact]
    public void A_folder_that_may_not_be_written_is_denied()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel"), "Needs /sys, where nobody may make folders.");
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        var storage = world.StartOpening(content, root: "/sys/kernel/downloads");
        world.Owner.Next<IDisk.Opened>().Files.Single().Exists.ShouldBeFalse();
        world.Write(storage, world.Block(content, 0, 0));
        var error = world.Owner.Next<IDisk.WriteFailed>().Error;
        error.Kind.ShouldBe(DiskErrorKind.Denied);
        error.Message.ShouldContain("/sys/kernel/downloads");
        world.Close(storage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_in_the_files_place_is_not_followed(bool isPortable)
    {
        var content = TestContent.Files(64 << 10, 64 << 10);
        using var world = new DiskWorld(operations: Operations(isPortable));
        Directory.CreateDirectory(Path.Combine(world.Root, "folder"));
        Directory.CreateDirectory(world.Outside);
        var target = Path.Combine(world.Outside, "precious");
        File.WriteAllText(target, "precious");
        File.CreateSymbolicLink(world.PathOf(content, 0), target);
        ShouldBeObstructed(world, content);
        File.ReadAllText(target).ShouldBe("precious");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_in_the_way_is_not_followed(bool isPortable)
    {
        var content = TestContent.Files(64 << 10, 64 << 10);
        using var world = new DiskWorld(operations: Operations(isPortable));
        Directory.CreateDirectory(world.Root);
        Directory.CreateDirectory(world.Outside);
        Directory.CreateSymbolicLink(Path.Combine(world.Root, "folder"), world.Outside);
        content.Save(world.Root);
        File.Exists(Path.Combine(world.Outside, "0.bin")).ShouldBeTrue("the link works for others");
        File.Delete(Path.Combine(world.Outside, "0.bin"));
        ShouldBeObstructed(world, content);
        Directory.EnumerateFileSystemEntries(world.Outside).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_root_that_is_a_link_is_the_users_choice_and_is_followed(bool isPortable)
    {
        var content = TestContent.Files(64 << 10, 64 << 10);
        using var world = new DiskWorld(operations: Operations(isPortable));
        Directory.CreateDirectory(world.Outside);
        Directory.CreateSymbolicLink(world.Root, world.Outside);
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        content.ShouldBeOnDisk(world.Outside);
        world.Close(storage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_folder_in_the_files_place_and_a_file_in_a_folders_place_obstruct(bool isPortable)
    {
        var content = TestContent.Files(64 << 10, 64 << 10);
        using (var world = new DiskWorld(operations: Operations(isPortable)))
        {
            Directory.CreateDirectory(world.PathOf(content, 0));
            ShouldBeObstructed(world, content);
        }

        using (var world = new DiskWorld(operations: Operations(isPortable)))
        {
            Directory.CreateDirectory(world.Root);
            File.WriteAllText(Path.Combine(world.Root, "folder"), "");
            var storage = world.Open(content);
            world.Write(storage, world.Block(content, 0, 0));
            world.Owner.Next<IDisk.WriteFailed>();
            world.Close(storage);
            File.ReadAllText(Path.Combine(world.Root, "folder")).ShouldBe("");
        }
    }

    [Fact]
    public void A_pipe_in_the_files_place_obstructs_and_nobody_waits_for_its_other_end()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs mkfifo.");
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        Directory.CreateDirectory(world.Root);
        using var made = System.Diagnostics.Process.Start("mkfifo", [world.PathOf(content, 0)]);
        made.WaitForExit();
        ShouldBeObstructed(world, content);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("a/../../escape")]
    [InlineData("a/..")]
    [InlineData("")]
    [InlineData("nul\0byte")]
    public void A_path_that_leads_out_of_the_root_cannot_be_opened(string path)
    {
        var content = new TestContent(64 << 10, [new ContentFile(path, 0, 1000)], new Random(1));
        using var world = new DiskWorld();
        world.StartOpening(content);
        world.Owner.Next<IDisk.OpenFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
    }

    [Fact]
    public void A_link_of_the_torrent_that_leads_out_of_the_root_cannot_be_opened()
    {
        var content = new TestContent(64 << 10, [new ContentFile("a", 0, 0) { SymlinkTarget = "../b" }, new ContentFile("c", 0, 9)], new Random(1));
        using var world = new DiskWorld();
        world.StartOpening(content);
        world.Owner.Next<IDisk.OpenFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
    }

    [Fact]
    public void Hashes_that_do_not_fit_the_layout_and_a_root_that_is_a_file_cannot_be_opened()
    {
        var content = TestContent.OneFile(64 << 10, 100_000);
        using var world = new DiskWorld();
        world.Engine.Open(new StorageId(50), new StorageSpec(content.Layout, world.Root, content.Hashes[..20], FileAllocation.Sparse), world.Owner.Ref);
        world.Owner.Next<IDisk.OpenFailed>().Error.Message.ShouldContain("hashes");
        File.WriteAllText(world.Root, "");
        world.StartOpening(content);
        world.Owner.Next<IDisk.OpenFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
    }

    [Fact]
    public void A_flush_that_fails_says_so()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0);
        world.Operations.OnSync = place => DiskErrors.FromErrno(IoError, "force to disk", place.FullPath);
        world.Engine.Flush(storage, 12);
        var failed = world.Owner.Next<IDisk.FlushFailed>();
        failed.Tag.ShouldBe(12);
        failed.Error.Kind.ShouldBe(DiskErrorKind.Failed);
        world.Operations.CachesDropped.ShouldBe(1, "what memory still shows may be lost");
        world.Operations.OnSync = _ => null;
        world.FlushAndTakeResults(storage);
        world.Close(storage);
    }

    [Fact]
    public void A_piece_that_cannot_be_read_back_is_hashed_whole_when_complete_or_unreadable()
    {
        var content = TestContent.OneFile(64 << 10, 2 * 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 1, ReorderBytes = 64 << 10, HashTogetherBytes = 0 });
        var storage = world.Open(content);
        for (var piece = 0; piece < 2; piece++)
        {
            world.Operations.OnRead = (place, _) => DiskErrors.FromErrno(IoError, "read", place.FullPath);
            world.Write(storage, world.Block(content, piece, 2), world.Block(content, piece, 1));
            world.FlushAndTakeResults(storage).ShouldBeEmpty();
            world.Write(storage, world.Block(content, piece, 0));
            world.FlushAndTakeResults(storage).ShouldBeEmpty();
            world.Slabs.Outstanding.ShouldBe(0);
            if (piece == 1) world.Operations.OnRead = (_, _) => null;
            world.Write(storage, world.Block(content, piece, 3));
            var state = piece == 0 ? PieceState.Unreadable : PieceState.Valid;
            world.FlushAndTakeResults(storage).ShouldBe([new PieceResult(new PieceIndex(piece), state)]);
        }

        world.Close(storage);
    }

    [Fact]
    public void An_unforeseen_exception_is_answered_and_the_worker_lives_on()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = 1 });
        var storage = world.Open(content);
        world.Operations.OnWrite = (_, _) => throw new InvalidOperationException("unforeseen");
        world.Write(storage, world.Block(content, 0, 0));
        world.Owner.Next<IDisk.WriteFailed>().Error.Message.ShouldContain("unforeseen");
        world.Operations.OnWrite = (_, _) => null;
        world.Operations.OnRead = (_, _) => throw new InvalidOperationException("unforeseen");
        world.WritePieces(storage, content, 0);
        world.Engine.Read(storage, new BlockRequest(default, 0, 10), 5, world.Owner.Ref);
        world.Owner.Next<IDisk.ReadFailed>().Tag.ShouldBe(5);
        world.Close(storage);
    }

    private static FileOperations Operations(bool isPortable) => isPortable ? new PortableFileOperations() : FileOperations.ForThisSystem();

    private static void ShouldBeObstructed(DiskWorld world, TestContent content)
    {
        var storage = world.StartOpening(content);
        world.Owner.Next<IDisk.Opened>().Files.Single().Exists.ShouldBeFalse();
        world.Write(storage, world.Block(content, 0, 0));
        world.Owner.Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
        world.Engine.Read(storage, new BlockRequest(default, 0, 10), 1, world.Owner.Ref);
        world.Owner.Next<IDisk.ReadFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
        world.Close(storage);
    }
}
