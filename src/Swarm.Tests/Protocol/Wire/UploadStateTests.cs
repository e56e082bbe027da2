using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

/// <summary>What a peer asks of us, and what we tell it.</summary>
public class UploadStateTests
{
    private const ReservedBits FastAndExtension = ReservedBits.Fast | ReservedBits.Extension;
    private static readonly PieceGeometry Geometry = new(8 * 32768, 32768);

    [Theory]
    [InlineData(8, true, "HaveAll")]
    [InlineData(0, true, "HaveNone")]
    [InlineData(3, true, "Bitfield E0")]
    [InlineData(8, false, "Bitfield FF")]
    [InlineData(0, false, null)]
    public void Pieces_are_announced_in_the_shortest_words(int count, bool fast, string? expected)
    {
        var c = new Connection(fast ? ReservedBits.Fast : ReservedBits.None, Geometry);
        c.State.AnnouncePieces(First(count), c.Writer);
        c.TakeSent().ShouldBe(expected is null ? [] : [expected]);
    }

    [Fact]
    public void Have_is_sent_once_and_not_before_the_metadata()
    {
        var c = new Connection(FastAndExtension, null);
        c.State.AnnouncePieces(null, c.Writer);
        c.State.AnnounceHave(Piece(3), c.Writer).ShouldBeFalse();
        c.State.MetadataKnown(Geometry);
        c.State.AnnounceHave(Piece(3), c.Writer).ShouldBeTrue();
        c.State.AnnounceHave(Piece(3), c.Writer).ShouldBeFalse();
        c.TakeSent().ShouldBe(["HaveNone", "Have 3"]);
    }

