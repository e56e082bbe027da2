using Swarm.Protocol.Picking;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>Which piece is begun.</summary>
public sealed class PiecePickerOrderTests
{
    [Theory]
    [InlineData("3 2 1 2", "1 1 1 1", "2.0 2.1 2.2 2.3")]
    [InlineData("3 2 1 2", "1 0 0 1", "3.0 3.1 3.2 3.3")]
    [InlineData("1 2 * 3", "1 1 1 1", "0.0 0.1 0.2 0.3")]
    [InlineData("2 1 0 *", "all", "2.0 2.1 2.2 2.3")]
    [InlineData("* * * *", "all", "")]
    [InlineData("1 1 * *", "0 0 1 1", "")]
    public void Rarest_piece_that_the_peer_has_is_begun_first(string pieces, string has, string picked)
    {
        var scene = new PickerScene(pieces);
        scene.Pick(scene.Peer(has), 4).ShouldBe(picked);
    }

    [Theory]
    [InlineData("1 2 3 4", "4 4 4 7", 3)]
    [InlineData("1 2 3 4", "1 1 6 6", 2)]
    [InlineData("1 2 3 4", "0 0 0 1", 3)]
    [InlineData("1 2 3 4", "0 4 4 4", 1)]
    public void Higher_priority_comes_before_rarity(string pieces, string priorities, int begun)
    {
        var scene = new PickerScene(pieces, priorities: priorities);
        scene.Pick(scene.Peer("all"), 1).ShouldBe($"{begun}.0");
    }

    [Fact]
    public void Unwanted_pieces_are_never_asked_for()
    {
        var scene = new PickerScene("1 1 1 1", priorities: "0 4 0 0");
        scene.Pick(scene.Peer("all"), 100).ShouldBe("1.0 1.1 1.2 1.3");
    }

    [Fact]
    public void Equally_rare_pieces_are_chosen_at_random()
    {
        var chosen = new HashSet<string>();
        for (var seed = 0; seed < 50; seed++)
        {
            var scene = new PickerScene("1 1 1 1", blocks: 1, seed: seed);
            chosen.Add(scene.Pick(scene.Peer("all"), 1));
        }

        chosen.Count.ShouldBe(4);
    }

    [Fact]
    public void First_pieces_are_chosen_at_random_and_later_ones_by_rarity()
    {
        var settings = PickerSettings.Default with { RandomFirstPieces = 1 };
        var first = new HashSet<string>();
        for (var seed = 0; seed < 50; seed++)
        {
            var scene = new PickerScene("1 2 3 4", blocks: 1, settings: settings, seed: seed);
            var peer = scene.Peer("all");
            var block = scene.Pick(peer, 1);
            first.Add(block);
            scene.Fetch(peer, block);
            scene.Picker.PieceVerified(scene.Request(block).Piece, scene.Cancels);
            scene.Pick(peer, 1).ShouldBe(block == "0.0" ? "1.0" : "0.0");
        }

        first.Count.ShouldBe(4);
    }

    [Fact]
    public void Random_first_piece_still_respects_priority()
    {
        var settings = PickerSettings.Default with { RandomFirstPieces = 1 };
        for (var seed = 0; seed < 20; seed++)
        {
            var scene = new PickerScene("1 2 3 4", priorities: "4 4 6 1", settings: settings, seed: seed);
            scene.Pick(scene.Peer("all"), 1).ShouldBe("2.0");
        }
    }

    [Fact]
    public void Have_makes_a_piece_less_rare()
    {
        var scene = new PickerScene("1 2");
        scene.Picker.PeerHave(scene.Peer("0 0"), new PieceIndex(0)).ShouldBeTrue();
        scene.Picker.PeerHave(scene.Peer("0 0"), new PieceIndex(0)).ShouldBeTrue();
        scene.Picker.Availability(new PieceIndex(0)).ShouldBe(3);
        scene.Pick(scene.Peer("all"), 1).ShouldBe("1.0");
    }

    [Fact]
    public void Leaving_makes_pieces_rarer()
    {
        var scene = new PickerScene("1 2");
        var first = scene.Peer("1 0");
        var second = scene.Peer("1 0");
        scene.Pick(scene.Peer("all"), 1).ShouldBe("1.0");
        scene.Picker.PeerLeft(first);
        scene.Picker.PeerLeft(second);
        scene.Picker.Availability(new PieceIndex(0)).ShouldBe(2);
        scene.Picker.Availability(new PieceIndex(1)).ShouldBe(3);
    }

