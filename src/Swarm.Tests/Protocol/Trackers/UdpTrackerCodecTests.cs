using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Trackers;
using static Swarm.Tests.Protocol.Trackers.TrackerSamples;

namespace Swarm.Tests.Protocol.Trackers;

public class UdpTrackerCodecTests
{
    private const string File = "bep15_udp_tracker.json";

    public static TheoryData<string> Options() => [.. Vectors(File, "bep41").Select(vector => vector.GetProperty("name").GetString()!)];

    public static TheoryData<string> Hostile() => [.. Vectors(File, "hostile").Select(vector => vector.GetProperty("name").GetString()!)];

    [Fact]
    public void Every_packet_vector_is_covered() => Vectors(File, "packets").Select(vector => vector.GetProperty("name").GetString()).ShouldBe([
        "connect request", "connect response", "announce request", "announce response, IPv4, two peers",
        "announce response, IPv6 (packet came over IPv6): stride 18", "scrape request, two torrents", "scrape response, two torrents",
        "error response", "error response with a NUL at the end (seen from real trackers)",
    ]);

    [Fact]
    public void Requests_are_written_as_the_vectors_say()
    {
        UdpTrackerCodec.Connect(287454020).ShouldBe(Packet("connect request"));
        UdpTrackerCodec.Announce(0xaabbccddeeff0011, 1432778632, Request(AnnounceEvent.Started), "").ShouldBe(Packet("announce request"));
        UdpTrackerCodec.Scrape(0xaabbccddeeff0011, 7, [HashOf('a'), HashOf('b')]).ShouldBe(Packet("scrape request, two torrents"));
    }

    [Fact]
    public void Requests_are_read_as_the_vectors_say()
    {
        UdpTrackerRequest.Read(Packet("connect request"), AddressFamily.InterNetwork).ShouldBeOfType<UdpTrackerRequest.Connect>().TransactionId.ShouldBe(287454020u);

        var announce = UdpTrackerRequest.Read(Packet("announce request"), AddressFamily.InterNetwork).ShouldBeOfType<UdpTrackerRequest.Announce>();
        (announce.ConnectionId, announce.TransactionId).ShouldBe((0xaabbccddeeff0011, 1432778632u));
        announce.Request.ShouldBe(Request(AnnounceEvent.Started));

        var scrape = UdpTrackerRequest.Read(Packet("scrape request, two torrents"), AddressFamily.InterNetwork).ShouldBeOfType<UdpTrackerRequest.Scrape>();
        scrape.InfoHashes.ShouldBe([HashOf('a'), HashOf('b')]);
    }

