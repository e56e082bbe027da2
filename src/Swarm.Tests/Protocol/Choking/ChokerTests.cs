using Swarm.Protocol.Choking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Choking;

public sealed class ChokerTests
{
    private static ChokerSettings Slots(int slots) => ChokerSettings.Default with { FixedSlots = slots };

    [Fact]
    public void Free_slot_is_filled_at_once()
    {
        var scene = new ChokerScene(Slots(2));
        scene.JoinInterested(1).ShouldBe("+1");
        scene.Join(2);
        scene.Interested(2, true).ShouldBe("+2");
        scene.JoinInterested(3).ShouldBe("");
        scene.Leave(1).ShouldBe("+3");
        scene.Unchoked.ShouldBe("2 3");
    }

    [Fact]
    public void Peer_without_interest_is_not_unchoked()
    {
        var scene = new ChokerScene(Slots(2));
        scene.Join(1, downRate: 1_000_000);
        scene.Round().ShouldBe("");
        scene.Unchoked.ShouldBe("");
    }

    [Fact]
    public void Peer_that_loses_interest_keeps_its_slot_until_another_wants_it()
    {
        var scene = new ChokerScene(Slots(1));
        scene.JoinInterested(1).ShouldBe("+1");
        scene.Interested(1, false).ShouldBe("");
        scene.Round().ShouldBe("");
        scene.Unchoked.ShouldBe("1");
        scene.Interested(1, true).ShouldBe("");
        scene.Interested(1, false).ShouldBe("");
        scene.JoinInterested(2).ShouldBe("-1 +2");
        scene.Interested(1, true).ShouldBe("");
        scene.Unchoked.ShouldBe("2");
    }

    [Fact]
    public void Peers_that_sent_most_get_the_regular_slots()
    {
        var scene = new ChokerScene(Slots(3) with { OptimisticSlots = 0 });
        for (var peer = 1; peer <= 6; peer++) scene.JoinInterested(peer, downRate: peer * 1_000);
        scene.Unchoked.ShouldBe("1 2 3");
        scene.Round().ShouldBe("-1 -2 -3 +4 +5 +6");
        scene.SetRates(1, 9_000, 0);
        scene.Round().ShouldBe("-4 +1");
        scene.Unchoked.ShouldBe("1 5 6");
    }

    [Fact]
    public void Snubbed_peer_loses_its_regular_slot()
    {
        var scene = new ChokerScene(Slots(2) with { OptimisticSlots = 0 });
        scene.JoinInterested(1, downRate: 9_000);
        scene.JoinInterested(2, downRate: 5_000);
        scene.JoinInterested(3, downRate: 1_000);
        scene.Round().ShouldBe("");
        scene.Choker.SetSnubbed(new PeerKey(1), true);
        scene.Round().ShouldBe("-1 +3");
        scene.Choker.SetSnubbed(new PeerKey(1), false);
        scene.Round().ShouldBe("-3 +1");
    }

    [Fact]
    public void Snubbed_peer_may_still_be_unchoked_optimistically()
    {
        var scene = new ChokerScene(Slots(2));
        scene.JoinInterested(1, downRate: 9_000);
        scene.JoinInterested(2);
        scene.Choker.SetSnubbed(new PeerKey(2), true);
        scene.Round();
        scene.Unchoked.ShouldBe("1 2");
    }

    [Fact]
    public void Optimistic_unchoke_lasts_three_rounds_and_then_moves_on()
    {
        var scene = new ChokerScene(Slots(2));
        scene.JoinInterested(1, downRate: 9_000);
        scene.JoinInterested(2);
        scene.JoinInterested(3);
        scene.Unchoked.ShouldBe("1 2");
        scene.Round().ShouldBe("");
        scene.Round().ShouldBe("");
        scene.Round().ShouldBe("-2 +3");
        scene.Round().ShouldBe("");
        scene.Round().ShouldBe("");
        scene.Round().ShouldBe("-3 +2");
    }

    [Fact]
    public void Optimistic_peer_that_returns_the_favour_becomes_regular_and_another_is_tried()
    {
        var scene = new ChokerScene(Slots(2));
        scene.JoinInterested(1, downRate: 1_000);
        scene.JoinInterested(2);
        scene.JoinInterested(3);
        scene.Round().ShouldBe("");
        scene.SetRates(2, 5_000, 0);
        scene.Round();
        scene.Choker.IsUnchoked(new PeerKey(2)).ShouldBeTrue();
        scene.Round();
        scene.Choker.IsUnchoked(new PeerKey(2)).ShouldBeTrue();
    }

