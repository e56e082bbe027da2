using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;
using static Swarm.Tests.Actors.Cluster.MembershipTests;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>A storage is gone while its torrents are removed, and comes back when nobody waits for it any more: whole nodes in virtual time.</summary>
public sealed class LostStorageTests
{
    [Fact]
    public void A_torrent_that_is_removed_is_forgotten_though_a_storage_never_comes_back_and_is_no_torrent_there_if_it_does()
    {
        var world = new SimWorld(1);
        var cluster = new SimCluster(world, placement: PlacementSettings.Default with { MinFreeBytes = 0, SweepInterval = TimeSpan.FromSeconds(5) }) { Configure = settings => settings with { ForgottenRetention = TimeSpan.FromMinutes(2) } };
        for (var i = 1; i <= 3; i++) cluster.AddNode($"member-{i}");
        var tracker = world.AddTracker("tracker");
        var content = SimContent.OneFile(400_000, 65_536, 5, [tracker.Http]);
        world.AddNode("seed").AddSeed(content);
        foreach (var member in cluster.Members) member.Know(content, SimCluster.FolderOf(content));
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(5));
        Add(cluster, content).ShouldBe(new RouterActor.Accepted(content.Torrent, 3));
        var gone = cluster.Members[2];
        gone.Kill();
        Ask(cluster, cluster.Members[0], new RouterActor.Remove(content.Torrent, DeleteData: true)).ShouldBeOfType<RouterActor.Accepted>();
        world.RunFor(TimeSpan.FromMinutes(1.5));
        cluster.Database.Tables.Torrents[content.Torrent].Replicas.Select(replica => replica.Storage).ShouldBe([gone.Name], "it is waited for");
        world.RunUntil(() => cluster.Database.Tables.Torrents.GetValueOrDefault(content.Torrent) is null or { IsForgotten: true }, TimeSpan.FromMinutes(6)).ShouldBeTrue();
        world.RunFor(TimeSpan.FromSeconds(5));
        Status(cluster, cluster.Members[0]).View.Torrents.ShouldBeEmpty();

        gone.Start();
        world.RunUntil(() => Rows(cluster).Length == 3, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        world.RunFor(TimeSpan.FromMinutes(1));
        gone.Find(content.Torrent)!.IsAdded.ShouldBeFalse("nobody wants it");
        gone.Disk.Holds(content, SimCluster.FolderOf(content), new PieceIndex(0)).ShouldBeTrue("its files stay");
        // Added once more it is found there.
        var written = gone.Disk.Counters.BytesWritten;
        Add(cluster, content).ShouldBe(new RouterActor.Accepted(content.Torrent, 3));
        gone.Disk.Counters.BytesWritten.ShouldBe(written);
    }

    private static object Add(SimCluster cluster, SimContent content) => Ask(cluster, cluster.Members[0], new RouterActor.Add(TorrentSource.FromFile(content.Metainfo, content.TorrentFile), 3, 3, TimeSpan.FromMinutes(3)));
}
