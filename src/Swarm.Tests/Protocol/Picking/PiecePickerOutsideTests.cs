using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>Pieces that may be asked of peers outside, and of which a replica inside is asked.</summary>
public sealed class PiecePickerOutsideTests
{
    [Fact]
    public void Peers_outside_are_asked_for_what_is_open_and_one_inside_for_everything()
    {
        var scene = new PickerScene("1 2 3 4");
        var (outside, inside) = (scene.Peer("all"), scene.Peer("all"));
        scene.Picker.SetInside(inside, isInside: true);
        scene.Picker.SetOutside(scene.Set("0 1 0 0"));
        scene.Pick(outside, 99).ShouldBe("1.0 1.1 1.2 1.3");
        scene.Pick(inside, 5).ShouldBe("0.0 0.1 0.2 0.3 2.0");
        scene.Pick(scene.Peer("all"), 99, choked: true, allowed: [0, 1, 3]).ShouldBe("");
        scene.Pick(scene.Peer("all"), 99, suggested: [3]).ShouldBe("1.0 1.1 1.2 1.3", "it is the endgame of what is open");
    }

    [Fact]
    public void A_peer_that_turns_out_to_be_inside_and_one_that_does_not_any_more_follow_at_once()
    {
        var scene = new PickerScene("1 2");
        var peer = scene.Peer("all");
        scene.Picker.SetOutside(scene.Set("0 1"));
        scene.Picker.SetInside(peer, isInside: true);
        scene.Pick(peer, 1).ShouldBe("0.0");
        scene.Picker.SetInside(peer, isInside: false);
        scene.Pick(peer, 1).ShouldBe("1.0");
        scene.Picker.SetOutside(null);
        scene.Pick(peer, 99).ShouldBe("0.1 0.2 0.3 1.1 1.2 1.3");
    }

    [Fact]
    public void What_was_begun_outside_is_finished_there_though_the_share_has_changed()
    {
        var scene = new PickerScene("1 2 3");
        var outside = scene.Peer("all");
        scene.Picker.SetOutside(scene.Set("1 1 0"));
        scene.Pick(outside, 2).ShouldBe("0.0 0.1");
        scene.Picker.SetOutside(scene.Set("0 0 1"));
        scene.Pick(outside, 3).ShouldBe("0.2 0.3 2.0");
        scene.Picker.CloseOutside(new PieceIndex(2));
        scene.Pick(outside, 99).ShouldBe("2.1 2.2 2.3");
    }

    [Fact]
    public void What_was_begun_inside_stays_inside()
    {
        var scene = new PickerScene("1 2");
        var (inside, outside) = (scene.Peer("all"), scene.Peer("all"));
        scene.Picker.SetInside(inside, isInside: true);
        scene.Picker.SetOutside(scene.Set("0 1"));
        scene.Pick(inside, 1).ShouldBe("0.0");
        scene.Picker.SetOutside(scene.Set("0 1"));
        scene.Pick(outside, 99).ShouldBe("1.0 1.1 1.2 1.3");
    }

    [Fact]
    public void A_piece_that_a_replica_got_is_not_begun_outside()
    {
        var scene = new PickerScene("1 2");
        var outside = scene.Peer("all");
        scene.Picker.SetOutside(scene.Set("1 1"));
        scene.Picker.CloseOutside(new PieceIndex(0));
        scene.Pick(outside, 99).ShouldBe("1.0 1.1 1.2 1.3");
    }

    [Fact]
    public void The_share_has_an_endgame_of_its_own()
    {
        var scene = new PickerScene("1 2 3");
        var (slow, other) = (scene.Peer("all"), scene.Peer("all"));
        scene.Picker.SetOutside(scene.Set("0 1 0"));
        scene.Pick(slow, 4).ShouldBe("1.0 1.1 1.2 1.3");
        scene.Picker.IsEndgame.ShouldBeFalse("two pieces are not begun");
        scene.Pick(other, 2).ShouldBe("1.0 1.1");
    }

    [Fact]
    public void A_small_share_of_many_pieces_is_found()
    {
        const int pieces = 5_000;
        var geometry = new PieceGeometry((long)pieces * PieceGeometry.BlockSize, PieceGeometry.BlockSize);
        var picker = new PiecePicker(geometry, PickerScene.Plain, new Random(1));
        var peer = new PeerKey(1);
        picker.PeerJoined(peer);
        picker.PeerHaveAll(peer);
        var share = new Bitfield(pieces);
        share.Add(new PieceIndex(4_321));
        picker.SetOutside(share);
        var output = new List<BlockRequest>();
        picker.Pick(peer, 9, output).ShouldBe(1);
        output[0].Piece.Value.ShouldBe(4_321);
    }
}
