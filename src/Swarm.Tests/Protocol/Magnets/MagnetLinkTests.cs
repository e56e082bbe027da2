using System.Text;
using FsCheck.Fluent;
using Swarm.Protocol.Magnets;
using Swarm.Tests.Protocol.Bencoding;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.Protocol.Magnets;

public sealed class MagnetLinkTests
{
    private const string Hash = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
    private const string Link = "magnet:?xt=urn:btih:" + Hash;

    [Theory]
    [InlineData("magnet:?xt.1=urn:btih:" + Hash)]
    [InlineData("MAGNET:?XT=URN:BTIH:" + Hash)]
    [InlineData("magnet://?xt=urn:btih:" + Hash)]
    [InlineData("magnet:///?xt=urn:btih:" + Hash)]
    [InlineData("magnet:?&&=&x&xt=urn:btih:" + Hash + "&")]
    [InlineData("magnet:?dn=a&amp;xt=urn:btih:" + Hash)]
    [InlineData("magnet:?xt=urn:btih:short&xt=urn:btih:" + Hash)]
    [InlineData("magnet:?tr=%zz&xt=urn:btih:" + Hash)]
    public void The_hash_is_found_in_all_the_forms_that_links_have(string text) => Parse(text).V1.ToString().ShouldBe(Hash);

    [Fact]
    public void The_first_hash_of_each_kind_counts()
    {
        var link = Parse($"{Link}&xt=urn:btih:{new string('0', 40)}&xt=urn:btmh:1220{new string('1', 64)}&xt=urn:btmh:1220{new string('2', 64)}");
        link.V1.ToString().ShouldBe(Hash);
        link.V2!.Hex.ShouldBe(new string('1', 64));
        link.WireHash.ShouldBe(link.V1);
    }

    [Fact]
    public void A_v2_hash_alone_is_cut_for_the_wire() =>
        Parse($"magnet:?xt=urn:btmh:1220{new string('1', 64)}").WireHash.ToString().ShouldBe(new string('1', 40));

    [Theory]
    [InlineData("magnet:?dn=x", "magnet link: no 'xt' with an info-hash")]
    [InlineData("magnet:?xt=urn:btih:123", "magnet link: 'urn:btih:' is not followed by 40 hex digits or 32 of base32")]
    [InlineData("magnet:?xt=urn:btmh:123", "magnet link: 'urn:btmh:' is not followed by 1220 and 64 hex digits")]
    [InlineData("magnet:?xt=%", "magnet link: 'xt' has a malformed escape")]
    [InlineData("magnet:xt=urn:btih:" + Hash, "magnet link: no '?' after 'magnet:'")]
    [InlineData("https://example.org", "not a magnet link: does not begin with 'magnet:'")]
    public void A_refusal_says_why_in_one_line(string text, string reason)
    {
        MagnetLink.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldBe(reason);
    }

    [Fact]
    public void A_plus_is_a_space_in_a_name_and_a_plus_in_a_url()
    {
        var link = Parse(Link + "&dn=a+b%2Bc&tr=http://t/x?k=a+b&ws=http://w/c++.tar");
        link.DisplayName.ShouldBe("a b+c");
        link.Trackers.ShouldBe(["http://t/x?k=a+b"]);
        link.WebSeeds.ShouldBe(["http://w/c++.tar"]);
    }

    [Fact]
    public void Names_are_safe_to_show() => Parse(Link + "&dn=%1B%5B31m%E2%80%AEevil%0A&dn=second").DisplayName.ShouldBe("[31mevil");

    [Fact]
    public void Trackers_with_control_characters_are_left_out() => Parse(Link + "&tr=http://t/%0d%0aHost:x").Trackers.ShouldBeEmpty();

    [Fact]
    public void A_mutable_torrent_has_a_key_and_perhaps_a_salt()
    {
        var key = new string('a', 64);
        var link = Parse($"magnet:?xs=urn:btpk:{key}&s=6E");
        link.PublicKey.ShouldBe(key);
        link.Salt.ShouldBe("6e");
        link.WireHash.ShouldBeNull();
        link.ToString().ShouldBe($"magnet:?xs=urn:btpk:{key}&s=6e");
    }

    [Theory]
    [InlineData("6", false)]
    [InlineData("zz", false)]
    [InlineData("", false)]
    [InlineData("00", true)]
    public void A_salt_is_whole_bytes_of_hex(string salt, bool valid) => (Parse($"{Link}&s={salt}").Salt is not null).ShouldBe(valid);

    [Fact]
    public void A_salt_may_have_64_bytes_and_no_more()
    {
        Parse($"{Link}&s={new string('0', 128)}").Salt.ShouldNotBeNull();
        Parse($"{Link}&s={new string('0', 130)}").Salt.ShouldBeNull();
    }

