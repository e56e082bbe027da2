using Swarm.Actors.Ports;

namespace Swarm.Tests.Io.Disk;

// Until when there may be written. Ends are a day off, or past: nothing depends on how fast it goes.
public abstract partial class DiskConformance
{
    [Fact]
    public void After_its_end_nothing_is_written_and_what_was_there_stays()
    {
        var content = Content(20_000, ("a", 40_000));
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerDay);
        var storage = Open(content);
        WritePiece(storage, content, 0);
        Flush(storage);
        var before = Show("a")!;
        Disk.WriteUntil(Root, 1, NowTicks);
        Disk.Write(storage, [Block(content, 1, 0), Block(content, 1, 1)]);
        var failed = Next<IDisk.WriteFailed>();
        failed.Error.Kind.ShouldBe(DiskErrorKind.Expired);
        failed.Error.Message.ShouldContain("has run out");
        Show("a")!.ShouldBe(before);
        Disk.Rename(storage, 0, "b");
        Next<IDisk.RelocateFailed>().Error.Kind.ShouldBe(DiskErrorKind.Expired);
        Disk.Move(storage, Root + "/elsewhere", MoveKind.Begin);
        Next<IDisk.RelocateFailed>().Error.Kind.ShouldBe(DiskErrorKind.Expired);
        Disk.Delete(storage);
        Next<IDisk.DeleteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Expired);
        Show("a")!.ShouldBe(before);
        Close(storage);
    }

    [Fact]
    public void Nothing_is_made_by_a_write_that_comes_too_late()
    {
        var content = Content(20_000, ("folder/a", 40_000), ("empty", 0));
        Disk.WriteUntil(Root, 1, NowTicks);
        var storage = Open(content, FileAllocation.Full);
        Disk.Write(storage, [Block(content, 0, 0)]);
        Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Expired);
        Show("folder/a").ShouldBeNull();
        Show("empty").ShouldBeNull();
        Close(storage);
    }

    [Fact]
    public void A_storage_belongs_to_the_term_that_it_was_opened_in()
    {
        var content = Content(20_000, ("a", 40_000));
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerDay);
        var old = Open(content);
        Disk.WriteUntil(Root, 1, NowTicks);
        Disk.WriteUntil(Root, 2, NowTicks + TimeSpan.TicksPerDay);
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerDay);
        Disk.Write(old, [Block(content, 0, 0)]);
        Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Expired, "what was said of a term that is over comes too late");
        var now = Open(content);
        WritePiece(now, content, 0);
        Close(now);
        Close(old);
    }

    [Fact]
    public void A_term_that_has_ended_is_not_the_same_when_it_is_renewed()
    {
        var content = Content(20_000, ("a", 40_000));
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerDay);
        var old = Open(content);
        Disk.WriteUntil(Root, 1, NowTicks);
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerDay);
        Disk.Write(old, [Block(content, 0, 0)]);
        Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Expired, "somebody else may have written meanwhile");
        var now = Open(content);
        WritePiece(now, content, 0);
        Close(now);
        Close(old);
    }

    [Fact]
    public void A_renewed_term_goes_on_and_other_folders_have_nothing_to_do_with_it()
    {
        var content = Content(20_000, ("a", 40_000));
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerHour);
        var storage = Open(content);
        Disk.WriteUntil(Root, 1, NowTicks + TimeSpan.TicksPerDay);
        WritePiece(storage, content, 0);
        Disk.WriteUntil(Root[..^1], 7, NowTicks);
        Disk.WriteUntil(Root + "/b", 7, NowTicks);
        WritePiece(storage, content, 1);
        var other = Open(content);
        Flush(other);
        Close(other);
        Close(storage);
    }
}
