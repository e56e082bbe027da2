using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Trackers;
using static Swarm.Tests.Protocol.Trackers.TrackerSamples;

namespace Swarm.Tests.Actors.Trackers;

public class TrackersActorTests
{
    private const string HttpUrl = "http://a.example/announce?key=%2f";
    private const string UdpUrl = "udp://a.example:6969/announce";

    private static readonly IPAddress V4 = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress V6 = IPAddress.Parse("2001:db8::1");

    [Fact]
    public void An_http_announce_is_fetched_with_its_bytes_as_written_and_answered()
    {
        var world = new TrackerWorld();
        world.Dns.Names["a.example"] = [V4];
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali60e5:peersld2:ip9:192.0.2.94:porti80eeee");
        world.Announce(5, HttpUrl, AnnounceEvent.Started);
        world.Pass(1);
        var fetch = world.Http.Requests.ShouldHaveSingleItem();
        fetch.Url.PathAndQuery.ShouldStartWith("/announce?key=%2f&info_hash=%00%01");
        (fetch.Family, fetch.BodyLimit).ShouldBe((AddressFamily.InterNetwork, TrackerReplyLimits.Default.MaxReplyBytes));
        var announced = world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Announced>();
        (announced.Id, announced.Url, announced.Family).ShouldBe((5, Url(HttpUrl), AddressFamily.InterNetwork));
        Show(announced.Reply.Peers).ShouldBe(["192.0.2.9:80"]);
        world.Count().ShouldBe(new TrackersActor.Counters(0, 0, 0, 0, 0));
    }

    [Fact]
    public void Both_families_of_a_host_are_told_and_both_answers_passed_on()
    {
        var world = new TrackerWorld();
        world.Dns.Names["a.example"] = [V6, V4];
        world.Udp.Answer = FakeUdp.Behave;
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali60ee");
        world.Announce(1, UdpUrl);
        world.Announce(2, HttpUrl);
        world.Pass(1);
        world.Take().Cast<TrackersActor.Announced>().Select(announced => (announced.Id, announced.Family)).Order().ShouldBe([
            (1, AddressFamily.InterNetwork), (1, AddressFamily.InterNetworkV6), (2, AddressFamily.InterNetwork), (2, AddressFamily.InterNetworkV6),
        ]);
        world.Udp.Sent.Select(sent => sent.Request).OfType<UdpTrackerRequest.Announce>().Select(announce => announce.Request.Key).ShouldBe([0xdeadbeef, 0xdeadbeef]);
        world.Dns.Asked.ShouldBe(["a.example"]);
    }

    [Fact]
    public void A_failure_is_told_only_when_no_family_succeeded_and_the_trackers_words_win()
    {
        var world = new TrackerWorld();
        world.Dns.Names["a.example"] = [V4, V6];
        world.Http.Answer = fetch => fetch.Family == AddressFamily.InterNetwork ? new IHttp.Failed(fetch.Id, "no route") : FakeHttp.Reply(fetch, "d14:failure reason2:noe", 400);
        world.Announce(1, HttpUrl);
        world.Pass(1);
        world.Take().ShouldBe([new TrackersActor.AnnounceFailed(1, Url(HttpUrl), new TrackerFailure(TrackerFailureKind.Refused, "no"))]);
    }

    [Fact]
    public void A_family_that_is_silent_while_the_other_answers_is_left_alone_for_a_while()
    {
        var world = new TrackerWorld(new TrackersSettings { SilentFamilyPause = TimeSpan.FromMinutes(5) });
        world.Dns.Names["a.example"] = [V4, V6];
        world.Http.Answer = fetch => fetch.Family == AddressFamily.InterNetworkV6 ? new IHttp.Failed(fetch.Id, "no route") : FakeHttp.Reply(fetch, "d8:intervali60ee");
        world.Announce(1, HttpUrl);
        world.Pass(1);
        world.Announce(2, HttpUrl);
        world.Pass(1);
        world.Http.Requests.Count.ShouldBe(3);
        world.Pass(300);
        world.Announce(3, HttpUrl);
        world.Pass(1);
        world.Http.Requests.Count.ShouldBe(5);
        world.Take().Select(message => message.GetType()).Distinct().ShouldBe([typeof(TrackersActor.Announced)]);
    }

    [Fact]
    public void A_name_that_does_not_resolve_fails_all_that_wait_for_it_with_one_lookup()
    {
        var world = new TrackerWorld();
        world.Announce(1, HttpUrl);
        world.Announce(2, UdpUrl);
        world.Pass(1);
        world.Announce(3, UdpUrl);
        world.Pass(1);
        world.Dns.Asked.Count.ShouldBe(1);
        world.Take().Cast<TrackersActor.AnnounceFailed>().Select(failed => (failed.Id, failed.Failure)).ShouldBe(
            Enumerable.Range(1, 3).Select(id => ((long)id, new TrackerFailure(TrackerFailureKind.NameNotResolved, "a.example is unknown"))), ignoreOrder: true);
    }