    [Fact]
    public void Replies_are_read_as_the_vectors_say()
    {
        var connect = Packet("connect response");
        Header(connect).ShouldBe((UdpTrackerAction.Connect, 287454020u));
        UdpTrackerCodec.TryReadConnect(connect, out var connectionId).ShouldBeTrue();
        connectionId.ShouldBe(0xaabbccddeeff0011);

        var v4 = Packet("announce response, IPv4, two peers");
        Header(v4).ShouldBe((UdpTrackerAction.Announce, 1432778632u));
        var reply = UdpTrackerCodec.ReadAnnounce(v4, AddressFamily.InterNetwork, TrackerReplyLimits.Default)!;
        (reply.Interval, reply.Leechers, reply.Seeders).ShouldBe((TimeSpan.FromSeconds(1800), 4, 9));
        Show(reply.Peers).ShouldBe(["192.0.2.1:6881", "192.0.2.2:50000"]);

        reply = UdpTrackerCodec.ReadAnnounce(
            Packet("announce response, IPv6 (packet came over IPv6): stride 18"), AddressFamily.InterNetworkV6, TrackerReplyLimits.Default)!;
        (reply.Leechers, reply.Seeders).ShouldBe((0, 1));
        Show(reply.Peers).ShouldBe(["[2001:db8::1]:6881"]);

        UdpTrackerCodec.ReadScrape(Packet("scrape response, two torrents"), [HashOf('a'), HashOf('b')])!.Value.ShouldBe([
            new ScrapeEntry(HashOf('a'), Seeders: 1, Downloaded: 2, Leechers: 3), new ScrapeEntry(HashOf('b'), Seeders: 4, Downloaded: 5, Leechers: 6),
        ]);

        UdpTrackerCodec.ReadError(Packet("error response"), TrackerReplyLimits.Default).ShouldBe("Connection ID mismatch.");
        UdpTrackerCodec.ReadError(Packet("error response with a NUL at the end (seen from real trackers)"), TrackerReplyLimits.Default)
            .ShouldBe("Connection ID missmatch.");
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Options_are_read_as_the_vectors_say(string name)
    {
        var vector = Vectors(File, "bep41").Single(vector => vector.GetProperty("name").GetString() == name);
        var expected = vector.GetProperty("url_data").GetString();

        UdpTrackerOptions.TryReadUrlData(vector.Hex("options_hex"), out var urlData).ShouldBe(expected is not null);
        urlData.ShouldBe(expected);

        var announce = UdpTrackerRequest.Read(vector.Hex("packet_hex"), AddressFamily.InterNetwork).ShouldBeOfType<UdpTrackerRequest.Announce>();
        announce.UrlData.ShouldBe(expected ?? "");
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_packets_are_no_requests_or_carry_a_connection_id_to_be_checked(string name)
    {
        var packet = Vectors(File, "hostile").Single(vector => vector.GetProperty("name").GetString() == name).Hex("hex");
        var request = UdpTrackerRequest.Read(packet, AddressFamily.InterNetwork);
        if (name == "announce with an unknown connection id") request.ShouldBeOfType<UdpTrackerRequest.Announce>().ConnectionId.ShouldBe(1ul);
        else request.ShouldBeNull();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(255, 1)]
    [InlineData(256, 2)]
    [InlineData(510, 2)]
    [InlineData(511, 3)]
    [InlineData(TrackerUrl.MaxLength, 9)]
    public void Url_data_is_split_into_options_of_at_most_255_bytes(int length, int options)
    {
        var urlData = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));
        var packet = UdpTrackerCodec.Announce(1, 2, Request(), urlData);
        packet.Length.ShouldBe(UdpTrackerCodec.AnnounceRequestSize + length + (2 * options));
        UdpTrackerRequest.Read(packet, AddressFamily.InterNetwork).ShouldBeOfType<UdpTrackerRequest.Announce>().UrlData.ShouldBe(urlData);
    }

