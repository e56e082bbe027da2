using Swarm.Sim.Replicas;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>Two members that see the same files.</summary>
public sealed class SharedStorageTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Another_takes_over_when_the_session_has_run_out_and_fetches_nothing(int seed, bool isFrozen)
    {
        var takeover = TakeoverRun.Of(seed, isFrozen);
        takeover.BytesFetched.ShouldBe(0);
        takeover.SecondsToDown.ShouldBeLessThan(10);
        takeover.SecondsToSeed.ShouldBeInRange(20, 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_a_disk_has_queued_of_one_that_stood_still_is_refused_by_the_disk(int seed) => Story(seed, ignoresTerms: false).ShouldBeTrue("the writes were still there to be refused");

    [Fact]
    public void A_disk_that_knows_of_no_terms_is_caught()
    {
        var failure = Should.Throw<CheckFailedException>(() => Story(1, ignoresTerms: true));
        failure.Promise.ShouldBe("A file on a storage that several see has one writer, by its lease");
    }

    // The one that fetches stands still with its disk, and only goes on when the other has the torrent.
    private static bool Story(int seed, bool ignoresTerms)
    {
        var world = new SimWorld(seed);
        var tracker = world.AddTracker("tracker");
        var content = SimContent.OneFile(8.MiB, 65_536, seed, [tracker.Http]);
        var cluster = new SimCluster(world);
        var slow = LinkProfile.Default with { DownBytesPerSecond = 200.KiB };
        var first = cluster.AddNode("member-1", SimNodeSettings.Default with { Link = slow });
        var second = cluster.AddNode("member-2", SimNodeSettings.Default with { Link = slow, SharesDiskOf = first });
        world.AddNode("seed").AddSeed(content);
        foreach (var member in cluster.Members) member.Disk.Settings = member.Disk.Settings with { IgnoresTerms = ignoresTerms };
        world.StartAll();
        world.RunFor(15.Seconds);
        cluster.Add(content, 1);
        world.RunUntil(() => cluster.Members.Any(member => member.Find(content.Torrent)!.VerifiedNow.Count > 10), 5.Minutes).ShouldBeTrue();
        var runner = cluster.Members.First(member => member.Find(content.Torrent)!.VerifiedNow.Count > 10);
        var other = runner == first ? second : first;
        runner.Disk.Stall(90.Seconds);
        world.RunFor(2.Seconds);
        runner.Freeze();
        var queued = runner.Disk.Counters.BytesQueued;
        var written = runner.Disk.Counters.BytesWritten;
        world.RunUntil(() => other.Find(content.Torrent)!.VerifiedNow.Count > 0, 5.Minutes).ShouldBeTrue();
        world.RunFor(90.Seconds);
        runner.Thaw();
        world.RunUntil(() => cluster.IsConverged, 30.Minutes).ShouldBeTrue(cluster.WhyNotConverged());
        return queued > 0 && runner.Disk.Counters.BytesWritten == written;
    }
}
