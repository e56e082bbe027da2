using Swarm.Actors.Torrents;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>What trackers are told of torrents with several replicas.</summary>
public sealed class PrivateTrackerTests
{
    private const int Replicas = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Of_a_private_torrent_one_replica_is_known_and_another_when_that_one_is_gone(int seed)
    {
        var (cluster, tracker, content) = Fetched(seed, isPrivate: true);
        tracker.Count(content.Torrent).Completed.ShouldBe(1, "one fetched it from outside");
        var speaker = Speakers(cluster, tracker, content).ShouldHaveSingleItem();
        speaker.StopGracefully();
        speaker.Leave();
        cluster.World.RunFor(60.Seconds);
        var next = Speakers(cluster, tracker, content).ShouldHaveSingleItem();
        next.ShouldNotBe(speaker);
        next.Crash();
        cluster.World.RunFor(60.Seconds);
        Speakers(cluster, tracker, content).Where(member => member != next).ShouldHaveSingleItem();
    }

    [Fact]
    public void Of_a_torrent_that_is_not_private_all_are_known()
    {
        var (cluster, tracker, content) = Fetched(1, isPrivate: false);
        Speakers(cluster, tracker, content).Length.ShouldBe(Replicas);
    }

    [Fact]
    public void Replicas_that_all_announce_a_private_torrent_are_caught()
    {
        var failure = Should.Throw<CheckFailedException>(() => Fetched(1, isPrivate: true, world => world.Simulation.Tamper = turn => turn.Message switch
        {
            TorrentsActor.Add add => add with { Options = add.Options with { Group = add.Options.Group is { } group ? group with { IsAnnouncer = true } : null } },
            TorrentsActor.SetGroup set => set with { Group = set.Group with { IsAnnouncer = true } },
            _ => turn.Message,
        }));
        failure.Promise.ShouldBe("One replica speaks for all to a private tracker");
    }

    private static (SimCluster Cluster, FakeTracker Tracker, SimContent Content) Fetched(int seed, bool isPrivate, Action<SimWorld>? prepare = null)
    {
        var world = new SimWorld(seed);
        prepare?.Invoke(world);
        var tracker = world.AddTracker("tracker", FakeTrackerSettings.Default with { Interval = 1.Minutes });
        var content = new SimContent(seed, 65_536, [("one.bin", 1.MiB)], [tracker.Http], isPrivate);
        var cluster = new SimCluster(world);
        world.AddNode("seed").AddSeed(content);
        for (var i = 1; i <= Replicas; i++) cluster.AddNode($"member-{i}");
        world.StartAll();
        world.RunFor(20.Seconds);
        cluster.Add(content, Replicas);
        world.RunUntil(() => cluster.IsConverged, 10.Minutes).ShouldBeTrue(cluster.WhyNotConverged());
        // Long enough for those at rest to have announced, and for the check to see it.
        world.RunFor(3.Minutes);
        return (cluster, tracker, content);
    }

    private static SimNode[] Speakers(SimCluster cluster, FakeTracker tracker, SimContent content) => [.. cluster.Members.Where(member => tracker.Members(content.Torrent).Contains(member.Address))];
}
