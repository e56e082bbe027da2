using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Swarming;

public sealed class PeerTurnoverTests
{
    private static readonly long Interval = TurnoverSettings.Default.Interval.Ticks;

    // Peers written as "key:moved", with "-" before: nobody wants anything; with "!" before: kept. What they moved is since the first look, at which all were there with nothing moved.
    [Theory]
    [InlineData("1:100 2:100 3:100 4:100", 4, 4, 9, "", "alike: all stay")]
    [InlineData("1:100 2:7 3:100 4:100", 4, 4, 9, "2", "far slower than the average")]
    [InlineData("1:100 2:8 3:100 4:100", 4, 4, 9, "", "slower, but not by far enough: a tenth of the average is 7.7")]
    [InlineData("1:100 2:0 3:100 4:1", 4, 4, 9, "2", "a share of four is one, and it is the slowest")]
    [InlineData("1:100 2:0 -3:50 4:100", 4, 4, 9, "3", "who is not wanted goes before who is slow")]
    [InlineData("1:0 2:0 3:0 4:0", 4, 4, 9, "1", "nobody moves anything: the oldest")]
    [InlineData("!1:0 !2:0 !3:0 !4:0", 4, 4, 9, "", "kept ones stay")]
    [InlineData("!1:0 2:100 3:0 4:100", 4, 4, 9, "3", "a kept one stays, the next goes")]
    [InlineData("1:0 2:0 3:0 4:0", 4, 4, 0, "", "nobody to try")]
    [InlineData("1:0 2:0 3:0 4:0", 4, 5, 9, "", "not full")]
    [InlineData("1:0 2:0 3:0 4:0", 9, 10, 9, "1", "full at nine tenths, those being made included")]
    [InlineData("1:0", 1, 1, 9, "", "the last one stays")]
    [InlineData("", 0, 1, 9, "", "nobody there")]
    public void Who_gives_way(string peers, int connections, int allowed, int untried, string expected, string why)
    {
        var turnover = new PeerTurnover(TurnoverSettings.Default, 0);
        var parsed = Parse(peers);
        turnover.Choose(parsed.Select(peer => peer with { Moved = 0 }), 0, allowed, 0, 0, []);
        Choose(turnover, parsed, connections, allowed, untried).ShouldBe(expected, why);
        turnover.Replaced.ShouldBe(expected.Length == 0 ? 0 : 1);
    }

    [Fact]
    public void Nobody_goes_who_was_not_there_a_whole_interval()
    {
        var turnover = new PeerTurnover(TurnoverSettings.Default, 0);
        Choose(turnover, Parse("1:0 2:0"), 2, 2, 9).ShouldBe("");
        Choose(turnover, Parse("1:100 2:100 3:0 4:0"), 4, 4, 9).ShouldBe("");
        Choose(turnover, Parse("1:200 2:200 3:0 4:0"), 4, 4, 9).ShouldBe("3");
    }

    [Fact]
    public void What_counts_is_what_moved_in_the_last_interval()
    {
        var turnover = new PeerTurnover(TurnoverSettings.Default, 0);
        Choose(turnover, Parse("1:1000000 2:0 3:0"), 3, 3, 9);
        Choose(turnover, Parse("1:1000000 2:500 3:500"), 3, 3, 9).ShouldBe("1", "it was fast once");
    }

    [Theory]
    [InlineData(100, 0.04, 100, 4)]
    [InlineData(100, 0.04, 3, 3)]
    [InlineData(101, 0.04, 100, 5)]
    [InlineData(10, 1, 100, 9)]
    public void No_more_go_than_the_share_and_the_addresses(int peers, double share, int untried, int expected)
    {
        var turnover = new PeerTurnover(TurnoverSettings.Default with { Share = share }, 0);
        var all = Enumerable.Range(1, peers).Select(key => new TurnoverPeer(new PeerKey(key), 0, true, false)).ToList();
        turnover.Choose(all, peers, peers, untried, 0, []);
        var output = new List<PeerKey>();
        turnover.Choose(all, peers, peers, untried, 0, output);
        output.Count.ShouldBe(expected);
        output.Distinct().Count().ShouldBe(expected);
    }

    [Fact]
    public void It_is_due_once_an_interval_and_never_with_no_share()
    {
        var turnover = new PeerTurnover(TurnoverSettings.Default, 0);
        turnover.IsDue(Interval - 1).ShouldBeFalse();
        turnover.IsDue(Interval).ShouldBeTrue();
        turnover.Choose([], 0, 1, 0, Interval, []);
        turnover.IsDue((2 * Interval) - 1).ShouldBeFalse();
        turnover.IsDue(2 * Interval).ShouldBeTrue();
        new PeerTurnover(TurnoverSettings.Default with { Share = 0 }, 0).IsDue(100 * Interval).ShouldBeFalse();
    }

    private static string Choose(PeerTurnover turnover, IEnumerable<TurnoverPeer> peers, int connections, int allowed, int untried)
    {
        var output = new List<PeerKey>();
        turnover.Choose(peers, connections, allowed, untried, 0, output);
        return string.Join(' ', output.Select(key => key.Value));
    }

    private static List<TurnoverPeer> Parse(string peers) => [.. peers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text =>
    {
        var parts = text.TrimStart('-', '!').Split(':');
        return new TurnoverPeer(new PeerKey(long.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture)), long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), text[0] != '-', text[0] == '!');
    })];
}
