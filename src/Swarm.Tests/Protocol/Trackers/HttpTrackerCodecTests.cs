using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Trackers;
using static Swarm.Tests.Protocol.Trackers.TrackerSamples;

namespace Swarm.Tests.Protocol.Trackers;

public class HttpTrackerCodecTests
{
    private const string HashText = "%00%01%02%03%04%05%06%07%08%09%0A%0B%0C%0D%0E%0F%10%11%12%13";

    [Fact]
    public void An_announce_says_what_bep_3_asks_for()
    {
        HttpTrackerCodec.AnnounceUrl(Url("http://a.example/announce"), Request(AnnounceEvent.Started) with { NumWant = 50 }).ShouldBe(
            $"http://a.example:80/announce?info_hash={HashText}&peer_id=-XX0001-abcdefghijkl&port=6881&uploaded=3&downloaded=1&left=8589934592" +
            "&compact=1&no_peer_id=1&key=DEADBEEF&event=started&numwant=50");
    }

    [Theory]
    [InlineData("http://a.example/announce?passkey=x%2fY", "http://a.example:80/announce?passkey=x%2fY&info_hash=")]
    [InlineData("http://a.example/announce?", "http://a.example:80/announce?info_hash=")]
    [InlineData("http://a.example/announce?a=1&", "http://a.example:80/announce?a=1&info_hash=")]
    [InlineData("http://a.example", "http://a.example:80/?info_hash=")]
    public void The_urls_own_query_stays_first(string announce, string start) => HttpTrackerCodec.AnnounceUrl(Url(announce), Request()).ShouldStartWith(start);

    [Fact]
    public void Every_byte_is_encoded_unless_it_is_unreserved()
    {
        var all = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        for (var i = 0; i < 13; i++)
        {
            byte[] hash = [.. Enumerable.Range(0, 20).Select(j => all[((i * 20) + j) % 256])];
            var url = HttpTrackerCodec.AnnounceUrl(Url("http://a.example/announce"), Request() with { InfoHash = new InfoHash(hash) });
            var text = url.Split("info_hash=")[1].Split('&')[0];
            Decode(text).ShouldBe(hash);
            text.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '%');
        }
    }

    [Theory]
    [InlineData(AnnounceEvent.Started, "&event=started")]
    [InlineData(AnnounceEvent.Completed, "&event=completed")]
    [InlineData(AnnounceEvent.Stopped, "&event=stopped")]
    [InlineData(AnnounceEvent.None, null)]
    public void The_event_is_named(AnnounceEvent @event, string? expected)
    {
        var url = HttpTrackerCodec.AnnounceUrl(Url("http://a.example/announce"), Request(@event));
        if (expected is null) url.ShouldNotContain("event=");
        else url.ShouldContain(expected);
    }

    [Fact]
    public void Optional_parameters_appear_only_when_given()
    {
        var plain = HttpTrackerCodec.AnnounceUrl(Url("http://a.example/announce"), Request());
        foreach (var name in new[] { "numwant", "ipv4", "ipv6", "trackerid" }) plain.ShouldNotContain(name);
        var full = HttpTrackerCodec.AnnounceUrl(Url("http://a.example/announce"), Request() with
        {
            IPv4 = IPAddress.Parse("192.0.2.1"),
            IPv6 = IPAddress.Parse("2001:db8::1"),
            TrackerId = "a&\u00ff",
        });
        full.ShouldEndWith("&ipv4=192.0.2.1&ipv6=2001%3Adb8%3A%3A1&trackerid=a%26%FF");
    }

    [Fact]
    public void An_unknown_size_is_not_sent_as_zero_and_a_goodbye_wants_no_peers()
    {
        var url = HttpTrackerCodec.AnnounceUrl(Url("http://a.example/announce"), Request(AnnounceEvent.Stopped) with { Left = null, NumWant = 50 });
        url.ShouldContain("&left=16384&");
        url.ShouldEndWith("&numwant=0");
    }

    [Fact]
    public void Scrape_urls_follow_the_vectors()
    {
        foreach (var vector in Vectors("http_tracker.json", "scrape_url"))
        {
            var announce = vector.GetProperty("announce").GetString()!;
            var expected = vector.GetProperty("scrape").GetString()?.Replace("example.com", "example.com:80", StringComparison.Ordinal);
            // BEP 48's own wording looks at the path only; the vector's note accepts both.
            if (announce == "http://example.com/announce?x=2/4") expected = "http://example.com:80/scrape?x=2/4";
            HttpTrackerCodec.ScrapeBase(Url(announce)).ShouldBe(expected, announce);
        }
    }

    [Fact]
    public void A_scrape_names_every_torrent()
    {
        HttpTrackerCodec.ScrapeUrl(Url("http://a.example/announce?k=1"), [HashOf('x'), Hash])
            .ShouldBe($"http://a.example:80/scrape?k=1&info_hash=xxxxxxxxxxxxxxxxxxxx&info_hash={HashText}");
        HttpTrackerCodec.ScrapeUrl(Url("http://a.example/a"), [Hash]).ShouldBeNull();
        HttpTrackerCodec.ScrapeBase(Url("udp://a.example:1/announce")).ShouldBeNull();
    }

    [Fact]
    public void A_scrape_of_64_torrents_is_built_and_one_of_65_or_none_is_a_bug()
    {
        var hashes = Enumerable.Repeat(Hash, 65).ToImmutableArray();
        HttpTrackerCodec.ScrapeUrl(Url("http://a.example/announce"), hashes[..64])!.Split("info_hash=").Length.ShouldBe(65);
        Should.Throw<ArgumentOutOfRangeException>(() => HttpTrackerCodec.ScrapeUrl(Url("http://a.example/announce"), hashes));
        Should.Throw<ArgumentOutOfRangeException>(() => HttpTrackerCodec.ScrapeUrl(Url("http://a.example/announce"), []));
    }

    private static byte[] Decode(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.Add((byte)text[i]);
                continue;
            }

            bytes.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
            i += 2;
        }

        return [.. bytes];
    }
}
