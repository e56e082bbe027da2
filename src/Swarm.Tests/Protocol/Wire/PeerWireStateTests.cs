using Swarm.Protocol.Wire;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

/// <summary>What we ask of a peer, and what it tells us.</summary>
public class PeerWireStateTests
{
    private const ReservedBits FastAndExtension = ReservedBits.Fast | ReservedBits.Extension;
    private static readonly PieceGeometry Geometry = new(8 * 32768, 32768);

    [Fact]
    public void Connection_starts_choked_and_not_interested_both_ways()
    {
        var state = new Connection(FastAndExtension, Geometry).State;
        (state.AmChoking, state.PeerChoking, state.AmInterested, state.PeerInterested).ShouldBe((true, true, false, false));
    }

    [Fact]
    public void Only_what_both_sides_set_is_negotiated()
    {
        var state = new PeerWireState(WireSettings.Default, ReservedBits.Fast | ReservedBits.Dht, FastAndExtension, Geometry, 0);
        state.Negotiated.ShouldBe(ReservedBits.Fast);
    }

    [Fact]
    public void Repeated_choke_unchoke_and_interest_are_ignored()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.ReceiveOne(o => o.Choke()).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Unchoke()).Kind.ShouldBe(WireOutcomeKind.Unchoked);
        c.ReceiveOne(o => o.Unchoke()).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Choke()).Kind.ShouldBe(WireOutcomeKind.Choked);
        c.ReceiveOne(o => o.NotInterested()).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Interested()).Kind.ShouldBe(WireOutcomeKind.BecameInterested);
        c.ReceiveOne(o => o.Interested()).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.NotInterested()).Kind.ShouldBe(WireOutcomeKind.BecameUninterested);
        c.State.Flood.Total(Misbehaviour.IdleChatter).ShouldBe(4);
    }

    [Fact]
    public void Interest_is_told_when_it_changes()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.State.SetInterested(false, c.Writer);
        c.State.SetInterested(true, c.Writer);
        c.State.SetInterested(true, c.Writer);
        c.State.SetInterested(false, c.Writer);
        c.TakeSent().ShouldBe(["Interested", "NotInterested"]);
    }

    [Fact]
    public void Requests_go_only_to_an_unchoked_peer_that_has_the_piece()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.Receive(o => o.Have(Piece(1)));
        c.Request(Block(1)).ShouldBe(0);
        c.TakeReleased().ShouldBe([Block(1)]);
        c.Receive(o => o.Unchoke());
        c.Request(Block(1), Block(2), Block(1)).ShouldBe(1);
        c.TakeReleased().ShouldBe([Block(2)]);
        c.TakeSent().ShouldBe(["Request 1 0 16384"]);
    }

    [Fact]
    public void Allowed_fast_piece_may_be_asked_for_while_choked_if_the_peer_has_it()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.ReceiveOne(o => o.AllowedFast(Piece(1))).Kind.ShouldBe(WireOutcomeKind.AllowedFastGained);
        c.State.MayRequest(Piece(1)).ShouldBeFalse();
        c.Receive(o => o.Have(Piece(1)));
        c.State.MayRequest(Piece(1)).ShouldBeTrue();
        c.Request(Block(1)).ShouldBe(1);
        c.ReceiveOne(o => o.RejectRequest(Block(1))).Kind.ShouldBe(WireOutcomeKind.RequestRejected);
        c.State.MayRequest(Piece(1)).ShouldBeFalse();
    }

    [Fact]
    public void Choke_drops_all_requests_without_the_fast_extension_and_keeps_them_with_it()
    {
        foreach (var fast in new[] { false, true })
        {
            var c = Unchoked(fast ? FastAndExtension : ReservedBits.Extension);
            c.Request(Block(1), Block(2));
            c.ReceiveOne(o => o.Choke()).Kind.ShouldBe(WireOutcomeKind.Choked);
            c.TakeReleased().ShouldBe(fast ? [] : [Block(1), Block(2)]);
            c.State.Requests.Count.ShouldBe(fast ? 2 : 0);
        }
    }

    [Fact]
    public void Block_that_was_on_its_way_when_the_peer_choked_is_late_not_unasked()
    {
        var c = Unchoked(ReservedBits.None);
        c.Request(Block(1));
        c.Receive(o => o.Choke());
        var outcome = c.ReceiveOne(o => o.Piece(Piece(1), 0, new byte[16384]));
        (outcome.Kind, outcome.Arrival).ShouldBe((WireOutcomeKind.BlockFragment, BlockArrival.Late));
    }

    [Fact]
    public void Block_comes_in_fragments_that_all_are_expected()
    {
        var c = Unchoked(FastAndExtension);
        c.Advance(TimeSpan.FromSeconds(3));
        c.Request(Block(1));
        var bytes = Bytes(o => o.Piece(Piece(1), 0, new byte[16384]));
        var first = c.Receive(bytes.AsSpan(0, 1000)).ShouldHaveSingleItem();
        var last = c.Receive(bytes.AsSpan(1000)).ShouldHaveSingleItem();
        (first.Arrival, first.Block, first.SentTicks).ShouldBe((BlockArrival.Expected, Block(1), 0));
        (last.Arrival, last.Block, last.SentTicks).ShouldBe((BlockArrival.Expected, Block(1), TimeSpan.FromSeconds(3).Ticks));
        c.State.Requests.Count.ShouldBe(0);
    }

    [Fact]
    public void Cancelled_block_that_still_comes_never_closes()
    {
        var c = Unchoked(FastAndExtension);
        c.Request(Block(1));
        c.State.SendCancel(Block(1), c.Writer, c.Now).ShouldBeTrue();
        c.State.SendCancel(Block(1), c.Writer, c.Now).ShouldBeFalse();
        c.TakeSent().ShouldBe(["Request 1 0 16384", "Cancel 1 0 16384"]);
        c.ReceiveOne(o => o.Piece(Piece(1), 0, new byte[16384])).Arrival.ShouldBe(BlockArrival.Late);
    }

    [Fact]
    public void Unasked_block_closes_with_the_fast_extension()
    {
        var outcome = Unchoked(FastAndExtension).ReceiveOne(o => o.Piece(Piece(1), 0, new byte[16384]));
        outcome.Error!.Kind.ShouldBe(WireErrorKind.UnaskedBlock);
    }

    [Fact]
    public void Unasked_blocks_are_tolerated_in_small_numbers_without_the_fast_extension()
    {
        var c = Unchoked(ReservedBits.None);
        for (var i = 0; i < WireSettings.Default.MaxUnaskedBlocks; i++)
            c.ReceiveOne(o => o.Piece(Piece(1), 0, new byte[10])).Arrival.ShouldBe(BlockArrival.Unasked);
        c.ReceiveOne(o => o.Piece(Piece(1), 0, new byte[10])).Error!.Kind.ShouldBe(WireErrorKind.Flood);
    }

    [Fact]
    public void Reject_gives_the_request_back()
    {
        var c = Unchoked(FastAndExtension);
        c.Request(Block(1));
        c.ReceiveOne(o => o.RejectRequest(Block(1))).Block.ShouldBe(Block(1));
        c.TakeReleased().ShouldBe([Block(1)]);
        c.ReceiveOne(o => o.RejectRequest(Block(1))).Kind.ShouldBe(WireOutcomeKind.None);
        c.State.Flood.Total(Misbehaviour.Unmatched).ShouldBe(1);
    }

    [Fact]
    public void Empty_piece_is_a_reject_even_without_the_fast_extension()
    {
        var c = Unchoked(ReservedBits.None);
        c.Request(Block(1));
        c.ReceiveOne(o => o.Piece(Piece(1), 0, [])).Kind.ShouldBe(WireOutcomeKind.RequestRejected);
        c.TakeReleased().ShouldBe([Block(1)]);
    }

    [Fact]
    public void Messages_of_the_fast_extension_close_when_it_was_not_negotiated()
    {
        Action<WireWriter>[] messages =
        [
            o => o.HaveAll(), o => o.HaveNone(), o => o.SuggestPiece(Piece(0)), o => o.RejectRequest(Block(0)), o => o.AllowedFast(Piece(0)),
        ];
        foreach (var message in messages) new Connection(ReservedBits.None, Geometry).ReceiveOne(message).Error!.Kind.ShouldBe(WireErrorKind.Illegal);
    }

    [Fact]
    public void Pieces_may_be_told_after_other_messages_and_again()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.Receive(o => { o.KeepAlive(); o.Port(6881); o.Extended(99, []); o.Interested(); o.HaveNone(); });
        c.ReceiveOne(o => o.HaveAll()).Kind.ShouldBe(WireOutcomeKind.PiecesReplaced);
        c.State.Pieces.IsSeed.ShouldBeTrue();
        c.ReceiveOne(o => o.HaveNone()).Kind.ShouldBe(WireOutcomeKind.PiecesReplaced);
        c.State.Pieces.Known!.IsEmpty.ShouldBeTrue();
        c.ReceiveOne(o => o.HaveNone()).Kind.ShouldBe(WireOutcomeKind.None);
    }

    [Fact]
    public void Have_is_told_once_and_outside_the_torrent_closes()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.ReceiveOne(o => o.Have(Piece(7))).Piece.ShouldBe(Piece(7));
        c.ReceiveOne(o => o.Have(Piece(7))).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Have(Piece(8))).Kind.ShouldBe(WireOutcomeKind.Close);
    }

    [Fact]
    public void Suggested_and_allowed_fast_pieces_that_do_not_exist_are_ignored()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.ReceiveOne(o => o.SuggestPiece(Piece(7))).Kind.ShouldBe(WireOutcomeKind.Suggested);
        c.ReceiveOne(o => o.SuggestPiece(Piece(8))).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.AllowedFast(Piece(-1))).Kind.ShouldBe(WireOutcomeKind.None);
    }

    [Fact]
    public void Pieces_told_before_the_metadata_are_known_after_it()
    {
        var c = new Connection(FastAndExtension, null);
        c.Receive(o => { o.Have(Piece(3)); o.AllowedFast(Piece(3)); }).ShouldContain(outcome => outcome.Kind == WireOutcomeKind.AllowedFastGained);
        c.State.MetadataKnown(Geometry).Kind.ShouldBe(WireOutcomeKind.PiecesReplaced);
        c.State.MayRequest(Piece(3)).ShouldBeTrue();
        c.State.MetadataKnown(Geometry).Kind.ShouldBe(WireOutcomeKind.None);

        var wrong = new Connection(FastAndExtension, null);
        wrong.Receive(o => o.Have(Piece(8))).ShouldHaveSingleItem().Kind.ShouldBe(WireOutcomeKind.None);
        wrong.State.MetadataKnown(Geometry).Kind.ShouldBe(WireOutcomeKind.Close);
    }

    [Fact]
    public void Donthave_takes_the_piece_back_and_its_requests_without_the_fast_extension()
    {
        foreach (var fast in new[] { false, true })
        {
            var c = Unchoked(fast ? FastAndExtension : ReservedBits.Extension);
            c.Request(Block(1), Block(2), Block(1, 16384));
            c.ReceiveOne(o => o.DontHave((byte)ExtensionId.DontHave, Piece(1))).Kind.ShouldBe(WireOutcomeKind.PieceLost);
            c.State.Pieces.Has(Piece(1)).ShouldBeFalse();
            c.TakeReleased().ShouldBe(fast ? [] : [Block(1), Block(1, 16384)]);
        }
    }

    [Fact]
    public void Extended_messages_go_to_those_they_concern()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.ReceiveOne(new ExtensionHandshake { RequestQueue = 7 }.Write).Kind.ShouldBe(WireOutcomeKind.ExtensionsChanged);
        c.State.Extensions.RequestQueue.ShouldBe(7);
        c.ReceiveOne(o => MetadataMessage.WriteRequest(o, (byte)ExtensionId.Metadata, 0)).Kind.ShouldBe(WireOutcomeKind.Metadata);
        c.ReceiveOne(o => o.Extended((byte)ExtensionId.PeerExchange, "de"u8)).Kind.ShouldBe(WireOutcomeKind.PeerExchange);
        c.ReceiveOne(o => o.UploadOnly((byte)ExtensionId.UploadOnly, true)).Kind.ShouldBe(WireOutcomeKind.UploadOnlyChanged);
        c.State.Extensions.UploadOnly.ShouldBeTrue();
        c.ReceiveOne(o => o.UploadOnly((byte)ExtensionId.UploadOnly, true)).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Extended((byte)ExtensionId.DontHave, [1])).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Extended(200, [1])).Kind.ShouldBe(WireOutcomeKind.None);
        c.ReceiveOne(o => o.Port(6881)).Port.ShouldBe(6881);
        c.ReceiveOne(o => o.Port(0)).Kind.ShouldBe(WireOutcomeKind.None);
    }

    [Fact]
    public void Extended_messages_are_ignored_when_not_negotiated() =>
        new Connection(ReservedBits.Fast, Geometry).ReceiveOne(new ExtensionHandshake { RequestQueue = 7 }.Write).Kind.ShouldBe(WireOutcomeKind.None);

    [Fact]
    public void Keep_alive_is_sent_after_silence_of_ours_and_not_before()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.State.NextDeadline.ShouldBe(WireSettings.Default.KeepAliveInterval.Ticks);
        c.Advance(WireSettings.Default.KeepAliveInterval - TimeSpan.FromTicks(1));
        c.Tick();
        c.TakeSent().ShouldBeEmpty();
        c.Advance(TimeSpan.FromTicks(1));
        c.Tick();
        c.TakeSent().ShouldBe(["KeepAlive"]);
        c.State.Sent(c.Now + 5);
        c.Advance(WireSettings.Default.KeepAliveInterval);
        c.Tick();
        c.TakeSent().ShouldBeEmpty();
    }

    [Fact]
    public void Silent_peer_is_closed_at_the_idle_timeout_and_not_before()
    {
        var c = new Connection(FastAndExtension, Geometry);
        c.Advance(WireSettings.Default.IdleTimeout - TimeSpan.FromTicks(1));
        c.Tick().Kind.ShouldBe(WireOutcomeKind.None);
        c.Receive(o => o.KeepAlive());
        c.Advance(WireSettings.Default.IdleTimeout - TimeSpan.FromTicks(1));
        c.Tick().Kind.ShouldBe(WireOutcomeKind.None);
        c.Advance(TimeSpan.FromTicks(1));
        c.Tick().Error!.Kind.ShouldBe(WireErrorKind.Idle);
    }

    [Fact]
    public void Peer_that_owes_blocks_and_brings_none_is_snubbed_and_its_requests_are_free()
    {
        var c = Unchoked(FastAndExtension);
        c.Request(Block(1), Block(2));
        c.Advance(TimeSpan.FromSeconds(20));
        c.Receive(o => o.Piece(Piece(1), 0, new byte[16384]));
        c.Advance(TimeSpan.FromSeconds(20));
        c.Tick().Kind.ShouldBe(WireOutcomeKind.None);
        c.State.NextDeadline.ShouldBe(TimeSpan.FromSeconds(50).Ticks);
        c.Advance(TimeSpan.FromSeconds(10));
        c.Tick().Kind.ShouldBe(WireOutcomeKind.Snubbed);
        c.TakeReleased().ShouldBe([Block(2)]);
        c.ReceiveOne(o => o.Piece(Piece(2), 0, new byte[16384])).Arrival.ShouldBe(BlockArrival.Late);
    }

    [Fact]
    public void Request_that_is_passed_over_for_long_is_given_up_alone()
    {
        var c = Unchoked(FastAndExtension);
        c.Request(Block(1));
        for (var i = 0; i < 9; i++)
        {
            c.Advance(TimeSpan.FromSeconds(20));
            c.Request(Block(2));
            c.Receive(o => o.Piece(Piece(2), 0, new byte[16384]));
            c.Tick().Kind.ShouldBe(WireOutcomeKind.None);
        }

        c.Request(Block(2));
        c.Advance(TimeSpan.FromTicks(1));
        c.Tick().Kind.ShouldBe(WireOutcomeKind.RequestsTimedOut);
        c.TakeReleased().ShouldBe([Block(1)]);
    }

    [Fact]
    public void Close_frees_what_was_outstanding()
    {
        var c = Unchoked(FastAndExtension);
        c.Request(Block(1), Block(2));
        c.State.Close();
        c.TakeReleased().ShouldBe([Block(1), Block(2)]);
    }

    private static Connection Unchoked(ReservedBits bits)
    {
        var c = new Connection(bits, Geometry);
        c.Receive(o => o.Have(Piece(1)));
        c.Receive(o => o.Have(Piece(2)));
        c.Receive(o => o.Unchoke());
        return c;
    }
}
