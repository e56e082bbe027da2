using Swarm.Protocol.Bandwidth;

namespace Swarm.Tests.Protocol.Bandwidth;

public sealed class BandwidthAllocatorTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private static readonly BandwidthScope Torrent = new(1);
    private readonly BandwidthAllocator _allocator = new(BandwidthSettings.Default, 0);
    private readonly List<Grant> _grants = [];

    [Fact]
    public void Without_limits_a_request_is_granted_at_once()
    {
        _allocator.Request(new LinkKey(1), Torrent, 1L << 40).ShouldBe(1L << 40);
        _allocator.WaitingCount.ShouldBe(0);
        _allocator.IsUnlimited(Torrent).ShouldBeTrue();
        _allocator.SetLimit(Torrent, 1_000, 0);
        _allocator.IsUnlimited(Torrent).ShouldBeFalse();
        _allocator.IsUnlimited(new BandwidthScope(2)).ShouldBeTrue();
        _allocator.SetLimit(BandwidthScope.Global, 1_000, 0);
        _allocator.IsUnlimited(new BandwidthScope(2)).ShouldBeFalse();
    }

    [Fact]
    public void Limited_link_waits_for_a_tick_and_gets_what_was_earned()
    {
        _allocator.SetLimit(BandwidthScope.Global, 100_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 50_000).ShouldBe(0);
        Tick(0.1).ShouldBe("1:10000");
        _allocator.WaitingCount.ShouldBe(0);
        Tick(0.2).ShouldBe("");
        _allocator.Request(new LinkKey(1), Torrent, 5_000);
        Tick(0.3).ShouldBe("1:5000");
    }

    [Fact]
    public void Links_share_evenly_and_what_one_does_not_want_goes_to_the_others()
    {
        _allocator.SetLimit(BandwidthScope.Global, 100_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        _allocator.Request(new LinkKey(2), Torrent, 3_000);
        _allocator.Request(new LinkKey(3), Torrent, 1_000_000);
        Tick(0.3).ShouldBe("1:13500 2:3000 3:13500");
    }

    [Fact]
    public void Weight_multiplies_a_share()
    {
        _allocator.SetLimit(BandwidthScope.Global, 100_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000, weight: 3);
        _allocator.Request(new LinkKey(2), Torrent, 1_000_000);
        Tick(0.4).ShouldBe("1:30000 2:10000");
    }

    [Fact]
    public void Torrent_at_its_limit_leaves_the_rest_to_others()
    {
        _allocator.SetLimit(BandwidthScope.Global, 100_000, 0);
        _allocator.SetLimit(Torrent, 20_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        _allocator.Request(new LinkKey(2), new BandwidthScope(2), 1_000_000);
        Tick(0.5).ShouldBe("1:10000 2:40000");
    }

    [Fact]
    public void Links_of_one_limited_torrent_share_its_limit_evenly()
    {
        _allocator.SetLimit(Torrent, 20_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        _allocator.Request(new LinkKey(2), Torrent, 1_000_000);
        Tick(0.5).ShouldBe("1:5000 2:5000");
    }

    [Fact]
    public void When_there_is_too_little_for_all_the_others_are_first_next_time()
    {
        _allocator.SetLimit(BandwidthScope.Global, 20_480, 0);
        for (var link = 1; link <= 3; link++) _allocator.Request(new LinkKey(link), Torrent, 1_000_000);
        Tick(0.1).ShouldBe("1:2048");
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        Tick(0.2).ShouldBe("2:2048");
        Tick(0.3).ShouldBe("3:2048");
        Tick(0.4).ShouldBe("1:2048");
    }

    [Fact]
    public void Grant_is_never_below_the_least_unless_less_is_wanted()
    {
        _allocator.SetLimit(BandwidthScope.Global, 10_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        Tick(0.1).ShouldBe("");
        Tick(0.2).ShouldBe("");
        Tick(0.21).ShouldBe("1:2100");
        _allocator.Request(new LinkKey(2), Torrent, 1);
        Tick(0.22).ShouldBe("2:1");
    }

    [Theory]
    [InlineData(9_999, 9_999)]
    [InlineData(10_000, 10_000)]
    [InlineData(10_001, 10_000)]
    public void Grant_is_never_above_the_largest(long wanted, long granted)
    {
        var allocator = new BandwidthAllocator(BandwidthSettings.Default with { MaxGrant = 10_000 }, 0);
        allocator.SetLimit(BandwidthScope.Global, 1_000_000, 0);
        allocator.Request(new LinkKey(1), Torrent, wanted);
        allocator.Tick(Second, _grants);
        _grants.ShouldBe([new Grant(new LinkKey(1), granted)]);
    }

    [Fact]
    public void Cancelled_link_gets_nothing_and_a_repeated_request_counts_once()
    {
        _allocator.SetLimit(BandwidthScope.Global, 100_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 5_000);
        _allocator.Request(new LinkKey(2), Torrent, 5_000);
        _allocator.Request(new LinkKey(2), Torrent, 6_000);
        _allocator.Cancel(new LinkKey(1));
        _allocator.Cancel(new LinkKey(1));
        Tick(1).ShouldBe("2:6000");
    }

    [Fact]
    public void Limit_of_zero_stops_and_taking_it_away_lets_all_go()
    {
        _allocator.SetLimit(Torrent, 0, 0);
        _allocator.Request(new LinkKey(1), Torrent, 5_000);
        Tick(1).ShouldBe("");
        _allocator.SetLimit(Torrent, null, Second);
        Tick(1.1).ShouldBe("1:5000");
    }

    [Fact]
    public void New_limit_holds_for_those_that_wait_already()
    {
        _allocator.SetLimit(BandwidthScope.Global, 1_000_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        _allocator.SetLimit(Torrent, 10_000, 0);
        Tick(0.5).ShouldBe("1:5000");
        _allocator.SetLimit(Torrent, 20_000, Second / 2);
        _allocator.Request(new LinkKey(1), Torrent, 1_000_000);
        Tick(1).ShouldBe("1:10000");
    }

    [Fact]
    public void Returned_bytes_are_granted_again()
    {
        _allocator.SetLimit(BandwidthScope.Global, 10_000, 0);
        _allocator.SetLimit(Torrent, 10_000, 0);
        _allocator.Request(new LinkKey(1), Torrent, 5_000);
        Tick(0.5).ShouldBe("1:5000");
        _allocator.Return(Torrent, 4_000);
        _allocator.Request(new LinkKey(1), Torrent, 5_000);
        Tick(0.5).ShouldBe("1:4000");
    }

    [Theory]
    [InlineData(3_000)]
    [InlineData(50_000)]
    [InlineData(3_000_000)]
    [InlineData(1_000_000_000)]
    public void Long_run_rate_is_within_two_percent_of_the_limit_under_any_backlogged_demand(long limit)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            var allocator = new BandwidthAllocator(BandwidthSettings.Default, 0);
            allocator.SetLimit(BandwidthScope.Global, limit, 0);
            long now = 0, granted = 0;
            var links = random.Next(1, 20);
            while (now < 60 * Second)
            {
                // Each link asks again as soon as it has spent what it got; how much differs by four orders of magnitude.
                for (var link = 1; link <= links; link++) allocator.Request(new LinkKey(link), Torrent, 1 + (long)(limit * Math.Pow(10, random.NextDouble() - 0.5)));
                now += random.Next(1, 60) * TimeSpan.TicksPerMillisecond;
                _grants.Clear();
                allocator.Tick(now, _grants);
                granted += _grants.Sum(grant => grant.Bytes);
            }

            var expected = (double)limit * now / Second;
            ((double)granted).ShouldBeInRange((expected * 0.98) - 4_096, (expected * 1.02) + 4_096);
        }
    }

    [Fact]
    public void No_limit_is_exceeded_in_any_span_whatever_is_demanded()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var settings = BandwidthSettings.Default;
            var allocator = new BandwidthAllocator(settings, 0);
            var limits = new long[4];
            var granted = new List<(long Now, int Scope, long Bytes)>();
            for (var scope = 0; scope < 4; scope++)
            {
                limits[scope] = random.Next(5_000, 2_000_000);
                allocator.SetLimit(new BandwidthScope(scope), limits[scope], 0);
            }

            long now = 0;
            for (var tick = 0; tick < 400; tick++)
            {
                for (var i = random.Next(4); i > 0; i--)
                {
                    var link = random.Next(12);
                    allocator.Request(new LinkKey(link), new BandwidthScope(1 + (link % 3)), random.Next(1, 3_000_000), 1 + (link % 2));
                    if (random.Next(10) == 0) allocator.Cancel(new LinkKey(link));
                }

                now += random.Next(10, 120) * TimeSpan.TicksPerMillisecond;
                _grants.Clear();
                allocator.Tick(now, _grants);
                foreach (var grant in _grants)
                {
                    grant.Bytes.ShouldBeInRange(1, settings.MaxGrant);
                    granted.Add((now, 1 + (int)(grant.Link.Value % 3), grant.Bytes));
                }
            }

            for (var scope = 0; scope < 4; scope++) ShouldKeep(granted.Where(g => scope == 0 || g.Scope == scope), limits[scope], settings);
        }
    }

    [Fact]
    public void Equal_links_get_equal_amounts_over_time_at_any_limit()
    {
        foreach (var limit in new long[] { 4_000, 40_000, 4_000_000 })
        {
            var allocator = new BandwidthAllocator(BandwidthSettings.Default, 0);
            allocator.SetLimit(BandwidthScope.Global, limit, 0);
            var got = new long[8];
            for (var tick = 1; tick <= 4_000; tick++)
            {
                for (var link = 0; link < got.Length; link++) allocator.Request(new LinkKey(link), Torrent, 1L << 30);
                _grants.Clear();
                allocator.Tick(tick * Second / 20, _grants);
                foreach (var grant in _grants) got[grant.Link.Value] += grant.Bytes;
            }

            ((double)got.Min()).ShouldBeGreaterThan(got.Max() * 0.95);
        }
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => _allocator.Request(new LinkKey(1), Torrent, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => _allocator.Request(new LinkKey(1), Torrent, 1, weight: 101));
        Should.Throw<ArgumentOutOfRangeException>(() => _allocator.SetLimit(BandwidthScope.Global, -1, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => BandwidthSettings.Default with { MinGrant = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => BandwidthSettings.Default with { Burst = TimeSpan.FromMinutes(2) });
    }

    private static void ShouldKeep(IEnumerable<(long Now, int Scope, long Bytes)> granted, long limit, BandwidthSettings settings)
    {
        // A token bucket in mirror: what flows out of it may never rise above its capacity.
        var capacity = Math.Max(2.0 * settings.MinGrant, limit * settings.Burst.TotalSeconds);
        double level = 0;
        long last = 0;
        foreach (var (now, _, bytes) in granted)
        {
            level = Math.Max(0, level - (limit * (now - last) / (double)Second)) + bytes;
            last = now;
            level.ShouldBeLessThanOrEqualTo(capacity + 1);
        }
    }

    private string Tick(double seconds)
    {
        _grants.Clear();
        _allocator.Tick((long)Math.Round(seconds * Second), _grants);
        return string.Join(' ', _grants.Select(grant => $"{grant.Link.Value}:{grant.Bytes}"));
    }
}
