using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

public sealed class PiecesActorTests
{
    [Fact]
    public void It_opens_hashes_what_is_there_and_tells_what_holds()
    {
        var content = FakeContent.OneFile(4 * 32 * 1024);
        var world = new PiecesWorld(content, prepare: disk =>
        {
            disk.Put(content, NodeWorld.Folder);
            disk.Files.Values.Single().Bytes[40_000] ^= 1;
        });
        world.Disk.Log.ShouldBe(["open", "check 4", "flush"]);
        world.Take<PiecesActor.CheckAdvanced>()[^1].ShouldBe(new PiecesActor.CheckAdvanced(4, 4));
        world.Take<PiecesActor.Ready>().ShouldHaveSingleItem().Verified.ShouldBe([0b1011_0000]);
    }

    [Fact]
    public void What_a_check_found_is_told_only_when_it_is_forced_to_disk()
    {
        var content = FakeContent.OneFile(4 * 32 * 1024);
        var world = new PiecesWorld(content, prepare: disk =>
        {
            disk.Put(content, NodeWorld.Folder);
            disk.FlushDelay = TimeSpan.FromSeconds(5);
        });
        world.Take<PiecesActor.CheckAdvanced>()[^1].ShouldBe(new PiecesActor.CheckAdvanced(4, 4));
        world.Take<PiecesActor.Ready>().ShouldBeEmpty();
        world.Pass(5);
        world.Take<PiecesActor.Ready>().ShouldHaveSingleItem();
        world.Take<PiecesActor.Checkpointed>().ShouldBeEmpty();

        var failing = new PiecesWorld(content, prepare: disk =>
        {
            disk.Put(content, NodeWorld.Folder);
            disk.FlushFails = true;
        });
        failing.Take<PiecesActor.Ready>().ShouldBeEmpty();
        failing.Take<PiecesActor.Unusable>().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_check_that_finds_nothing_forces_nothing()
    {
        var content = FakeContent.OneFile(4 * 32 * 1024);
        var world = new PiecesWorld(content, prepare: disk =>
        {
            disk.Put(content, NodeWorld.Folder);
            disk.Files.Values.Single().Bytes.AsSpan().Clear();
        });
        world.Disk.Log.ShouldBe(["open", "check 4"]);
        world.Take<PiecesActor.Ready>().ShouldHaveSingleItem();
    }

    [Fact]
    public void Requests_follow_the_depth_and_blocks_go_to_the_disk_with_their_references()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 3);
        peer.TakeRequests().Length.ShouldBe(3);
        peer.Depth = 6;
        peer.Bring([peer.Owed[0]]);
        peer.TakeRequests().Length.ShouldBe(4, "two are owed, six are wanted");
        peer.BringAll();
        world.Disk.ShouldHold(world.Content, NodeWorld.Folder);
        world.Take<PiecesActor.Verified>().SelectMany(verified => verified.Pieces).Count().ShouldBe(8);
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        world.Slabs.Outstanding.ShouldBe(0);
        peer.Heard.OfType<PeerActor.WeHave>().SelectMany(have => have.Pieces).Count().ShouldBe(8);
    }

    [Fact]
    public void All_peers_together_are_asked_for_so_much_and_beyond_it_each_for_a_little()
    {
        // 64 blocks of 192.
        var world = new PiecesWorld(FakeContent.OneFile(96 * 32 * 1024), settings: TorrentSettings.Default with { MaxOutstandingBytes = 1 << 20 }).Begin();
        var first = world.Seed(1, depth: 60);
        var second = world.Seed(2, depth: 60);
        var third = world.Seed(3, depth: 60);
        first.TakeRequests().Length.ShouldBe(60);
        second.TakeRequests().Length.ShouldBe(16);
        third.TakeRequests().Length.ShouldBe(16);
        first.Bring([.. first.Owed.Take(30)]);
        first.TakeRequests().Length.ShouldBe(2, "60, 16 and 16 were owed, and 30 came");
        second.Bring([.. second.Owed.Take(10)]);
        second.TakeRequests().Length.ShouldBe(10);
        foreach (var peer in new[] { third, second, first }) peer.Depth = 0;
        third.Depth = 60;
        foreach (var peer in new[] { first, second, third }) peer.BringAll();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
    }

    [Fact]
    public void What_nobody_asked_for_is_released_and_counted_as_waste()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 2);
        var first = peer.TakeRequests()[0];
        peer.Bring([first, first]);
        peer.Bring([first]);
        world.Take<PiecesActor.Wasted>().Sum(wasted => wasted.Bytes).ShouldBe(2 * first.Length);
        world.Pass(1);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Disk.BytesWritten.ShouldBe(first.Length);
    }

    [Fact]
    public void Blocks_from_a_connection_that_never_joined_or_came_too_late_are_released()
    {
        var world = new PiecesWorld();
        var early = new PlayedPeer(world, new Swarm.Protocol.Swarming.PeerKey(7), world.Parent, []);
        early.Bring([new BlockRequest(new PieceIndex(0), 0, 16 * 1024)]);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Begin();
        var peer = world.Seed(1);
        peer.TakeRequests();
        world.Tell(new PiecesActor.Close());
        peer.Bring(peer.Owed.ToList());
        world.Pass(1);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Disk.BytesWritten.ShouldBe(0);
    }

    [Fact]
    public void A_piece_that_fails_is_fetched_again_and_its_one_sender_is_a_liar()
    {
        var world = new PiecesWorld().Begin();
        var liar = world.Seed(1, depth: 2);
        liar.TakeRequests();
        liar.Bring(liar.Owed.ToList(), falsified: true);
        world.Pass(1);
        world.Take<PiecesActor.Failed>().ShouldHaveSingleItem();
        world.Take<PiecesActor.Liar>().ShouldHaveSingleItem().Key.ShouldBe(liar.Key);
        world.Tell(new PiecesActor.PeerLeft(liar.Key));
        world.Seed(2).BringAll();
        world.Disk.ShouldHold(world.Content, NodeWorld.Folder);
        world.Take<PiecesActor.Liar>().ShouldBeEmpty();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void A_piece_that_cannot_be_read_back_is_fetched_again_and_nobody_is_blamed()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 2);
        world.Disk.Unreadable.Add(new PieceIndex(peer.TakeRequests()[0].Piece.Value));
        peer.Bring(peer.Owed.ToList());
        world.Pass(1);
        world.Take<PiecesActor.Failed>().ShouldHaveSingleItem();
        world.Disk.Unreadable.Clear();
        peer.BringAll();
        world.Pass(1);
        world.Take<PiecesActor.Liar>().ShouldBeEmpty();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void A_block_that_too_many_open_files_kept_from_being_read_is_no_trouble_of_the_disk()
    {
        var world = new PiecesWorld().Begin();
        world.Disk.Tell(storage => new IDisk.ReadFailed(storage, new BlockRequest(new PieceIndex(0), 0, 16 * 1024), -1, new DiskError(DiskErrorKind.TooManyOpen, "/f", "too many files are open")));
        world.Pass(1);
        world.Take<PiecesActor.DiskTrouble>().ShouldBeEmpty();
        world.Log.Lines.ShouldContain(line => line.Text.Contains("too many files are open", StringComparison.Ordinal));
        world.Disk.Tell(storage => new IDisk.ReadFailed(storage, new BlockRequest(new PieceIndex(0), 0, 16 * 1024), -1, new DiskError(DiskErrorKind.Failed, "/f", "the device reported an error")));
        world.Pass(1);
        world.Take<PiecesActor.DiskTrouble>().ShouldHaveSingleItem();
    }

    [Fact]
    public void What_a_peer_rejected_is_asked_of_it_again_when_it_says_so()
    {
        var world = new PiecesWorld(FakeContent.OneFile(32 * 1024)).Begin();
        var peer = world.Seed(1, depth: 2);
        var asked = peer.TakeRequests();
        asked.Length.ShouldBe(2);
        world.Tell(new PiecesActor.RequestsEnded(peer.Key, asked, ReleaseReason.Rejected));
        peer.Want();
        peer.TakeRequests().ShouldBeEmpty("it has just rejected them");
        world.Tell(new PiecesActor.Want(peer.Key, 2, 1_000_000, false, [], AskAgain: true));
        peer.TakeRequests().ShouldBe(asked, ignoreOrder: true);
    }

    [Fact]
    public void Of_two_senders_of_a_failed_piece_the_liar_is_found_when_it_passes_and_the_other_is_trusted_again()
    {
        // One piece of four blocks, so that both take part in it.
        var world = new PiecesWorld(FakeContent.OneFile(64 * 1024, 64 * 1024)).Begin();
        var (honest, liar) = (world.Seed(1, depth: 2), world.Seed(2, depth: 2));
        honest.TakeRequests();
        liar.TakeRequests();
        honest.Owed.Count.ShouldBe(2);
        liar.Owed.Count.ShouldBe(2);
        honest.Depth = liar.Depth = 0;
        liar.Bring(liar.Owed.ToList(), falsified: true);
        honest.Bring(honest.Owed.ToList());
        world.Pass(1);
        world.Take<PiecesActor.Failed>().ShouldHaveSingleItem();
        world.Take<PiecesActor.Liar>().ShouldBeEmpty("one of two lied, and nobody knows which");
        honest.Depth = 4;
        honest.Want();
        honest.BringAll();
        world.Pass(1);
        world.Take<PiecesActor.Liar>().ShouldHaveSingleItem().Key.ShouldBe(liar.Key);
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Over_the_high_water_mark_nothing_is_asked_for_until_the_disk_has_drained()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 2);
        peer.TakeRequests();
        world.Disk.IsOver = true;
        peer.Bring(peer.Owed.ToList());
        peer.Want();
        world.Pass(5);
        peer.TakeRequests().ShouldBeEmpty();
        world.Disk.TellDrained();
        world.Harness.Run();
        peer.TakeRequests().Length.ShouldBe(2);
        peer.BringAll();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(DiskErrorKind.NoSpace)]
    [InlineData(DiskErrorKind.TooManyOpen)]
    public void A_disk_that_takes_nothing_for_a_time_pauses_is_probed_and_recovers(DiskErrorKind why)
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 2);
        peer.TakeRequests();
        world.Disk.Refuse = _ => why;
        peer.Bring(peer.Owed.ToList());
        peer.TakeRequests().Length.ShouldBe(2, "the disk has not answered yet");
        world.Pass(1);
        world.Take<PiecesActor.DiskTrouble>().ShouldHaveSingleItem().Error.Kind.ShouldBe(why);
        peer.TakeRequests().ShouldBeEmpty();

        // What was owed when the disk filled up is refused too; then the disk is left alone until it is tried with a few blocks.
        peer.Bring(peer.Owed.ToList());
        world.Pass(1);
        peer.TakeRequests().ShouldBeEmpty();
        world.Pass(10);
        peer.TakeRequests().ShouldNotBeEmpty("the disk is tried now and then");
        peer.Bring(peer.Owed.ToList());
        world.Pass(1);
        world.Take<PiecesActor.DiskRecovered>().ShouldBeEmpty();
        world.Take<PiecesActor.DiskTrouble>().ShouldBeEmpty("it is known already");

        world.Disk.Refuse = _ => null;
        world.Pass(10);
        peer.BringAll();
        world.Take<PiecesActor.DiskRecovered>().ShouldHaveSingleItem();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        world.Disk.ShouldHold(world.Content, NodeWorld.Folder);
        world.Slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void A_write_that_was_posted_before_the_disk_was_full_does_not_end_the_pause()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 4);
        peer.TakeRequests();
        var refused = peer.Owed[0].Piece;
        world.Disk.Refuse = block => block.Piece == refused ? DiskErrorKind.NoSpace : null;
        peer.Bring(peer.Owed.OrderByDescending(block => block.Piece == refused).ToList());
        peer.TakeRequests();
        world.Pass(1);
        world.Take<PiecesActor.DiskTrouble>().ShouldHaveSingleItem();
        world.Take<PiecesActor.DiskRecovered>().ShouldBeEmpty();
        peer.TakeRequests().ShouldBeEmpty();
    }

    [Fact]
    public void A_checkpoint_holds_what_was_written_before_its_flush_also_what_is_verified_while_that_is_waited_for()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 2);
        peer.TakeRequests();
        peer.Bring(peer.Owed.ToList());
        world.Pass(0.5);
        world.Take<PiecesActor.Verified>().ShouldHaveSingleItem();
        world.Disk.FlushDelay = TimeSpan.FromSeconds(2);
        peer.TakeRequests();
        // Under way when the flush is asked for: written before it, verified after the question.
        world.Pieces.Tell(new PiecesActor.BlocksReceived(peer.Key, [.. peer.Owed.Select(block => new BlockWrite(block, world.Slabs.Slice(world.Content.Of(block)), default))], 2, 1_000_000), world.Parent);
        world.Pieces.Tell(new PiecesActor.Checkpoint(), world.Parent);
        world.Pass(5);
        world.Take<PiecesActor.Verified>().ShouldHaveSingleItem();
        var recorded = Bitfield.FromWire(world.Take<PiecesActor.Checkpointed>().ShouldHaveSingleItem().Verified.AsSpan(), 8)!;
        recorded.Count.ShouldBe(2, "the files are recorded as they are after both, so the next start would not look for what is left out");
    }

    [Fact]
    public void A_flush_that_fails_records_nothing()
    {
        var world = new PiecesWorld().Begin();
        world.Disk.FlushFails = true;
        world.Tell(new PiecesActor.Checkpoint());
        world.Pass(1);
        world.Take<PiecesActor.CheckpointFailed>().ShouldHaveSingleItem();
        world.Disk.FlushFails = false;
        world.Tell(new PiecesActor.Checkpoint());
        world.Pass(1);
        world.Take<PiecesActor.Checkpointed>().ShouldHaveSingleItem();
    }

    [Fact]
    public void After_a_bug_it_opens_again_under_another_storage_id_and_finds_what_it_had()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 2);
        peer.TakeRequests();
        peer.Bring(peer.Owed.ToList());
        world.Pass(1);
        world.Take<PiecesActor.Ready>();
        // A priority list of another length is a bug of the caller.
        world.Tell(new PiecesActor.Begin([PiecePriority.Normal], Sequential: false));
        world.Pass(1);
        world.Disk.Opened.Distinct().Count().ShouldBe(2);
        world.Disk.Log.Count(line => line == "close").ShouldBe(1);
        Bitfield.FromWire(world.Take<PiecesActor.Ready>().ShouldHaveSingleItem().Verified.AsSpan(), 8)!.Count.ShouldBe(1);
        world.Begin();
        world.Seed(2).BringAll();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        world.Disk.ShouldHold(world.Content, NodeWorld.Folder);
    }

    [Fact]
    public void Answers_to_the_incarnation_before_are_not_taken_for_its_own()
    {
        var world = new PiecesWorld().Begin();
        world.Disk.FlushDelay = TimeSpan.FromSeconds(3);
        world.Tell(new PiecesActor.Checkpoint());
        world.Tell(new PiecesActor.Begin([PiecePriority.Normal], Sequential: false));
        world.Disk.FlushFails = false;
        world.Tell(new PiecesActor.Checkpoint());
        world.Tell(new PiecesActor.Close());
        world.Pass(1);
        world.Take<PiecesActor.Closed>().ShouldBeEmpty();
        world.Take<PiecesActor.Checkpointed>().ShouldBeEmpty();
        world.Pass(30);
        world.Take<PiecesActor.Checkpointed>().ShouldHaveSingleItem();
        world.Take<PiecesActor.Closed>().ShouldHaveSingleItem();
    }

    [Fact]
    public void It_closes_once_and_answers_whoever_asks()
    {
        var world = new PiecesWorld().Begin();
        world.Tell(new PiecesActor.Close());
        world.Tell(new PiecesActor.Close());
        world.Pass(1);
        world.Tell(new PiecesActor.Close());
        world.Pass(1);
        world.Disk.Log.Count(line => line == "close").ShouldBe(1);
        world.Take<PiecesActor.Closed>().Count.ShouldBe(2);
        world.Tell(PoisonPill.Instance);
        world.Disk.Log.Count(line => line == "close").ShouldBe(1);
    }

    [Fact]
    public void Interest_is_told_once_when_it_changes()
    {
        var world = new PiecesWorld().Begin();
        var peer = world.Seed(1, depth: 100);
        peer.Heard.OfType<PeerActor.BeInterested>().ShouldBe([PeerActor.BeInterested.Yes]);
        peer.BringAll();
        peer.Heard.OfType<PeerActor.BeInterested>().ShouldBe([PeerActor.BeInterested.Yes, PeerActor.BeInterested.No]);
    }

    [Fact]
    public void What_a_peer_will_not_bring_is_asked_of_another()
    {
        var world = new PiecesWorld().Begin();
        var (first, second) = (world.Seed(1, depth: 16), world.Seed(2, depth: 16));
        first.TakeRequests().Length.ShouldBe(16);
        second.TakeRequests();
        world.Tell(new PiecesActor.RequestsEnded(first.Key, [.. first.Owed], ReleaseReason.TimedOut));
        first.Owed.Clear();
        first.Depth = 0;
        first.Want();
        world.Tell(new PiecesActor.PeerLeft(first.Key));
        second.BringAll();
        world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
    }
}
