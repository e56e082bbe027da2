using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

public sealed class PeerActorTests
{
    [Fact]
    public void Who_calls_speaks_first_and_greets_when_the_answer_is_complete()
    {
        var world = new PeerWorld().Outgoing(onHandshake: _ => { });
        world.Other.Handshake.ShouldNotBeNull();
        world.Other.Messages.ShouldBeEmpty("nothing is said before the other side has answered");
        world.Told.ShouldBeEmpty();
        world.Other.SayHandshake();
        world.Pass(0.1);
        world.Told.OfType<TorrentActor.PeerHandshaken>().ShouldHaveSingleItem().Id.ShouldBe(world.Other.Id);
        world.Other.Messages.Select(message => message.Id).Take(2).ShouldBe([MessageId.Extended, MessageId.HaveNone]);
        world.PiecesTold.OfType<PiecesActor.PeerJoined>().ShouldHaveSingleItem();
    }

    [Fact]
    public void Who_is_called_answers_before_the_peer_id_that_some_clients_hold_back()
    {
        var world = new PeerWorld().Incoming();
        world.Other.Handshake.ShouldNotBeNull();
        world.Told.ShouldBeEmpty();
        world.Link.Deliver(world.HandshakeBytes().AsSpan(Handshake.IdentifiedSize));
        world.Pass(0.1);
        world.Told.OfType<TorrentActor.PeerHandshaken>().ShouldHaveSingleItem().Id.ShouldBe(world.Other.Id);
    }

    [Fact]
    public void A_link_that_came_in_is_owned_before_its_limit_changes_and_asks_for_its_first_quota()
    {
        var world = new PeerWorld();
        world.Link.Limit(TransferDirection.Download, limited: true);
        world.Incoming();
        world.Link.Owner.ShouldBe(world.Actor);
        world.BandwidthTold.Select(message => message.GetType()).ShouldBe([typeof(BandwidthActor.Join), typeof(BandwidthActor.QuotaWanted)]);
    }

    [Fact]
    public void An_answer_for_another_torrent_ends_it()
    {
        var world = new PeerWorld().Outgoing(onHandshake: peer =>
        {
            var bytes = new byte[Handshake.Size];
            new Handshake(ReservedBits.None, new InfoHash(new byte[20]), peer.Id).Write(bytes);
            peer.Link.Deliver(bytes);
        });
        world.ShouldHaveEnded().ShouldContain("another torrent");
        world.Told.OfType<TorrentActor.PeerHandshaken>().ShouldBeEmpty();
    }

    [Fact]
    public void Garbage_instead_of_a_handshake_ends_it()
    {
        var world = new PeerWorld().Outgoing(onHandshake: peer => peer.Link.Deliver("HTTP/1.1 400 Bad Request\r\n\r\n"u8));
        world.ShouldHaveEnded().ShouldContain("BitTorrent");
    }

    [Fact]
    public void Silence_instead_of_a_handshake_ends_it_in_time()
    {
        var world = new PeerWorld().Outgoing(onHandshake: _ => { });
        world.PassWithTicks(19);
        world.ShouldBeAlive();
        world.PassWithTicks(2);
        world.ShouldHaveEnded();
    }

    [Fact]
    public void A_peer_that_says_nothing_more_is_kept_alive_with_and_then_given_up()
    {
        var world = new PeerWorld().Outgoing();
        world.PassWithTicks(235);
        world.ShouldBeAlive();
        world.PassWithTicks(10);
        world.ShouldHaveEnded();
    }

