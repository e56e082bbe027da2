using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class NetSettingsTests
{
    [Fact]
    public void A_value_at_its_limit_is_taken_and_one_past_it_is_refused()
    {
        var settings = NetSettings.Default;
        (settings with { SlabsPerLink = 2 }).SlabsPerLink.ShouldBe(2);
        (settings with { SlabsPerLink = 65536 }).SlabsPerLink.ShouldBe(65536);
        Should.Throw<ArgumentOutOfRangeException>(() => settings with { SlabsPerLink = 1 });
        Should.Throw<ArgumentOutOfRangeException>(() => settings with { SlabsPerLink = 65537 });
        Should.Throw<ArgumentOutOfRangeException>(() => settings with { SweepInterval = TimeSpan.Zero });
        Should.Throw<ArgumentOutOfRangeException>(() => settings with { MaxDatagramBytes = 65_536 });
        (settings with { DatagramBatch = 256, DatagramBatchesInFlight = 2 }).DatagramBatch.ShouldBe(256);
        Should.Throw<ArgumentOutOfRangeException>(() => settings with { DatagramBatch = 257 });
        Should.Throw<ArgumentOutOfRangeException>(() => settings with { DatagramBatchesInFlight = 1 });
    }

    [Fact]
    public void A_quota_counts_grants_and_spending_exactly()
    {
        var quota = default(Quota);
        quota.Available.ShouldBe(long.MaxValue);
        quota.Grant(5);
        quota.SetLimited(true);
        quota.Available.ShouldBe(0, "what was granted while nothing was limited does not count");
        quota.Grant(10);
        quota.Spend(4);
        quota.SetLimited(true);
        quota.Available.ShouldBe(6, "limiting what is limited changes nothing");
        quota.Spend(8);
        quota.Available.ShouldBe(0);
        quota.Grant(3);
        quota.Available.ShouldBe(1, "what was moved beyond the quota is paid back");
        quota.SetLimited(false);
        quota.Available.ShouldBe(long.MaxValue);
    }
}
