using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Dht;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Swarming;
using Swarm.Tests.Kernel;
using Swarm.Tests.Protocol.Trackers;

namespace Swarm.Tests.Actors.Trackers;

/// <summary>What an announcer tells the DHT, and when.</summary>
public sealed class AnnouncerDhtTests
{
    private static readonly LookupStats Stats = new(1, 1, 1, LookupEnd.Complete, TimeSpan.Zero);

    private readonly SimHarness _harness = new();
    private readonly List<object> _told = [];
    private readonly List<object> _asked;
    private readonly IActorRef _announcer;

    public AnnouncerDhtTests()
    {
        (var dht, _asked) = _harness.Probe("dht");
        IActorRef? announcer = null;
        _harness.Actor(new Script
        {
            OnPreStart = self => announcer = self.Ctx.ActorOf(AnnouncerActor.Props(
                TrackerSamples.Hash, TrackerSamples.Peer, [], [new DhtAccess(dht, AddressFamily.InterNetwork, 6881)], ActorRefs.Nobody, AnnouncerSettings.Default, _harness.Sim.Time, new Random(1), new ListLoggerFactory())),
            OnMessage = (_, message) => _told.Add(message),
        });
        _harness.Run();
        _announcer = announcer!;
    }

    [Fact]
    public void Torrent_is_announced_at_the_start_and_about_every_quarter_of_an_hour()
    {
        Start();
        Asked<DhtActor.Announce>().ShouldBe(new DhtActor.Announce(0, TrackerSamples.Hash, 6881, IsSeed: false));
        Answer(new DhtActor.Announced(0, TrackerSamples.Hash, 3, 8, Stats));
        Pass(13 * 60);
        _asked.ShouldBeEmpty();
        Pass(4 * 60);
        Asked<DhtActor.Announce>();
    }

    [Fact]
    public void Peers_of_the_dht_go_to_the_torrent()
    {
        Start();
        var peers = IPEndPoint.Parse("9.9.9.9:1");
        Answer(new DhtActor.PeersFound(0, TrackerSamples.Hash, [peers]));
        var found = _told.OfType<AnnouncerActor.PeersFound>().ShouldHaveSingleItem();
        found.Source.ShouldBe(PeerSource.Dht);
        found.Peers.ShouldBe([peers]);
    }

    [Fact]
    public void Complete_torrent_is_announced_as_a_seed_at_once()
    {
        Start();
        Asked<DhtActor.Announce>();
        Answer(new DhtActor.Announced(0, TrackerSamples.Hash, 3, 8, Stats));
        _harness.TellAndRun(_announcer, new AnnouncerActor.Complete(new AnnounceStats(0, 100, 0)));
        Asked<DhtActor.Announce>().IsSeed.ShouldBeTrue();
    }

    [Fact]
    public void Partial_seed_is_announced_as_no_seed()
    {
        Start();
        Asked<DhtActor.Announce>();
        Answer(new DhtActor.Announced(0, TrackerSamples.Hash, 3, 8, Stats));
        // What it selected is there; the other 40 bytes are not wanted.
        _harness.TellAndRun(_announcer, new AnnouncerActor.UpdateStats(new AnnounceStats(0, 60, 40)));
        Pass(17 * 60);
        Asked<DhtActor.Announce>().IsSeed.ShouldBeFalse();
    }

    [Fact]
    public void Magnet_link_of_unknown_length_is_announced_as_no_seed()
    {
        _harness.TellAndRun(_announcer, new AnnouncerActor.Start(6881, new AnnounceStats(0, 0, null)));
        Asked<DhtActor.Announce>().IsSeed.ShouldBeFalse();
    }

    [Fact]
    public void Private_torrent_leaves_the_dht()
    {
        Start();
        Asked<DhtActor.Announce>();
        _harness.TellAndRun(_announcer, AnnouncerActor.LeaveDht.Instance);
        Answer(new DhtActor.PeersFound(0, TrackerSamples.Hash, [IPEndPoint.Parse("9.9.9.9:1")]));
        Answer(new DhtActor.Announced(0, TrackerSamples.Hash, 1, 8, Stats));
        Pass(3_600);
        _asked.ShouldBeEmpty();
        _told.OfType<AnnouncerActor.PeersFound>().ShouldBeEmpty();
    }

    [Fact]
    public void Failed_announce_is_tried_again_with_growing_pauses_and_a_stopped_torrent_is_announced_no_more()
    {
        Start();
        var tries = 0;
        for (var second = 0; second < 300; second++)
        {
            if (_asked.Count > 0)
            {
                tries++;
                _asked.Clear();
                Answer(new DhtActor.Failed(0, "nobody"));
            }

            Pass(1);
        }

        tries.ShouldBeInRange(4, 8);
        _harness.TellAndRun(_announcer, new AnnouncerActor.Stop(new AnnounceStats(0, 0, 100)));
        _told.ShouldContain(AnnouncerActor.Stopped.Instance);
        _asked.Clear();
        Pass(3_600);
        _asked.ShouldBeEmpty();
    }

    private void Start() => _harness.TellAndRun(_announcer, new AnnouncerActor.Start(6881, new AnnounceStats(0, 0, 100)));

    private void Answer(object message) => _harness.TellAndRun(_announcer, message);

    private void Pass(double seconds) => _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    private T Asked<T>()
    {
        var command = _asked.ShouldHaveSingleItem().ShouldBeOfType<T>();
        _asked.Clear();
        return command;
    }
}
