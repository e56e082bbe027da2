using Swarm.Protocol.Metainfo;
using static Swarm.Tests.Protocol.Metainfo.Torrents;

namespace Swarm.Tests.Protocol.Metainfo;

/// <summary>Trackers, web seeds, nodes and hints of a metainfo file.</summary>
public sealed class SourcesTests
{
    [Fact]
    public void The_list_of_trackers_wins_over_the_single_one()
    {
        var metainfo = With(("announce", "http://a/announce"), ("announce-list", L(L("udp://b:1", "http://c"), L("https://d"))));
        Tiers(metainfo).ShouldBe("udp://b:1 http://c | https://d");
    }

    [Theory]
    [MemberData(nameof(UselessLists))]
    public void The_single_tracker_counts_if_the_list_has_nothing_usable(object list) =>
        Tiers(With(("announce", " http://a/announce "), ("announce-list", list))).ShouldBe("http://a/announce");

    public static TheoryData<object> UselessLists => [L(), L(L()), L(L("ftp://x", "*http://disabled", "", "http://")), "text", 5L, L(5L, L(5L))];

    [Fact]
    public void Trackers_are_trimmed_chosen_and_kept_once()
    {
        var metainfo = With(("announce-list", L(L(" udp://a:1 ", "wss://b", "HTTP://c"), L("udp://a:1"), L("http://d\nx", "http://e"), "http://bare")));
        Tiers(metainfo).ShouldBe("udp://a:1 HTTP://c | http://e | http://bare");
        metainfo.DroppedSources.ShouldBe(3);
    }

    [Fact]
    public void Without_a_tracker_there_are_no_tiers() => With(("comment", "x")).TrackerTiers.ShouldBeEmpty();

    [Fact]
    public void Trackers_beyond_the_limit_are_dropped_and_counted()
    {
        var limits = new MetainfoLimits { MaxSources = 3 };
        var list = Enumerable.Range(0, 5).Select(i => (object)L($"http://tracker{i}")).ToArray();
        var metainfo = Parse(D(("announce-list", list), ("info", SingleInfo("x"))), limits);
        Tiers(metainfo).ShouldBe("http://tracker0 | http://tracker1 | http://tracker2");
        metainfo.DroppedSources.ShouldBe(2);
    }

    [Fact]
    public void Urls_may_be_as_long_as_their_limit()
    {
        var limits = new MetainfoLimits { MaxUrlLength = 20 };
        var metainfo = Parse(D(("announce-list", L(L("http://9012345678901", "http://90123456789012"))), ("info", SingleInfo("x"))), limits);
        Tiers(metainfo).ShouldBe("http://9012345678901");
    }

    [Fact]
    public void Web_seeds_come_as_a_list_or_alone()
    {
        With(("url-list", "http://a/x")).WebSeeds.ShouldBe(["http://a/x"]);
        With(("url-list", L("http://a/x", "https://b/y", "ftp://c", "", "http://a/x"))).WebSeeds.ShouldBe(["http://a/x", "https://b/y"]);
    }

    [Fact]
    public void Web_seeds_are_escaped_where_they_must_be()
    {
        var seeds = With(("url-list", L(" http://a/b c/ü%20(1).bin?q=1&r=2 "))).WebSeeds;
        seeds.ShouldBe(["http://a/b%20c/%C3%BC%20(1).bin?q=1&r=2"]);
    }

    [Fact]
    public void Web_seeds_of_a_folder_end_in_a_slash()
    {
        var folder = Parse(D(("info", FolderInfo("t", File(1, "a"))), ("url-list", L("http://a/x", "http://b/y/"))));
        folder.WebSeeds.ShouldBe(["http://a/x/", "http://b/y/"]);
    }

    [Fact]
    public void Nodes_are_pairs_of_host_and_port()
    {
        var nodes = L(L("127.0.0.1", 6881), L("router.example.org", 1), L("::1", 2), L("bad host", 3), L("x", 0), L("x", 70_000), L("x"), "x:1", L("x", 1, 2));
        var metainfo = With(("nodes", nodes));
        metainfo.Nodes.ShouldBe([new HostEndPoint("127.0.0.1", 6881), new HostEndPoint("router.example.org", 1), new HostEndPoint("::1", 2)]);
        metainfo.DroppedSources.ShouldBe(6);
    }

    [Fact]
    public void Hints_inside_and_outside_the_content_are_joined()
    {
        byte[] inner = [.. Enumerable.Repeat((byte)1, 20)];
        byte[] outer = [.. Enumerable.Repeat((byte)2, 20)];
        var info = SingleInfo("x").With(("similar", L(inner, new byte[19])), ("collections", L("in")), ("update-url", "http://u/feed"));
        var torrent = D(("info", info), ("similar", L((object)outer)), ("collections", L("out")));
        var metainfo = Parse(torrent);
        metainfo.Similar.ShouldBe([new InfoHash(outer), new InfoHash(inner)]);
        metainfo.Collections.ShouldBe(["out", "in"]);
        metainfo.UpdateUrl.ShouldBe("http://u/feed");
        MetainfoParser.TryParseInfo(metainfo.RawInfo, MetainfoLimits.Default, out var alone, out _).ShouldBeTrue();
        alone!.Similar.ShouldBe([new InfoHash(inner)]);
        alone.Collections.ShouldBe(["in"]);
        alone.UpdateUrl.ShouldBe("http://u/feed");
    }

    private static TorrentMetainfo With(params (string Key, object? Value)[] around) => Parse(D([.. around, ("info", SingleInfo("x"))]));

    private static string Tiers(TorrentMetainfo metainfo) => string.Join(" | ", metainfo.TrackerTiers.Select(tier => string.Join(' ', tier)));
}
