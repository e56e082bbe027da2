using Swarm.TestKit.Content;
using Swarm.TestKit.World;

namespace Swarm.Tests.TestKit.World;

public sealed class SimWorldTests
{
    [Fact]
    public void One_seed_and_ten_leechers_become_eleven_seeds()
    {
        var world = Swarm(seed: 1, out var content);
        world.MustConverge(Worlds.Patience);
        world.StopAll();
        world.Trackers[0].Count(content.Torrent).Completed.ShouldBe(10);
        world.Trackers[0].Members(content.Torrent).ShouldBeEmpty("everybody said goodbye");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_gives_another()
    {
        var hashes = new List<ulong>();
        for (var run = 0; run < 3; run++)
        {
            var world = Swarm(seed: run / 2, out _, leechers: 3);
            world.At(TimeSpan.FromSeconds(2), world.Nodes[1].Crash);
            world.At(TimeSpan.FromSeconds(3), world.Nodes[1].Start);
            world.MustConverge(Worlds.Patience);
            world.StopAll();
            hashes.Add(world.TraceHash);
        }

        hashes[1].ShouldBe(hashes[0]);
        hashes[2].ShouldNotBe(hashes[0]);
    }

    [Fact]
    public void A_udp_tracker_brings_peers_together()
    {
        var world = new SimWorld(1);
        var tracker = world.AddTracker("tracker");
        var content = Worlds.SmallContent(tracker.Udp);
        world.AddNode("seed").AddSeed(content);
        world.AddNode("leecher").Add(content);
        world.StartAll();
        world.MustConverge(Worlds.Patience);
        world.StopAll();
        tracker.Count(content.Torrent).Completed.ShouldBe(1);
    }

    [Fact]
    public void A_magnet_link_is_enough()
    {
        var world = new SimWorld(1);
        var tracker = world.AddTracker("tracker");
        var content = Worlds.SmallContent(tracker.Http);
        world.AddNode("seed").AddSeed(content);
        world.AddNode("leecher").AddMagnet(content, trackers: [tracker.Http]);
        world.StartAll();
        world.MustConverge(Worlds.Patience);
        world.StopAll();
    }

    [Fact]
    public void Things_happen_at_their_time()
    {
        var world = new SimWorld(1);
        var times = new List<TimeSpan>();
        world.At(TimeSpan.FromSeconds(5), () => times.Add(world.Now));
        world.Every(TimeSpan.FromSeconds(4), () => times.Add(world.Now));
        world.RunFor(TimeSpan.FromSeconds(9));
        times.ShouldBe([TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8)]);
        world.RunUntil(() => times.Count > 100, TimeSpan.FromSeconds(1)).ShouldBeFalse();
        world.Now.ShouldBe(TimeSpan.FromSeconds(10));
        world.RunUntil(() => times.Count > 3, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        world.Now.ShouldBe(TimeSpan.FromSeconds(12));
    }

    [Fact]
    public void A_failure_says_what_where_when_and_how_to_see_it_again()
    {
        var (world, _, leecher, _) = Worlds.Pair(seed: 77, SimWorldSettings.Default with { ReplayCommand = "swarm-sim pair --seed {seed}" });
        world.At(TimeSpan.FromSeconds(1), () => world.Fail("Nothing ends", leecher, "it ended"));
        var failure = Should.Throw<CheckFailedException>(() => world.RunFor(TimeSpan.FromMinutes(1)));
        world.Now.ShouldBe(TimeSpan.FromSeconds(1));
        failure.Promise.ShouldBe("Nothing ends");
        foreach (var part in new[] { "leecher: it ended", "Seed 77", "1.000000", "swarm-sim pair --seed 77", "Last events", "user/node" }) failure.Message.ShouldContain(part);
        Should.Throw<CheckFailedException>(() => world.RunFor(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Who_cannot_converge_is_named()
    {
        var world = new SimWorld(1);
        world.AddNode("alone").Add(Worlds.SmallContent());
        world.StartAll();
        Should.Throw<CheckFailedException>(() => world.MustConverge(TimeSpan.FromMinutes(1))).Message.ShouldContain("alone Running [Downloading 0/21");
    }

    private static SimWorld Swarm(int seed, out SimContent content, int leechers = 10)
    {
        var world = new SimWorld(seed);
        var tracker = world.AddTracker("tracker");
        content = Worlds.SmallContent(tracker.Http);
        world.AddNode("seed").AddSeed(content);
        for (var i = 0; i < leechers; i++) world.AddNode($"leecher-{i}").Add(content);
        world.StartAll();
        return world;
    }
}
