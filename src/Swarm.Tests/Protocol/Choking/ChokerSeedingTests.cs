using Swarm.Protocol.Choking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Choking;

/// <summary>The round robin of a seed, and what always holds in both modes.</summary>
public sealed class ChokerSeedingTests
{
    private static readonly ChokerSettings Settings = ChokerSettings.Default with
    {
        FixedSlots = 1,
        SeedQuotaBytes = 1 << 20,
        SeedMinTime = TimeSpan.FromSeconds(20),
        SeedMaxTime = TimeSpan.FromSeconds(60),
    };

    [Fact]
    public void Peer_makes_room_after_its_quota()
    {
        var scene = Seeding(Settings);
        scene.JoinInterested(1, upRate: 1 << 20);
        scene.JoinInterested(2, upRate: 1 << 20);
        scene.Unchoked.ShouldBe("1");
        scene.Round().ShouldBe("");
        scene.Round().ShouldBe("-1 +2");
        scene.Round().ShouldBe("");
        scene.Round().ShouldBe("-2 +1");
    }

    [Fact]
    public void Slow_peer_makes_room_after_the_longest_time()
    {
        var scene = Seeding(Settings);
        scene.JoinInterested(1, upRate: 1);
        scene.JoinInterested(2, upRate: 1);
        for (var i = 0; i < 5; i++) scene.Round().ShouldBe("");
        scene.Round().ShouldBe("-1 +2");
    }

    [Fact]
    public void Nobody_makes_room_when_nobody_waits()
    {
        var scene = Seeding(Settings);
        scene.JoinInterested(1, upRate: 1 << 20);
        for (var i = 0; i < 20; i++) scene.Round().ShouldBe("");
    }

    [Fact]
    public void Who_waited_longest_is_next()
    {
        var scene = Seeding(Settings);
        scene.JoinInterested(1, upRate: 1 << 20);
        scene.Round(1);
        scene.JoinInterested(3, upRate: 1 << 20);
        scene.Round(1);
        scene.JoinInterested(2, upRate: 1 << 20);
        scene.Round(20).ShouldBe("-1 +3");
        scene.Leave(3).ShouldBe("+2");
    }

    [Fact]
    public void Rate_at_which_peers_send_to_a_seed_does_not_matter()
    {
        var scene = Seeding(Settings);
        scene.JoinInterested(1, upRate: 1);
        scene.JoinInterested(2, downRate: 1 << 30, upRate: 1);
        scene.Round().ShouldBe("");
    }

    [Fact]
    public void Fast_peers_come_sooner_but_slow_ones_get_their_turn()
    {
        var scene = Seeding(Settings with { FixedSlots = 2 });
        for (var peer = 1; peer <= 10; peer++) scene.JoinInterested(peer, upRate: peer <= 3 ? 4 << 20 : 8 << 10);
        var rounds = new int[11];
        var waited = new int[11];
        var longest = 0;
        for (var round = 0; round < 600; round++)
        {
            scene.Round();
            for (var peer = 1; peer <= 10; peer++)
            {
                var unchoked = scene.Choker.IsUnchoked(new PeerKey(peer));
                rounds[peer] += unchoked ? 1 : 0;
                waited[peer] = unchoked ? 0 : waited[peer] + 1;
                longest = Math.Max(longest, waited[peer]);
            }
        }

        // Ten peers, two slots, turns of six rounds at most: a fair wait is below (10 / 2) * 6 rounds, and bounded by twice that.
        longest.ShouldBeLessThan(60);
        scene.UploadedTo(1).ShouldBeGreaterThan(scene.UploadedTo(10));
        rounds[4..].Min().ShouldBeGreaterThan(600 * 2 / 10 / 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Slots_are_never_exceeded_and_never_idle_while_somebody_waits(bool seeding)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var slots = random.Next(1, 6);
            var scene = new ChokerScene(Settings with { FixedSlots = slots, OptimisticSlots = random.Next(3) }, seed);
            scene.Choker.IsSeeding = seeding;
            var interested = new SortedDictionary<int, bool>();
            var unchoked = new HashSet<string>();
            for (var step = 0; step < 300; step++)
            {
                Replay(unchoked, Act(scene, random, interested));
                string.Join(' ', unchoked.Order()).ShouldBe(string.Join(' ', scene.Unchoked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order()));
                unchoked.Count.ShouldBeLessThanOrEqualTo(slots);
                scene.Choker.UnchokedCount.ShouldBe(unchoked.Count);
                var served = unchoked.Count(peer => interested[int.Parse(peer)]);
                served.ShouldBe(Math.Min(slots, interested.Values.Count(wants => wants)));
            }
        }
    }

    private static string Act(ChokerScene scene, Random random, SortedDictionary<int, bool> interested)
    {
        var action = random.Next(10);
        if (interested.Count == 0 || (action == 0 && interested.Count < 12))
        {
            var peer = interested.Count == 0 ? 1 : interested.Keys.Max() + 1;
            interested.Add(peer, false);
            scene.Join(peer, random.Next(3) * 1_000, random.Next(3) << 18);
            return "";
        }

        var any = interested.Keys.ElementAt(random.Next(interested.Count));
        if (action == 1)
        {
            interested.Remove(any);
            return $"-{any} {scene.Leave(any)}";
        }

        if (action < 6)
        {
            interested[any] = random.Next(3) > 0;
            return scene.Interested(any, interested[any]);
        }

        if (action == 6) scene.Choker.SetSnubbed(new PeerKey(any), random.Next(2) == 0);
        if (action == 7) scene.SetRates(any, random.Next(5) * 1_000, random.Next(3) << 18);
        return action < 8 ? "" : scene.Round();
    }

    private static void Replay(HashSet<string> unchoked, string changes)
    {
        foreach (var change in changes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (change[0] == '+') unchoked.Add(change[1..]).ShouldBeTrue(change);
            else unchoked.Remove(change[1..]);
        }
    }

    private static ChokerScene Seeding(ChokerSettings settings)
    {
        var scene = new ChokerScene(settings);
        scene.Choker.IsSeeding = true;
        return scene;
    }
}
