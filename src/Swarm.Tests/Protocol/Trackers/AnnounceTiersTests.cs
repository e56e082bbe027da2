using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

/// <summary>The order of trackers and the times between announces (BEP 12; BEP 3, "interval").</summary>
public class AnnounceTiersTests
{
    [Fact]
    public void Nothing_is_announced_before_the_start()
    {
        var swarm = new Announcing("a");
        swarm.Due(0).ShouldBe([]);
        swarm.Tiers.NextWakeUp.ShouldBeNull();
        swarm.Tiers.IsStopped.ShouldBeTrue();
    }

    [Fact]
    public void Backups_are_tried_only_while_the_first_tracker_fails_and_always_after_it()
    {
        var swarm = new Announcing("a|b|c");
        swarm.Start(0);
        swarm.Due(0).ShouldBe(["a started"]);
        swarm.Fail("a", 1);
        swarm.Due(1).ShouldBe(["b started"]);
        swarm.Succeed("b", 2);
        swarm.Due(2).ShouldBe([]);
        swarm.NextAt.ShouldBe(2 + 1800);
        swarm.Due(1802).ShouldBe(["a started"]);
        swarm.Fail("a", 1803);
        swarm.Due(1803).ShouldBe(["b"]);
    }

    [Fact]
    public void The_bep_12_example_of_one_tier_moves_the_tracker_that_answers_to_the_front()
    {
        var swarm = new Announcing("a,b,c");
        var order = swarm.Order();
        order.Order().ShouldBe(["a", "b", "c"]);
        swarm.Start(0);
        swarm.Due(0).ShouldBe([$"{order[0]} started"]);
        swarm.Fail(order[0], 0);
        swarm.Due(0).ShouldBe([$"{order[1]} started"]);
        swarm.Succeed(order[1], 0);
        swarm.Order().ShouldBe([order[1], order[0], order[2]]);

        swarm.Due(1800).ShouldBe([order[1]]);
        swarm.Fail(order[1], 1800);
        swarm.Due(1800).ShouldBe([$"{order[0]} started"]);
        swarm.Fail(order[0], 1800);
        swarm.Due(1800).ShouldBe([$"{order[2]} started"]);
        swarm.Succeed(order[2], 1800);
        swarm.Order().ShouldBe([order[2], order[1], order[0]]);
    }

