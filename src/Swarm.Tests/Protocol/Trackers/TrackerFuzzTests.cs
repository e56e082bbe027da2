using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Trackers;
using static Swarm.Tests.Protocol.Trackers.TrackerSamples;

namespace Swarm.Tests.Protocol.Trackers;

/// <summary>Every parser of a tracker's bytes against random bytes and mutated vectors: no exception, and what comes out keeps its limits.</summary>
public class TrackerFuzzTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(0.5);
    private static readonly TrackerReplyLimits Limits = new() { MaxPeers = 5, MaxTextLength = 16, MaxTrackerIdBytes = 4, MaxScrapeEntries = 2 };

    [Fact]
    public void Http_replies() => Fuzz(
        [.. Vectors("http_tracker.json", "responses").Select(vector => vector.Hex("hex")),
            Text("d8:intervali60e5:peersld2:ip9:192.0.2.14:porti80eed2:ip4:a.bc4:porti1eee10:tracker id2:ab15:warning message3:abce")],
        bytes =>
        {
            if (HttpTrackerReply.TryReadAnnounce(200, bytes, Limits, out var reply, out var failure)) CheckReply(reply);
            else failure.Message.ShouldNotBeNullOrEmpty();
            HttpTrackerReply.TryReadScrape(200, bytes, Limits, out var entries, out _);
            entries.Length.ShouldBeLessThanOrEqualTo(Limits.MaxScrapeEntries);
        });

    [Fact]
    public void Udp_packets() => Fuzz(
        [.. Vectors("bep15_udp_tracker.json", "packets").Select(vector => vector.Hex("hex")),
            .. Vectors("bep15_udp_tracker.json", "bep41").Select(vector => vector.Hex("packet_hex"))],
        bytes =>
        {
            foreach (var family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
            {
                UdpTrackerRequest.Read(bytes, family);
                if (UdpTrackerCodec.ReadAnnounce(bytes, family, Limits) is { } reply) CheckReply(reply);
            }

            UdpTrackerCodec.TryReadHeader(bytes, out _, out _).ShouldBe(bytes.Length >= 8 && bytes is [0, 0, 0, <= 3, ..]);
            UdpTrackerCodec.ReadError(bytes, Limits).Length.ShouldBeLessThanOrEqualTo(Limits.MaxTextLength);
            UdpTrackerCodec.ReadScrape(bytes, [Hash, Hash])?.Length.ShouldBe(2);
        });

    [Fact]
    public void Udp_options() => Fuzz(
        [.. Vectors("bep15_udp_tracker.json", "bep41").Select(vector => vector.Hex("options_hex"))],
        bytes =>
        {
            if (UdpTrackerOptions.TryReadUrlData(bytes, out var urlData)) urlData.Length.ShouldBeLessThanOrEqualTo(Math.Max(0, bytes.Length - 2));
        });

    [Fact]
    public void A_udp_conversation_with_a_mad_tracker_ends_every_request_once()
    {
        var random = new Random(42);
        var watch = Stopwatch.StartNew();
        for (var round = 0; watch.Elapsed < Budget; round++) Converse(random);
        watch.Elapsed.ShouldBeGreaterThanOrEqualTo(Budget);
    }

    [Fact]
    public void Tracker_urls() => Fuzz(
        [Text("http://a.example:80/announce?x=%41#y"), Text("udp://[::1]:6969/announce"), Text("  *https://user@b.example"), Text("HTTP://1.2.3.4")],
        bytes =>
        {
            if (!TrackerUrl.TryParse(Encoding.Latin1.GetString(bytes), out var url)) return;
            url.Port.ShouldBeInRange(1, ushort.MaxValue);
            url.Target.All(c => c is >= '!' and <= '~' and not '#').ShouldBeTrue();
            TrackerUrl.TryParse(url.Text, out var again).ShouldBeTrue(url.Text);
            again.ShouldBe(url);
        });

    private static void Converse(Random random)
    {
        var session = new UdpTrackerSession(FamilyOf(random.Next(2) == 1), UdpTrackerSettings.Default, Limits, random);
        var open = new HashSet<long>();
        var now = TimeSpan.Zero;
        for (var step = 0; step < 200; step++)
        {
            now += TimeSpan.FromSeconds(random.NextDouble() * 10);
            if (step < 100 && random.Next(4) == 0 && session.TryAnnounce(step, Request((AnnounceEvent)random.Next(4)), "/announce", now)) open.Add(step);
            if (step < 100 && random.Next(4) == 0 && session.TryScrape(1000 + step, [Hash], now)) open.Add(1000 + step);
            while (session.TryTakePacket(out var packet))
            {
                UdpTrackerRequest.Read(packet.Span, AddressFamily.InterNetwork).ShouldNotBeNull();
                if (random.Next(3) > 0) session.Receive(MadReply(random, packet.Span), now);
            }

            session.Tick(now);
            session.NextWakeUp?.ShouldBeGreaterThan(now);
            while (session.TryTakeResult(out var result)) open.Remove(result.Token).ShouldBeTrue();
        }

        session.Tick(now + TimeSpan.FromDays(1));
        session.Tick(now + TimeSpan.FromDays(2));
        session.Tick(now + TimeSpan.FromDays(3));
        while (session.TryTakeResult(out var result)) open.Remove(result.Token).ShouldBeTrue();
        open.ShouldBeEmpty();
        session.PendingCount.ShouldBe(0);
    }

    private static byte[] MadReply(Random random, ReadOnlySpan<byte> request)
    {
        var reply = new byte[random.Next(4, 60)];
        random.NextBytes(reply);
        new byte[] { 0, 0, 0 }.CopyTo(reply, 0);
        reply[3] = random.Next(3) == 0 ? (byte)random.Next(5) : request[11];
        if (reply.Length >= 8) request[12..16].CopyTo(reply.AsSpan(4));
        if (random.Next(8) == 0) reply = UdpPacket(3, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(request[12..]), "connection id"u8.ToArray());
        return reply;
    }

    private static void CheckReply(AnnounceReply reply)
    {
        (reply.Peers.Length + reply.HostPeers.Length).ShouldBeLessThanOrEqualTo(Limits.MaxPeers);
        reply.Peers.All(peer => peer.Port > 0 && !peer.Address.Equals(IPAddress.Any)).ShouldBeTrue();
        (reply.TrackerId?.Length ?? 0).ShouldBeLessThanOrEqualTo(Limits.MaxTrackerIdBytes);
        (reply.Warning?.Length ?? 0).ShouldBeLessThanOrEqualTo(Limits.MaxTextLength);
        if (reply.Interval is { } interval) interval.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(int.MaxValue));
    }

    private static void Fuzz(ImmutableArray<byte[]> valid, Action<byte[]> parse)
    {
        var random = new Random(20_080_213);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Budget)
        {
            var bytes = random.Next(5) == 0 ? new byte[random.Next(64)] : (byte[])valid[random.Next(valid.Length)].Clone();
            if (random.Next(5) == 0) random.NextBytes(bytes);
            for (var mutations = random.Next(4); mutations > 0 && bytes.Length > 0; mutations--) bytes = Mutate(random, bytes);
            parse(bytes);
        }
    }

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 1:
                bytes[at] = "0123456789:ilde-"u8[random.Next(16)];
                return bytes;
            case 2:
                return bytes[..at];
            default:
                return [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
        }
    }
}
