using Swarm.Protocol.Picking;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>How peers share the blocks of pieces: fast and slow peers, endgame, limits, choked peers.</summary>
public sealed class PiecePickerSharingTests
{
    [Fact]
    public void Slow_peers_share_a_piece()
    {
        var scene = new PickerScene("1 2");
        scene.Pick(scene.Peer("all"), 2).ShouldBe("0.0 0.1");
        scene.Pick(scene.Peer("all"), 2).ShouldBe("0.2 0.3");
    }

    [Fact]
    public void Fast_peers_get_whole_pieces_and_their_blocks_in_order()
    {
        var scene = new PickerScene("1 2 3");
        var (first, second) = (scene.Peer("all"), scene.Peer("all"));
        scene.Pick(first, 2, PeerSpeed.Fast).ShouldBe("0.0 0.1");
        scene.Pick(second, 2, PeerSpeed.Fast).ShouldBe("1.0 1.1");
        scene.Pick(scene.Peer("all"), 1).ShouldBe("2.0");
        scene.Pick(first, 2, PeerSpeed.Fast).ShouldBe("0.2 0.3");
        scene.Pick(second, 2, PeerSpeed.Fast).ShouldBe("1.2 1.3");
    }

    [Fact]
    public void Fast_peer_takes_over_a_piece_that_nobody_works_on()
    {
        var scene = new PickerScene("1 2");
        var slow = scene.Peer("all");
        scene.Fetch(slow, scene.Pick(slow, 1));
        scene.Pick(scene.Peer("all"), 1, PeerSpeed.Fast).ShouldBe("0.1");
        scene.Pick(slow, 2).ShouldBe("1.0 1.1");
        scene.Blocks(0).ShouldBe("#1..");
    }

    [Theory]
    [InlineData(false, "1.0 1.1 1.2 1.3 0.1 0.2 0.3")]
    [InlineData(true, "0.1 0.2 0.3 1.0 1.1 1.2 1.3")]
    public void Fast_peer_begins_a_piece_of_its_own_before_it_helps_slow_ones_unless_order_matters(bool sequential, string picked)
    {
        var scene = new PickerScene("1 2");
        scene.Picker.IsSequential = sequential;
        scene.Pick(scene.Peer("all"), 1).ShouldBe("0.0");
        scene.Pick(scene.Peer("all"), 7, PeerSpeed.Fast).ShouldBe(picked);
    }

    [Fact]
    public void Peer_with_nothing_better_to_do_helps_from_the_end()
    {
        var scene = new PickerScene("1", blocks: 6);
        scene.Pick(scene.Peer("all"), 2, PeerSpeed.Fast).ShouldBe("0.0 0.1");
        scene.Pick(scene.Peer("all"), 2).ShouldBe("0.5 0.4");
        scene.Blocks(0).ShouldBe("11..11");
    }

    [Fact]
    public void Peer_that_became_slow_shares_what_it_held()
    {
        var scene = new PickerScene("1 2");
        var fading = scene.Peer("all");
        scene.Pick(fading, 1, PeerSpeed.Fast).ShouldBe("0.0");
        scene.Pick(fading, 1).ShouldBe("0.1");
        scene.Pick(scene.Peer("all"), 1).ShouldBe("0.2");
    }

    [Theory]
    [InlineData(ReleaseReason.Choked)]
    [InlineData(ReleaseReason.TimedOut)]
    public void Piece_is_shared_once_its_holder_fails_it(ReleaseReason reason)
    {
        var scene = new PickerScene("1 2");
        var holder = scene.Peer("all");
        scene.Fetch(holder, scene.Pick(holder, 1, PeerSpeed.Fast));
        scene.Pick(holder, 1, PeerSpeed.Fast).ShouldBe("0.1");
        var released = new List<BlockRequest>();
        scene.Picker.RequestsReleased(holder, reason, released);
        released.ShouldBe([scene.Request("0.1")]);
        scene.Pick(scene.Peer("all"), 1).ShouldBe("0.1");
    }

