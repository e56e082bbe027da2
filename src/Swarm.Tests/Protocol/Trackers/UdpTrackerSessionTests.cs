using System.Net.Sockets;
using Swarm.Protocol.Trackers;
using static Swarm.Tests.Protocol.Trackers.TrackerSamples;

namespace Swarm.Tests.Protocol.Trackers;

public class UdpTrackerSessionTests
{
    private static readonly UdpTrackerSettings Patient = new() { MaxRetransmissions = UdpTrackerSettings.HighestExponent };

    [Fact]
    public void A_connect_precedes_the_announce()
    {
        var tracker = new Conversation();
        tracker.Announce(token: 1, at: 0);
        var connect = tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Connect>();
        tracker.ReplyConnect(connect.TransactionId, 0xabcd, at: 1);
        var announce = tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Announce>();
        (announce.ConnectionId, announce.UrlData).ShouldBe((0xabcdul, "/announce"));
        tracker.ReplyAnnounce(announce.TransactionId, at: 2);
        tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Announced>().Token.ShouldBe(1);
        tracker.Session.NextWakeUp.ShouldBeNull();
    }

    [Fact]
    public void Unanswered_connects_are_repeated_after_15_times_2_to_the_n_seconds()
    {
        var expected = Vectors("bep15_udp_tracker.json", "retransmit").Select(vector => vector.GetProperty("timeout_s").GetDouble()).ToArray();
        var tracker = new Conversation(Patient);
        tracker.Announce(token: 1, at: 0);
        var sentAt = 0.0;
        foreach (var timeout in expected)
        {
            tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Connect>();
            tracker.Results().ShouldBeEmpty();
            var next = tracker.Session.NextWakeUp!.Value.TotalSeconds;
            (next - sentAt).ShouldBe(timeout);
            tracker.Tick(next - 0.001);
            tracker.Sent().ShouldBeEmpty();
            tracker.Tick(next);
            sentAt = next;
        }

        tracker.Sent().ShouldBeEmpty();
        tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Failed>().Failure.Kind.ShouldBe(TrackerFailureKind.Timeout);
        tracker.Session.PendingCount.ShouldBe(0);
    }

    [Fact]
    public void The_bep_example_of_an_announce_that_times_out_is_followed()
    {
        var tracker = new Conversation(Patient);
        tracker.Announce(token: 1, at: 0);
        tracker.ReplyConnect(tracker.Sent()[0].TransactionId, 5, at: 1);
        var log = new List<(double At, Type What)>();
        tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Announce>();
        for (var at = 1.0; at < 300; at += 1)
        {
            tracker.Tick(at);
            log.AddRange(tracker.Sent().Select(packet => (at, packet.GetType())));
        }

        // BEP 15 sends its first announce one second after the connect reply; here it is sent at once.
        log.ShouldBe([
            (16, typeof(UdpTrackerRequest.Announce)), (46, typeof(UdpTrackerRequest.Announce)),
            (106, typeof(UdpTrackerRequest.Connect)), (226, typeof(UdpTrackerRequest.Connect)),
        ]);
    }