    [Fact]
    public void A_host_without_a_family_in_use_fails()
    {
        var world = new TrackerWorld(new TrackersSettings { LocalV6 = null });
        world.Announce(1, "udp://[::1]:6969");
        world.Pass(1);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.AnnounceFailed>().Failure.Kind.ShouldBe(TrackerFailureKind.NameNotResolved);
    }

    [Fact]
    public void Torrents_of_one_udp_tracker_share_a_connection_id_and_names_of_one_address_share_it_too()
    {
        var world = new TrackerWorld();
        world.Dns.Names["a.example"] = [V4];
        world.Dns.Names["b.example"] = [V4];
        world.Udp.Answer = FakeUdp.Behave;
        for (var id = 0; id < 5; id++) world.Announce(id, UdpUrl);
        world.Announce(5, "udp://b.example:6969/x");
        world.Pass(1);
        world.Udp.Sent.Count(sent => sent.Request is UdpTrackerRequest.Connect).ShouldBe(1);
        world.Udp.Sent.Select(sent => sent.Request).OfType<UdpTrackerRequest.Announce>().Select(announce => announce.UrlData).Order().ShouldBe(
            ["/announce", "/announce", "/announce", "/announce", "/announce", "/x"]);
        world.Udp.Opened.ShouldBe([new IPEndPoint(IPAddress.Any, 0)]);
        world.Take().Count.ShouldBe(6);
    }

