using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class StorageFilesTests
{
    private static readonly TestContent Mixed = new(
        64 << 10,
        [
            new ContentFile("bin/tool", 0, 70_000) { IsExecutable = true },
            new ContentFile("empty/none", 0, 0),
            new ContentFile("links/deep/to tool", 0, 0) { SymlinkTarget = "bin/tool" },
            new ContentFile(".pad/9", 0, 9) { IsPad = true },
            new ContentFile("plain", 0, 1_000),
        ],
        new Random(1));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_write_makes_empty_files_and_links_and_a_file_is_made_when_it_is_first_written(bool isPortable)
    {
        using var world = new DiskWorld(operations: isPortable ? new PortableFileOperations() : null);
        var storage = world.Open(Mixed);
        world.Write(storage, world.Block(Mixed, 0, 0));
        world.Engine.Flush(storage, 1);
        world.Owner.Next<IDisk.Flushed>().Files.Select(f => f.Exists).ShouldBe([true, true, false, false, false]);
        File.Exists(world.PathOf(Mixed, 4)).ShouldBeFalse();
        new FileInfo(world.PathOf(Mixed, 2)).LinkTarget.ShouldBe("../../bin/tool");
        new FileInfo(world.PathOf(Mixed, 2)).ResolveLinkTarget(true)!.FullName.ShouldBe(world.PathOf(Mixed, 0));
        world.WritePieces(storage, Mixed, 1);
        world.FlushAndTakeResults(storage).Count.ShouldBe(1);
        File.Exists(world.PathOf(Mixed, 3)).ShouldBeFalse("pad files never touch the disk");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(world.PathOf(Mixed, 0)).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
            File.GetUnixFileMode(world.PathOf(Mixed, 4)).HasFlag(UnixFileMode.UserExecute).ShouldBeFalse();
        }

        world.Close(storage);
    }

    [Fact]
    public void What_stands_in_the_place_of_an_empty_file_or_a_link_is_left_alone()
    {
        using var world = new DiskWorld();
        Directory.CreateDirectory(Path.Combine(world.Root, "empty"));
        Directory.CreateDirectory(Path.Combine(world.Root, "links/deep"));
        File.WriteAllText(world.PathOf(Mixed, 1), "something");
        File.WriteAllText(world.PathOf(Mixed, 2), "else");
        var storage = world.Open(Mixed);
        world.WritePieces(storage, Mixed, 0, 1);
        world.FlushAndTakeResults(storage).ShouldBe(Mixed.AllValid());
        File.ReadAllText(world.PathOf(Mixed, 1)).ShouldBe("something");
        File.ReadAllText(world.PathOf(Mixed, 2)).ShouldBe("else");
        world.Close(storage);
    }

    [Fact]
    public void A_file_longer_than_the_torrent_says_keeps_its_tail_and_shows_it()
    {
        var content = TestContent.OneFile(64 << 10, 64 << 10);
        using var world = new DiskWorld();
        Directory.CreateDirectory(world.Root);
        File.WriteAllBytes(world.PathOf(content, 0), [.. new byte[64 << 10], 1, 2, 3]);
        var storage = world.StartOpening(content, FileAllocation.Full);
        world.Owner.Next<IDisk.Opened>().Files.Single().Length.ShouldBe((64 << 10) + 3);
        world.WritePieces(storage, content, 0);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        File.ReadAllBytes(world.PathOf(content, 0))[^3..].ShouldBe([1, 2, 3]);
        world.Check(storage, content).ShouldBe(content.AllValid());
        world.Close(storage);
    }

    [Fact]
    public void Fingerprints_show_length_and_last_write()
    {
        var content = TestContent.Files(64 << 10, 100, 200);
        using var world = new DiskWorld();
        content.Save(world.Root);
        var when = new DateTime(2020, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc).AddTicks(1234);
        File.SetLastWriteTimeUtc(world.PathOf(content, 0), when);
        world.StartOpening(content);
        var seen = world.Owner.Next<IDisk.Opened>();
        seen.Files[0].ShouldBe(new FileFingerprint(true, 100, File.GetLastWriteTimeUtc(world.PathOf(content, 0)).Ticks));
        seen.Files[1].Length.ShouldBe(200);
        world.Close(seen.Storage);
    }

    [Fact]
    public void Full_allocation_reserves_a_file_at_its_first_write_and_sparse_does_not()
    {
        var content = TestContent.OneFile(64 << 10, 1 << 20);
        using var world = new DiskWorld();
        var storage = world.Open(content, FileAllocation.Full);
        world.Write(storage, world.Block(content, 0, 0));
        world.FlushAndTakeResults(storage);
        new FileInfo(world.PathOf(content, 0)).Length.ShouldBe(1 << 20);
        world.Check(storage, content).Skip(1).ShouldAllBe(r => r.State != PieceState.Valid);
        world.Close(storage);
        File.Delete(world.PathOf(content, 0));
        storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0));
        world.FlushAndTakeResults(storage);
        new FileInfo(world.PathOf(content, 0)).Length.ShouldBe(16 << 10);
        world.Close(storage);
    }

    [Fact]
    public void A_flush_forces_files_written_since_the_last_one_and_folders_with_new_entries()
    {
        var content = TestContent.Files(64 << 10, 64 << 10, 64 << 10);
        using var world = new DiskWorld(new DiskSettings { MaxOpenFiles = 1 });
        var synced = new List<string>();
        world.Operations.OnSync = place =>
        {
            synced.Add(place.File.Path);
            return null;
        };
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1);
        world.FlushAndTakeResults(storage);
        synced.ShouldBe(["folder/0.bin", "folder/1.bin"]);
        if (OperatingSystem.IsLinux())
        {
            world.Operations.SyncedFolders.ShouldBe([Path.Combine(world.Root, "folder"), world.Root, Path.GetDirectoryName(world.Root)!]);
        }

        synced.Clear();
        world.Operations.SyncedFolders.Clear();
        world.WritePieces(storage, content, 1);
        world.FlushAndTakeResults(storage);
        synced.ShouldBe(["folder/1.bin"]);
        world.Operations.SyncedFolders.ShouldBeEmpty();
        world.FlushAndTakeResults(storage);
        synced.Count.ShouldBe(1);
        world.Close(storage);
    }

    [Fact]
    public void A_flush_forces_out_what_a_check_found_right_since_a_killed_process_may_have_left_it_in_the_cache()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows forces out only what may be written.");
        var content = TestContent.Files(10_000, 30_000, 25_000, 5_000);
        using var world = new DiskWorld();
        content.Save(world.Root);
        File.WriteAllBytes(world.PathOf(content, 1), new byte[25_000]);
        var synced = new List<string>();
        world.Operations.OnSync = place =>
        {
            synced.Add(place.FullPath);
            return null;
        };
        var storage = world.Open(content);
        world.FlushAndTakeResults(storage);
        synced.ShouldBeEmpty();
        world.Check(storage, content);
        world.FlushAndTakeResults(storage);
        synced.ShouldBe([world.PathOf(content, 0)], "the others hold nothing that is right");
        if (OperatingSystem.IsLinux()) world.Operations.SyncedFolders.ShouldBe([Path.Combine(world.Root, "folder"), world.Root]);
        world.FlushAndTakeResults(storage);
        synced.Count.ShouldBe(1, "once is enough");
        world.Close(storage);
    }
}
