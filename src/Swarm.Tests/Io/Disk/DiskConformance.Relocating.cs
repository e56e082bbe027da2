using Swarm.Actors.Ports;

namespace Swarm.Tests.Io.Disk;

// Moving, naming anew and deleting: fences that change where files lie, and nothing else.
public abstract partial class DiskConformance
{
    private string Elsewhere => $"{Root}/elsewhere";

    [Fact]
    public void Moved_files_are_below_the_new_folder_look_as_they_did_and_go_on_being_written()
    {
        var content = Content(1 << 15, ("a", 40_000), ("sub/b", 60_000));
        var storage = Open(content);
        WritePiece(storage, content, 0);
        var before = Flush(storage).Files;
        Owner.TakeAll<IDisk.Written>();
        Disk.Move(storage, Elsewhere, MoveKind.Begin);
        for (var piece = 1; piece < content.Layout.Geometry.PieceCount; piece++) WritePiece(storage, content, piece);
        Next<IDisk.Relocated>().Files.ShouldBe(before);
        Flush(storage);
        for (var file = 0; file < 2; file++)
        {
            Show(content.Layout.Files[file].Path).ShouldBeNull();
            Show("elsewhere/" + content.Layout.Files[file].Path)!.AsSpan().SequenceEqual(content.BytesOfFile(file)).ShouldBeTrue();
        }

        Owner.TakeAll<IDisk.Written>();
        Check(storage, content).ShouldBe(content.AllValid());
        Close(storage);
    }

    [Fact]
    public void A_move_is_refused_where_another_file_lies_and_everything_stays()
    {
        var content = Content(1 << 15, ("a", 40_000), ("b", 60_000));
        Lay(content);
        var other = Content(1 << 15, ("elsewhere/b", 60_000));
        Lay(other);
        var storage = Open(content);
        foreach (var kind in new[] { MoveKind.Begin, MoveKind.Resume })
        {
            Flip("elsewhere/b", 7);
            Disk.Move(storage, Elsewhere, kind);
            Next<IDisk.RelocateFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
            for (var file = 0; file < 2; file++) Show(content.Layout.Files[file].Path)!.AsSpan().SequenceEqual(content.BytesOfFile(file)).ShouldBeTrue();
            Show("elsewhere/a").ShouldBeNull();
        }

        Check(storage, content).ShouldBe(content.AllValid());
        Close(storage);
    }

    [Fact]
    public void A_move_that_was_cut_short_goes_on_and_takes_what_is_there_already()
    {
        var content = Content(1 << 15, ("a", 40_000), ("b", 60_000));
        // The same bytes: one file is where it was, the other has been moved, as a crash leaves them.
        Lay(Content(1 << 15, ("a", 40_000), ("elsewhere/b", 60_000)));
        var again = Open(content);
        Disk.Move(again, Elsewhere, MoveKind.Resume);
        Next<IDisk.Relocated>().Files.ShouldAllBe(file => file.Exists);
        Check(again, content).ShouldBe(content.AllValid());
        Close(again);
    }

    [Fact]
    public void A_file_is_named_anew_and_found_so()
    {
        var content = Content(1 << 15, ("a", 40_000), ("b", 60_000));
        Lay(content);
        var storage = Open(content);
        Disk.Rename(storage, 0, "b");
        Next<IDisk.RelocateFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
        Disk.Rename(storage, 0, "x/y");
        Next<IDisk.Relocated>().Files.ShouldAllBe(file => file.Exists);
        Show("a").ShouldBeNull();
        Show("x/y")!.AsSpan().SequenceEqual(content.BytesOfFile(0)).ShouldBeTrue();
        // Once more, as after a crash.
        Disk.Rename(storage, 0, "x/y");
        Settle();
        Check(storage, content).ShouldBe(content.AllValid());
        Close(storage);
    }

    [Fact]
    public void Deleting_takes_the_storages_files_and_nothing_else()
    {
        var content = Content(1 << 15, ("a", 40_000), ("folder/sub/b", 60_000));
        Lay(content);
        Lay(Content(1 << 15, ("folder/other", 100)));
        var storage = Open(content);
        Remove("a");
        Disk.Delete(storage);
        Next<IDisk.Deleted>().Storage.ShouldBe(storage);
        Close(storage);
        Show("folder/sub/b").ShouldBeNull();
        Show("folder/other").ShouldNotBeNull();
    }
}