    [Fact]
    public void Peer_that_falls_out_of_the_regular_slots_does_not_slip_into_the_optimistic_one()
    {
        var scene = new ChokerScene(Slots(3));
        scene.JoinInterested(1, downRate: 3_000);
        scene.JoinInterested(2, downRate: 2_000);
        scene.JoinInterested(3);
        scene.JoinInterested(4);
        scene.Round().ShouldBe("");
        scene.SetRates(4, 50_000, 0);
        scene.Round().ShouldBe("-2 +4");
        scene.Unchoked.ShouldBe("1 3 4");
    }

    [Fact]
    public void Slots_that_nobody_earns_are_given_optimistically()
    {
        var scene = new ChokerScene(Slots(2));
        for (var peer = 1; peer <= 4; peer++) scene.JoinInterested(peer);
        scene.Unchoked.ShouldBe("1 2");
        scene.Round();
        scene.Round();
        scene.Round().ShouldBe("-1 -2 +3 +4");
    }

    [Theory]
    [InlineData(59, 3, 1)]
    [InlineData(60, 1, 1)]
    public void New_peer_is_three_times_as_likely_to_be_tried_until_it_is_a_minute_old(int age, int weightOfFirst, int weightOfSecond)
    {
        // Two wait: one joined long ago, the other `age` seconds ago. The odds follow the weights.
        var second = 0;
        const int trials = 2_000;
        for (var seed = 0; seed < trials; seed++)
        {
            var scene = new ChokerScene(Slots(1), seed);
            scene.JoinInterested(1, downRate: 1_000);
            scene.JoinInterested(2);
            scene.Round(1_000);
            scene.JoinInterested(3);
            scene.Round(age);
            if (scene.Leave(1) == "+3") second++;
        }

        var expected = trials * (double)weightOfFirst / (weightOfFirst + weightOfSecond);
        ((double)second).ShouldBe(expected, trials * 0.04);
    }

    [Theory]
    [InlineData(null, 14)]
    [InlineData(0L, 2)]
    [InlineData((9 * 1024L) - 1, 2)]
    [InlineData(9 * 1024L, 3)]
    [InlineData((15 * 1024L) - 1, 3)]
    [InlineData(15 * 1024L, 4)]
    [InlineData((42 * 1024L) - 1, 4)]
    [InlineData(42 * 1024L, 5)]
    [InlineData(100 * 1024L, 7)]
    [InlineData(1L << 40, 14)]
    public void Slots_follow_the_upload_limit(long? limit, int slots) => Choker.SlotsFor(ChokerSettings.Default, limit).ShouldBe(slots);

    [Fact]
    public void Fixed_slots_ignore_the_limit() => Choker.SlotsFor(Slots(30), 1).ShouldBe(30);

    [Fact]
    public void Raised_limit_fills_slots_at_once_and_a_lowered_one_takes_effect_with_the_round()
    {
        var scene = new ChokerScene(ChokerSettings.Default);
        scene.Limit(1_024).ShouldBe("");
        for (var peer = 1; peer <= 4; peer++) scene.JoinInterested(peer);
        scene.Unchoked.ShouldBe("1 2");
        scene.Limit(20 * 1_024).Split(' ').Length.ShouldBe(2);
        scene.Unchoked.ShouldBe("1 2 3 4");
        scene.Limit(10 * 1_024).ShouldBe("");
        scene.Round().Split(' ').Length.ShouldBe(1);
        scene.Choker.UnchokedCount.ShouldBe(3);
    }

    [Fact]
    public void Calls_about_unknown_peers_change_nothing()
    {
        var scene = new ChokerScene(Slots(1));
        scene.Interested(9, true).ShouldBe("");
        scene.Choker.SetSnubbed(new PeerKey(9), true);
        scene.Choker.Transferred(new PeerKey(9), 1, 1);
        scene.Choker.IsUnchoked(new PeerKey(9)).ShouldBeFalse();
        scene.Join(1);
        scene.Choker.PeerJoined(new PeerKey(1), 0).ShouldBeFalse();
    }

    [Fact]
    public void Settings_refuse_what_is_out_of_range()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Slots(0));
        Should.Throw<ArgumentOutOfRangeException>(() => Slots(10_001));
        Should.Throw<ArgumentOutOfRangeException>(() => ChokerSettings.Default with { OptimisticRounds = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => ChokerSettings.Default with { SeedMaxTime = TimeSpan.Zero });
    }
}