    [Theory]
    [InlineData(19, false)]
    [InlineData(20, true)]
    [InlineData(25, true)]
    public void An_announce_reply_needs_twenty_bytes(int length, bool readable) =>
        (UdpTrackerCodec.ReadAnnounce(new byte[length], AddressFamily.InterNetwork, TrackerReplyLimits.Default) is not null).ShouldBe(readable);

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    [InlineData(33, true)]
    public void A_scrape_reply_needs_twelve_bytes_for_each_torrent(int length, bool readable) =>
        (UdpTrackerCodec.ReadScrape(new byte[length], [HashOf('a'), HashOf('b')]) is not null).ShouldBe(readable);

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(17, true)]
    public void A_connect_reply_needs_sixteen_bytes(int length, bool readable) => UdpTrackerCodec.TryReadConnect(new byte[length], out _).ShouldBe(readable);

    [Fact]
    public void A_stopped_announce_wants_no_peers_and_an_unknown_size_is_not_zero()
    {
        var packet = UdpTrackerCodec.Announce(1, 2, Request(AnnounceEvent.Stopped) with { NumWant = 50, Left = null }, "");
        var read = UdpTrackerRequest.Read(packet, AddressFamily.InterNetwork).ShouldBeOfType<UdpTrackerRequest.Announce>().Request;
        (read.NumWant, read.Left).ShouldBe((0, AnnounceRequest.UnknownLeft));
    }

    [Fact]
    public void The_address_field_is_filled_over_ipv4_and_zero_over_ipv6()
    {
        var request = Request() with { IPv4 = IPAddress.Parse("192.0.2.9") };
        UdpTrackerCodec.Announce(1, 2, request, "")[84..88].ShouldBe([192, 0, 2, 9]);
        UdpTrackerCodec.Announce(1, 2, request with { Family = AddressFamily.InterNetworkV6 }, "")[84..88].ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public void Peers_without_a_port_or_an_address_are_counted_and_left_out()
    {
        byte[] packet = [.. UdpPacket(1, 7, UInt32s(60, 1, 1)), 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 80, 192, 0, 2, 2, 0, 80, 1, 2, 3];
        var reply = UdpTrackerCodec.ReadAnnounce(packet, AddressFamily.InterNetwork, TrackerReplyLimits.Default)!;
        Show(reply.Peers).ShouldBe(["192.0.2.2:80"]);
        reply.SkippedPeers.ShouldBe(2);
    }

    [Fact]
    public void Negative_numbers_in_a_reply_are_taken_for_none()
    {
        var reply = UdpTrackerCodec.ReadAnnounce(UdpPacket(1, 7, UInt32s(uint.MaxValue, uint.MaxValue, 3)), AddressFamily.InterNetwork, TrackerReplyLimits.Default)!;
        (reply.Interval, reply.Leechers, reply.Seeders).ShouldBe((null, 0, 3));
    }

    [Fact]
    public void Peers_at_the_limit_are_kept_and_one_past_it_is_counted()
    {
        var limits = new TrackerReplyLimits { MaxPeers = 3 };
        byte[] Reply(int peers) => [.. UdpPacket(1, 7, UInt32s(60, 1, 1)), .. Enumerable.Range(0, peers).SelectMany(_ => new byte[] { 192, 0, 2, 1, 0, 80 })];
        var atLimit = UdpTrackerCodec.ReadAnnounce(Reply(3), AddressFamily.InterNetwork, limits)!;
        (atLimit.Peers.Length, atLimit.SkippedPeers).ShouldBe((3, 0));
        var past = UdpTrackerCodec.ReadAnnounce(Reply(4), AddressFamily.InterNetwork, limits)!;
        (past.Peers.Length, past.SkippedPeers).ShouldBe((3, 1));
    }

    [Fact]
    public void A_scrape_of_74_torrents_is_written_and_one_of_75_or_none_is_a_bug()
    {
        var hashes = Enumerable.Repeat(HashOf('a'), 75).ToImmutableArray();
        UdpTrackerCodec.Scrape(1, 2, hashes[..74]).Length.ShouldBe(16 + (74 * 20));
        Should.Throw<ArgumentOutOfRangeException>(() => UdpTrackerCodec.Scrape(1, 2, hashes));
        Should.Throw<ArgumentOutOfRangeException>(() => UdpTrackerCodec.Scrape(1, 2, ImmutableArray<InfoHash>.Empty));
    }

    [Fact]
    public void Error_texts_are_cut_at_the_limit_and_hold_no_control_characters()
    {
        var limits = new TrackerReplyLimits { MaxTextLength = 16 };
        UdpTrackerCodec.ReadError(UdpPacket(3, 7, Encoding.UTF8.GetBytes("0123456789abcdef")), limits).ShouldBe("0123456789abcdef");
        UdpTrackerCodec.ReadError(UdpPacket(3, 7, Encoding.UTF8.GetBytes("0123456789abcdefg")), limits).ShouldBe("0123456789abcdef");
        UdpTrackerCodec.ReadError(UdpPacket(3, 7, Encoding.UTF8.GetBytes("\u001b[31m\u202eab\r\nc\0")), limits).ShouldBe("[31mabc");
        UdpTrackerCodec.ReadError(UdpPacket(3, 7, [0xff, (byte)'a']), limits).ShouldBe("\ufffda");
        UdpTrackerCodec.ReadError(UdpPacket(3, 7), limits).ShouldBe("");
    }

    private static (UdpTrackerAction Action, uint TransactionId) Header(byte[] packet)
    {
        UdpTrackerCodec.TryReadHeader(packet, out var action, out var transactionId).ShouldBeTrue();
        return (action, transactionId);
    }

    private static byte[] Packet(string name) => Vectors(File, "packets").Single(vector => vector.GetProperty("name").GetString() == name).Hex("hex");
}
