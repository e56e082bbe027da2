using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>Moves between file systems, and what goes wrong with them; the rest is <see cref="DiskConformance"/>'s.</summary>
public sealed class DiskRelocationTests : IDisposable
{
    private readonly DiskWorld _world = new();
    private readonly TestContent _content = new(1 << 15, [new ContentFile("a", 0, 3_000_000), new ContentFile("sub/b", 0, 60_000)], new Random(1));

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Between_file_systems_files_are_copied_whole_with_their_times_and_deleted_only_then()
    {
        BetweenFileSystems();
        _content.Save(_world.Root);
        var storage = _world.Open(_content);
        _world.Engine.Flush(storage, 1);
        var before = _world.Owner.Next<IDisk.Flushed>().Files;
        _world.Engine.Move(storage, _world.Outside, MoveKind.Begin);
        _world.Owner.Next<IDisk.Relocated>().Files.ShouldBe(before);
        File.ReadAllBytes(Path.Combine(_world.Outside, "a")).AsSpan().SequenceEqual(_content.BytesOfFile(0)).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(_world.Root).ShouldBeEmpty();
        Directory.EnumerateFiles(_world.Outside, "*", SearchOption.AllDirectories).Count().ShouldBe(2);
    }

    [Fact]
    public void A_copy_that_fails_leaves_everything_where_it_was_and_nothing_behind()
    {
        BetweenFileSystems();
        _content.Save(_world.Root);
        var storage = _world.Open(_content);
        _world.Operations.OnWrite = (place, offset) => place.File.Path.StartsWith("sub/b", StringComparison.Ordinal) ? DiskErrors.FromErrno(DiskErrors.NoSpaceLeft, "write to", place.FullPath) : null;
        _world.Engine.Move(storage, _world.Outside, MoveKind.Begin);
        _world.Owner.Next<IDisk.RelocateFailed>().Error.Kind.ShouldBe(DiskErrorKind.NoSpace);
        for (var file = 0; file < 2; file++) File.ReadAllBytes(Path.Combine(_world.Root, _content.Layout.Files[file].Path)).AsSpan().SequenceEqual(_content.BytesOfFile(file)).ShouldBeTrue();
        Directory.EnumerateFiles(_world.Outside, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void A_copy_that_was_finished_before_a_crash_counts_and_only_the_old_file_goes()
    {
        BetweenFileSystems();
        _content.Save(_world.Root);
        _content.Save(_world.Outside);
        File.Delete(Path.Combine(_world.Outside, "sub/b"));
        File.WriteAllText(Path.Combine(_world.Outside, "sub/b.swarm-moving"), "half");
        var storage = _world.Open(_content);
        _world.Engine.Move(storage, _world.Outside, MoveKind.Resume);
        _world.Owner.Next<IDisk.Relocated>().Files.ShouldAllBe(file => file.Exists);
        File.Exists(Path.Combine(_world.Root, "a")).ShouldBeFalse();
        Directory.EnumerateFiles(_world.Outside, "*", SearchOption.AllDirectories).Count().ShouldBe(2);
    }

    [Fact]
    public void A_link_in_a_files_place_is_neither_followed_nor_deleted()
    {
        Directory.CreateDirectory(_world.Outside);
        File.WriteAllText(Path.Combine(_world.Outside, "precious"), "x");
        _content.Save(_world.Root);
        File.Delete(Path.Combine(_world.Root, "a"));
        File.CreateSymbolicLink(Path.Combine(_world.Root, "a"), Path.Combine(_world.Outside, "precious"));
        var storage = _world.Open(_content);
        _world.Engine.Delete(storage);
        _world.Owner.Next<IDisk.Deleted>();
        File.ReadAllText(Path.Combine(_world.Outside, "precious")).ShouldBe("x");
        Directory.EnumerateFileSystemEntries(_world.Root).Select(Path.GetFileName).ShouldBe(["a"]);
    }

    // Only what stays below one folder is on one file system.
    private void BetweenFileSystems() => _world.Operations.OnRename = (from, to) => from.Root == to.Root ? null : RenameOutcome.OtherFileSystem;
}