    [Fact]
    public void Blocks_of_a_slab_go_to_the_piece_manager_in_one_message_with_their_references()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        world.PiecesTold.Clear();
        world.Say(output =>
        {
            foreach (var block in blocks) output.Piece(block.Piece, block.Begin, world.Content.Of(block));
        });
        var received = world.PiecesTold.OfType<PiecesActor.BlocksReceived>().ShouldHaveSingleItem();
        received.Blocks.Select(block => block.Block).ShouldBe(blocks);
        foreach (var write in received.Blocks) write.First.Span.SequenceEqual(world.Content.Of(write.Block)).ShouldBeTrue();
        world.Slabs.Outstanding.ShouldBe(1);
        Release(received);
        world.Slabs.Outstanding.ShouldBe(0);
        world.PassWithTicks(1);
        world.Told.OfType<TorrentActor.PeerReport>().Sum(report => report.Downloaded).ShouldBe(blocks.Sum(block => block.Length));
    }

    [Theory]
    [InlineData(17_000)]
    [InlineData(20_000)]
    [InlineData(16_397)]
    public void Blocks_that_straddle_slabs_lose_no_byte(int slabBytes)
    {
        var world = PeerWorld.Unchoked(out var blocks);
        world.Link.SlabBytes = slabBytes;
        world.PiecesTold.Clear();
        world.Say(output =>
        {
            foreach (var block in blocks) output.Piece(block.Piece, block.Begin, world.Content.Of(block));
        });
        var received = world.PiecesTold.OfType<PiecesActor.BlocksReceived>().ToList();
        received.SelectMany(message => message.Blocks).Select(block => block.Block).ShouldBe(blocks);
        foreach (var write in received.SelectMany(message => message.Blocks))
        {
            write.First.Span.ToArray().Concat(write.Second.Span.ToArray()).ShouldBe(world.Content.Of(write.Block).ToArray());
            write.First.Length.ShouldBeGreaterThan(0);
        }

        foreach (var message in received) Release(message);
        world.Slabs.Outstanding.ShouldBe(0);
        world.Tell(new PeerActor.Disconnect("enough"));
        world.ShouldHaveEnded();
    }

    [Fact]
    public void What_was_moved_since_the_last_beat_is_reported_at_the_end()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        world.Say(output => output.Piece(blocks[0].Piece, 0, world.Content.Of(blocks[0])));
        foreach (var received in world.PiecesTold.OfType<PiecesActor.BlocksReceived>()) Release(received);
        world.Link.Close("the other side is gone");
        world.ShouldHaveEnded().ShouldBe("the other side is gone");
        world.Told.OfType<TorrentActor.PeerReport>().Sum(report => report.Downloaded).ShouldBe(blocks[0].Length);
        world.PiecesTold[^1].ShouldBe(new PiecesActor.PeerLeft(PeerWorld.Key));
    }

    [Fact]
    public void Half_a_block_and_then_the_end_holds_nothing()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        var whole = new System.Buffers.ArrayBufferWriter<byte>();
        new WireWriter(whole).Piece(blocks[0].Piece, 0, world.Content.Of(blocks[0]));
        world.Link.Deliver(whole.WrittenSpan[..9_000]);
        world.Pass(0.1);
        world.Slabs.Outstanding.ShouldBe(1);
        world.Link.Close("reset");
        world.ShouldHaveEnded();
    }

    [Fact]
    public void Slabs_that_wait_in_the_mailbox_of_a_connection_that_stops_are_given_back()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        var whole = new System.Buffers.ArrayBufferWriter<byte>();
        foreach (var block in blocks) new WireWriter(whole).Piece(block.Piece, block.Begin, world.Content.Of(block));
        world.Actor.Tell(new PeerActor.Disconnect("banned"), ActorRefs.NoSender);
        world.Link.SlabBytes = 5_000;
        world.Link.Deliver(whole.WrittenSpan);
        world.Slabs.Outstanding.ShouldBeGreaterThan(3);
        world.Pass(1);
        world.ShouldHaveEnded().ShouldBe("banned");
    }

    [Fact]
    public void Blocks_that_a_dead_piece_manager_did_not_take_are_given_back()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        world.Harness.System.Stop(world.Pieces);
        world.Harness.Run();
        world.Say(output => output.Piece(blocks[0].Piece, 0, world.Content.Of(blocks[0])));
        world.Pass(1);
        world.Slabs.Outstanding.ShouldBe(0);
        world.ShouldBeAlive();
    }

    [Fact]
    public void Requests_are_served_only_when_unchoked_and_only_for_what_was_offered()
    {
        var verified = new Bitfield(8);
        verified.Add(new PieceIndex(3));
        var world = new PeerWorld(verified: verified, remote: "[2001:db8::2]:6881").Outgoing();
        var block = new BlockRequest(new PieceIndex(3), 0, 16 * 1024);
        world.Say(output => output.Interested());
        world.Told.ShouldContain(new TorrentActor.PeerInterest(PeerWorld.Key, true));
        world.Say(output => output.Request(block));
        world.Other.BlocksGot.ShouldBeEmpty();
        world.Other.Count(MessageId.RejectRequest).ShouldBe(1);
        world.Tell(new PeerActor.SetChoke(false));
        world.Other.Count(MessageId.Unchoke).ShouldBe(1);
        world.Say(output => output.Request(block));
        world.Say(output => output.Request(block with { Piece = new PieceIndex(4) }));
        world.Other.BlocksGot.ShouldBe([block]);
        world.Other.Count(MessageId.RejectRequest).ShouldBe(2);
        world.PassWithTicks(1);
        world.Told.OfType<TorrentActor.PeerReport>().Sum(report => report.Uploaded).ShouldBe(block.Length);
    }

    [Fact]
    public void A_piece_is_offered_once_and_can_then_be_asked_for()
    {
        var world = new PeerWorld().Outgoing();
        world.Tell(new PeerActor.SetChoke(false));
        world.Tell(new PeerActor.WeHave([new PieceIndex(2)]));
        world.Tell(new PeerActor.WeHave([new PieceIndex(2), new PieceIndex(5)]));
        world.Other.Haves.ShouldBe([2, 5]);
        var block = new BlockRequest(new PieceIndex(5), 16 * 1024, 16 * 1024);
        world.Say(output => output.Request(block));
        world.Other.BlocksGot.ShouldBe([block]);
    }

    [Fact]
    public void A_peer_that_has_a_piece_itself_learns_of_ours_with_the_next_thing_said()
    {
        var world = new PeerWorld().Outgoing();
        world.Say(output => output.Have(new PieceIndex(2)));
        world.Tell(new PeerActor.WeHave([new PieceIndex(2)]));
        world.Other.Haves.ShouldBeEmpty();
        world.PassWithTicks(1);
        world.Pass(0.01);
        world.Other.Haves.ShouldBe([2]);
        world.Tell(new PeerActor.WeHave([new PieceIndex(5)]));
        world.Other.Haves.ShouldBe([2, 5]);
    }

    [Fact]
    public void No_more_blocks_than_allowed_wait_in_the_link_and_a_choke_takes_back_the_others()
    {
        var content = FakeContent.OneFile(8 * 512 * 1024, 512 * 1024);
        var world = new PeerWorld(content, verified: content.All()).Outgoing();
        world.Link.HoldsBlocks = true;
        world.Tell(new PeerActor.SetChoke(false));
        world.Say(output =>
        {
            for (var i = 0; i < 100; i++) output.Request(new BlockRequest(new PieceIndex(7 - (i / 32)), i % 32 * 16 * 1024, 16 * 1024));
        });
        world.Link.BlocksQueued.ShouldBe(WireSettings.Default.MinBlocksInLink);
        world.Tell(new PeerActor.SetChoke(true));
        world.Link.HoldsBlocks = false;
        world.Link.ReleaseBlocks();
        world.Pass(1);
        (world.Other.BlocksGot.Count + world.Other.Count(MessageId.RejectRequest)).ShouldBe(100, "every request has one answer");
    }

    [Fact]
    public void Of_very_many_pieces_that_were_there_when_the_metadata_came_a_peer_is_told_bit_by_bit()
    {
        const int count = 70_000;
        var world = new PeerWorld(FakeContent.OneFile(count, pieceLength: 1)).Outgoing();
        var all = new Bitfield(count);
        all.Fill();
        world.Tell(new PeerActor.Welcome([.. all.ToWire()]));
        world.Other.Haves.Length.ShouldBe(28_000);
        world.PassWithTicks(1);
        world.Pass(0.01);
        world.Other.Haves.Length.ShouldBe(56_000);
        world.PassWithTicks(5);
        world.Pass(0.01);
        world.Other.Haves.Order().ShouldBe(Enumerable.Range(0, count));
    }

    [Fact]
    public void Who_said_that_it_only_uploads_and_wants_something_after_all_is_no_seed_any_more()
    {
        var world = new PeerWorld().Outgoing();
        Say(true);
        Say(true);
        Say(false);
        world.Say(output => output.Bitfield(world.Content.All()));
        world.Told.OfType<TorrentActor.PeerIsSeed>().Select(told => told.IsSeed).ShouldBe([true, false, true]);

        void Say(bool uploadOnly) => world.Say(output => new ExtensionHandshake { Extensions = [], UploadOnly = uploadOnly }.Write(output));
    }

    [Fact]
    public void A_restarted_piece_manager_is_joined_anew_and_old_requests_are_taken_back()
    {
        var world = PeerWorld.Unchoked(out var blocks);
        world.PiecesTold.Clear();
        world.Tell(new PeerActor.ContentKnown(world.Known with { Storage = new StorageId(6) }));
        world.PiecesTold.OfType<PiecesActor.PeerJoined>().ShouldHaveSingleItem();
        world.PiecesTold.OfType<PiecesActor.PeerHas>().ShouldHaveSingleItem();
        world.PiecesTold.OfType<PiecesActor.Want>().ShouldNotBeEmpty();
        world.Other.Count(MessageId.Cancel).ShouldBe(blocks.Length);
        world.Say(output => output.Piece(blocks[0].Piece, 0, world.Content.Of(blocks[0])));
        Release(world.PiecesTold.OfType<PiecesActor.BlocksReceived>().ShouldHaveSingleItem());
        world.ShouldBeAlive();
    }

    [Fact]
    public void A_link_that_takes_nothing_more_ends_it()
    {
        var world = new PeerWorld().Outgoing();
        world.Link.RefusesSend = true;
        world.Tell(new PeerActor.WeHave([new PieceIndex(1)]));
        world.ShouldHaveEnded().ShouldContain("does not take");
    }

    [Theory]
    [InlineData("00000001")]
    [InlineData("0000000501")]
    [InlineData("ffffffff00")]
    [InlineData("0000000d06ffffffff0000000000004000")]
    public void Bytes_that_break_the_protocol_end_it_or_change_nothing(string hex)
    {
        var world = new PeerWorld().Outgoing();
        world.Link.Deliver(Convert.FromHexString(hex));
        world.Pass(1);
        if (world.Link.IsClosed) world.ShouldHaveEnded();
        else world.ShouldBeAlive();
        world.Slabs.Outstanding.ShouldBe(0);
    }

    // A seed that has unchoked us and was asked for some blocks.
    private static void Release(PiecesActor.BlocksReceived received)
    {
        foreach (var block in received.Blocks)
        {
            block.First.Release();
            block.Second.Release();
        }
    }
}