    [Fact]
    public void Complete_peers_count_for_every_piece_and_may_lose_one()
    {
        var scene = new PickerScene("1 0");
        var seed = scene.Peer("all");
        scene.Picker.PeerIsSeed(seed).ShouldBeTrue();
        scene.Picker.Availability(new PieceIndex(0)).ShouldBe(2);
        scene.Picker.PeerDontHave(seed, new PieceIndex(0)).ShouldBeTrue();
        scene.Picker.PeerIsSeed(seed).ShouldBeFalse();
        scene.Picker.Availability(new PieceIndex(0)).ShouldBe(1);
        scene.Picker.Availability(new PieceIndex(1)).ShouldBe(1);
        scene.Pick(seed, 10).ShouldBe("1.0 1.1 1.2 1.3");
    }

    [Fact]
    public void Begun_piece_is_finished_before_another_is_begun()
    {
        var scene = new PickerScene("3 1");
        scene.Pick(scene.Peer("1 0"), 2).ShouldBe("0.0 0.1");
        scene.Pick(scene.Peer("all"), 3).ShouldBe("0.2 0.3 1.0");
    }

    [Fact]
    public void Of_begun_pieces_the_one_with_the_higher_priority_is_finished_first()
    {
        var scene = new PickerScene("1 1 1", priorities: "1 6 4");
        scene.Pick(scene.Peer("1 0 0"), 1).ShouldBe("0.0");
        scene.Pick(scene.Peer("0 1 0"), 1).ShouldBe("1.0");
        scene.Pick(scene.Peer("all"), 4).ShouldBe("1.1 1.2 1.3 0.1");
    }

    [Fact]
    public void Suggested_pieces_come_before_rarer_ones()
    {
        var scene = new PickerScene("1 2 3 *");
        scene.Pick(scene.Peer("1 1 1 1"), 5, suggested: [3, 2, 99]).ShouldBe("2.0 2.1 2.2 2.3 0.0");
    }

    [Theory]
    [InlineData(2, "4 4 4 4 4", "0.0 1.0 4.0 3.0 2.0")]
    [InlineData(5, "4 4 4 4 4", "0.0 1.0 2.0 3.0 4.0")]
    [InlineData(5, "1 4 4 6 6", "3.0 4.0 1.0 2.0 0.0")]
    [InlineData(2, "1 4 1 4 1", "1.0 3.0 0.0 4.0 2.0")]
    public void Sequential_mode_fetches_in_order_within_its_window_and_rarest_first_beyond(int window, string priorities, string picked)
    {
        var settings = PickerScene.Plain with { SequentialWindow = window };
        var scene = new PickerScene("5 4 3 2 1", blocks: 1, priorities: priorities, settings: settings);
        scene.Picker.IsSequential = true;
        scene.Pick(scene.Peer("all"), 5).ShouldBe(picked);
    }

    [Fact]
    public void Sequential_window_moves_with_what_is_verified_and_back_when_data_is_lost()
    {
        var settings = PickerScene.Plain with { SequentialWindow = 1 };
        var scene = new PickerScene("9 8 7 1", blocks: 1, settings: settings);
        scene.Picker.IsSequential = true;
        var peer = scene.Peer("all");
        scene.Fetch(peer, scene.Pick(peer, 1));
        scene.Picker.PieceVerified(new PieceIndex(0), scene.Cancels);
        scene.Pick(peer, 1).ShouldBe("1.0");
        scene.Picker.WeDontHave(new PieceIndex(0)).ShouldBeTrue();
        scene.Pick(peer, 1).ShouldBe("0.0");
    }

    [Fact]
    public void Piece_is_found_for_a_peer_that_has_none_of_the_rarest()
    {
        var settings = PickerScene.Plain with { RankScanLimit = 2, CandidateScanLimit = 4 };
        var scene = new PickerScene("1 1 1 2 2 3", settings: settings);
        scene.Pick(scene.Peer("0 0 0 0 0 1"), 1).ShouldBe("5.0");
        scene.Pick(scene.Peer("0 0 0 1 0 1"), 4).ShouldBe("5.1 5.2 5.3 3.0");
    }

    [Fact]
    public void Last_piece_and_block_may_be_short()
    {
        var geometry = new PieceGeometry((3 * 16_384) + 1, 2 * 16_384);
        var picker = new PiecePicker(geometry, PickerScene.Plain, new Random(1));
        picker.PeerJoined(new(1));
        picker.PeerHaveAll(new(1));
        var output = new List<BlockRequest>();
        picker.Pick(new(1), 10, output).ShouldBe(4);
        output.ShouldContain(new BlockRequest(new(1), 16_384, 1));
        output.Sum(request => (long)request.Length).ShouldBe(geometry.TotalLength);
    }
}