    [Fact]
    public void A_connection_id_serves_for_sixty_seconds_and_not_longer()
    {
        var tracker = new Conversation();
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 59.999);
        tracker.Sent().ShouldHaveSingleItem().ConnectionId.ShouldBe(9ul);
        tracker.Announce(token: 3, at: 60);
        tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Connect>();
    }

    [Fact]
    public void Requests_of_several_torrents_share_one_connect()
    {
        var tracker = new Conversation();
        tracker.Announce(token: 1, at: 0);
        tracker.Announce(token: 2, at: 3);
        tracker.Session.TryScrape(3, [Hash], TimeSpan.FromSeconds(4)).ShouldBeTrue();
        var connect = tracker.Sent().ShouldHaveSingleItem();
        tracker.ReplyConnect(connect.TransactionId, 5, at: 5);
        var sent = tracker.Sent();
        sent.Select(packet => packet.GetType()).ShouldBe([typeof(UdpTrackerRequest.Announce), typeof(UdpTrackerRequest.Announce), typeof(UdpTrackerRequest.Scrape)]);
        sent.Select(packet => packet.TransactionId).Distinct().Count().ShouldBe(3);
        tracker.Receive(UdpPacket(2, sent[2].TransactionId, UInt32s(1, 2, 3)), at: 6);
        tracker.ReplyAnnounce(sent[1].TransactionId, at: 6);
        tracker.ReplyAnnounce(sent[0].TransactionId, at: 6);
        tracker.Results().Select(result => result.Token).ShouldBe([3, 2, 1]);
    }

    [Fact]
    public void A_reply_to_the_first_of_two_transmissions_counts_also_while_a_new_connection_is_awaited()
    {
        var tracker = new Conversation(Patient);
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 50);
        var announce = tracker.Sent().ShouldHaveSingleItem();
        tracker.Tick(65);
        tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Connect>();
        tracker.ReplyAnnounce(announce.TransactionId, at: 66);
        tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Announced>().Token.ShouldBe(2);
    }

    [Fact]
    public void A_connection_id_mismatch_gets_a_new_connection_once()
    {
        var tracker = new Conversation();
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 1);
        var first = tracker.Sent().ShouldHaveSingleItem();
        byte[] mismatch(uint transactionId) => UdpPacket(3, transactionId, Text("Connection ID missmatch.\0"));
        tracker.Receive(mismatch(first.TransactionId), at: 2);
        var connect = tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Connect>();
        tracker.Receive(mismatch(first.TransactionId), at: 2);
        tracker.ReplyConnect(connect.TransactionId, 10, at: 3);
        var second = tracker.Sent().ShouldHaveSingleItem();
        second.ConnectionId.ShouldBe(10ul);
        tracker.Results().ShouldBeEmpty();
        tracker.Receive(mismatch(second.TransactionId), at: 4);
        var failed = tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Failed>();
        failed.Failure.ShouldBe(new TrackerFailure(TrackerFailureKind.Refused, "Connection ID missmatch."));
    }

    [Fact]
    public void A_mismatch_of_an_old_connection_id_keeps_the_new_one()
    {
        var tracker = new Conversation(Patient);
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 59);
        var old = tracker.Sent().ShouldHaveSingleItem();
        tracker.Announce(token: 3, at: 60);
        tracker.ReplyConnect(tracker.Sent().ShouldHaveSingleItem().TransactionId, 10, at: 61);
        tracker.Sent();
        tracker.Receive(UdpPacket(3, old.TransactionId, Text("bad connection id")), at: 62);
        var again = tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Announce>();
        again.ConnectionId.ShouldBe(10ul);
    }

    [Fact]
    public void Any_other_error_fails_the_request_with_the_trackers_words()
    {
        var tracker = new Conversation();
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 1);
        tracker.Receive(UdpPacket(3, tracker.Sent()[0].TransactionId, Text("unregistered torrent")), at: 2);
        tracker.Results().ShouldBe([new UdpTrackerResult.Failed(2, new TrackerFailure(TrackerFailureKind.Refused, "unregistered torrent"))]);
    }

    [Fact]
    public void An_error_to_the_connect_fails_all_that_wait_for_it()
    {
        var tracker = new Conversation();
        tracker.Announce(token: 1, at: 0);
        tracker.Announce(token: 2, at: 0);
        tracker.Receive(UdpPacket(3, tracker.Sent()[0].TransactionId), at: 1);
        tracker.Results().Select(result => (result.Token, ((UdpTrackerResult.Failed)result).Failure.Message))
            .ShouldBe([(1, "The tracker refused without a reason."), (2, "The tracker refused without a reason.")]);
    }

    [Fact]
    public void A_reply_of_eight_bytes_fails_the_announce_at_once()
    {
        var tracker = new Conversation();
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 1);
        tracker.Receive(UdpPacket(1, tracker.Sent()[0].TransactionId), at: 2);
        tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Failed>().Failure.Kind.ShouldBe(TrackerFailureKind.Malformed);
    }

    [Fact]
    public void Packets_that_answer_nothing_are_counted_and_ignored()
    {
        var tracker = new Conversation();
        tracker.Connect(connectionId: 9, at: 0);
        tracker.Announce(token: 2, at: 1);
        var id = tracker.Sent()[0].TransactionId;
        tracker.Receive([], at: 2);
        tracker.Receive(UdpPacket(1, id)[..7], at: 2);
        tracker.Receive(UdpPacket(1, id + 1, UInt32s(1, 2, 3)), at: 2);
        tracker.Receive(UdpPacket(2, id, UInt32s(1, 2, 3)), at: 2);
        tracker.Receive(UdpPacket(0, id, UInt32s(1, 2)), at: 2);
        tracker.Receive(UdpPacket(4, id, UInt32s(1, 2, 3)), at: 2);
        tracker.Session.IgnoredPackets.ShouldBe(6);
        tracker.Results().ShouldBeEmpty();
        tracker.Session.PendingCount.ShouldBe(1);
    }

    [Fact]
    public void A_short_connect_reply_is_ignored_and_the_connect_repeated()
    {
        var tracker = new Conversation();
        tracker.Announce(token: 1, at: 0);
        var connect = tracker.Sent()[0];
        tracker.Receive(UdpPacket(0, connect.TransactionId, UInt32s(1)), at: 1);
        tracker.Session.IgnoredPackets.ShouldBe(1);
        tracker.Tick(15);
        tracker.Sent().ShouldHaveSingleItem().TransactionId.ShouldBe(connect.TransactionId);
    }

    [Fact]
    public void A_goodbye_is_repeated_less_often_than_an_announce()
    {
        var tracker = new Conversation(new UdpTrackerSettings { MaxRetransmissions = 5, MaxStoppedRetransmissions = 0 });
        tracker.Session.TryAnnounce(1, Request(AnnounceEvent.Stopped), "", TimeSpan.Zero).ShouldBeTrue();
        tracker.Tick(15);
        tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Failed>();
    }

    [Fact]
    public void Requests_at_the_limit_are_sent_and_one_past_it_is_refused_and_counted()
    {
        var tracker = new Conversation(new UdpTrackerSettings { MaxPending = 2 });
        tracker.Announce(token: 1, at: 0);
        tracker.Announce(token: 2, at: 0);
        tracker.Session.TryAnnounce(3, Request(), "", TimeSpan.Zero).ShouldBeFalse();
        tracker.Session.RejectedRequests.ShouldBe(1);
        tracker.Session.Abandon(1);
        tracker.Session.TryAnnounce(3, Request(), "", TimeSpan.Zero).ShouldBeTrue();
    }

    [Fact]
    public void An_abandoned_request_has_no_result_and_sends_nothing_more()
    {
        var tracker = new Conversation();
        tracker.Announce(token: 1, at: 0);
        var connect = tracker.Sent()[0];
        tracker.Session.Abandon(1);
        tracker.Session.NextWakeUp.ShouldBeNull();
        tracker.ReplyConnect(connect.TransactionId, 5, at: 1);
        tracker.Sent().ShouldBeEmpty();
        tracker.Results().ShouldBeEmpty();
    }

    [Fact]
    public void When_nothing_can_be_sent_all_requests_fail_and_later_ones_begin_with_a_connect()
    {
        var tracker = new Conversation();
        tracker.Announce(token: 1, at: 0);
        tracker.Announce(token: 2, at: 0);
        var failure = new TrackerFailure(TrackerFailureKind.Unreachable, "no socket");
        tracker.Session.FailAll(failure);
        tracker.Results().ShouldBe([new UdpTrackerResult.Failed(1, failure), new UdpTrackerResult.Failed(2, failure)]);
        tracker.Sent().ShouldBeEmpty();
        tracker.Announce(token: 3, at: 1);
        tracker.Sent().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerRequest.Connect>();
    }

    [Fact]
    public void Over_ipv6_the_reply_is_read_with_entries_of_eighteen_bytes()
    {
        var tracker = new Conversation(family: AddressFamily.InterNetworkV6);
        tracker.Announce(token: 1, at: 0);
        tracker.ReplyConnect(tracker.Sent()[0].TransactionId, 5, at: 1);
        byte[] peer = [.. System.Net.IPAddress.IPv6Loopback.GetAddressBytes(), 0x1a, 0xe1];
        tracker.Receive(UdpPacket(1, tracker.Sent()[0].TransactionId, UInt32s(60, 0, 1), peer), at: 2);
        Show(tracker.Results().ShouldHaveSingleItem().ShouldBeOfType<UdpTrackerResult.Announced>().Reply.Peers).ShouldBe(["[::1]:6881"]);
    }

    private sealed class Conversation(UdpTrackerSettings? settings = null, AddressFamily family = AddressFamily.InterNetwork)
    {
        public UdpTrackerSession Session { get; } = new(family, settings ?? UdpTrackerSettings.Default, TrackerReplyLimits.Default, new Random(1));

        public void Announce(long token, double at) => Session.TryAnnounce(token, Request(), "/announce", TimeSpan.FromSeconds(at)).ShouldBeTrue();

        public void Connect(ulong connectionId, double at)
        {
            Announce(token: -1, at);
            ReplyConnect(Sent().ShouldHaveSingleItem().TransactionId, connectionId, at);
            ReplyAnnounce(Sent().ShouldHaveSingleItem().TransactionId, at);
            Results().ShouldHaveSingleItem();
        }

        public void ReplyConnect(uint transactionId, ulong connectionId, double at) =>
            Receive(UdpPacket(0, transactionId, UInt32s((uint)(connectionId >> 32), (uint)connectionId)), at);

        public void ReplyAnnounce(uint transactionId, double at) => Receive(UdpPacket(1, transactionId, UInt32s(1800, 1, 2)), at);

        public void Receive(byte[] packet, double at) => Session.Receive(packet, TimeSpan.FromSeconds(at));

        public void Tick(double at) => Session.Tick(TimeSpan.FromSeconds(at));

        public List<UdpTrackerRequest> Sent()
        {
            var sent = new List<UdpTrackerRequest>();
            while (Session.TryTakePacket(out var packet)) sent.Add(UdpTrackerRequest.Read(packet.Span, family).ShouldNotBeNull());
            return sent;
        }

        public List<UdpTrackerResult> Results()
        {
            var results = new List<UdpTrackerResult>();
            while (Session.TryTakeResult(out var result)) results.Add(result);
            return results;
        }
    }
}