    [Fact]
    public void What_a_peer_leaves_behind_is_fetched_from_others()
    {
        var scene = new PickerScene("1 2");
        var leaving = scene.Peer("all");
        scene.Pick(leaving, 2, PeerSpeed.Fast).ShouldBe("0.0 0.1");
        scene.Receive(leaving, "0.0");
        scene.Picker.PeerLeft(leaving);
        scene.Blocks(0).ShouldBe("w...");
        scene.Picker.OutstandingRequests.ShouldBe(0);
        scene.Pick(scene.Peer("all"), 4).ShouldBe("0.1 0.2 0.3 1.0");
    }

    [Fact]
    public void Piece_of_which_nothing_was_received_is_no_longer_begun_when_its_peer_leaves()
    {
        var scene = new PickerScene("1 2");
        var leaving = scene.Peer("all");
        scene.Pick(leaving, 2, PeerSpeed.Fast);
        scene.Picker.BegunCount.ShouldBe(1);
        scene.Picker.PeerLeft(leaving);
        scene.Picker.BegunCount.ShouldBe(0);
    }

    [Fact]
    public void Endgame_asks_several_peers_and_cancels_the_others_when_a_block_arrives()
    {
        var scene = new PickerScene("1", blocks: 2);
        var (first, second, third) = (scene.Peer("all"), scene.Peer("all"), scene.Peer("all"));
        scene.Pick(first, 2).ShouldBe("0.0 0.1");
        scene.Picker.IsEndgame.ShouldBeTrue();
        scene.Pick(second, 2).ShouldBe("0.0 0.1");
        scene.Pick(third, 1).ShouldBe("0.0");
        scene.Blocks(0).ShouldBe("32");
        scene.Receive(second, "0.0").ShouldBe(BlockOutcome.Accepted);
        scene.CancelsText.ShouldBe("3:0.0 1:0.0");
        scene.Blocks(0).ShouldBe("w2");
        scene.Receive(first, "0.0").ShouldBe(BlockOutcome.Duplicate);
        scene.Receive(first, "0.0").ShouldBe(BlockOutcome.Unrequested);
    }

