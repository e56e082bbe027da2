using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

public class TrackerUrlTests
{
    [Theory]
    [InlineData("http://tracker.example/announce", TrackerScheme.Http, "tracker.example", 80, "/announce")]
    [InlineData("https://tracker.example/announce?passkey=a%2fB+c", TrackerScheme.Https, "tracker.example", 443, "/announce?passkey=a%2fB+c")]
    [InlineData("udp://tracker.example:6969/announce", TrackerScheme.Udp, "tracker.example", 6969, "/announce")]
    [InlineData("udp://tracker.example:6969", TrackerScheme.Udp, "tracker.example", 6969, "")]
    [InlineData("udp://tracker.example", TrackerScheme.Udp, "tracker.example", 80, "")]
    [InlineData("UDP://Tracker.Example:1/X", TrackerScheme.Udp, "tracker.example", 1, "/X")]
    [InlineData("  http://a.example/announce \n", TrackerScheme.Http, "a.example", 80, "/announce")]
    [InlineData("http://a.example:8080/a/./b/../announce?x=%41'", TrackerScheme.Http, "a.example", 8080, "/a/./b/../announce?x=%41'")]
    [InlineData("http://a.example?x=1", TrackerScheme.Http, "a.example", 80, "/?x=1")]
    [InlineData("http://a.example/announce?x=1#y", TrackerScheme.Http, "a.example", 80, "/announce?x=1")]
    [InlineData("http://a.example#y", TrackerScheme.Http, "a.example", 80, "")]
    [InlineData("udp://[::1]:6969/announce", TrackerScheme.Udp, "::1", 6969, "/announce")]
    [InlineData("http://127.0.0.1:6969/announce", TrackerScheme.Http, "127.0.0.1", 6969, "/announce")]
    [InlineData("http://a.example/a b\u00e4", TrackerScheme.Http, "a.example", 80, "/a%20b%C3%A4")]
    public void A_url_is_taken_apart_and_its_path_and_query_stay_as_written(string text, TrackerScheme scheme, string host, int port, string target)
    {
        TrackerUrl.TryParse(text, out var url, out var error).ShouldBeTrue();
        error.ShouldBe(TrackerUrlError.None);
        (url!.Scheme, url.Host, url.Port, url.Target).ShouldBe((scheme, host, port, target));
    }

    [Theory]
    [InlineData(null, TrackerUrlError.Empty)]
    [InlineData("", TrackerUrlError.Empty)]
    [InlineData(" \t\n", TrackerUrlError.Empty)]
    [InlineData("*http://a.example/announce", TrackerUrlError.Disabled)]
    [InlineData("wss://a.example/announce", TrackerUrlError.UnsupportedScheme)]
    [InlineData("dht://0123456789", TrackerUrlError.UnsupportedScheme)]
    [InlineData("a.example/announce", TrackerUrlError.Malformed)]
    [InlineData("http:///announce", TrackerUrlError.Malformed)]
    [InlineData("http:announce", TrackerUrlError.Malformed)]
    [InlineData("http://a.example:70000/announce", TrackerUrlError.Malformed)]
    [InlineData("udp://a.example:0/announce", TrackerUrlError.Malformed)]
    [InlineData("http://user:secret@a.example/announce", TrackerUrlError.Credentials)]
    public void What_is_no_usable_url_is_refused_with_its_reason(string? text, TrackerUrlError expected)
    {
        TrackerUrl.TryParse(text, out var url, out var error).ShouldBeFalse();
        url.ShouldBeNull();
        error.ShouldBe(expected);
    }

    [Fact]
    public void The_longest_url_is_accepted_and_one_character_more_is_not()
    {
        const string start = "http://a.example/";
        TrackerUrl.TryParse(start.PadRight(TrackerUrl.MaxLength, 'x'), out _).ShouldBeTrue();
        TrackerUrl.TryParse(start.PadRight(TrackerUrl.MaxLength + 1, 'x'), out _, out var error).ShouldBeFalse();
        error.ShouldBe(TrackerUrlError.TooLong);
        TrackerUrl.TryParse(new string(' ', TrackerUrl.MaxLength * 3) + "x", out _, out error).ShouldBeFalse();
        error.ShouldBe(TrackerUrlError.TooLong);
    }

    [Fact]
    public void Urls_that_differ_only_in_the_case_of_the_host_or_the_default_port_are_equal()
    {
        TrackerSamples.Url("http://A.example/x").ShouldBe(TrackerSamples.Url("http://a.example:80/x"));
        TrackerSamples.Url("http://a.example/x").ShouldNotBe(TrackerSamples.Url("http://a.example/X"));
    }

    [Fact]
    public void The_origin_shows_no_passkey_and_puts_brackets_around_ipv6()
    {
        TrackerSamples.Url("https://a.example/0123secret/announce").Origin.ShouldBe("https://a.example:443");
        TrackerSamples.Url("udp://[2001:db8::1]:6969/announce").Text.ShouldBe("udp://[2001:db8::1]:6969/announce");
    }

    [Fact]
    public void Tiers_keep_their_order_and_lose_what_is_unusable() =>
        TrackerUrl.ParseTiers([["http://a.example/announce", "*http://b.example/"], [], ["wss://c.example", " udp://d.example:1 "]])
            .Select(tier => string.Join(',', tier.Select(url => url.Text)))
            .ShouldBe(["http://a.example:80/announce", "", "udp://d.example:1"]);
}
