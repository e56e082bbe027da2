using System.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>A real connection and a real piece manager, and what they say to each other.</summary>
public sealed class PeerAndPiecesTests
{
    private const int MostMessages = 500;

    private readonly PiecesWorld _world = new PiecesWorld().Begin();
    private readonly IActorRef _between;
    private readonly FakePeer _other;
    private IActorRef _peer = ActorRefs.Nobody;
    private int _messages;

    public PeerAndPiecesTests()
    {
        // What the connection tells the piece manager goes through here, and no further when it does not end.
        _between = _world.Harness.Actor((_, message) =>
        {
            if (++_messages <= MostMessages) _world.Pieces.Tell(message, ActorRefs.NoSender);
        });
        var link = new FakeLink(_world.Harness.Sim, _world.Slabs, IPEndPoint.Parse("10.0.0.2:1"));
        _other = new FakePeer(_world.Harness.Sim, link, _world.Content.Torrent, "other") { Serve = block => _world.Content.Of(block).ToArray() };
    }

    [Fact]
    public void Requests_that_cannot_be_sent_are_not_passed_to_and_fro_and_the_next_allowed_piece_is_asked_for_at_the_beat()
    {
        // It chokes us, allows two pieces all the same, and refuses the first one then.
        _other.OnHandshake = other =>
        {
            other.SayHandshake();
            other.Say(output => output.HaveAll());
            other.Say(output => output.AllowedFast(new PieceIndex(3)));
            other.Say(output => output.AllowedFast(new PieceIndex(5)));
        };
        PieceIndex? refused = null;
        _other.Serve = block =>
        {
            refused ??= block.Piece;
            if (block.Piece != refused) return _world.Content.Of(block).ToArray();
            _other.Say(output => output.RejectRequest(block));
            return null;
        };
        Start(WireSettings.Default with { MinOutstandingRequests = 1 });
        _other.Requests.ShouldHaveSingleItem();
        _messages.ShouldBeLessThan(20);

        Pass(seconds: 5);
        _other.Requests.Count(block => block.Piece != refused).ShouldBe(2, "the other allowed piece is fetched");
        _other.Requests.Count(block => block.Piece == refused).ShouldBe(1, "what was refused is not asked for again while it chokes us");
        _world.Take<PiecesActor.Verified>().ShouldHaveSingleItem();
        _messages.ShouldBeLessThan(60);

        _other.Serve = block => _world.Content.Of(block).ToArray();
        _other.Say(output => output.Unchoke());
        Pass(seconds: 5);
        _world.Take<PiecesActor.Finished>().ShouldHaveSingleItem();
        _messages.ShouldBeLessThan(150);
    }

    [Fact]
    public void Who_refuses_a_piece_and_does_not_choke_us_is_asked_for_the_others_at_the_beat()
    {
        _other.OnHandshake = other =>
        {
            other.SayHandshake();
            other.Say(output => output.HaveAll());
            other.Say(output => output.Unchoke());
        };
        PieceIndex? refused = null;
        _other.Serve = block =>
        {
            refused ??= block.Piece;
            if (block.Piece != refused) return _world.Content.Of(block).ToArray();
            _other.Say(output => output.RejectRequest(block));
            return null;
        };
        Start(WireSettings.Default with { MinOutstandingRequests = 1 });
        _other.Requests.ShouldHaveSingleItem();
        Pass(seconds: 5);
        _world.Take<PiecesActor.Verified>().Sum(verified => verified.Pieces.Length).ShouldBe(_world.Content.Geometry.PieceCount - 1);
        _messages.ShouldBeLessThan(100);
    }

    private void Start(WireSettings wire)
    {
        var (bandwidth, _) = _world.Harness.Probe("bandwidth");
        var own = new PeerId(Enumerable.Repeat((byte)'n', 20).ToArray());
        var context = new PeerContext(_world.Content.Torrent, own, 6881, bandwidth, new BandwidthScope(1), TorrentSettings.Default with { Wire = wire }, _world.Harness.Sim.Time, _world.Log);
        var content = new PeerContent(_world.Content.Metainfo, _between, _world.Disk.Opened[^1], [.. new Bitfield(_world.Content.Geometry.PieceCount).ToWire()]);
        var props = PeerActor.Props(context, new PeerKey(1), _other.Link, default, content, null);
        _world.Harness.Actor(new Script { OnPreStart = parent => _peer = parent.Ctx.ActorOf(props, "peer-1"), Strategy = new OneForOneStrategy(_ => Directive.Stop) }, "swarm");
        _world.Pass(0.5);
    }

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _peer.Tell(PeerActor.Tick.Instance, ActorRefs.NoSender);
            _world.Pass(1);
        }
    }
}