    [Fact]
    public void A_silent_udp_tracker_is_asked_again_and_then_given_up()
    {
        var world = new TrackerWorld();
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Pass(104.9);
        world.Udp.Sent.Count.ShouldBe(3);
        world.Take().ShouldBeEmpty();
        world.Pass(0.2);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.AnnounceFailed>().Failure.Kind.ShouldBe(TrackerFailureKind.Timeout);
        world.Harness.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void A_lost_datagram_is_made_up_for()
    {
        var world = new TrackerWorld();
        var lost = false;
        world.Udp.Answer = (tracker, request) =>
        {
            if (lost || request is UdpTrackerRequest.Connect) return FakeUdp.Behave(tracker, request);
            lost = true;
            return null;
        };
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Pass(14);
        world.Take().ShouldBeEmpty();
        world.Pass(2);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Announced>();
    }

    [Fact]
    public void Datagrams_of_strangers_are_counted_and_ignored()
    {
        var world = new TrackerWorld();
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Pass(1);
        var connect = world.Udp.Sent.ShouldHaveSingleItem().Request;
        world.Udp.Deliver(new IPEndPoint(IPAddress.Parse("192.0.2.2"), 6969), UdpPacket(0, connect.TransactionId, UInt32s(0, 1)));
        world.Udp.Deliver(new IPEndPoint(V4, 6970), UdpPacket(0, connect.TransactionId, UInt32s(0, 1)));
        world.Udp.Deliver(new IPEndPoint(V4, 6969), UdpPacket(0, connect.TransactionId + 1, UInt32s(0, 1)));
        world.Pass(1);
        world.Udp.Sent.Count.ShouldBe(1);
        world.Count().IgnoredDatagrams.ShouldBe(3);
        world.Udp.Held.ShouldBe(0);
    }

    [Fact]
    public void A_socket_that_does_not_open_fails_what_waits_and_the_next_request_tries_again()
    {
        var world = new TrackerWorld();
        world.Udp.Answer = FakeUdp.Behave;
        world.Udp.Broken.Add(AddressFamily.InterNetwork);
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Announce(2, "udp://192.0.2.1:6969");
        world.Pass(1);
        world.Take().Cast<TrackersActor.AnnounceFailed>().Select(failed => failed.Failure.Kind).ShouldBe([TrackerFailureKind.Unreachable, TrackerFailureKind.Unreachable]);
        world.Udp.Broken.Clear();
        world.Announce(3, "udp://192.0.2.1:6969");
        world.Pass(1);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Announced>().Id.ShouldBe(3);
    }

    [Fact]
    public void The_node_s_port_is_used_and_where_it_is_taken_one_of_its_own()
    {
        var shared = new IPEndPoint(IPAddress.Any, 6881);
        var world = new TrackerWorld(new TrackersSettings { LocalV4 = shared });
        world.Udp.Answer = FakeUdp.Behave;
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Pass(1);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Announced>();
        world.Udp.Opened.ShouldBe([shared]);

        world = new TrackerWorld(new TrackersSettings { LocalV4 = shared });
        world.Udp.Answer = FakeUdp.Behave;
        world.Udp.Taken.Add(6881);
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Announce(2, "udp://192.0.2.1:6969");
        world.Pass(1);
        world.Take().ShouldAllBe(message => message is TrackersActor.Announced);
        world.Udp.Opened.ShouldBe([shared, new IPEndPoint(IPAddress.Any, 0)]);
        world.Udp.Held.ShouldBe(0);
    }

    [Fact]
    public void A_datagram_the_system_does_not_take_is_counted_and_sent_again_later()
    {
        var world = new TrackerWorld();
        world.Udp.Answer = FakeUdp.Behave;
        world.Udp.IsFull = true;
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Pass(1);
        world.Count().UnsentDatagrams.ShouldBe(1);
        world.Udp.IsFull = false;
        world.Pass(15);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Announced>();
    }

    [Fact]
    public void No_more_are_under_way_to_a_tracker_than_its_places_and_other_trackers_do_not_wait()
    {
        var world = new TrackerWorld(new TrackersSettings { MaxConcurrentPerTracker = 2 });
        for (var id = 0; id < 5; id++) world.Announce(id, "http://192.0.2.1/announce");
        world.Announce(5, "http://192.0.2.1:8080/announce");
        world.Pass(1);
        world.Http.Requests.Select(fetch => fetch.Url.Port).Order().ShouldBe([80, 80, 8080]);
        var first = world.Http.Requests.First(fetch => fetch.Url.Port == 80);
        world.Trackers.Tell(FakeHttp.Reply(first, "d8:intervali60ee"), ActorRefs.NoSender);
        world.Trackers.Tell(FakeHttp.Reply(first, "d8:intervali60ee"), ActorRefs.NoSender);
        world.Pass(1);
        world.Http.Requests.Count.ShouldBe(4);
        world.Take().Count.ShouldBe(1);
        world.Count().ShouldBe(new TrackersActor.Counters(5, 3, 0, 0, 0));
    }

    [Fact]
    public void A_queue_at_its_limit_is_served_and_one_more_is_refused_and_counted()
    {
        var world = new TrackerWorld(new TrackersSettings { MaxConcurrentPerTracker = 1, MaxQueuedPerTracker = 2 });
        for (var id = 0; id < 4; id++)
        {
            world.Announce(id, "http://192.0.2.1/announce");
            world.Pass(0.1);
        }

        world.Take().ShouldBe([new TrackersActor.AnnounceFailed(3, Url("http://192.0.2.1/announce"), new TrackerFailure(TrackerFailureKind.Overloaded, "Too many requests wait for this tracker."))]);
        world.Count().ShouldBe(new TrackersActor.Counters(3, 1, 1, 0, 0));
    }

    [Fact]
    public void Requests_in_all_have_a_limit_too()
    {
        var world = new TrackerWorld(new TrackersSettings { MaxRequests = 2 });
        for (var id = 1; id < 4; id++) world.Announce(id, $"http://192.0.2.{id}/announce");
        world.Pass(1);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.AnnounceFailed>().Id.ShouldBe(3);
    }

    [Fact]
    public void A_udp_address_at_the_limit_takes_the_place_of_an_idle_one_but_not_of_a_busy_one()
    {
        var world = new TrackerWorld(new TrackersSettings { MaxUdpTrackers = 1 });
        world.Announce(1, "udp://192.0.2.1:6969");
        world.Announce(2, "udp://192.0.2.2:6969");
        world.Pass(1);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.AnnounceFailed>().Failure.Kind.ShouldBe(TrackerFailureKind.Overloaded);
        world.Pass(200);
        world.Take();
        world.Udp.Answer = FakeUdp.Behave;
        world.Announce(3, "udp://192.0.2.2:6969");
        world.Pass(1);
        world.Take().ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Announced>();
    }

    [Fact]
    public void A_scrape_goes_over_one_family_and_is_answered()
    {
        var world = new TrackerWorld();
        world.Dns.Names["a.example"] = [V4, V6];
        world.Udp.Answer = FakeUdp.Behave;
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei4eeee");
        world.Scrape(1, UdpUrl, HashOf('a'));
        world.Scrape(2, HttpUrl, HashOf('a'));
        world.Scrape(3, "http://a.example/a", HashOf('a'));
        world.Pass(1);
        var scraped = world.Take().OrderBy(message => message is TrackersActor.Scraped s ? s.Id : 9).ToList();
        scraped[0].ShouldBeOfType<TrackersActor.Scraped>().Entries.ShouldBe([new ScrapeEntry(HashOf('a'), Seeders: 1, Leechers: 3, Downloaded: 2)]);
        scraped[1].ShouldBeOfType<TrackersActor.Scraped>().Entries.ShouldBe([new ScrapeEntry(HashOf('a'), Seeders: 4, Leechers: null, Downloaded: null)]);
        var failed = scraped[2].ShouldBeOfType<TrackersActor.ScrapeFailed>();
        (failed.Id, failed.Failure.Kind).ShouldBe((3, TrackerFailureKind.UnsupportedUrl));
        world.Http.Requests.ShouldHaveSingleItem().Url.AbsolutePath.ShouldBe("/scrape");
        Should.Throw<ArgumentOutOfRangeException>(() => new TrackersActor.Scrape(1, Url(UdpUrl), []));
    }

    [Fact]
    public void When_it_stops_it_closes_cancels_and_tells_everyone_who_waits()
    {
        var world = new TrackerWorld(new TrackersSettings { MaxConcurrentPerTracker = 1 });
        world.Announce(1, "http://192.0.2.1/announce");
        world.Announce(2, "http://192.0.2.1/announce");
        world.Announce(3, "udp://192.0.2.1:6969");
        world.Pass(1);
        world.Harness.System.Stop(world.Trackers);
        world.Pass(1);
        world.Take().Cast<TrackersActor.AnnounceFailed>().Select(failed => (failed.Id, failed.Failure.Kind)).Order().ShouldBe(
            [(1, TrackerFailureKind.Abandoned), (2, TrackerFailureKind.Abandoned), (3, TrackerFailureKind.Abandoned)]);
        world.Http.Cancelled.ShouldContain(world.Http.Requests.ShouldHaveSingleItem().Id);
        world.Udp.Closed.ShouldBe(1);
        world.Harness.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void After_a_failure_of_its_own_it_begins_anew_and_old_answers_do_not_fit()
    {
        var world = new TrackerWorld();
        world.Announce(1, "http://192.0.2.1/announce");
        world.Pass(1);
        var old = world.Http.Requests.ShouldHaveSingleItem();
        world.Http.Answer = _ => throw new InvalidOperationException("a bug");
        world.Announce(2, "http://192.0.2.1/announce");
        world.Pass(1);
        world.Take().Cast<TrackersActor.AnnounceFailed>().Select(failed => (failed.Id, failed.Failure.Kind)).ShouldBe(
            [(1, TrackerFailureKind.Abandoned), (2, TrackerFailureKind.Abandoned)]);
        world.Http.Answer = _ => null;
        world.Announce(3, "http://192.0.2.1/announce");
        world.Pass(1);
        world.Trackers.Tell(FakeHttp.Reply(old, "d8:intervali60ee"), ActorRefs.NoSender);
        world.Pass(1);
        world.Take().ShouldBeEmpty();
    }

    [Fact]
    public void Every_request_is_answered_whatever_the_world_does()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var world = new TrackerWorld(new TrackersSettings { MaxConcurrentPerTracker = 2, MaxQueuedPerTracker = 20, MaxUdpTrackers = 2 }, seed);
            var random = new Random(seed);
            world.Dns.Names["a.example"] = [V4, V6];
            world.Dns.Names["b.example"] = [V4];
            world.Http.Answer = fetch => random.Next(3) switch
            {
                0 => new IHttp.Failed(fetch.Id, "broken"),
                1 => FakeHttp.Reply(fetch, "garbage", random.Next(2) * 200),
                _ => FakeHttp.Reply(fetch, "d8:intervali60ee"),
            };
            world.Udp.Answer = (tracker, request) => random.Next(3) == 0 ? null : random.Next(4) == 0 ? UdpPacket(3, request.TransactionId) : FakeUdp.Behave(tracker, request);
            for (var id = 0; id < 60; id++)
            {
                var host = random.Next(3) switch { 0 => "a.example", 1 => "b.example", _ => "c.example" };
                world.Announce(id, $"{(random.Next(2) == 0 ? "http" : "udp")}://{host}:{random.Next(1, 4)}/announce");
                if (random.Next(4) == 0) world.Pass(random.NextDouble() * 10);
            }

            world.Pass(3000);
            var answered = world.Take().Select(message => message is TrackersActor.Announced announced ? announced.Id : ((TrackersActor.AnnounceFailed)message).Id);
            answered.Distinct().Order().ShouldBe(Enumerable.Range(0, 60).Select(id => (long)id), $"seed {seed}");
            world.Count().Requests.ShouldBe(0, $"seed {seed}");
            world.Count().Exchanges.ShouldBe(0, $"seed {seed}");
            world.Udp.Held.ShouldBe(0, $"seed {seed}");
        }
    }
}
