using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>What becomes of blocks and pieces after they were asked for; interest and progress.</summary>
public sealed class PiecePickerBlockTests
{
    [Fact]
    public void Block_goes_from_request_to_disk_and_the_piece_is_verified()
    {
        var scene = new PickerScene("1", blocks: 2);
        var peer = scene.Peer("all");
        scene.Pick(peer, 2);
        scene.Blocks(0).ShouldBe("11");
        scene.Receive(peer, "0.0").ShouldBe(BlockOutcome.Accepted);
        scene.Receive(peer, "0.1").ShouldBe(BlockOutcome.Accepted);
        scene.Blocks(0).ShouldBe("ww");
        scene.Picker.IsReceived(new PieceIndex(0)).ShouldBeTrue();
        scene.Written("0.0").ShouldBeFalse();
        scene.Written("0.0").ShouldBeFalse();
        scene.Written("0.1").ShouldBeTrue();
        scene.Blocks(0).ShouldBe("##");
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels).ShouldBeTrue();
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels).ShouldBeFalse();
        scene.Picker.IsFinished.ShouldBeTrue();
        scene.Picker.IsSeed.ShouldBeTrue();
        scene.Picker.BegunCount.ShouldBe(0);
    }

    [Fact]
    public void Block_that_was_never_asked_for_is_unrequested()
    {
        var scene = new PickerScene("1 *");
        var (peer, other) = (scene.Peer("all"), scene.Peer("all"));
        scene.Receive(peer, "0.0").ShouldBe(BlockOutcome.Unrequested);
        scene.Receive(peer, "1.0").ShouldBe(BlockOutcome.Unrequested);
        scene.Pick(peer, 1).ShouldBe("0.0");
        scene.Receive(other, "0.0").ShouldBe(BlockOutcome.Unrequested);
        scene.Receive(new PeerKey(99), "0.0").ShouldBe(BlockOutcome.Unrequested);
        scene.Blocks(0).ShouldBe("1...");
    }

    [Theory]
    [InlineData(0, 0, 16_383)]
    [InlineData(0, 1, 16_384)]
    [InlineData(0, 65_536, 16_384)]
    [InlineData(-1, 0, 16_384)]
    [InlineData(2, 0, 16_384)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public void What_is_no_block_is_invalid(int piece, int begin, int length)
    {
        var scene = new PickerScene("1 1");
        var peer = scene.Peer("all");
        var range = new BlockRequest(new PieceIndex(piece), begin, length);
        scene.Picker.BlockReceived(peer, range, scene.Cancels).ShouldBe(BlockOutcome.Invalid);
        scene.Picker.RequestReleased(peer, range, ReleaseReason.TimedOut).ShouldBeFalse();
    }

    [Fact]
    public void Late_block_is_welcome_while_it_is_missing()
    {
        var scene = new PickerScene("1");
        var (late, other) = (scene.Peer("all"), scene.Peer("all"));
        scene.Pick(late, 2).ShouldBe("0.0 0.1");
        scene.Release(late, "0.0", ReleaseReason.TimedOut).ShouldBeTrue();
        scene.Release(late, "0.1", ReleaseReason.TimedOut).ShouldBeTrue();
        scene.Picker.BegunCount.ShouldBe(0);
        scene.Receive(late, "0.0").ShouldBe(BlockOutcome.Accepted);
        scene.Pick(other, 1).ShouldBe("0.1");
        scene.Receive(late, "0.1").ShouldBe(BlockOutcome.Accepted);
        scene.CancelsText.ShouldBe("2:0.1");
        scene.Receive(late, "0.1").ShouldBe(BlockOutcome.Unrequested);
    }

    [Fact]
    public void Late_block_that_another_peer_sent_meanwhile_is_a_duplicate()
    {
        var scene = new PickerScene("1", blocks: 1);
        var (late, other) = (scene.Peer("all"), scene.Peer("all"));
        scene.Pick(late, 1);
        scene.Release(late, "0.0", ReleaseReason.TimedOut);
        scene.Fetch(other, scene.Pick(other, 1));
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Receive(late, "0.0").ShouldBe(BlockOutcome.Duplicate);
    }

    [Theory]
    [InlineData(2, BlockOutcome.Accepted)]
    [InlineData(1, BlockOutcome.Unrequested)]
    [InlineData(0, BlockOutcome.Unrequested)]
    public void Late_requests_are_remembered_up_to_the_limit(int limit, BlockOutcome expected)
    {
        var scene = new PickerScene("1", settings: PickerScene.Plain with { LateRequestsPerPeer = limit });
        var peer = scene.Peer("all");
        scene.Pick(peer, 2);
        scene.Release(peer, "0.0", ReleaseReason.TimedOut);
        scene.Release(peer, "0.1", ReleaseReason.TimedOut);
        scene.Receive(peer, "0.0").ShouldBe(expected);
    }

    [Fact]
    public void Block_that_could_not_be_written_is_fetched_again()
    {
        var scene = new PickerScene("1", blocks: 2);
        var peer = scene.Peer("all");
        scene.Fetch(peer, scene.Pick(peer, 1));
        scene.Pick(peer, 1);
        scene.Receive(peer, "0.1");
        scene.Picker.BlockFailed(new PieceIndex(0), new BlockIndex(1));
        scene.Blocks(0).ShouldBe("#.");
        scene.Pick(peer, 2).ShouldBe("0.1");
        scene.Picker.BlockFailed(new PieceIndex(0), new BlockIndex(1));
        scene.Blocks(0).ShouldBe("#1");
    }

    [Fact]
    public void Piece_without_any_written_block_is_open_again()
    {
        var scene = new PickerScene("1", blocks: 1);
        var peer = scene.Peer("all");
        scene.Pick(peer, 1);
        scene.Receive(peer, "0.0");
        scene.Picker.BlockFailed(new PieceIndex(0), new BlockIndex(0));
        scene.Picker.BegunCount.ShouldBe(0);
        scene.Pick(peer, 1).ShouldBe("0.0");
    }

    [Fact]
    public void Rejected_piece_names_its_senders_and_is_then_fetched_from_one_peer()
    {
        var scene = new PickerScene("1 8 9");
        var (first, second, third) = (scene.Peer("all"), scene.Peer("all"), scene.Peer("all"));
        scene.Fetch(first, scene.Pick(first, 1));
        scene.Fetch(second, scene.Pick(second, 3));
        scene.Picker.PieceRejected(new PieceIndex(0), scene.Senders, scene.Cancels).ShouldBeTrue();
        scene.SendersText.ShouldBe("1 2 2 2");
        scene.Picker.PieceRejected(new PieceIndex(0), scene.Senders, scene.Cancels).ShouldBeFalse();

        // Slow as it is, the peer that begins it again keeps it; others do not even help while another piece is open.
        scene.Pick(third, 1).ShouldBe("0.0");
        scene.Pick(first, 4).ShouldBe("1.0 1.1 1.2 1.3");
        scene.Pick(third, 3).ShouldBe("0.1 0.2 0.3");
    }

    [Fact]
    public void Piece_that_failed_once_is_an_ordinary_one_after_it_was_verified()
    {
        var scene = new PickerScene("1 9");
        var peer = scene.Peer("all");
        scene.Fetch(peer, scene.Pick(peer, 4));
        scene.Picker.PieceRejected(new PieceIndex(0), scene.Senders, scene.Cancels);
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Picker.WeDontHave(new PieceIndex(0));
        scene.Pick(peer, 1).ShouldBe("0.0");
        scene.Pick(scene.Peer("all"), 1).ShouldBe("0.1");
    }

    [Fact]
    public void Peer_on_parole_gets_pieces_of_its_own()
    {
        var scene = new PickerScene("1 2 3");
        var (suspect, other) = (scene.Peer("all"), scene.Peer("all"));
        scene.Pick(other, 1).ShouldBe("0.0");
        scene.Picker.SetParole(suspect, true);
        scene.Pick(suspect, 1).ShouldBe("1.0");
        scene.Pick(other, 7).ShouldBe("0.1 0.2 0.3 2.0 2.1 2.2 2.3");
        scene.Pick(suspect, 9).ShouldBe("1.1 1.2 1.3");
        scene.Picker.SetParole(suspect, false);
        scene.Pick(suspect, 1).ShouldBe("0.0");
    }

    [Fact]
    public void Peer_on_parole_may_finish_what_nobody_works_on_when_it_can_begin_nothing()
    {
        var scene = new PickerScene("1");
        var (suspect, leaving) = (scene.Peer("all"), scene.Peer("all"));
        scene.Fetch(leaving, scene.Pick(leaving, 2));
        scene.Picker.PeerLeft(leaving);
        scene.Picker.SetParole(suspect, true);
        scene.Pick(suspect, 9).ShouldBe("0.2 0.3");
    }

    [Fact]
    public void Interest_follows_what_peers_have_and_what_we_want()
    {
        var scene = new PickerScene("1 1 *");
        var peer = scene.Peer("0 0 1");
        var changes = new List<InterestChange>();
        scene.Picker.TakeInterestChanges(changes);
        changes.ShouldBeEmpty();
        scene.Picker.PeerHave(peer, new PieceIndex(0));
        scene.Picker.TakeInterestChanges(changes);
        changes.ShouldBe([new InterestChange(peer, true)]);
        changes.Clear();
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Picker.TakeInterestChanges(changes);
        changes.ShouldBe([new InterestChange(peer, false)]);
        changes.Clear();
        scene.Picker.WeDontHave(new PieceIndex(0));
        scene.Picker.IsInteresting(peer).ShouldBeTrue();
        scene.Picker.SetPriority(new PieceIndex(0), PiecePriority.Skip, scene.Cancels);
        scene.Picker.IsInteresting(peer).ShouldBeFalse();
        scene.Picker.TakeInterestChanges(changes);
        changes.ShouldBeEmpty();
    }

    [Fact]
    public void Interest_in_complete_peers_ends_with_the_last_piece()
    {
        var scene = new PickerScene("1 1");
        var seed = scene.Peer("all");
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Picker.IsInteresting(seed).ShouldBeTrue();
        var changes = new List<InterestChange>();
        scene.Picker.TakeInterestChanges(changes);
        changes.ShouldBe([new InterestChange(seed, true)]);
        changes.Clear();
        scene.Picker.PieceVerified(new PieceIndex(1), scene.Cancels);
        scene.Picker.TakeInterestChanges(changes);
        changes.ShouldBe([new InterestChange(new PeerKey(1_000), false), new InterestChange(seed, false)], ignoreOrder: true);
    }

    [Fact]
    public void Piece_that_is_wanted_no_longer_is_given_up()
    {
        var scene = new PickerScene("1 1");
        var peer = scene.Peer("1 0");
        scene.Pick(peer, 3);
        scene.Receive(peer, "0.0");
        scene.Picker.SetPriority(new PieceIndex(0), PiecePriority.Skip, scene.Cancels);
        scene.CancelsText.ShouldBe("1:0.1 1:0.2");
        scene.Picker.BegunCount.ShouldBe(0);
        scene.Receive(peer, "0.1").ShouldBe(BlockOutcome.Duplicate);
        scene.Picker.SetPriority(new PieceIndex(0), PiecePriority.Low, scene.Cancels);
        scene.Pick(peer, 1).ShouldBe("0.0");
    }

    [Fact]
    public void Progress_counts_wanted_and_verified_bytes()
    {
        var scene = new PickerScene("1 * 1 1", blocks: 1, priorities: "4 4 0 4");
        scene.Picker.VerifiedBytes.ShouldBe(16_384);
        scene.Picker.WantedBytesLeft.ShouldBe(2 * 16_384);
        scene.Picker.WantedPiecesLeft.ShouldBe(2);
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Picker.PieceVerified(new PieceIndex(3), scene.Cancels);
        scene.Picker.IsFinished.ShouldBeTrue();
        scene.Picker.IsSeed.ShouldBeFalse();
        scene.Picker.WantedBytesLeft.ShouldBe(0);
        scene.Picker.VerifiedBytes.ShouldBe(3 * 16_384);
        scene.Picker.WeDontHave(new PieceIndex(1)).ShouldBeTrue();
        scene.Picker.WeDontHave(new PieceIndex(1)).ShouldBeFalse();
        scene.Picker.IsFinished.ShouldBeFalse();
    }

    [Fact]
    public void Calls_about_unknown_peers_change_nothing()
    {
        var scene = new PickerScene("1");
        var stranger = new PeerKey(77);
        scene.Picker.PeerHave(stranger, new PieceIndex(0)).ShouldBeFalse();
        scene.Picker.PeerHaveAll(stranger);
        scene.Picker.PeerBitfield(stranger, scene.Set("1"));
        scene.Picker.PeerLeft(stranger);
        scene.Pick(stranger, 5).ShouldBe("");
        scene.Release(stranger, "0.0", ReleaseReason.Choked).ShouldBeFalse();
        scene.Picker.RequestsOf(stranger).ShouldBe(0);
        scene.Picker.PeerPieceCount(stranger).ShouldBe(0);
        scene.Picker.Availability(new PieceIndex(0)).ShouldBe(1);
    }

    [Fact]
    public void Pieces_that_do_not_exist_are_a_callers_bug()
    {
        var scene = new PickerScene("1");
        var peer = scene.Peer("1");
        Should.Throw<ArgumentOutOfRangeException>(() => scene.Picker.PeerHave(peer, new PieceIndex(1)));
        Should.Throw<ArgumentOutOfRangeException>(() => scene.Picker.PieceVerified(new PieceIndex(-1), scene.Cancels));
        Should.Throw<ArgumentException>(() => scene.Picker.PeerBitfield(peer, new Bitfield(2)));
        Should.Throw<ArgumentOutOfRangeException>(() => PickerSettings.Default with { MaxBegunPieces = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => PickerSettings.Default with { MaxRequestsPerBlock = 17 });
        Should.Throw<ArgumentOutOfRangeException>(() => new PiecePriority(8));
    }
}