    [Fact]
    public void Each_tier_is_shuffled_and_stays_before_the_next()
    {
        var firsts = new HashSet<string>();
        for (var seed = 0; seed < 40; seed++)
        {
            var order = new Announcing("a,b,c|d", seed: seed).Order();
            order[3].ShouldBe("d");
            firsts.Add(order[0]);
        }

        firsts.Order().ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void When_all_have_failed_the_one_whose_back_off_ends_first_is_tried_next_and_back_offs_double_up_to_the_cap()
    {
        var swarm = new Announcing("a", new AnnounceTiersSettings { BackOffJitter = 0, BackOffBase = TimeSpan.FromSeconds(10), BackOffCap = TimeSpan.FromSeconds(60) });
        swarm.Start(0);
        var now = 0.0;
        foreach (var wait in new[] { 10, 20, 40, 60, 60 })
        {
            swarm.Due(now).ShouldBe(["a started"]);
            swarm.Fail("a", now);
            swarm.Due(now + wait - 0.001).ShouldBe([]);
            swarm.NextAt.ShouldBe(now + wait);
            now += wait;
        }

        swarm.Due(now);
        swarm.Succeed("a", now);
        swarm.Due(now + 1800).ShouldBe(["a"]);
        swarm.Fail("a", now + 1800);
        swarm.Due(now + 1800).ShouldBe([]);
        swarm.NextAt.ShouldBe(now + 1810);
    }

    [Fact]
    public void Chance_shortens_a_back_off_by_the_jitter_at_most()
    {
        var settings = new AnnounceTiersSettings { BackOffJitter = 0.5, BackOffBase = TimeSpan.FromSeconds(100) };
        var waits = Enumerable.Range(0, 50).Select(seed =>
        {
            var swarm = new Announcing("a", settings, seed);
            swarm.Start(0);
            swarm.Due(0);
            swarm.Fail("a", 0);
            swarm.Due(0).ShouldBe([]);
            return swarm.NextAt;
        }).ToList();
        waits.ShouldAllBe(wait => wait > 50 && wait <= 100);
        waits.Distinct().Count().ShouldBeGreaterThan(40);
    }

    [Theory]
    [InlineData(null, null, 1800)]
    [InlineData(600, null, 600)]
    [InlineData(600, 700, 700)]
    [InlineData(1, null, 60)]
    [InlineData(1, 2, 60)]
    [InlineData(1_000_000, null, 86_400)]
    [InlineData(600, 1_000_000, 86_400)]
    public void The_interval_is_honoured_within_bounds_and_never_under_the_min_interval(int? interval, int? minInterval, int expected)
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0, interval, minInterval);
        swarm.NextAt.ShouldBe(expected);
        swarm.Due(expected - 0.001).ShouldBe([]);
        swarm.Due(expected).ShouldBe(["a"]);
    }

    [Theory]
    [InlineData(1800, 900, 900)]
    [InlineData(1800, null, 300)]
    [InlineData(120, null, 120)]
    public void Missing_peers_are_asked_for_early_but_never_under_the_min_interval(int interval, int? minInterval, int expected)
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0, interval, minInterval);
        swarm.Tiers.NeedPeers();
        swarm.Due(expected - 0.001).ShouldBe([]);
        swarm.NextAt.ShouldBe(expected);
        swarm.Due(expected).ShouldBe(["a"]);
        swarm.Succeed("a", expected, interval, minInterval);
        swarm.NextAt.ShouldBe(expected + interval);
    }

    [Fact]
    public void Missing_peers_do_not_shorten_a_back_off()
    {
        var swarm = new Announcing("a", new AnnounceTiersSettings { BackOffJitter = 0 });
        swarm.Start(0);
        swarm.Due(0);
        swarm.Fail("a", 0);
        swarm.Tiers.NeedPeers();
        swarm.Due(14.9).ShouldBe([]);
        swarm.Due(15).ShouldBe(["a started"]);
    }

    [Fact]
    public void Every_tier_has_its_own_announces_when_so_set()
    {
        var swarm = new Announcing("a|b|c", new AnnounceTiersSettings { AnnounceToEveryTier = true });
        swarm.Start(0);
        swarm.Due(0).ShouldBe(["a started", "b started", "c started"]);
        swarm.Succeed("a", 0, interval: 600);
        swarm.Succeed("b", 0, interval: 900);
        swarm.Fail("c", 0);
        swarm.Due(600).ShouldBe(["a", "c started"]);
        swarm.Due(900).ShouldBe(["b"]);
    }

    [Fact]
    public void An_added_tracker_is_a_last_tier_tried_at_once_if_nothing_works()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Fail("a", 0);
        swarm.Due(0).ShouldBe([]);
        swarm.Add("b", 1).ShouldBeTrue();
        swarm.Add("b", 1).ShouldBeFalse();
        swarm.Due(1).ShouldBe(["b started"]);
        swarm.Succeed("b", 1);
        swarm.Add("c", 2).ShouldBeTrue();
        swarm.Due(2).ShouldBe([]);
        swarm.Tiers.Describe(TimeSpan.FromSeconds(2)).Select(status => status.Tier).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void A_torrent_without_trackers_gets_its_first_one_later()
    {
        var swarm = new Announcing("");
        swarm.Start(0);
        swarm.Due(0).ShouldBe([]);
        swarm.Tiers.NextWakeUp.ShouldBeNull();
        swarm.Add("a", 5);
        swarm.Due(5).ShouldBe(["a started"]);
    }

    [Fact]
    public void Duplicates_are_taken_once_and_trackers_past_the_limit_are_counted()
    {
        var swarm = new Announcing("a,a|a|b|c", new AnnounceTiersSettings { MaxTrackers = 2 });
        swarm.Order().ShouldBe(["a", "b"]);
        swarm.Tiers.DroppedTrackers.ShouldBe(1);
        swarm.Add("d", 0).ShouldBeFalse();
        swarm.Tiers.DroppedTrackers.ShouldBe(2);
        new Announcing("a|b", new AnnounceTiersSettings { MaxTrackers = 2 }).Tiers.DroppedTrackers.ShouldBe(0);
    }

    [Fact]
    public void An_announce_without_an_outcome_fails_by_its_timeout_and_its_late_outcome_is_ignored()
    {
        var swarm = new Announcing("a|b");
        swarm.Start(0);
        swarm.Due(0).ShouldBe(["a started"]);
        swarm.NextAt.ShouldBe(600);
        swarm.Due(599).ShouldBe([]);
        swarm.Due(600).ShouldBe(["b started"]);
        swarm.Succeed("a", 601);
        swarm.Describe("a", 601).State.ShouldBe(TrackerState.Failing);
    }

    [Fact]
    public void A_tracker_id_goes_back_to_the_tracker_it_came_from()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0, reply: new AnnounceReply { TrackerId = "x" });
        swarm.Tiers.TryNext(TimeSpan.FromSeconds(1800), out var announce).ShouldBeTrue();
        announce!.TrackerId.ShouldBe("x");
    }

    [Fact]
    public void The_status_tells_what_a_user_wants_to_know()
    {
        var swarm = new Announcing("a|b", new AnnounceTiersSettings { BackOffJitter = 0 });
        swarm.Describe("a", 0).State.ShouldBe(TrackerState.NotContacted);
        swarm.Start(0);
        swarm.Due(0);
        swarm.Describe("a", 0).ShouldBe(new TrackerStatus(Announcing.UrlOf("a"), 0, TrackerState.Announcing, null, null, null, null, null, null, 0));
        swarm.Fail("a", 1);
        swarm.Describe("a", 2).ShouldBe(new TrackerStatus(
            Announcing.UrlOf("a"), 0, TrackerState.Failing, Announcing.Failure, null, TimeSpan.FromSeconds(14), null, null, null, 0));
        swarm.Due(2);
        swarm.Succeed("b", 2, reply: new AnnounceReply { Seeders = 1, Leechers = 2, Downloaded = 3, Warning = "w", Peers = [new(System.Net.IPAddress.Loopback, 1)] });
        swarm.Describe("b", 802).ShouldBe(new TrackerStatus(Announcing.UrlOf("b"), 1, TrackerState.Working, null, "w", TimeSpan.FromSeconds(1000), 1, 2, 3, 1));
        swarm.Describe("a", 802).NextAnnounceIn.ShouldBe(TimeSpan.Zero);
    }
}
