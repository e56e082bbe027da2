using System.Net;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class BanListTests
{
    private static readonly IPAddress One = IPAddress.Parse("20.0.0.1");

    [Fact]
    public void A_ban_holds_for_its_time()
    {
        var bans = new BanList(BanSettings.Default);
        bans.Merge([Ban(One, 10)], 0).Length.ShouldBe(1);
        bans.IsBanned(One, 9 * Some.Second).ShouldBeTrue();
        bans.IsBanned(One, 10 * Some.Second).ShouldBeFalse();
    }

    [Fact]
    public void The_later_end_counts_and_an_echo_is_no_news()
    {
        var bans = new BanList(BanSettings.Default);
        bans.Merge([Ban(One, 100)], 0);
        bans.Merge([Ban(One, 50)], 0).ShouldBeEmpty();
        bans.Merge([Ban(One, 100)], Some.Second / 2).ShouldBeEmpty();
        bans.Merge([Ban(One, 200)], 0).Length.ShouldBe(1);
        bans.IsBanned(One, 150 * Some.Second).ShouldBeTrue();
    }

    [Fact]
    public void What_others_say_beyond_the_longest_ban_is_cut()
    {
        var bans = new BanList(BanSettings.Default with { Longest = TimeSpan.FromSeconds(30) });
        bans.Merge([Ban(One, 1_000_000)], 0)[0].Left.ShouldBe(TimeSpan.FromSeconds(30));
        bans.IsBanned(One, 30 * Some.Second).ShouldBeFalse();
    }

    [Fact]
    public void One_that_is_lifted_has_ended_and_a_new_one_holds()
    {
        var bans = new BanList(BanSettings.Default);
        bans.Lift(One).ShouldBeFalse();
        bans.Merge([Ban(One, 100) with { By = "n1" }], 0)[0].By.ShouldBe("n1");
        bans.Lift(One).ShouldBeTrue();
        bans.IsBanned(One, 1).ShouldBeFalse();
        bans.All(1).ShouldBeEmpty();
        bans.Merge([Ban(One, 10)], 1).Length.ShouldBe(1);
        bans.IsBanned(One, 2).ShouldBeTrue();
    }

    [Fact]
    public void At_the_limit_the_one_that_ends_soonest_makes_room()
    {
        var bans = new BanList(BanSettings.Default with { Capacity = 2 });
        bans.Merge([Ban(Address(1), 100), Ban(Address(2), 200)], 0);
        bans.Merge([Ban(Address(3), 50)], 0).ShouldBeEmpty();
        bans.Merge([Ban(Address(3), 150)], 0).Length.ShouldBe(1);
        bans.IsBanned(Address(1), 1).ShouldBeFalse();
        bans.Count.ShouldBe(2);
        bans.Evicted.ShouldBe(1);
    }

    [Fact]
    public void In_whatever_order_and_however_often_they_come_nodes_agree()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var all = Enumerable.Range(0, 30).Select(_ => Ban(Address(random.Next(1, 10)), random.Next(10, 1_000))).ToArray();
            var first = new BanList(BanSettings.Default);
            var second = new BanList(BanSettings.Default);
            first.Merge(all, 0);
            foreach (var ban in all.OrderBy(_ => random.Next()).Concat(all.Take(10))) second.Merge([ban], 0);
            foreach (var (left, right) in first.All(0).Zip(second.All(0)))
            {
                left.Address.ShouldBe(right.Address);
                (left.Left - right.Left).Duration().ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static Ban Ban(IPAddress address, int seconds) => new(address, TimeSpan.FromSeconds(seconds), "it lied");

    private static IPAddress Address(int last) => new([20, 0, 0, (byte)last]);
}
