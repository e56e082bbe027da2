using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Trackers;
using Swarm.Tests.Kernel;
using Swarm.Tests.Protocol.Trackers;

namespace Swarm.Tests.Actors.Trackers;

public class AnnouncerActorTests
{
    private static readonly AnnounceStats Half = new(1, 2, 50);
    private static readonly AnnounceStats Whole = new(3, 4, 0);

    [Fact]
    public void Start_announces_the_torrents_numbers()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        var announce = torrent.Announces().ShouldHaveSingleItem();
        announce.Url.ShouldBe(Announcing.UrlOf("a"));
        var request = announce.Request;
        (request.InfoHash, request.PeerId, request.Port, request.Event, request.NumWant).ShouldBe((TrackerSamples.Hash, TrackerSamples.Peer, (ushort)6881, AnnounceEvent.Started, (int?)100));
        (request.Uploaded, request.Downloaded, request.Left).ShouldBe((1, 2, 50));
    }

    [Fact]
    public void Peers_status_and_external_address_are_told_to_the_torrent()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        ImmutableArray<IPEndPoint> peers = [new(IPAddress.Parse("192.0.2.1"), 1)];
        torrent.Succeed(new AnnounceReply { Peers = peers, Seeders = 5, ExternalAddress = IPAddress.Parse("192.0.2.77") });
        var told = torrent.Told();
        told.OfType<AnnouncerActor.PeersFound>().ShouldHaveSingleItem().ShouldBe(new AnnouncerActor.PeersFound(peers, PeerSource.Tracker));
        told.OfType<AnnouncerActor.ExternalAddressSeen>().ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("192.0.2.77"));
        var status = told.OfType<AnnouncerActor.TrackersChanged>().ShouldHaveSingleItem().Trackers.ShouldHaveSingleItem();
        (status.State, status.Seeders, status.NextAnnounceIn).ShouldBe((TrackerState.Working, 5, TimeSpan.FromMinutes(30)));
    }

    [Fact]
    public void The_second_family_of_a_tracker_brings_its_peers_too()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        var announce = torrent.Announces().ShouldHaveSingleItem();
        torrent.Answer(new TrackersActor.Announced(announce.Id, announce.Url, AddressFamily.InterNetwork, new AnnounceReply { Peers = [new(IPAddress.Loopback, 1)] }));
        torrent.Answer(new TrackersActor.Announced(announce.Id, announce.Url, AddressFamily.InterNetworkV6, new AnnounceReply { Peers = [new(IPAddress.IPv6Loopback, 1)] }));
        torrent.Told().OfType<AnnouncerActor.PeersFound>().SelectMany(found => found.Peers).ShouldBe([new(IPAddress.Loopback, 1), new(IPAddress.IPv6Loopback, 1)]);
    }

    [Fact]
    public void Announces_follow_the_interval_with_the_latest_numbers()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed(new AnnounceReply { Interval = TimeSpan.FromMinutes(10) });
        torrent.Announces();
        torrent.Tell(new AnnouncerActor.UpdateStats(new AnnounceStats(7, 8, 9)));
        torrent.Pass(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        torrent.Announces().ShouldBeEmpty();
        torrent.Pass(TimeSpan.FromMilliseconds(1));
        var request = torrent.Announces().ShouldHaveSingleItem().Request;
        (request.Event, request.Uploaded, request.Downloaded, request.Left).ShouldBe((AnnounceEvent.None, 7, 8, 9));
    }

    [Fact]
    public void A_failing_tracker_gives_way_to_the_next_and_the_torrent_sees_why()
    {
        var torrent = new Torrent("a|b");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Fail();
        torrent.LastAnnounce.Url.ShouldBe(Announcing.UrlOf("b"));
        torrent.Told().OfType<AnnouncerActor.TrackersChanged>().ShouldHaveSingleItem().Trackers.Select(status => (status.State, status.Failure)).ShouldBe(
            [(TrackerState.Failing, Announcing.Failure), (TrackerState.Announcing, null)]);
    }

    [Fact]
    public void Missing_peers_bring_the_next_announce_forward()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed(new AnnounceReply { MinInterval = TimeSpan.FromMinutes(2) });
        torrent.Announces();
        torrent.Tell(AnnouncerActor.NeedPeers.Instance);
        torrent.Pass(TimeSpan.FromSeconds(119));
        torrent.Announces().ShouldBeEmpty();
        torrent.Pass(TimeSpan.FromSeconds(1));
        torrent.Announces().ShouldHaveSingleItem();
    }

    [Fact]
    public void Completion_is_announced_and_then_the_goodbye()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed();
        torrent.Announces();
        torrent.Tell(new AnnouncerActor.Complete(Whole));
        torrent.Tell(new AnnouncerActor.Stop(Whole));
        torrent.Announces().ShouldHaveSingleItem().Request.Event.ShouldBe(AnnounceEvent.Completed);
        torrent.Succeed();
        var goodbye = torrent.Announces().ShouldHaveSingleItem().Request;
        (goodbye.Event, goodbye.Left).ShouldBe((AnnounceEvent.Stopped, 0));
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldBeEmpty();
        torrent.Succeed();
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldHaveSingleItem();
        torrent.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Peers_in_the_answer_to_a_goodbye_are_of_no_use()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed();
        torrent.Tell(new AnnouncerActor.Stop(Half));
        torrent.Told();
        torrent.Succeed(new AnnounceReply { Peers = [new(IPAddress.Loopback, 1)] });
        torrent.Told().OfType<AnnouncerActor.PeersFound>().ShouldBeEmpty();
    }

    [Fact]
    public void A_goodbye_without_an_answer_is_waited_for_three_seconds_and_no_longer()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed();
        torrent.Tell(new AnnouncerActor.Stop(Half));
        torrent.Pass(TimeSpan.FromSeconds(2.999));
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldBeEmpty();
        torrent.Pass(TimeSpan.FromSeconds(0.001));
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldHaveSingleItem();
        torrent.Succeed();
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldBeEmpty();
    }

    [Fact]
    public void Stop_without_a_session_or_without_a_tracker_that_knows_us_is_answered_at_once()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Stop(Half));
        torrent.Told().ShouldBe([AnnouncerActor.Stopped.Instance]);
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Fail();
        torrent.Told();
        torrent.Tell(new AnnouncerActor.Stop(Half));
        torrent.Told().ShouldBe([AnnouncerActor.Stopped.Instance]);
    }

    [Fact]
    public void A_new_start_ends_the_wait_for_the_goodbye_and_says_started_after_it()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed();
        torrent.Tell(new AnnouncerActor.Stop(Half));
        torrent.Announces();
        torrent.Told();
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Told().ShouldBe([AnnouncerActor.Stopped.Instance]);
        torrent.Announces().ShouldBeEmpty();
        torrent.Succeed();
        torrent.Announces().ShouldHaveSingleItem().Request.Event.ShouldBe(AnnounceEvent.Started);
    }

    [Fact]
    public void An_added_tracker_is_announced_to_when_nothing_else_works()
    {
        var torrent = new Torrent("");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Announces().ShouldBeEmpty();
        torrent.Tell(new AnnouncerActor.AddTracker(Announcing.UrlOf("z")));
        torrent.Announces().ShouldHaveSingleItem().Url.ShouldBe(Announcing.UrlOf("z"));
        torrent.Told().OfType<AnnouncerActor.TrackersChanged>().ShouldHaveSingleItem();
        torrent.Tell(new AnnouncerActor.AddTracker(Announcing.UrlOf("z")));
        torrent.Told().ShouldBeEmpty();
    }

    [Fact]
    public void After_a_restart_started_is_not_said_again_and_the_interval_and_the_key_go_on()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed(new AnnounceReply { Interval = TimeSpan.FromMinutes(10) });
        var key = torrent.Announces().ShouldHaveSingleItem().Request.Key;
        torrent.Pass(TimeSpan.FromMinutes(1));
        torrent.Crash();
        torrent.Restarts.ShouldBe(1);
        torrent.Announces().ShouldBeEmpty();
        torrent.Pass(TimeSpan.FromMinutes(9));
        var request = torrent.Announces().ShouldHaveSingleItem().Request;
        (request.Event, request.Key, request.Port, request.Left).ShouldBe((AnnounceEvent.None, key, (ushort)6881, 50));
    }

    [Fact]
    public void An_answer_that_comes_after_a_restart_still_counts()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Announces().ShouldHaveSingleItem();
        torrent.Crash();
        torrent.Announces().ShouldBeEmpty();
        torrent.Succeed();
        torrent.Pass(TimeSpan.FromMinutes(30));
        torrent.Announces().ShouldHaveSingleItem().Request.Event.ShouldBe(AnnounceEvent.None);
    }

    [Fact]
    public void A_restart_while_stopping_still_ends_in_stopped()
    {
        var torrent = new Torrent("a");
        torrent.Tell(new AnnouncerActor.Start(6881, Half));
        torrent.Succeed();
        torrent.Tell(new AnnouncerActor.Stop(Half));
        torrent.Crash();
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldBeEmpty();
        torrent.Pass(TimeSpan.FromSeconds(3));
        torrent.Told().OfType<AnnouncerActor.Stopped>().ShouldHaveSingleItem();
    }

    /// <summary>A torrent with an announcer, and a tracker client that only notes what it is asked.</summary>
    private sealed class Torrent
    {
        private readonly SimHarness _harness = new();
        private readonly List<object> _told = [];
        private readonly List<object> _announces;
        private readonly CrashingLog _log = new();
        private readonly IActorRef _announcer;
        private int _seen;

        public Torrent(string tiers)
        {
            (var trackers, _announces) = _harness.Probe("trackers");
            var urls = tiers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(tier => tier.Split(',').Select(Announcing.UrlOf).ToImmutableArray()).ToImmutableArray();
            IActorRef? announcer = null;
            _harness.Actor(new Script
            {
                OnPreStart = self => announcer = self.Ctx.ActorOf(
                    AnnouncerActor.Props(TrackerSamples.Hash, TrackerSamples.Peer, urls, [], trackers, AnnouncerSettings.Default, _harness.Sim.Time, new Random(1), _log), "announcer"),
                OnMessage = (_, message) => _told.Add(message),
                Strategy = new OneForOneStrategy(_ =>
                {
                    Restarts++;
                    return Directive.Restart;
                }),
            });
            _harness.Run();
            _announcer = announcer.ShouldNotBeNull();
        }

        public int Restarts { get; private set; }

        public int PendingTimers => _harness.Sim.PendingTimers;

        public TrackersActor.Announce LastAnnounce => (TrackersActor.Announce)_announces[^1];

        public void Tell(object message) => _harness.TellAndRun(_announcer, message);

        public void Answer(object message) => Tell(message);

        public void Succeed(AnnounceReply? reply = null) =>
            Tell(new TrackersActor.Announced(LastAnnounce.Id, LastAnnounce.Url, AddressFamily.InterNetwork, reply ?? new AnnounceReply()));

        public void Fail() => Tell(new TrackersActor.AnnounceFailed(LastAnnounce.Id, LastAnnounce.Url, Announcing.Failure));

        public void Pass(TimeSpan time) => _harness.Sim.AdvanceBy(time);

        /// <summary>Announces asked for since the last call.</summary>
        public List<TrackersActor.Announce> Announces()
        {
            var announces = _announces.Skip(_seen).Cast<TrackersActor.Announce>().ToList();
            _seen = _announces.Count;
            return announces;
        }

        /// <summary>What the torrent was told since the last call.</summary>
        public List<object> Told()
        {
            var told = _told.ToList();
            _told.Clear();
            return told;
        }

        /// <summary>Makes the announcer fail once, by a log that throws when it is told of an answer to nothing.</summary>
        public void Crash()
        {
            _log.Throws = true;
            Tell(new TrackersActor.AnnounceFailed(-1, Announcing.UrlOf("a"), Announcing.Failure));
            _log.Throws.ShouldBeFalse();
        }
    }

    private sealed class CrashingLog : ILogger
    {
        public bool Throws { get; set; }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!Throws) return;
            Throws = false;
            throw new Boom();
        }
    }
}
