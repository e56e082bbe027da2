using System.Net;
using Swarm.Actors.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Net;

public sealed class IncomingActorTests
{
    private static readonly InfoHash Torrent = new(Enumerable.Repeat((byte)7, 20).ToArray());

    private readonly SimHarness _harness = new();
    private readonly SlabLedger _slabs = new();
    private readonly List<object> _torrents;
    private readonly FakeLink _link;
    private readonly IActorRef _actor;
    private readonly List<object> _watched = [];

    public IncomingActorTests()
    {
        (var torrents, _torrents) = _harness.Probe("torrents");
        _link = new FakeLink(_harness.Sim, _slabs, IPEndPoint.Parse("10.0.0.2:5"));
        _actor = _harness.System.ActorOf(IncomingActor.Props(_link, torrents, TimeSpan.FromSeconds(15), new ListLoggerFactory()), "incoming");
        _harness.Actor(new Script { OnPreStart = watcher => watcher.Ctx.Watch(_actor), OnMessage = (_, message) => _watched.Add(message) });
        _harness.Run();
    }

    [Fact]
    public void It_reads_exactly_to_the_info_hash_and_hands_the_link_on()
    {
        var bytes = Bytes();
        _link.Deliver(bytes.AsSpan(0, 30));
        _harness.Run();
        _torrents.ShouldBeEmpty();
        _link.Deliver(bytes.AsSpan(30));
        _link.Deliver(new byte[100]);
        _harness.Run();
        var incoming = _torrents.ShouldHaveSingleItem().ShouldBeOfType<TorrentsActor.Incoming>();
        incoming.Torrent.ShouldBe(Torrent);
        incoming.Head.ShouldBe(bytes[..48]);
        _link.BytesRead.ShouldBe(48);
        _link.IsClosed.ShouldBeFalse();
        _watched.OfType<Terminated>().ShouldHaveSingleItem();
        _slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Silence_ends_it_in_time()
    {
        _link.Deliver(Bytes().AsSpan(0, 47));
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(14));
        _link.IsClosed.ShouldBeFalse();
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(2));
        ShouldHaveEnded();
    }

    [Fact]
    public void Another_protocol_ends_it_at_its_first_wrong_byte()
    {
        _link.Deliver("GET / HTTP/1.1"u8);
        _harness.Run();
        ShouldHaveEnded();
    }

    [Fact]
    public void A_link_that_closes_ends_it()
    {
        _link.Close("reset");
        _harness.Run();
        ShouldHaveEnded();
    }

    private static byte[] Bytes()
    {
        var bytes = new byte[Handshake.Size];
        new Handshake(ReservedBits.Fast, Torrent, new PeerId(new byte[20])).Write(bytes);
        return bytes;
    }

    private void ShouldHaveEnded()
    {
        _link.IsClosed.ShouldBeTrue();
        _torrents.ShouldBeEmpty();
        _watched.OfType<Terminated>().ShouldHaveSingleItem();
        _slabs.Outstanding.ShouldBe(0);
    }
}
