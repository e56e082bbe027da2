using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>What a connection tells the piece manager of what may be asked of its peer.</summary>
public sealed class PeerActorWantTests
{
    [Fact]
    public void Interest_while_nothing_may_be_asked_is_no_news_to_the_piece_manager()
    {
        var world = new PeerWorld().Outgoing();
        world.Say(output => output.Bitfield(world.Content.All()));
        world.PiecesTold.Clear();
        world.Tell(PeerActor.BeInterested.Yes);
        world.Tell(PeerActor.BeInterested.No);
        world.Tell(PeerActor.BeInterested.Yes);
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldBeEmpty();
        world.Say(output => output.Unchoke());
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldHaveSingleItem().Depth.ShouldBeGreaterThan(0);
        world.Say(output => output.Choke());
        world.PiecesTold.OfType<PiecesActor.Want>().Last().Choked.ShouldBeTrue();
    }

    [Fact]
    public void A_peer_that_rejects_and_never_chokes_is_asked_again_after_half_a_minute_without_work()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        foreach (var block in blocks) world.Say(output => output.RejectRequest(block));
        world.PiecesTold.Clear();
        world.PassWithTicks(25);
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldNotBeEmpty();
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldAllBe(want => !want.AskAgain);
        world.PassWithTicks(10);
        world.PiecesTold.OfType<PiecesActor.Want>().Count(want => want.AskAgain).ShouldBe(1);
        world.PassWithTicks(60);
        world.PiecesTold.OfType<PiecesActor.Want>().Count(want => want.AskAgain).ShouldBe(3);
    }

    [Fact]
    public void A_piece_that_is_allowed_fast_is_asked_for_as_soon_as_the_peer_has_it()
    {
        var world = new PeerWorld().Outgoing();
        world.Say(output => output.Have(new PieceIndex(3)));
        world.Tell(PeerActor.BeInterested.Yes);
        world.Say(output => output.AllowedFast(new PieceIndex(1)));
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldBeEmpty();
        world.Say(output => output.Have(new PieceIndex(1)));
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldHaveSingleItem().AllowedFast.ShouldBe([new PieceIndex(1)]);
    }

    [Fact]
    public void A_piece_that_came_is_asked_of_nobody_as_allowed_fast()
    {
        var world = new PeerWorld().Outgoing();
        world.Say(output => output.Bitfield(world.Content.All()));
        world.Tell(PeerActor.BeInterested.Yes);
        world.Say(output => { output.AllowedFast(new PieceIndex(1)); output.AllowedFast(new PieceIndex(2)); });
        world.PiecesTold.OfType<PiecesActor.Want>().Last().AllowedFast.ShouldBe([new PieceIndex(1), new PieceIndex(2)]);
        world.Tell(new PeerActor.WeHave([new PieceIndex(1)]));
        world.PassWithTicks(1);
        world.PiecesTold.OfType<PiecesActor.Want>().Last().AllowedFast.ShouldBe([new PieceIndex(2)]);
        world.Tell(new PeerActor.WeHave([new PieceIndex(2)]));
        world.PiecesTold.Clear();
        world.PassWithTicks(3);
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldBeEmpty();
    }

    [Fact]
    public void A_peer_that_owes_blocks_and_brings_none_is_snubbed_and_its_requests_are_free()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        world.PassWithTicks(28);
        world.PiecesTold.OfType<PiecesActor.RequestsEnded>().ShouldBeEmpty();
        world.PassWithTicks(5);
        world.PiecesTold.OfType<PiecesActor.RequestsEnded>().ShouldHaveSingleItem().Blocks.ShouldBe(blocks);
        world.Told.OfType<TorrentActor.PeerReport>().ShouldContain(report => report.Snubbed);
        world.PiecesTold.OfType<PiecesActor.Want>().Last().Depth.ShouldBe(1);
        world.ShouldBeAlive();
    }

    [Fact]
    public void A_choke_without_the_fast_extension_frees_the_requests()
    {
        var world = PeerWorld.Unchoked(out var blocks, ReservedBits.None);
        world.Say(output => output.Choke());
        world.PiecesTold.OfType<PiecesActor.RequestsEnded>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            ended => ended.Blocks.ShouldBe(blocks), ended => ended.Reason.ShouldBe(ReleaseReason.Choked));
        world.PiecesTold.OfType<PiecesActor.Want>().Last().Choked.ShouldBeTrue();
    }
}