    [Fact]
    public void What_a_link_has_survives_being_written_and_read()
    {
        var link = Parse(Link + $"&xt=urn:btmh:1220{new string('1', 64)}&dn=a%26b+%C3%BC&xl=5&tr=http://t/announce?key=1%262&tr.2=udp://u:1&ws=http://w/a%20b&as=http://a&xs=http://x/t.torrent&x.pe=[::1]:45&x.pe=h:1&dht=1.2.3.4:5&so=0,2-4,9");
        var text = link.ToString();
        text.ShouldStartWith(Link + "&xt=urn:btmh:1220");
        var again = Parse(text);
        again.ToString().ShouldBe(text);
        again.DisplayName.ShouldBe("a&b ü");
        again.ExactLength.ShouldBe(5);
        again.Trackers.ShouldBe(link.Trackers);
        again.Trackers.Length.ShouldBe(2);
        again.WebSeeds.ShouldBe(["http://w/a%20b"]);
        again.AcceptableSources.ShouldBe(["http://a"]);
        again.ExactSources.ShouldBe(["http://x/t.torrent"]);
        again.Peers.ShouldBe([new HostEndPoint("::1", 45), new HostEndPoint("h", 1)]);
        again.DhtNodes.ShouldBe([new HostEndPoint("1.2.3.4", 5)]);
        again.Selection.ToString().ShouldBe("0,2-4,9");
    }

    [Fact]
    public void A_link_may_be_as_long_as_its_limit()
    {
        var limits = new MagnetLimits { MaxLength = 64 };
        MagnetLink.TryParse(Link.PadRight(64, '&'), limits, out _, out _).ShouldBeTrue();
        MagnetLink.TryParse(Link.PadRight(65, '&'), limits, out _, out var error).ShouldBeFalse();
        error.ShouldBe("magnet link: 65 characters, more than the limit of 64");
    }

    [Fact]
    public void Sources_beyond_their_limit_are_left_out()
    {
        var limits = new MagnetLimits { MaxSources = 2 };
        MagnetLink.TryParse(Link + "&tr=http://1&tr=http://2&tr=http://3&x.pe=h:1&x.pe=h:2&x.pe=h:3", limits, out var link, out _).ShouldBeTrue();
        link!.Trackers.ShouldBe(["http://1", "http://2"]);
        link.Peers.Length.ShouldBe(2);
    }

    [Fact]
    public void Selected_files_are_bounded_by_number_and_index()
    {
        var limits = new MagnetLimits { MaxRanges = 2, MaxFileIndex = 10 };
        Selection("so=1,3,5", limits).ShouldBe("1,3");
        Selection("so=1&so=3&so=5", limits).ShouldBe("1,3");
        Selection("so=0-10", limits).ShouldBe("0-10");
        Selection("so=0-11,11,2147483648", limits).ShouldBe("");
    }

    [Fact]
    public void A_selection_is_the_set_of_its_ranges() => PropertyCheck.Holds(
        (from first in Gen.Choose(0, 60) from length in Gen.Choose(0, 8) select new FileRange(first, first + length)).ArrayOf(),
        ranges =>
        {
            var selection = FileSelection.Of(ranges);
            var set = ranges.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1)).ToHashSet();
            for (var file = 0; file < 80; file++) selection.IsWanted(file).ShouldBe(ranges.Length == 0 || set.Contains(file));
            for (var i = 1; i < selection.Ranges.Length; i++) selection.Ranges[i].First.ShouldBeGreaterThan(selection.Ranges[i - 1].Last + 1);
        });

    [Fact]
    public void A_range_that_is_backwards_is_a_bug()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => FileSelection.Of([new FileRange(2, 1)]));
        Should.Throw<ArgumentOutOfRangeException>(() => FileSelection.Of([new FileRange(-1, 1)]));
    }

    [Fact]
    public void Hostile_links_are_refused_or_read_and_written_again()
    {
        var valid = Vectors.Load("magnet.json").GetProperty("valid").EnumerateArray().Select(vector => Encoding.UTF8.GetBytes(vector.Text("uri")!)).ToArray();
        int accepted = 0, refused = 0;
        foreach (var input in Fuzz.Inputs(seed: 3, count: 60_000, valid, "magnet:?xt=urn:btih&%+-,.0123456789abcdef[]"u8.ToArray()))
        {
            if (!MagnetLink.TryParse(Encoding.UTF8.GetString(input), out var link, out var error))
            {
                refused++;
                error.ShouldNotBeEmpty();
                continue;
            }

            accepted++;
            var again = Parse(link.ToString());
            again.ToString().ShouldBe(link.ToString());
        }

        accepted.ShouldBeGreaterThan(1000);
        refused.ShouldBeGreaterThan(1000);
    }

    private static string Selection(string parameter, MagnetLimits limits)
    {
        MagnetLink.TryParse($"{Link}&{parameter}", limits, out var link, out var error).ShouldBeTrue(error);
        return link!.Selection.ToString();
    }

    private static MagnetLink Parse(string text)
    {
        MagnetLink.TryParse(text, out var link, out var error).ShouldBeTrue(error);
        return link!;
    }
}
