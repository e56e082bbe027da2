using Swarm.Actors.Torrents;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Torrents;

public sealed class MetadataActorTests
{
    private readonly FakeContent _content = FakeContent.OneFile(100_000);
    private readonly SimHarness _harness = new();
    private readonly List<object> _told = [];
    private readonly IActorRef _peer;
    private readonly List<object> _asked;
    private IActorRef _metadata = ActorRefs.Nobody;

    public MetadataActorTests()
    {
        (_peer, _asked) = _harness.Probe("peer");
        var props = MetadataActor.Props(new MetadataTarget(_content.Torrent, null), WireSettings.Default, _harness.Sim.Time, new ListLoggerFactory());
        _harness.Actor(
            new Script { OnPreStart = torrent => _metadata = torrent.Ctx.ActorOf(props, "metadata"), OnMessage = (_, message) => _told.Add(message), Strategy = new OneForOneStrategy(_ => Directive.Restart) },
            "torrent");
        _harness.Run();
    }

    private int Size => _content.Metainfo.RawInfo.Length;

    [Fact]
    public void It_asks_who_offers_and_tells_what_hashes()
    {
        Tell(new MetadataActor.PeerOffers(new PeerKey(1), _peer, Size));
        _asked.ShouldBe([new PeerActor.RequestMetadata(0)]);
        Tell(new MetadataActor.PieceReceived(new PeerKey(1), 0, Size, [.. _content.Metainfo.RawInfo.Span]));
        _told.ShouldHaveSingleItem().ShouldBeOfType<MetadataActor.Fetched>().Info.Span.SequenceEqual(_content.Metainfo.RawInfo.Span).ShouldBeTrue();
    }

    [Fact]
    public void The_one_sender_of_what_does_not_hash_is_a_liar()
    {
        Tell(new MetadataActor.PeerOffers(new PeerKey(1), _peer, Size));
        Tell(new MetadataActor.PieceReceived(new PeerKey(1), 0, Size, [.. new byte[Size]]));
        _told.ShouldBe([new MetadataActor.Liar(new PeerKey(1))]);
    }

    [Fact]
    public void A_peer_that_does_not_answer_gives_way_to_another()
    {
        var (other, asked) = _harness.Probe("other");
        Tell(new MetadataActor.PeerOffers(new PeerKey(1), _peer, Size));
        Tell(new MetadataActor.PeerOffers(new PeerKey(2), other, Size));
        asked.ShouldBeEmpty();
        _harness.Sim.AdvanceBy(WireSettings.Default.MetadataRequestTimeout * 1.5);
        asked.ShouldBe([new PeerActor.RequestMetadata(0)]);
    }

    [Fact]
    public void After_a_bug_it_has_the_peers_offer_themselves_anew()
    {
        Tell(new MetadataActor.PeerOffers(new PeerKey(1), null!, Size));
        _told.ShouldHaveSingleItem().ShouldBeOfType<MetadataActor.Restarted>();
        Tell(new MetadataActor.PeerOffers(new PeerKey(1), _peer, Size));
        _asked.ShouldBe([new PeerActor.RequestMetadata(0)]);
    }

    private void Tell(object message) => _harness.TellAndRun(_metadata, message);
}
