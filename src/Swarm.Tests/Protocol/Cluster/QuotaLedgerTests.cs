using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class QuotaLedgerTests
{
    [Theory]
    [InlineData(100, new long[] { 10, 20 }, new long[] { 10, 20 })]
    [InlineData(100, new long[] { 100, 100 }, new long[] { 50, 50 })]
    [InlineData(100, new long[] { 10, 200, 200 }, new long[] { 10, 45, 45 })]
    [InlineData(100, new long[] { 0, 500 }, new long[] { 0, 100 })]
    [InlineData(0, new long[] { 5 }, new long[] { 0 })]
    [InlineData(100, new long[] { }, new long[] { })]
    public void A_limit_is_divided_fairly(long limit, long[] demands, long[] shares) => QuotaLedger.Split(limit, [.. demands]).ShouldBe(shares);

    [Fact]
    public void What_one_does_not_need_any_more_another_gets_when_its_grant_is_over()
    {
        var ledger = new QuotaLedger(1_000, QuotaSettings.Default);
        var ids = Some.Ids(2);
        ledger.Grant([(ids[0], 5_000), (ids[1], 0)], 0).Select(each => each.BytesPerSecond).ShouldBe([900, 0]);
        ledger.Grant([(ids[0], 100), (ids[1], 5_000)], Some.Second).Select(each => each.BytesPerSecond).ShouldBe([100, 0]);
        ledger.Grant([(ids[0], 100), (ids[1], 5_000)], 31 * Some.Second).Select(each => each.BytesPerSecond).ShouldBe([100, 800]);
    }

    // Grants are lost and come late; each holder uses the last one that reached it, for its time.
    [Fact]
    public void Whatever_is_lost_on_the_way_all_together_keep_to_the_limit()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var settings = QuotaSettings.Default;
            var ids = Some.Ids(5);
            var ledger = new QuotaLedger(1_000_000, settings);
            var used = new (long Bytes, double Until)[5];
            for (var second = 0; second < 200; second++)
            {
                if (second % 5 == 0)
                {
                    var grants = ledger.Grant([.. ids.Select(id => (id, (long)random.Next(2_000_000)))], second * Some.Second);
                    for (var i = 0; i < 5; i++)
                    {
                        if (random.Next(3) > 0) used[i] = (grants[i].BytesPerSecond, second + settings.GrantTime.TotalSeconds);
                    }
                }

                used.Where(each => each.Until > second).Sum(each => each.Bytes).ShouldBeLessThanOrEqualTo(900_000, $"seed {seed}");
            }
        }
    }

    [Fact]
    public void The_reserve_is_enough_for_all_without_a_grant() => (QuotaSettings.Default.FloorOf(1_000, 7) * 7).ShouldBeLessThanOrEqualTo(100);
}
