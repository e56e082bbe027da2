using System.Text;
using System.Text.Json;
using Swarm.Protocol.Trackers;
using static Swarm.Tests.Protocol.Trackers.TrackerSamples;

namespace Swarm.Tests.Protocol.Trackers;

public class HttpTrackerReplyTests
{
    public static TheoryData<string> Responses() => [.. Vectors("http_tracker.json", "responses").Select(vector => vector.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Responses))]
    public void Replies_are_read_as_the_vectors_say(string name)
    {
        var vector = Vectors("http_tracker.json", "responses").Single(vector => vector.GetProperty("name").GetString() == name);
        var body = vector.Hex("hex");
        var expected = vector.GetProperty("expected");
        if (expected.TryGetProperty("files", out var files)) CheckScrape(body, files);
        else CheckAnnounce(body, expected);
    }

    [Fact]
    public void Peers_in_the_long_form_are_read_and_single_bad_ones_skipped()
    {
        var reply = Read("d5:peersl" +
            "d2:ip9:192.0.2.14:porti80ee" + // good, without a peer id
            "d2:ip9:192.0.2.27:peer_id3:abc4:porti81ee" +
            "d2:ip11:2001:db8::14:porti82ee" +
            "d2:ip12:peer.example4:porti83ee" + // a host name
            "d2:ip16:::ffff:192.0.2.34:porti84ee" + // IPv4 in IPv6 clothes
            "d2:ip9:192.0.2.44:porti0ee" + // no port
            "d2:ip9:192.0.2.44:porti65536ee" +
            "d2:ip9:192.0.2.44:port2:80e" + // a port in text
            "d2:ip9:192.0.2.4e" +
            "d4:porti80ee" +
            "d2:ip0:4:porti80ee" +
            "d2:ip12:bad host !!!4:porti80ee" +
            "i3e" +
            "ee");
        Show(reply.Peers).ShouldBe(["192.0.2.1:80", "192.0.2.2:81", "[2001:db8::1]:82", "192.0.2.3:84"]);
        reply.HostPeers.Select(peer => (peer.Host, peer.Port)).ShouldBe([("peer.example", 83)]);
        reply.SkippedPeers.ShouldBe(8);
    }

    [Fact]
    public void Both_families_come_together()
    {
        byte[] body = [.. "d5:peers6:"u8, 192, 0, 2, 1, 0, 80, .. "6:peers618:"u8, 0x20, 1, 0xd, 0xb8, .. new byte[11], 1, 0, 81, .. "e"u8];
        HttpTrackerReply.TryReadAnnounce(200, body, TrackerReplyLimits.Default, out var reply, out _).ShouldBeTrue();
        Show(reply!.Peers).ShouldBe(["192.0.2.1:80", "[2001:db8::1]:81"]);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(503)]
    public void A_failure_reason_is_the_answer_under_any_status(int status) =>
        ReadFailure(status, "d14:failure reason12:not here, noe").ShouldBe(new TrackerFailure(TrackerFailureKind.Refused, "not here, no"));

    [Theory]
    [InlineData(199, "d8:intervali60ee", TrackerFailureKind.HttpStatus)]
    [InlineData(300, "d8:intervali60ee", TrackerFailureKind.HttpStatus)]
    [InlineData(404, "<html>not found</html>", TrackerFailureKind.HttpStatus)]
    [InlineData(200, "<html>log in</html>", TrackerFailureKind.Malformed)]
    [InlineData(200, "", TrackerFailureKind.Malformed)]
    [InlineData(200, "le", TrackerFailureKind.Malformed)]
    [InlineData(200, "i3e", TrackerFailureKind.Malformed)]
    [InlineData(200, "d8:interval", TrackerFailureKind.Malformed)]
    [InlineData(200, "d5:peers5:12345e", TrackerFailureKind.Malformed)]
    public void Other_failures_are_told_apart(int status, string body, TrackerFailureKind kind) => ReadFailure(status, body).Kind.ShouldBe(kind);

    [Theory]
    [InlineData(200)]
    [InlineData(299)]
    public void Any_success_status_will_do(int status) =>
        HttpTrackerReply.TryReadAnnounce(status, "d8:intervali60ee"u8, TrackerReplyLimits.Default, out _, out _).ShouldBeTrue();

    [Fact]
    public void Bytes_after_the_dictionary_are_ignored() => Read("d8:intervali60ee\r\n").Interval.ShouldBe(TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData("d8:intervali0ee", null)]
    [InlineData("d8:intervali-5ee", null)]
    [InlineData("d8:interval3:abce", null)]
    [InlineData("d8:intervali9223372036854775807ee", int.MaxValue)]
    public void Silly_intervals_are_none_or_bounded(string body, int? seconds) =>
        Read(body).Interval.ShouldBe(seconds is { } value ? TimeSpan.FromSeconds(value) : null);

    [Fact]
    public void Numbers_below_zero_are_none_and_large_ones_bounded()
    {
        var reply = Read("d8:completei-1e10:downloadedi9223372036854775807e10:incomplete1:3e");
        (reply.Seeders, reply.Leechers, reply.Downloaded).ShouldBe((null, null, int.MaxValue));
    }

    [Fact]
    public void A_tracker_id_is_kept_byte_for_byte_up_to_its_limit()
    {
        var limits = new TrackerReplyLimits { MaxTrackerIdBytes = 3 };
        Read([.. "d10:tracker id3:"u8, 0x41, 0xff, 0x00, .. "e"u8], limits).TrackerId.ShouldBe("A\u00ff\0");
        Read("d10:tracker id4:ABCDe"u8.ToArray(), limits).TrackerId.ShouldBeNull();
        Read("d10:tracker id0:e"u8.ToArray(), limits).TrackerId.ShouldBeNull();
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(16, true)]
    [InlineData(5, false)]
    [InlineData(0, false)]
    public void An_external_address_is_4_or_16_bytes(int length, bool valid)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes($"d11:external ip{length}:"), .. Enumerable.Repeat((byte)1, length), .. "e"u8];
        (Read(body, TrackerReplyLimits.Default).ExternalAddress is not null).ShouldBe(valid);
    }

    [Fact]
    public void A_reply_at_the_size_limit_is_read_and_one_byte_more_is_not()
    {
        var limits = new TrackerReplyLimits { MaxReplyBytes = 1024 };
        var body = "d8:intervali60ee"u8.ToArray();
        Read([.. body, .. new byte[1024 - body.Length]], limits).Interval.ShouldNotBeNull();
        HttpTrackerReply.TryReadAnnounce(200, [.. body, .. new byte[1025 - body.Length]], limits, out _, out var failure).ShouldBeFalse();
        failure!.Kind.ShouldBe(TrackerFailureKind.TooLarge);
    }

    [Fact]
    public void Peers_at_the_limit_are_kept_and_one_past_it_is_counted()
    {
        var limits = new TrackerReplyLimits { MaxPeers = 2 };
        byte[] Body(int peers) => [.. "d5:peersl"u8, .. Enumerable.Range(0, peers).SelectMany(_ => Text("d2:ip9:192.0.2.14:porti80ee")), .. "ee"u8];
        var atLimit = Read(Body(2), limits);
        (atLimit.Peers.Length, atLimit.SkippedPeers).ShouldBe((2, 0));
        var past = Read(Body(3), limits);
        (past.Peers.Length, past.SkippedPeers).ShouldBe((2, 1));
    }

    [Fact]
    public void The_default_limits_hold_a_full_reply_in_the_long_form()
    {
        var peer = Text("d2:ip9:192.0.2.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti80ee");
        byte[] body = [.. "d5:peersl"u8, .. Enumerable.Range(0, TrackerReplyLimits.Default.MaxPeers).SelectMany(_ => peer), .. "ee"u8];
        Read(body, TrackerReplyLimits.Default).Peers.Length.ShouldBe(TrackerReplyLimits.Default.MaxPeers);
    }

    [Fact]
    public void Scrape_entries_at_the_limit_are_kept_and_one_past_it_is_left_out()
    {
        var limits = new TrackerReplyLimits { MaxScrapeEntries = 1 };
        var body = Text("d5:filesd3:bad" + "de" + "20:aaaaaaaaaaaaaaaaaaaade20:bbbbbbbbbbbbbbbbbbbbdeee");
        HttpTrackerReply.TryReadScrape(200, body, limits, out var entries, out _).ShouldBeTrue();
        entries.ShouldBe([new ScrapeEntry(HashOf('a'), null, null, null)]);
    }

    [Fact]
    public void A_refused_scrape_says_why()
    {
        HttpTrackerReply.TryReadScrape(200, "d14:failure reason2:noe"u8, TrackerReplyLimits.Default, out var entries, out var failure).ShouldBeFalse();
        entries.ShouldBeEmpty();
        failure.ShouldBe(new TrackerFailure(TrackerFailureKind.Refused, "no"));
    }

    private static void CheckScrape(byte[] body, JsonElement files)
    {
        HttpTrackerReply.TryReadScrape(200, body, TrackerReplyLimits.Default, out var entries, out _).ShouldBeTrue();
        entries.Select(entry => (entry.InfoHash.ToString(), entry.Seeders, entry.Leechers, entry.Downloaded)).ShouldBe(
            files.EnumerateObject().Select(file => (file.Name, Number(file.Value, "complete"), Number(file.Value, "incomplete"), Number(file.Value, "downloaded"))));
    }

    private static void CheckAnnounce(byte[] body, JsonElement expected)
    {
        var success = HttpTrackerReply.TryReadAnnounce(200, body, TrackerReplyLimits.Default, out var reply, out var failure);
        success.ShouldBe(!expected.TryGetProperty("failure_reason", out var reason) && !expected.TryGetProperty("error", out _));
        if (!success)
        {
            if (reason.ValueKind == JsonValueKind.String) failure.ShouldBe(new TrackerFailure(TrackerFailureKind.Refused, reason.GetString()!));
            else failure!.Kind.ShouldBe(TrackerFailureKind.Malformed);
            return;
        }

        foreach (var property in expected.EnumerateObject())
        {
            switch (property.Name)
            {
                case "peers" or "peers6": Show(reply!.Peers).ShouldBe(expected.Texts(property.Name)); break;
                case "interval": reply!.Interval.ShouldBe(TimeSpan.FromSeconds(property.Value.GetInt32())); break;
                case "min_interval": reply!.MinInterval.ShouldBe(TimeSpan.FromSeconds(property.Value.GetInt32())); break;
                case "complete": reply!.Seeders.ShouldBe(property.Value.GetInt32()); break;
                case "incomplete": reply!.Leechers.ShouldBe(property.Value.GetInt32()); break;
                case "downloaded": reply!.Downloaded.ShouldBe(property.Value.GetInt32()); break;
                case "external_ip": reply!.ExternalAddress!.ToString().ShouldBe(property.Value.GetString()); break;
                case "warning": reply!.Warning.ShouldBe(property.Value.GetString()); break;
                // Ids are passed over on purpose: we ask for none, and handshakes need not match them.
                case "peer_ids": property.Value.GetArrayLength().ShouldBe(reply!.Peers.Length); break;
                default: throw new InvalidDataException($"No test for '{property.Name}'.");
            }
        }
    }

    private static int? Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static AnnounceReply Read(string body) => Read(Text(body), TrackerReplyLimits.Default);

    private static AnnounceReply Read(byte[] body, TrackerReplyLimits limits)
    {
        HttpTrackerReply.TryReadAnnounce(200, body, limits, out var reply, out var failure).ShouldBeTrue(failure?.ToString());
        return reply!;
    }

    private static TrackerFailure ReadFailure(int status, string body)
    {
        HttpTrackerReply.TryReadAnnounce(status, Text(body), TrackerReplyLimits.Default, out _, out var failure).ShouldBeFalse();
        return failure!;
    }
}
