using Swarm.Actors.Ports;

namespace Swarm.Tests.Io.Disk;

/// <summary>
/// What every <see cref="IDisk"/> must do, whatever it is made of. A subclass brings the disk, its slabs, an outside hand on its files, and content; <see cref="Settle"/> lets time pass where it
/// does not pass by itself.
/// </summary>
public abstract partial class DiskConformance : IDisposable
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_layout_written_in_any_order_with_duplicates_ends_up_valid_and_byte_for_byte_on_disk(int seed)
    {
        var random = new Random(seed);
        var content = Draw(random);
        var storage = Open(content, random.Next(2) == 0 ? FileAllocation.Full : FileAllocation.Sparse);
        var order = content.Blocks().ToArray();
        random.Shuffle(order);
        var posted = 0;
        for (var i = 0; i < order.Length; i++)
        {
            // A duplicate comes before its piece can be complete, as an endgame's do.
            var isTwice = i + 1 < order.Length && order[i + 1].Piece == order[i].Piece && random.Next(3) == 0;
            for (var copy = 0; copy < (isTwice ? 2 : 1); copy++, posted++) Disk.Write(storage, [Block(content, order[i].Piece, order[i].Block, isSplit: random.Next(3) == 0)]);
        }

        var flushed = Flush(storage);
        var written = Owner.TakeAll<IDisk.Written>();
        written.Sum(w => w.Blocks).ShouldBe(posted);
        written.SelectMany(w => w.Pieces).OrderBy(p => p.Piece).ShouldBe(content.AllValid());
        flushed.Files.Select(f => f.Length).ShouldBe(content.Layout.Files.Select(f => f.Length));
        for (var file = 0; file < content.Layout.Files.Length; file++) Show(content.Layout.Files[file].Path)!.AsSpan().SequenceEqual(content.BytesOfFile(file)).ShouldBeTrue();
        Check(storage, content).ShouldBe(content.AllValid());
        Close(storage);
    }

    [Fact]
    public void Nothing_is_there_at_first_and_nothing_is_made_by_looking()
    {
        var content = Content(10_000, ("a", 30_000), ("b", 25_000));
        var storage = new StorageId(++_lastStorage);
        Disk.Open(storage, Spec(content), Owner.Ref);
        Next<IDisk.Opened>().Files.ShouldAllBe(file => file == FileFingerprint.Absent);
        Check(storage, content).ShouldAllBe(result => result.State == PieceState.Absent);
        Flush(storage).Files.ShouldAllBe(file => file == FileFingerprint.Absent);
        foreach (var file in content.Layout.Files) Show(file.Path).ShouldBeNull();
        Close(storage);
    }

    [Fact]
    public void A_wrong_byte_makes_the_piece_invalid_and_the_hashes_of_its_blocks_say_where_until_it_is_written_anew()
    {
        var content = Content(1 << 16, ("a", (2 << 16) + 5));
        var storage = Open(content);
        Disk.Write(storage, [Block(content, 1, 0), Block(content, 1, 1, isWrong: true), Block(content, 1, 2), Block(content, 1, 3)]);
        Results(storage).ShouldBe([new PieceResult(new PieceIndex(1), PieceState.Invalid)]);
        Check(storage, content).Select(r => r.State).ShouldBe([PieceState.Absent, PieceState.Invalid, PieceState.Absent]);
        Disk.HashBlocks(storage, new PieceIndex(1));
        var hashes = Next<IDisk.BlockHashes>().Hashes;
        Enumerable.Range(0, 4).Where(block => hashes[block] != HashOf(content, 1, block)).ShouldBe([1]);
        WritePiece(storage, content, 1);
        Results(storage).ShouldBe([new PieceResult(new PieceIndex(1), PieceState.Valid)]);
        Close(storage);
    }

    [Fact]
    public void The_first_copy_of_a_block_counts_and_all_count_as_written()
    {
        var content = Content(1 << 16, ("a", 1 << 16));
        var storage = Open(content);
        Disk.Write(storage, [Block(content, 0, 0), Block(content, 0, 0, isWrong: true), Block(content, 0, 1), Block(content, 0, 1, isWrong: true), Block(content, 0, 2), Block(content, 0, 3)]);
        Flush(storage);
        var written = Owner.TakeAll<IDisk.Written>();
        written.Sum(w => w.Blocks).ShouldBe(6);
        written.SelectMany(w => w.Pieces).ShouldBe(content.AllValid());
        Close(storage);
    }

    [Fact]
    public void A_restart_forgets_the_blocks_before_it_and_none_after_it()
    {
        var content = Content(1 << 16, ("a", 1 << 16));
        var storage = Open(content);
        Disk.Write(storage, [Block(content, 0, 0, isWrong: true), Block(content, 0, 2)]);
        Disk.Restart(storage, default);
        WritePiece(storage, content, 0);
        Results(storage).ShouldBe(content.AllValid());
        Close(storage);
    }

    [Fact]
    public void What_is_no_block_of_the_torrent_fails_and_nothing_is_made()
    {
        var content = Content(1 << 16, ("a", 100_000));
        var storage = Open(content);
        var good = content.Layout.Geometry.RequestFor(default, default);
        Disk.Write(storage, [new BlockWrite(good with { Begin = 1 }, Slice(new byte[good.Length]), default)]);
        Next<IDisk.WriteFailed>().Blocks.ShouldBe(1);
        Disk.Write(storage, [new BlockWrite(good with { Piece = new PieceIndex(2) }, Slice(new byte[good.Length]), default)]);
        Next<IDisk.WriteFailed>().Piece.ShouldBe(new PieceIndex(2));
        Disk.Write(storage, [new BlockWrite(good, Slice(new byte[100]), default)]);
        Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Failed);
        Close(storage);
        Show("a").ShouldBeNull();
    }

    [Fact]
    public void Calls_on_a_storage_that_is_not_open_give_slabs_back_and_only_a_read_is_answered()
    {
        var content = Content(1 << 16, ("a", 100_000));
        var unknown = new StorageId(99);
        Disk.Write(unknown, [Block(content, 0, 0), Block(content, 0, 1, isSplit: true)]).ShouldBeTrue();
        Disk.Restart(unknown, default);
        Disk.HashBlocks(unknown, default);
        Disk.Check(unknown, new Bitfield(2));
        Disk.Flush(unknown, 1);
        Disk.Close(unknown);
        Disk.Read(unknown, new BlockRequest(default, 0, 10), 2, Owner.Ref).ShouldBeTrue();
        Next<IDisk.ReadFailed>().Tag.ShouldBe(2);
        Owner.All().ShouldBeEmpty();
    }

    [Fact]
    public void A_read_sees_every_write_posted_before_it_on_its_piece()
    {
        var content = Content(1 << 16, ("a", 20_000), ("b", 45_536));
        var storage = Open(content);
        for (var block = 3; block >= 0; block--)
        {
            var request = content.Layout.Geometry.RequestFor(default, new BlockIndex(block));
            Disk.Write(storage, [Block(content, 0, block)]);
            Disk.Read(storage, request, block, Owner.Ref).ShouldBeTrue();
        }

        for (var block = 3; block >= 0; block--)
        {
            var read = Next<IDisk.BlockRead>();
            read.Tag.ShouldBe(block, "jobs of a piece are done in order");
            read.Data.Span.SequenceEqual(content.BytesOf(read.Block)).ShouldBeTrue();
            read.Data.Release();
        }

        Close(storage);
    }

    [Fact]
    public void Missing_and_short_files_and_what_is_no_part_fail_to_read()
    {
        var content = Content(1 << 16, ("a", 50_000), ("b", 50_000));
        Lay(content);
        Remove(content.Layout.Files[1].Path);
        var storage = Open(content);
        Disk.Read(storage, new BlockRequest(default, 49_000, 2_000), 8, Owner.Ref);
        var error = Next<IDisk.ReadFailed>().Error;
        error.Kind.ShouldBe(DiskErrorKind.NotFound);
        error.Message.ShouldContain(content.Layout.Files[1].Path);
        Cut(content.Layout.Files[0].Path, 100);
        Disk.Read(storage, new BlockRequest(default, 0, 101), 9, Owner.Ref);
        Next<IDisk.ReadFailed>().Error.Message.ShouldContain("ends at byte 100");
        Disk.HashBlocks(storage, default);
        Next<IDisk.BlockHashes>().Hashes.ShouldBeEmpty();
        Disk.HashBlocks(storage, new PieceIndex(5));
        Next<IDisk.BlockHashes>().Hashes.ShouldBeEmpty();
        Disk.Read(storage, new BlockRequest(default, 65_000, 1_000), 1, Owner.Ref);
        Next<IDisk.ReadFailed>().Tag.ShouldBe(1);
        Close(storage);
    }

    [Fact]
    public void Each_piece_is_told_for_what_it_is()
    {
        var content = Content(10_000, ("a", 30_000), ("b", 25_000), ("c", 5_000), ("d", 10_000));
        Lay(content);
        Flip(content.Layout.Files[0].Path, 12_345);
        Remove(content.Layout.Files[2].Path);
        Cut(content.Layout.Files[3].Path, 9_999);
        var storage = Open(content);
        Check(storage, content).Select(r => r.State).ShouldBe(
        [
            PieceState.Valid, PieceState.Invalid, PieceState.Valid, PieceState.Valid, PieceState.Valid,
            PieceState.Invalid, // half of it is in the missing file
            PieceState.Invalid, // the last byte is cut off
        ]);
        Close(storage);
    }

    [Fact]
    public void Holes_are_absent()
    {
        const int Piece = 1 << 16;
        var content = Content(Piece, ("a", 5 * Piece));
        var storage = Open(content);
        WritePiece(storage, content, 3);
        Flush(storage);
        Check(storage, content).Select(r => r.State).ShouldBe([PieceState.Absent, PieceState.Absent, PieceState.Absent, PieceState.Valid, PieceState.Absent]);
        Close(storage);
    }

    [Fact]
    public void Only_the_pieces_asked_for_are_told_each_once_and_the_last_message_is_marked()
    {
        var content = Content(16 << 10, ("a", 100 * 16 << 10));
        Lay(content);
        var storage = Open(content);
        var asked = new Bitfield(100);
        for (var i = 1; i < 100; i += 3) asked.Add(new PieceIndex(i));
        Disk.Check(storage, asked);
        asked.Clear();
        Flush(storage);
        var told = Owner.TakeAll<IDisk.Checked>();
        told.Count(m => m.Finished).ShouldBe(1);
        told[^1].Finished.ShouldBeTrue();
        told.SelectMany(m => m.Pieces).OrderBy(p => p.Piece).ShouldBe(Enumerable.Range(0, 33).Select(i => new PieceResult(new PieceIndex((3 * i) + 1), PieceState.Valid)));
        Disk.Check(storage, new Bitfield(100));
        Next<IDisk.Checked>().ShouldSatisfyAllConditions(m => m.Finished.ShouldBeTrue(), m => m.Pieces.ShouldBeEmpty());
        Close(storage);
    }

    [Fact]
    public void A_check_leaves_pieces_in_progress_alone()
    {
        var content = Content(64 << 10, ("a", 2 * 64 << 10));
        var storage = Open(content);
        Disk.Write(storage, [Block(content, 0, 0), Block(content, 0, 2)]);
        Check(storage, content).Select(r => r.State).ShouldBe([PieceState.Invalid, PieceState.Absent]);
        Disk.Write(storage, [Block(content, 0, 1), Block(content, 0, 3)]);
        Results(storage).ShouldBe([new PieceResult(default, PieceState.Valid)]);
        Close(storage);
    }

    [Fact]
    public void A_close_does_every_queued_write_first_ends_checks_and_nothing_is_told_after_it()
    {
        var content = Content(64 << 10, ("a", 20 * 64 << 10));
        var storage = Open(content);
        for (var piece = 0; piece < 20; piece++) WritePiece(storage, content, piece);
        var all = new Bitfield(20);
        all.Fill();
        Disk.Check(storage, all);
        Disk.Check(storage, all);
        Disk.Close(storage);
        Disk.Write(storage, [Block(content, 0, 1)]);
        Disk.Flush(storage, 9);
        Next<IDisk.StorageClosed>();
        Owner.TakeAll<IDisk.Written>().Sum(w => w.Blocks).ShouldBe(80);
        Owner.TakeAll<IDisk.Checked>().Count(m => m.Finished).ShouldBe(2, "each of the two checks ends");
        Show("a")!.AsSpan().SequenceEqual(content.Bytes).ShouldBeTrue();
        Owner.All().ShouldBeEmpty();
    }

    [Fact]
    public void A_storage_cannot_be_opened_twice_and_can_be_opened_again_after_its_close()
    {
        var content = Content(64 << 10, ("a", 64 << 10));
        var storage = Open(content);
        Disk.Open(storage, Spec(content), Owner.Ref);
        Next<IDisk.OpenFailed>().Error.Message.ShouldContain("open already");
        Close(storage);
        Disk.Open(storage, Spec(content), Owner.Ref);
        Next<IDisk.Opened>();
        Close(storage);
    }

    [Fact]
    public void A_storage_that_cannot_be_used_fails_to_open_and_what_was_posted_behind_it_fails_too()
    {
        var content = Content(64 << 10, ("a", 64 << 10));
        var storage = new StorageId(++_lastStorage);
        Disk.Open(storage, Spec(content) with { Root = "relative/folder" }, Owner.Ref);
        Disk.Read(storage, new BlockRequest(default, 0, 5), 3, Owner.Ref);
        Next<IDisk.OpenFailed>().Error.Message.ShouldContain("absolute");
        Next<IDisk.ReadFailed>().Tag.ShouldBe(3);
        Disk.Open(new StorageId(++_lastStorage), Spec(content) with { PieceHashes = new byte[10] }, Owner.Ref);
        Next<IDisk.OpenFailed>().Error.Message.ShouldContain("hashes");
        foreach (var path in new[] { "../escape", "a/../../escape", "a/..", "", "nul\0byte" })
        {
            var bad = new TestContent(64 << 10, [new ContentFile(path, 0, 1000)], new Random(1));
            Disk.Open(new StorageId(++_lastStorage), Spec(bad), Owner.Ref);
            Next<IDisk.OpenFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
        }
    }

    [Fact]
    public void A_file_in_a_folders_place_and_a_folder_in_a_files_place_obstruct()
    {
        var inFolder = new TestContent(64 << 10, [new ContentFile("x/y", 0, 1000)], new Random(1));
        var inPlace = new TestContent(64 << 10, [new ContentFile("x", 0, 1000)], new Random(2));
        foreach (var (there, comes) in new[] { (inPlace, inFolder), (inFolder, inPlace) })
        {
            var first = Open(there);
            WritePiece(first, there, 0);
            Flush(first);
            Close(first);
            var second = Open(comes);
            WritePiece(second, comes, 0);
            Next<IDisk.WriteFailed>().Error.Kind.ShouldBe(DiskErrorKind.Obstructed);
            Close(second);
            Remove(there.Layout.Files[0].Path);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Fences_under_load_keep_every_promise(int seed)
    {
        var random = new Random(seed);
        var contents = Enumerable.Range(0, 3).Select(i => Content(50_000, ($"{i}.bin", random.Next(150_000, 300_000)))).ToArray();
        var storages = contents.Select(content => Open(content)).ToArray();
        var orders = contents.Select(content =>
        {
            var order = content.Blocks().ToArray();
            random.Shuffle(order);
            return new Queue<(int Piece, int Block)>(order);
        }).ToArray();
        var posted = new Dictionary<long, (StorageId Storage, int Blocks)>();
        while (orders.Any(order => order.Count > 0))
        {
            var i = random.Next(3);
            for (var n = random.Next(1, 6); n > 0 && orders[i].TryDequeue(out var next); n--) Disk.Write(storages[i], [Block(contents[i], next.Piece, next.Block, isSplit: n == 2)]);
            if (random.Next(4) > 0) continue;
            posted.Add(++_lastTag, (storages[i], contents[i].Blocks().Count() - orders[i].Count));
            Disk.Flush(storages[i], _lastTag);
        }

        foreach (var storage in storages) Disk.Close(storage);
        for (var i = 0; i < 3; i++) Next<IDisk.StorageClosed>();
        var told = Owner.All();
        foreach (var (tag, (storage, blocks)) in posted.OrderBy(entry => entry.Key))
        {
            var before = told.TakeWhile(m => m is not IDisk.Flushed flushed || flushed.Tag != tag).ToList();
            before.Count.ShouldBeLessThan(told.Count);
            before.OfType<IDisk.Written>().Where(w => w.Storage == storage).Sum(w => w.Blocks).ShouldBe(blocks, "a flush waits for all before it and holds all after it");
        }

        for (var i = 0; i < 3; i++) told.OfType<IDisk.Written>().Where(w => w.Storage == storages[i]).SelectMany(w => w.Pieces).OrderBy(p => p.Piece).ShouldBe(contents[i].AllValid());
    }
}
