using Swarm.Actors.Ports;
using Swarm.Io;
using Swarm.Io.Disk;
using Swarm.Io.Hashing;

namespace Swarm.Tests.Io.Disk;

/// <summary>Pieces that are hashed together: what brings that about, what ends the waiting for others, and that the hashes are right. Where the clock stands, time ends nothing.</summary>
public sealed class DiskTogetherTests
{
    private const int PieceLength = 1 << 17;
    private const int BlocksPerPiece = PieceLength / PieceGeometry.BlockSize;
    private static readonly DiskSettings Patient = new() { Workers = 3, HashTogetherTime = TimeSpan.FromMinutes(1) };

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Sixteen_pieces_are_hashed_in_step_as_soon_as_they_are_whole_whichever_workers_have_them(int workers)
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 16 * PieceLength);
        using var world = new DiskWorld(Patient with { Workers = workers }, time: new StandingClock());
        var storage = world.Open(content);
        world.WritePieces(storage, content, [.. Enumerable.Range(0, 15)]);
        while (world.Engine.Counters.QueuedBytes > 0) Thread.Yield();
        world.Owner.TakeAll<IDisk.Written>().ShouldAllBe(written => written.Pieces.IsEmpty);
        world.Engine.Counters.TogetherBytes.ShouldBe(15 * BlocksPerPiece * world.Slabs.Size);
        world.WritePieces(storage, content, 15);
        Results(world, 16).ShouldBe(content.AllValid());
        world.Engine.Counters.PiecesHashedTogether.ShouldBe(16);
        world.Close(storage);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Wrong_pieces_among_them_are_told_from_right_ones_however_blocks_are_cut(int seed)
    {
        SkipUnlessSupported();
        var random = new Random(seed);
        var pieceLength = random.Next(2) == 0 ? PieceLength : random.Next(20_000, 200_000);
        var content = TestContent.OneFile(pieceLength, random.Next(5 * pieceLength, 40 * pieceLength), seed);
        using var world = new DiskWorld(Patient with { Workers = 1 }, time: new StandingClock());
        var storage = world.Open(content);
        var wrong = Enumerable.Range(0, content.Layout.Geometry.PieceCount).Where(_ => random.Next(4) == 0).ToHashSet();
        foreach (var (piece, block) in content.Blocks()) world.Write(storage, Cut(world, content, piece, block, random, isWrong: wrong.Contains(piece) && block == 0));
        world.FlushAndTakeResults(storage).Where(result => result.State != PieceState.Valid).ShouldBe(wrong.Order().Select(piece => new PieceResult(new PieceIndex(piece), PieceState.Invalid)));
        world.Engine.Counters.PiecesHashedTogether.ShouldBeGreaterThan(0);
        world.Engine.Counters.BytesReadBack.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void A_few_whole_pieces_wait_no_longer_than_the_time_for_others()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 3 * PieceLength);
        using var world = new DiskWorld(Patient with { HashTogetherTime = TimeSpan.FromMilliseconds(20) });
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1, 2);
        Results(world, 3).ShouldBe(content.AllValid());
        world.Close(storage);
    }

    [Fact]
    public void Fewer_than_pay_are_hashed_one_after_the_other()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 4 * PieceLength);
        using var world = new DiskWorld(Patient, time: new StandingClock());
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1, 2, 3);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.PiecesHashedTogether.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void Pieces_of_several_torrents_are_hashed_together_and_each_owner_hears_of_its_own()
    {
        SkipUnlessSupported();
        var contents = new[] { TestContent.OneFile(PieceLength, 6 * PieceLength, 1), TestContent.OneFile(PieceLength, (9 * PieceLength) + 1, 2) };
        using var world = new DiskWorld(Patient, time: new StandingClock());
        var storages = contents.Select((content, i) => world.StartOpening(content, root: Path.Combine(world.Root, $"{i}"))).ToArray();
        for (var i = 0; i < contents.Length; i++) world.WritePieces(storages[i], contents[i], [.. Enumerable.Range(0, contents[i].Layout.Geometry.PieceCount)]);
        var written = new List<IDisk.Written>();
        while (written.Sum(w => w.Pieces.Length) < 16) written.Add(world.Owner.Next<IDisk.Written>());
        for (var i = 0; i < contents.Length; i++) written.Where(w => w.Storage == storages[i]).SelectMany(w => w.Pieces).OrderBy(p => p.Piece).ShouldBe(contents[i].AllValid());
        world.Engine.Counters.PiecesHashedTogether.ShouldBe(16);
        foreach (var storage in storages) world.Close(storage);
    }

    [Fact]
    public void A_fence_waits_for_no_clock_and_hears_of_every_whole_piece_first()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 7 * PieceLength);
        using var world = new DiskWorld(Patient, time: new StandingClock());
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1, 2, 3, 4);
        for (var blocks = 0; blocks < 5 * BlocksPerPiece;)
        {
            var written = world.Owner.Next<IDisk.Written>();
            written.Pieces.ShouldBeEmpty("they wait for others, though all is written");
            blocks += written.Blocks;
        }

        world.FlushAndTakeResults(storage).Count.ShouldBe(5);
        world.WritePieces(storage, content, 5, 6);
        world.Close(storage);
        world.Owner.TakeAll<IDisk.Written>().SelectMany(w => w.Pieces).Count().ShouldBe(2);
    }

    [Fact]
    public void A_piece_that_takes_longer_has_a_running_hash_from_its_next_block_on()
    {
        SkipUnlessSupported();
        var clock = new StandingClock();
        var content = TestContent.OneFile(PieceLength, PieceLength);
        using var world = new DiskWorld(Patient, time: clock);
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0), world.Block(content, 0, 1), world.Block(content, 0, 3));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.RunningHashes.ShouldBe(0);
        world.Engine.Counters.TogetherBytes.ShouldBe(3 * world.Slabs.Size);
        clock.Advance(TimeSpan.FromMinutes(1));
        world.Write(storage, world.Block(content, 0, 5));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.RunningHashes.ShouldBe(1);
        world.Engine.Counters.TogetherBytes.ShouldBe(0);
        world.Engine.Counters.ReorderBytes.ShouldBe(2 * world.Slabs.Size);
        world.Write(storage, [.. new[] { 2, 4, 6, 7 }.Select(block => world.Block(content, 0, block))]);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.BytesReadBack.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void Pieces_that_have_no_room_left_go_on_alone_and_nothing_is_lost()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 12 * PieceLength);
        using var world = new DiskWorld(Patient with { HashTogetherBytes = 10 * 64 << 10, ReorderBytes = 2 * 64 << 10, Workers = 1 }, time: new StandingClock());
        var storage = world.Open(content);
        for (var block = BlocksPerPiece - 1; block >= 0; block--)
        {
            for (var piece = 0; piece < 12; piece++) world.Write(storage, world.Block(content, piece, block));
        }

        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.BlocksOverReorderBudget.ShouldBeGreaterThan(0);
        world.Engine.Counters.BytesReadBack.ShouldBeGreaterThan(0);
        world.Close(storage);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_many_pieces_have_is_hashed_in_step_when_there_is_no_room_for_all_of_it(int wrong)
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, (20 * PieceLength) - 100);
        using var world = new DiskWorld(Patient with { HashTogetherBytes = 60 * 64 << 10, ReorderBytes = 0, TurnBytes = 16 << 10, Workers = 1 }, time: new StandingClock());
        var storage = world.Open(content);
        for (var block = 0; block < BlocksPerPiece; block++)
        {
            // One after the other, as blocks come from twenty peers.
            for (var piece = 0; piece < 20; piece++) world.Write(storage, world.Block(content, piece, block, isSplit: block == 5, isWrong: piece == 7 && block == (wrong * 3)));
        }

        var results = world.FlushAndTakeResults(storage);
        results.Count.ShouldBe(20);
        results.Where(result => result.State != PieceState.Valid).ShouldBe([new PieceResult(new PieceIndex(7), PieceState.Invalid)]);
        world.Engine.Counters.PiecesHashedTogether.ShouldBe(20);
        world.Engine.Counters.BytesReadBack.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void Pieces_that_were_begun_in_step_are_hashed_to_their_end_whatever_comes_between()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 6 * PieceLength);
        using var world = new DiskWorld(Patient with { HashTogetherBytes = 5 * BlocksPerPiece * 64 << 10, Workers = 1 }, time: new StandingClock());
        var storage = world.Open(content);
        for (var piece = 0; piece < 6; piece++) world.Write(storage, [.. Enumerable.Range(0, 7).Select(block => world.Block(content, piece, block))]);
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.TogetherBytes.ShouldBeLessThan(5 * 7 * world.Slabs.Size, "what five had was hashed to make room for the sixth");

        // Links without slabs: one piece has nothing ahead of its hash and goes on, another is read when it is whole.
        var isDry = true;
        world.Write(storage, world.Block(content, 0, 7));
        world.FlushAndTakeResults(storage).ShouldBe([new PieceResult(default, PieceState.Valid)]);
        ((IBlockSource)world.Engine).SlabsRanDry(() => isDry);
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(0);
        for (var piece = 1; piece < 6; piece++) world.Write(storage, world.Block(content, piece, 7));
        world.FlushAndTakeResults(storage).Select(result => result.State).ShouldBe(Enumerable.Repeat(PieceState.Valid, 5));
        isDry = false;
        world.Close(storage);
    }

    [Fact]
    public void Whole_pieces_make_room_for_the_next()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 30 * PieceLength);
        using var world = new DiskWorld(Patient with { HashTogetherBytes = 6 * BlocksPerPiece * 64 << 10, TurnBytes = PieceLength, Workers = 1 }, time: new StandingClock());
        var storage = world.Open(content);
        world.WritePieces(storage, content, [.. Enumerable.Range(0, 30)]);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Engine.Counters.PiecesHashedTogether.ShouldBe(30);
        world.Engine.Counters.BytesReadBack.ShouldBe(0);
        world.Close(storage);
    }

    [Fact]
    public void Links_without_slabs_get_those_of_pieces_that_wait_or_are_not_whole()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 4 * PieceLength);
        using var world = new DiskWorld(Patient, time: new StandingClock());
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1);
        world.Write(storage, world.Block(content, 2, 0), world.Block(content, 2, 1), world.Block(content, 2, 4));
        while (world.Engine.Counters.TogetherBytes < ((2 * BlocksPerPiece) + 3) * world.Slabs.Size) Thread.Yield();
        ((IBlockSource)world.Engine).SlabsRanDry(() => true);
        Results(world, 2).ShouldAllBe(result => result.State == PieceState.Valid);
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Slabs.Outstanding.ShouldBe(0);
        world.WritePieces(storage, content, 3);
        world.Write(storage, [.. new[] { 2, 3, 5, 6, 7 }.Select(block => world.Block(content, 2, block))]);
        world.FlushAndTakeResults(storage).Select(result => result.State).ShouldBe([PieceState.Valid, PieceState.Valid]);
        world.Engine.Counters.BytesReadBack.ShouldBe(PieceGeometry.BlockSize);
        world.Close(storage);
    }

    [Fact]
    public void A_restart_and_a_failed_write_give_back_what_a_piece_held()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 2 * PieceLength);
        using var world = new DiskWorld(Patient, time: new StandingClock());
        var storage = world.Open(content);
        world.Write(storage, world.Block(content, 0, 0, isWrong: true));
        world.Engine.Restart(storage, default);
        world.Write(storage, world.Block(content, 1, 0));
        world.FlushAndTakeResults(storage).ShouldBeEmpty();
        world.Engine.Counters.TogetherBytes.ShouldBe(world.Slabs.Size);
        world.Operations.OnWrite = (place, _) => DiskErrors.FromErrno(5, "write to", place.FullPath);
        world.Write(storage, world.Block(content, 1, 1));
        world.Owner.Next<IDisk.WriteFailed>().Piece.ShouldBe(new PieceIndex(1));
        world.Engine.Counters.TogetherBytes.ShouldBe(0);
        world.Operations.OnWrite = (_, _) => null;
        world.WritePieces(storage, content, 0, 1);
        world.FlushAndTakeResults(storage).ShouldBe(content.AllValid());
        world.Close(storage);
    }

    [Fact]
    public void An_engine_that_stops_gives_every_slab_back()
    {
        SkipUnlessSupported();
        var content = TestContent.OneFile(PieceLength, 8 * PieceLength);
        using var world = new DiskWorld(Patient, time: new StandingClock());
        var storage = world.Open(content);
        world.WritePieces(storage, content, 0, 1, 2, 3, 4, 5, 6);
        world.Write(storage, world.Block(content, 7, 3));
    }

    private static void SkipUnlessSupported() => Assert.SkipUnless(Sha1Lanes.IsSupported, "this processor hashes one piece at a time");

    private static List<PieceResult> Results(DiskWorld world, int count)
    {
        var results = new List<PieceResult>();
        while (results.Count < count) results.AddRange(world.Owner.Next<IDisk.Written>().Pieces);
        return [.. results.OrderBy(result => result.Piece)];
    }

    /// <summary>A block in one slab, or cut anywhere into two.</summary>
    private static BlockWrite Cut(DiskWorld world, TestContent content, int piece, int block, Random random, bool isWrong)
    {
        var request = content.Layout.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block));
        var bytes = content.BytesOf(request).ToArray();
        if (isWrong) bytes[random.Next(bytes.Length)] ^= 1;
        var cut = random.Next(3) == 0 ? random.Next(1, bytes.Length) : bytes.Length;
        return new BlockWrite(request, world.Slabs.Slice(bytes.AsSpan(0, cut)), cut < bytes.Length ? world.Slabs.Slice(bytes.AsSpan(cut)) : default);
    }
}
