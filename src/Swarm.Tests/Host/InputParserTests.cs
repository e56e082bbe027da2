using System.Net;
using Swarm.Host.Input;

namespace Swarm.Tests.Host;

public sealed class InputParserTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65_536)]
    [InlineData("1b", 1)]
    [InlineData("16KiB", 16_384)]
    [InlineData("16k", 16_384)]
    [InlineData("500K", 512_000)]
    [InlineData("2M", 2_097_152)]
    [InlineData("1.5G", 1_610_612_736)]
    [InlineData("1 GiB", 1_073_741_824)]
    [InlineData("700 MB", 700_000_000)]
    [InlineData("1tb", 1_000_000_000_000)]
    [InlineData("2TiB", 2_199_023_255_552)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Sizes_are_read_with_their_units(string text, long bytes)
    {
        SizeParser.TryParse(text, out var size).ShouldBeTrue();
        size.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("12 parsecs")]
    [InlineData("1KiBK")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608TiB")]
    public void What_is_no_size_is_refused(string text) => SizeParser.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("500K", 512_000)]
    [InlineData("2MiB/s", 2_097_152)]
    [InlineData("1 MB/S", 1_000_000)]
    [InlineData("0", 0)]
    public void Rates_are_sizes_a_second(string text, long bytes)
    {
        RateParser.TryParse(text, out var rate).ShouldBeTrue();
        rate.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("2M/min")]
    [InlineData("/s")]
    [InlineData("fast")]
    public void What_is_no_rate_is_refused(string text) => RateParser.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("127.0.0.1:6881", "127.0.0.1:6881")]
    [InlineData("[::1]:1", "[::1]:1")]
    [InlineData("[2001:db8::7]:65535", "[2001:db8::7]:65535")]
    public async Task Peers_by_address_need_no_look_up(string text, string expected)
    {
        PeerParser.TryParse(text, out var peer, out _).ShouldBeTrue();
        (await PeerParser.ResolveAsync([peer!], TestContext.Current.CancellationToken)).ShouldBe([IPEndPoint.Parse(expected)]);
    }

    [Fact]
    public async Task A_peer_by_name_stands_for_the_addresses_of_the_name()
    {
        PeerParser.TryParse("localhost:6881", out var peer, out _).ShouldBeTrue();
        var addresses = await PeerParser.ResolveAsync([peer!], TestContext.Current.CancellationToken);
        addresses.ShouldNotBeEmpty();
        addresses.ShouldAllBe(address => IPAddress.IsLoopback(address.Address) && address.Port == 6881);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("::1:6881")]
    [InlineData("[::1]")]
    [InlineData(":6881")]
    [InlineData("a b:1")]
    public void What_is_no_peer_is_refused_with_an_example(string text)
    {
        PeerParser.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldContain($"'{text}'");
        error.ShouldContain("[2001:db8::7]:6881");
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "0.98 KiB")]
    [InlineData(16_384, "16.0 KiB")]
    [InlineData(1_073_741_824, "1.00 GiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void Sizes_are_shown_with_a_unit(long bytes, string expected) => HumanText.Size(bytes).ShouldBe(expected);

    [Theory]
    [InlineData(0, 10, "0.0%")]
    [InlineData(1, 3, "33.3%")]
    [InlineData(999_999, 1_000_000, "99.9%")]
    [InlineData(10, 10, "100.0%")]
    [InlineData(0, 0, "100.0%")]
    [InlineData(long.MaxValue - 1, long.MaxValue, "99.9%")]
    public void Only_all_is_a_hundred_percent(long part, long whole, string expected) => HumanText.Percent(part, whole).ShouldBe(expected);

    [Theory]
    [InlineData(0.2, "1 s")]
    [InlineData(42, "42 s")]
    [InlineData(125, "2 min 05 s")]
    [InlineData(3_900, "1 h 05 min")]
    [InlineData(100_000, "1 d 3 h")]
    [InlineData(1e9, "over 100 days")]
    public void Times_are_shown_in_their_greatest_units(double seconds, string expected) => HumanText.Time(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);
}
