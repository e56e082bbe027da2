using System.Net;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

// Addresses that no member deals with.
public abstract partial class ClusterStoreConformance
{
    [Fact]
    public async Task A_ban_holds_as_long_as_the_longest_that_was_given_until_it_is_lifted_and_every_reader_learns_of_both()
    {
        var one = await UpAsync(1);
        await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, one));
        var (four, six) = (IPAddress.Parse("192.0.2.7"), IPAddress.Parse("2001:db8::7"));
        (await _one.DoAsync(SetBan(four, 100), SetBan(six, 50), SetBan(four, 20))).ShouldAllBe(outcome => outcome is ClusterOutcome.Done);
        var view = await _two.ViewAsync(limit: 1);
        view.Bans.Values.ShouldBe([new SharedBan(four, 100 * Some.Second, 100 * Some.Second, "it lied", "n1", 1), new SharedBan(six, 50 * Some.Second, 50 * Some.Second, "it lied", "n1", 2)]);
        Seconds = 10;
        (await _two.DoAsync(new ClusterCommand.LiftBan(four, "n2", TimeSpan.FromSeconds(30)))).ShouldBeOfType<ClusterOutcome.Done>();
        view = await _one.ViewAsync(view);
        var lifted = new SharedBan(four, 10 * Some.Second, 100 * Some.Second, "it lied", "n2", 3);
        view.ChangedBans.ShouldBe([lifted]);
        view.Bans.Count.ShouldBe(2);
        (await _one.ViewAsync(view)).ChangedBans.ShouldBeEmpty();
        // The lift stays as long as anybody may believe in the ban, and is then purged.
        var purge = new ClusterCommand.Purge(TimeSpan.FromDays(1), 10, 1);
        Seconds = 99;
        await _one.DoAsync(purge);
        (await _two.ViewAsync()).Bans.Values.ShouldBe([lifted]);
        Seconds = 100;
        await _one.DoAsync(purge);
        (await _two.ViewAsync()).ShouldSatisfyAllConditions(fresh => fresh.Bans.ShouldBeEmpty(), fresh => fresh.UpToBan.ShouldBe(3), fresh => fresh.IsCaughtUp.ShouldBeTrue());
        // One of which the tables do not know is lifted all the same.
        (await _two.DoAsync(new ClusterCommand.LiftBan(six, "n2", TimeSpan.FromSeconds(30)))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.ViewAsync()).Bans.Values.ShouldBe([new SharedBan(six, 100 * Some.Second, 130 * Some.Second, "", "n2", 4)]);
        (await _two.DoAsync(SetBan(six, 5))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.ViewAsync()).Bans.Values.ShouldBe([new SharedBan(six, 105 * Some.Second, 130 * Some.Second, "it lied", "n1", 5)]);
    }

    [Fact]
    public async Task At_the_limit_of_bans_the_one_that_is_kept_least_long_makes_room()
    {
        static IPAddress Address(int i) => new([20, 0, (byte)(i >> 8), (byte)i]);
        foreach (var some in Enumerable.Range(0, ClusterLimits.MaxBans).Chunk(2_000)) await _one.DoAsync([.. some.Select(i => SetBan(Address(i), 1_000 + i))]);
        (await _one.DoAsync(SetBan(Address(20_000), 1_000))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _one.DoAsync(SetBan(Address(0), 50_000), SetBan(Address(20_001), 40_000), SetBan(Address(20_002), 40_000))).ShouldAllBe(outcome => outcome is ClusterOutcome.Done);
        var bans = (await _two.ViewAsync()).Bans;
        bans.Count.ShouldBe(ClusterLimits.MaxBans);
        (bans.ContainsKey(Address(0).ToString()), bans.ContainsKey(Address(1).ToString()), bans.ContainsKey(Address(2).ToString()), bans.ContainsKey(Address(3).ToString())).ShouldBe((true, false, false, true));
    }

    private static ClusterCommand.SetBan SetBan(IPAddress address, int seconds) => new(new Ban(address, TimeSpan.FromSeconds(seconds), "it lied") { By = "n1" });
}
