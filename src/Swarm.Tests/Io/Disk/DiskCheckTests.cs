using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class DiskCheckTests
{
    [Fact]
    public void Each_piece_is_told_for_what_it_is()
    {
        var content = TestContent.Files(10_000, 30_000, 25_000, 5_000, 10_000);
        using var world = new DiskWorld();
        content.Save(world.Root);
        Corrupt(world.PathOf(content, 0), 12_345);
        File.Delete(world.PathOf(content, 2));
        using (var cut = File.OpenWrite(world.PathOf(content, 3))) cut.SetLength(9_999);
        var storage = world.Open(content);
        world.Check(storage, content).Select(r => r.State).ShouldBe(
        [
            PieceState.Valid, PieceState.Invalid, PieceState.Valid, PieceState.Valid, PieceState.Valid,
            PieceState.Invalid, // half of it is in the missing file
            PieceState.Invalid, // the last byte is cut off
        ]);
        world.Close(storage);
    }

    [Fact]
    public void Files_with_valid_pieces_are_forced_to_disk_by_the_next_flush_and_once()
    {
        var content = TestContent.Files(10_000, 30_000, 20_000, 10_000);
        using var world = new DiskWorld();
        content.Save(world.Root);
        Corrupt(world.PathOf(content, 2), 5);
        var forced = new List<string>();
        world.Operations.OnSync = place =>
        {
            forced.Add(place.File.Path);
            return null;
        };
        var storage = world.Open(content);
        world.FlushAndTakeResults(storage);
        forced.ShouldBeEmpty();
        world.Check(storage, content);
        world.FlushAndTakeResults(storage);
        forced.ShouldBe(["folder/0.bin", "folder/1.bin"]);
        world.FlushAndTakeResults(storage);
        forced.Count.ShouldBe(2);
        world.Operations.WriteOpens.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void Found_files_that_can_only_be_read_need_no_forcing_but_a_disk_that_fails_is_told()
    {
        var content = TestContent.OneFile(10_000, 30_000);
        using var world = new DiskWorld();
        content.Save(world.Root);
        var storage = world.Open(content);
        world.Operations.OnSync = place => DiskErrors.FromErrno(DiskErrors.IoError, "force to disk", place.FullPath);
        world.Check(storage, content);
        world.Engine.Flush(storage, 7);
        world.Owner.Next<IDisk.FlushFailed>();
        world.Operations.OnSync = place => DiskErrors.FromErrno(DiskErrors.ReadOnlySystem, "force to disk", place.FullPath);
        world.FlushAndTakeResults(storage);
        world.Close(storage);
    }

    [Fact]
    public void Missing_files_are_absent_and_nothing_is_read()
    {
        var content = TestContent.Files(10_000, 30_000, 25_000);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Check(storage, content).ShouldAllBe(r => r.State == PieceState.Absent);
        world.Operations.Reads.ShouldBe(0);
        world.Operations.WriteOpens.ShouldBe(0);
        Directory.Exists(world.Root).ShouldBeFalse();
        world.Close(storage);
    }

    [Fact]
    public void Holes_are_absent_without_being_read_unless_zeros_are_what_belongs_there()
    {
        const int Piece = 1 << 16;
        var content = TestContent.OneFile(Piece, 5 * Piece);
        var zeros = new TestContent(Piece, [new ContentFile("zeros.bin", 0, (3 * Piece) + 100)], new Random(1), isZero: true);
        using var world = new DiskWorld();
        Directory.CreateDirectory(world.Root);
        using (var sparse = File.OpenHandle(world.PathOf(content, 0), FileMode.Create, FileAccess.Write))
        {
            RandomAccess.SetLength(sparse, 5 * Piece);
            RandomAccess.Write(sparse, content.BytesOfPiece(2), 2 * Piece);
        }

        using (var sparse = File.OpenHandle(world.PathOf(zeros, 0), FileMode.Create, FileAccess.Write)) RandomAccess.SetLength(sparse, (3 * Piece) + 100);
        var storage = world.Open(content);
        world.Check(storage, content).Select(r => r.State).ShouldBe(
            [PieceState.Absent, PieceState.Absent, PieceState.Valid, PieceState.Absent, PieceState.Absent]);
        var readsOfOnePiece = world.Operations.Reads;
        var second = world.Open(zeros);
        world.Check(second, zeros).ShouldBe(zeros.AllValid());
        world.Operations.Reads.ShouldBe(readsOfOnePiece);
        readsOfOnePiece.ShouldBe(1);
        world.Close(storage);
        world.Close(second);
    }

    [Fact]
    public void A_piece_of_nothing_but_pad_is_valid()
    {
        var content = new TestContent(16 << 10, [new ContentFile("a", 0, 100), new ContentFile(".pad/1", 0, 40_000) { IsPad = true }, new ContentFile("b", 0, 100)], new Random(1));
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Check(storage, content).Select(r => r.State).ShouldBe([PieceState.Absent, PieceState.Valid, PieceState.Absent]);
        world.Close(storage);
    }

    [Fact]
    public void What_cannot_be_read_is_unreadable()
    {
        var content = TestContent.OneFile(10_000, 30_000);
        using var world = new DiskWorld();
        content.Save(world.Root);
        world.Operations.OnRead = (place, offset) => offset == 10_000 ? DiskErrors.FromErrno(5, "read", place.FullPath) : null;
        var storage = world.Open(content);
        world.Check(storage, content).Select(r => r.State).ShouldBe([PieceState.Valid, PieceState.Unreadable, PieceState.Valid]);
        world.Operations.OnOpen = (place, _) => DiskErrors.FromErrno(13, "open", place.FullPath);
        world.Close(storage);
        storage = world.Open(content);
        world.Check(storage, content).ShouldAllBe(r => r.State == PieceState.Unreadable);
        world.Close(storage);
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(3, 64)]
    [InlineData(3, 2)]
    public void Only_the_pieces_asked_for_are_told_each_once_and_the_last_message_is_marked(int workers, int checkWorkers)
    {
        var content = TestContent.OneFile(16 << 10, 100 * 16 << 10);
        using var world = new DiskWorld(new DiskSettings { Workers = workers, CheckWorkers = checkWorkers, CheckTurnBytes = 48 << 10 });
        content.Save(world.Root);
        var storage = world.Open(content);
        var asked = new Bitfield(100);
        for (var i = 1; i < 100; i += 3) asked.Add(new PieceIndex(i));
        world.Engine.Check(storage, asked);
        asked.Clear();
        world.Engine.Flush(storage, 1);
        world.Owner.Next<IDisk.Flushed>();
        var told = world.Owner.TakeAll<IDisk.Checked>();
        told.Select(m => m.Finished).ShouldBe([.. Enumerable.Repeat(false, 11), true]);
        told.SelectMany(m => m.Pieces).OrderBy(p => p.Piece).ShouldBe(Enumerable.Range(0, 33).Select(i => new PieceResult(new PieceIndex((3 * i) + 1), PieceState.Valid)));
        world.Close(storage);
    }

    [Fact]
    public void A_check_of_nothing_answers_at_once()
    {
        var content = TestContent.OneFile(10_000, 30_000);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Engine.Check(storage, new Bitfield(3));
        var told = world.Owner.Next<IDisk.Checked>();
        told.Finished.ShouldBeTrue();
        told.Pieces.ShouldBeEmpty();
        world.Close(storage);
    }

    [Fact]
    public void A_check_leaves_pieces_in_progress_alone()
    {
        var content = TestContent.OneFile(64 << 10, 2 * 64 << 10);
        using var world = new DiskWorld();
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0), world.Block(content, 0, 2));
        world.Check(storage, content).Select(r => r.State).ShouldBe([PieceState.Invalid, PieceState.Absent]);
        world.Write(storage, world.Block(content, 0, 1), world.Block(content, 0, 3));
        world.FlushAndTakeResults(storage).ShouldBe([new PieceResult(default, PieceState.Valid)]);
        world.Close(storage);
    }

    private static void Corrupt(string path, int offset)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var value = new byte[1];
        RandomAccess.Read(file, value, offset);
        value[0] ^= 1;
        RandomAccess.Write(file, value, offset);
    }
}