    [Fact]
    public void Endgame_asks_for_the_least_duplicated_block_first_and_for_none_twice_of_one_peer()
    {
        var scene = new PickerScene("1", blocks: 3);
        scene.Pick(scene.Peer("all"), 3);
        scene.Pick(scene.Peer("all"), 1).ShouldBe("0.0");
        var third = scene.Peer("all");
        scene.Pick(third, 1).ShouldBe("0.1");
        scene.Pick(third, 5).ShouldBe("0.2 0.0");
        scene.Pick(third, 5).ShouldBe("");
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "2")]
    [InlineData(3, "3")]
    public void Endgame_asks_no_more_peers_for_a_block_than_the_limit(int limit, string blocks)
    {
        var scene = new PickerScene("1", blocks: 1, settings: PickerScene.Plain with { MaxRequestsPerBlock = limit });
        for (var i = 0; i < 5; i++) scene.Pick(scene.Peer("all"), 1).ShouldBe(i < limit ? "0.0" : "");
        scene.Blocks(0).ShouldBe(blocks);
    }

    [Fact]
    public void Endgame_gives_a_busy_peer_no_duplicates_beyond_the_limit()
    {
        var scene = new PickerScene("1", blocks: 8, settings: PickerScene.Plain with { MaxEndgameRequestsPerPeer = 3 });
        scene.Pick(scene.Peer("all"), 8);
        scene.Pick(scene.Peer("all"), 8).ShouldBe("0.0 0.1 0.2");
    }

    [Fact]
    public void Nothing_is_duplicated_while_a_block_is_free_anywhere()
    {
        var scene = new PickerScene("1 1");
        scene.Pick(scene.Peer("1 0"), 4).ShouldBe("0.0 0.1 0.2 0.3");
        scene.Picker.IsEndgame.ShouldBeFalse();
        scene.Pick(scene.Peer("1 0"), 4).ShouldBe("");
    }

    [Fact]
    public void Choked_peer_is_asked_for_allowed_fast_pieces_only()
    {
        var scene = new PickerScene("1 1 1 *");
        var peer = scene.Peer("1 1 1 1");
        scene.Pick(peer, 9, choked: true).ShouldBe("");
        scene.Pick(peer, 5, choked: true, allowed: [3, 77, -1, 2]).ShouldBe("2.0 2.1 2.2 2.3");
        scene.Pick(scene.Peer("0 1 0 0"), 9, choked: true, allowed: [2]).ShouldBe("");
    }

    [Fact]
    public void Rejected_piece_is_not_asked_for_again_before_the_next_unchoke()
    {
        var scene = new PickerScene("1 2");
        var peer = scene.Peer("all");
        scene.Pick(peer, 1).ShouldBe("0.0");
        scene.Release(peer, "0.0", ReleaseReason.Rejected).ShouldBeTrue();
        scene.Release(peer, "0.0", ReleaseReason.Rejected).ShouldBeFalse();
        scene.Pick(peer, 9).ShouldBe("1.0 1.1 1.2 1.3");
        scene.Picker.PeerMayBeAsked(peer);
        scene.Pick(peer, 1).ShouldBe("0.0");
    }

    [Fact]
    public void Rejections_are_remembered_up_to_the_limit_and_the_oldest_is_forgotten()
    {
        var scene = new PickerScene("1 2 3", blocks: 1, settings: PickerScene.Plain with { RejectedPiecesPerPeer = 2 });
        var peer = scene.Peer("all");
        foreach (var block in new[] { "0.0", "1.0", "2.0" })
        {
            scene.Pick(peer, 1).ShouldBe(block);
            scene.Release(peer, block, ReleaseReason.Rejected);
        }

        scene.Pick(peer, 9).ShouldBe("0.0");
    }

    [Theory]
    [InlineData(2, 131_072)]
    [InlineData(4_096, 8)]
    public void No_more_pieces_are_begun_than_the_limits_allow(int pieces, int blocks)
    {
        var scene = new PickerScene("1 2 3", settings: PickerScene.Plain with { MaxBegunPieces = pieces, MaxBegunBlocks = blocks });
        var peer = scene.Peer("all");
        scene.Pick(peer, 100).ShouldBe("0.0 0.1 0.2 0.3 1.0 1.1 1.2 1.3");
        scene.Picker.BegunCount.ShouldBe(2);
        scene.Fetch(peer, "0.0 0.1 0.2 0.3");
        scene.Pick(peer, 100).ShouldBe("");
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Pick(peer, 100).ShouldBe("2.0 2.1 2.2 2.3");
    }

    [Fact]
    public void One_piece_may_always_be_begun()
    {
        var scene = new PickerScene("1 2", settings: PickerScene.Plain with { MaxBegunBlocks = 1 });
        scene.Pick(scene.Peer("all"), 100).ShouldBe("0.0 0.1 0.2 0.3");
    }

    [Theory]
    [InlineData(4 * 16_384 / 20, PeerSpeed.Fast)]
    [InlineData((4 * 16_384 / 20) - 1, PeerSpeed.Slow)]
    [InlineData(0, PeerSpeed.Slow)]
    public void Peer_is_fast_if_it_sends_a_piece_in_the_time_that_is_set(long rate, PeerSpeed expected)
    {
        var scene = new PickerScene("1", settings: PickerScene.Plain with { WholePieceTime = TimeSpan.FromSeconds(20) });
        scene.Picker.SpeedOf(rate + (expected == PeerSpeed.Fast ? 1 : 0)).ShouldBe(expected);
    }
}