    [Fact]
    public void Request_waits_until_it_is_taken()
    {
        var c = Serving(FastAndExtension);
        c.ReceiveOne(o => o.Request(Block(1))).Kind.ShouldBe(WireOutcomeKind.RequestQueued);
        c.State.Uploads.TryTake(out var block).ShouldBeTrue();
        block.ShouldBe(Block(1));
        c.TakeSent().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(8, 0, 16384)]
    [InlineData(-1, 0, 16384)]
    [InlineData(1, 32768, 1)]
    [InlineData(1, 32767, 2)]
    [InlineData(1, -1, 16384)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 0, -5)]
    [InlineData(1, 0, int.MaxValue)]
    [InlineData(7, 0, 16384)]
    public void Invalid_request_is_rejected_with_the_fast_extension_and_dropped_without(int piece, int begin, int length)
    {
        var request = Block(piece, begin, length);
        foreach (var fast in new[] { true, false })
        {
            var c = Serving(fast ? FastAndExtension : ReservedBits.None, have: 7);
            c.ReceiveOne(o => o.Request(request)).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
            c.TakeSent().ShouldBe(fast ? [$"RejectRequest {piece} {begin} {length}"] : []);
            c.State.Flood.Total(Misbehaviour.InvalidRequest).ShouldBe(1);
        }
    }

    [Fact]
    public void Request_before_the_metadata_is_rejected()
    {
        var c = new Connection(FastAndExtension, null);
        c.ReceiveOne(o => o.Request(Block(1))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
    }

    [Fact]
    public void Request_is_served_up_to_the_longest_and_rejected_above()
    {
        var large = new PieceGeometry(1 << 20, 1 << 20);
        var c = new Connection(FastAndExtension, large);
        c.State.AnnouncePieces(First(1, 1), c.Writer);
        c.State.UnchokePeer(c.Writer);
        c.ReceiveOne(o => o.Request(Block(0, 0, 128 * 1024))).Kind.ShouldBe(WireOutcomeKind.RequestQueued);
        c.ReceiveOne(o => o.Request(Block(0, 1, (128 * 1024) + 1))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
    }

    [Fact]
    public void Too_many_invalid_requests_close_and_a_new_window_forgives()
    {
        var c = Serving(FastAndExtension, new WireSettings { MaxInvalidRequests = 3 });
        for (var i = 0; i < 3; i++) c.ReceiveOne(o => o.Request(Block(99))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
        c.Advance(WireSettings.Default.FloodWindow);
        for (var i = 0; i < 3; i++) c.ReceiveOne(o => o.Request(Block(99))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
        c.ReceiveOne(o => o.Request(Block(99))).Error!.Kind.ShouldBe(WireErrorKind.Flood);
    }

    [Fact]
    public void Request_above_the_queue_is_rejected_and_what_waits_stays()
    {
        var c = Serving(FastAndExtension, new WireSettings { MaxQueuedUploads = 2 });
        c.Receive(o => o.Requests([Block(0), Block(1), Block(2)]));
        c.State.Uploads.Count.ShouldBe(2);
        c.TakeSent().ShouldBe(["RejectRequest 2 0 16384"]);
    }

    [Fact]
    public void Same_request_twice_is_answered_once_and_a_conflicting_one_rejected()
    {
        var c = Serving(FastAndExtension);
        c.Receive(o => o.Requests([Block(0), Block(0), Block(0, 0, 5)]));
        c.State.Uploads.Count.ShouldBe(1);
        c.TakeSent().ShouldBe(["RejectRequest 0 0 5"]);
    }

    [Fact]
    public void Request_while_choked_is_rejected_or_dropped()
    {
        foreach (var fast in new[] { true, false })
        {
            var c = Serving(fast ? FastAndExtension : ReservedBits.None);
            c.State.ChokePeer(c.Writer);
            c.TakeSent();
            c.ReceiveOne(o => o.Request(Block(1))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
            c.TakeSent().ShouldBe(fast ? ["RejectRequest 1 0 16384"] : []);
        }
    }

    [Fact]
    public void Choke_comes_before_the_rejects_and_spares_what_is_allowed_fast()
    {
        var c = Serving(FastAndExtension);
        c.State.GrantAllowedFast([Piece(2)], c.Writer);
        c.Receive(o => o.Requests([Block(1), Block(2), Block(3)]));
        c.TakeSent();
        c.State.ChokePeer(c.Writer);
        c.TakeSent().ShouldBe(["Choke", "RejectRequest 1 0 16384", "RejectRequest 3 0 16384"]);
        c.State.Uploads.TryTake(out var left).ShouldBeTrue();
        left.ShouldBe(Block(2));
        c.State.ChokePeer(c.Writer);
        c.TakeSent().ShouldBeEmpty();
    }

    [Fact]
    public void Choke_without_the_fast_extension_drops_what_waits_in_silence()
    {
        var c = Serving(ReservedBits.None);
        c.Receive(o => o.Request(Block(1)));
        c.State.ChokePeer(c.Writer);
        c.TakeSent().ShouldBe(["Choke"]);
        c.State.Uploads.Count.ShouldBe(0);
    }

    [Fact]
    public void Choked_peer_keeps_its_allowed_fast_requests_until_it_has_had_the_piece_often_enough()
    {
        var c = Serving(FastAndExtension, new WireSettings { AllowedFastCount = 1, AllowedFastServings = 1 });
        c.State.ChokePeer(c.Writer);
        c.TakeSent();
        c.State.GrantAllowedFast([Piece(2), Piece(3)], c.Writer);
        c.TakeSent().ShouldBe(["AllowedFast 2"]);
        for (var begin = 0; begin <= 16384; begin += 16384)
        {
            c.ReceiveOne(o => o.Request(Block(2, begin))).Kind.ShouldBe(WireOutcomeKind.RequestQueued);
            c.State.Uploads.TryTake(out _);
        }

        c.ReceiveOne(o => o.Request(Block(2))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
        c.ReceiveOne(o => o.Request(Block(3))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
    }

    [Fact]
    public void Allowed_fast_is_not_granted_without_the_fast_extension()
    {
        var c = Serving(ReservedBits.None);
        c.State.GrantAllowedFast([Piece(2)], c.Writer);
        c.TakeSent().ShouldBeEmpty();
    }

    [Fact]
    public void Cancel_takes_back_what_waits_and_is_answered_with_the_fast_extension()
    {
        foreach (var fast in new[] { true, false })
        {
            var c = Serving(fast ? FastAndExtension : ReservedBits.None);
            c.Receive(o => o.Request(Block(1)));
            c.ReceiveOne(o => o.Cancel(Block(1))).Kind.ShouldBe(WireOutcomeKind.RequestCancelled);
            c.TakeSent().ShouldBe(fast ? ["RejectRequest 1 0 16384"] : []);
            c.State.Uploads.Count.ShouldBe(0);
        }
    }

    [Fact]
    public void Cancel_of_what_is_being_sent_gets_no_second_answer()
    {
        var c = Serving(FastAndExtension);
        c.Receive(o => o.Request(Block(1)));
        c.State.Uploads.TryTake(out _);
        c.ReceiveOne(o => o.Cancel(Block(1))).Kind.ShouldBe(WireOutcomeKind.None);
        c.TakeSent().ShouldBeEmpty();
        c.State.Flood.Total(Misbehaviour.Unmatched).ShouldBe(1);
    }

    [Fact]
    public void Taken_request_that_fails_is_rejected()
    {
        var c = Serving(FastAndExtension);
        c.State.RefuseTaken(Block(1), c.Writer);
        c.TakeSent().ShouldBe(["RejectRequest 1 0 16384"]);
        var plain = Serving(ReservedBits.None);
        plain.State.RefuseTaken(Block(1), plain.Writer);
        plain.TakeSent().ShouldBeEmpty();
    }

    [Fact]
    public void Piece_that_is_gone_is_told_if_the_peer_wants_to_know_and_its_requests_are_rejected()
    {
        var c = Serving(FastAndExtension);
        c.Receive(new ExtensionHandshake { Extensions = [new ExtensionMapping(ExtensionId.DontHave, 44)] }.Write);
        c.Receive(o => o.Requests([Block(1), Block(2)]));
        c.State.AnnounceDontHave(Piece(1), c.Writer);
        c.TakeSent().ShouldBe(["RejectRequest 1 0 16384", "Extended 44 00000001"]);
        c.ReceiveOne(o => o.Request(Block(1))).Kind.ShouldBe(WireOutcomeKind.RequestRefused);
        c.State.Uploads.Count.ShouldBe(1);
        c.TakeSent();
        c.State.AnnounceDontHave(Piece(1), c.Writer);
        c.TakeSent().ShouldBeEmpty();
    }

    [Fact]
    public void With_the_fast_extension_every_request_gets_exactly_one_answer_whatever_happens()
    {
        for (var seed = 0; seed < 200; seed++) CheckAnswers(new Random(seed));
    }

    [Fact]
    public void Hostile_streams_never_throw_and_keep_every_bound()
    {
        byte[][] valid =
        [
            Bytes(o => { o.HaveAll(); o.Unchoke(); o.Interested(); }),
            Bytes(o => o.Requests([Block(0), Block(1), Block(2), Block(7, 16384)])),
            Bytes(o => { o.Piece(Piece(1), 0, new byte[300]); o.Cancel(Block(1)); o.RejectRequest(Block(1)); }),
            Bytes(o => { o.AllowedFast(Piece(1)); o.SuggestPiece(Piece(2)); o.Have(Piece(3)); o.DontHave(7, Piece(3)); o.Port(1); }),
            Bytes(new ExtensionHandshake { RequestQueue = 5, Client = "x" }.Write),
            Bytes(o => o.Bitfield(First(5))),
        ];
        foreach (var input in Fuzz.Inputs(5, 15_000, valid, new byte[] { 0, 0, 0, 1, 5, 7, 13, 20, 255 }))
        {
            var c = Serving(FastAndExtension, new WireSettings { MaxQueuedUploads = 2, MaxPeerAllowedFast = 2 });
            c.Receive(input);
            c.State.Uploads.Count.ShouldBeLessThanOrEqualTo(2);
            c.State.Pieces.AllowedFast.Count.ShouldBeLessThanOrEqualTo(2);
            c.State.Pieces.Known!.Length.ShouldBe(8);
        }
    }

    private static void CheckAnswers(Random random)
    {
        var c = Serving(FastAndExtension, new WireSettings { MaxQueuedUploads = 4 });
        c.State.GrantAllowedFast([Piece(0)], c.Writer);
        c.TakeSent();
        var waiting = new List<BlockRequest>();
        for (var step = 0; step < 300; step++)
        {
            var block = Block(random.Next(9), 16384 * random.Next(2));
            switch (random.Next(6))
            {
                case 0 or 1 when !waiting.Contains(block):
                    waiting.Add(block);
                    c.Receive(o => o.Request(block));
                    break;
                case 2:
                    c.Receive(o => o.Cancel(block));
                    break;
                case 3 when c.State.Uploads.TryTake(out var taken):
                    waiting.Remove(taken).ShouldBeTrue();
                    break;
                case 4:
                    c.State.ChokePeer(c.Writer);
                    break;
                case 5:
                    c.State.UnchokePeer(c.Writer);
                    break;
                default:
                    break;
            }

            foreach (var line in c.TakeSent().Where(line => line.StartsWith("Reject", StringComparison.Ordinal)))
            {
                var parts = line.Split(' ');
                waiting.Remove(Block(int.Parse(parts[1]), int.Parse(parts[2]))).ShouldBeTrue(line);
            }

            c.State.Uploads.Count.ShouldBe(waiting.Count);
        }
    }

    private static Bitfield First(int count, int of = 8)
    {
        var pieces = new Bitfield(of);
        for (var i = 0; i < count; i++) pieces.Add(Piece(i));
        return pieces;
    }

    private static Connection Serving(ReservedBits bits, WireSettings? settings = null, int have = 8)
    {
        var c = new Connection(bits, Geometry, settings);
        c.State.AnnouncePieces(First(have), c.Writer);
        c.State.UnchokePeer(c.Writer);
        c.TakeSent();
        return c;
    }
}
