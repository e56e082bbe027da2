using System.Net;
using Swarm.Actors.Cluster;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.World;
using static Swarm.Tests.Actors.Cluster.MembershipTests;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>Torrents of a cluster, with a seed outside of it.</summary>
public sealed class PlacementInClusterTests
{
    [Fact]
    public void A_torrent_that_is_added_anywhere_gets_its_replicas_and_every_node_shows_it()
    {
        var cluster = WithSeed(4, out var content);
        Add(cluster, cluster.Members[3], content, replicas: 2, acknowledged: 0).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => Complete(cluster, content) == 2, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        cluster.World.RunFor(TimeSpan.FromSeconds(10));
        foreach (var member in cluster.Members) Status(cluster, member).View.Torrents[content.Torrent].CompleteReplicas.ShouldBe(2);
        var answer = Ask(cluster, cluster.Members[0], new RouterActor.Explain(content.Torrent)).ShouldBeOfType<PlacementAnswer>();
        answer.Next.ShouldBeNull();
        answer.Ranked.Count(site => site.IsDesired).ShouldBe(2);
    }

    [Fact]
    public void An_addition_is_acknowledged_when_so_many_replicas_are_complete_and_not_before()
    {
        var cluster = WithSeed(3, out var content);
        Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2).ShouldBe(new RouterActor.Accepted(content.Torrent, 2));
        Complete(cluster, content).ShouldBe(2);
    }

    [Fact]
    public void An_addition_that_cannot_be_replicated_in_time_is_durable_and_says_so()
    {
        var cluster = WithSeed(1, out var content);
        var refused = Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2).ShouldBeOfType<RouterActor.Refused>();
        refused.IsDurable.ShouldBeTrue();
        refused.Reason.ShouldContain("1 complete replicas so far, not 2");
    }

    [Fact]
    public void When_a_member_is_gone_for_good_its_replica_is_copied_from_the_other_one()
    {
        var cluster = WithSeed(4, out var content);
        Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2);
        cluster.World.Nodes.Single(node => node.Name == "seed").Leave();
        cluster.World.RunFor(TimeSpan.FromSeconds(20));
        var lost = cluster.Members.First(member => cluster.Database.Tables.Torrents[content.Torrent].At(member.Name) is not null);
        lost.Crash();
        lost.Leave();
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent].Replicas.Count(replica => replica.Storage != lost.Name && replica.State == ReplicaState.Complete) == 2, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    [Fact]
    public void Draining_a_member_moves_what_it_has_and_then_it_has_nothing()
    {
        var cluster = WithSeed(3, out var content);
        Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2);
        var drained = cluster.Members.First(member => cluster.Database.Tables.Torrents[content.Torrent].At(member.Name) is not null);
        Ask(cluster, cluster.Members[0], new RouterActor.SetMember($"{drained.Name}:9120", MemberState.Draining));
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent] is var placed && placed.At(drained.Name) is null && placed.CompleteReplicas == 2, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        drained.Find(content.Torrent)!.IsAdded.ShouldBeFalse();
    }

    [Fact]
    public void When_the_member_that_plans_is_drained_another_one_plans()
    {
        var cluster = WithSeed(3, out var content);
        var planner = cluster.Database.Tables.Leases[ClusterTables.PlannerLease].Owner;
        var other = cluster.Members.First(member => $"{member.Name}:9120" != planner.EndPoint);
        Ask(cluster, other, new RouterActor.SetMember(planner.EndPoint, MemberState.Draining)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => cluster.Database.Tables.Leases.TryGetValue(ClusterTables.PlannerLease, out var lease) && lease.Owner != planner, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        Add(cluster, other, content, replicas: 2, acknowledged: 2).ShouldBe(new RouterActor.Accepted(content.Torrent, 2));
        Ask(cluster, other, new RouterActor.SetMember(planner.EndPoint, MemberState.Up)).ShouldBeOfType<RouterActor.Accepted>();
    }

    // Cut off for longer than any row of a forgotten torrent stays.
    [Fact]
    public void A_member_that_was_away_for_longer_than_the_retention_sees_that_a_torrent_was_forgotten()
    {
        var cluster = WithSeed(3, out var content, settings => settings with { ForgottenRetention = TimeSpan.FromMinutes(1) });
        Add(cluster, cluster.Members[0], content, replicas: 1, acknowledged: 1);
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        var away = cluster.Members.First(member => cluster.Database.Tables.Torrents[content.Torrent].At(member.Name) is null);
        var here = cluster.Members.First(member => member != away);
        Status(cluster, away).View.Torrents.ShouldContainKey(content.Torrent);
        cluster.CutFromDatabase(away);
        Ask(cluster, here, new RouterActor.Remove(content.Torrent, DeleteData: true)).ShouldBeOfType<RouterActor.Accepted>();
        // The row with the last change is never purged, so another one comes after it.
        cluster.World.RunFor(TimeSpan.FromSeconds(30));
        var other = SimContent.OneFile(100_000, 65_536, 6, []);
        foreach (var member in cluster.Members) member.Know(other, SimCluster.FolderOf(other));
        Add(cluster, here, other, replicas: 1, acknowledged: 0);
        cluster.World.RunUntil(() => !cluster.Database.Tables.Torrents.ContainsKey(content.Torrent), TimeSpan.FromMinutes(40)).ShouldBeTrue();
        Status(cluster, away).View.Torrents.ShouldContainKey(content.Torrent, "it does not know yet");
        cluster.MendDatabase();
        cluster.World.RunFor(TimeSpan.FromSeconds(30));
        Status(cluster, away).View.ShouldSatisfyAllConditions(view => view.IsCaughtUp.ShouldBeTrue(), view => view.Torrents.Keys.ShouldBe([other.Torrent]));
    }

    [Fact]
    public void A_torrent_that_is_paused_stands_still_everywhere_and_goes_on()
    {
        var cluster = WithSeed(2, out var content);
        Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2);
        Ask(cluster, cluster.Members[1], new RouterActor.SetPaused(content.Torrent, true)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => cluster.Members.All(member => member.Find(content.Torrent)!.State == TorrentState.Stopped), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        Ask(cluster, cluster.Members[0], new RouterActor.SetPaused(content.Torrent, false));
        cluster.World.RunUntil(() => cluster.Members.All(member => member.Find(content.Torrent)!.IsComplete), TimeSpan.FromMinutes(1)).ShouldBeTrue();
    }

    [Fact]
    public void A_torrent_that_is_removed_is_forgotten_everywhere()
    {
        var cluster = WithSeed(2, out var content);
        Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2);
        Ask(cluster, cluster.Members[1], new RouterActor.Remove(content.Torrent, DeleteData: false)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent].IsForgotten, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        Status(cluster, cluster.Members[0]).View.Torrents.ShouldBeEmpty();
        Ask(cluster, cluster.Members[0], new RouterActor.SetPaused(content.Torrent, true)).ShouldBeOfType<RouterActor.Refused>();
    }

    [Fact]
    public void Options_that_are_changed_anywhere_reach_every_replica_that_runs_and_those_that_come_later()
    {
        var cluster = WithSeed(3, out var content);
        var limits = new SortedDictionary<string, (long, long)>(StringComparer.Ordinal);
        var inOrder = new SortedSet<string>(StringComparer.Ordinal);
        cluster.World.Simulation.Tamper = turn =>
        {
            if (turn.Message is BandwidthActor.SetLimits set && set.Scope != BandwidthScope.Global) limits[turn.System.Name] = (set.Download, set.Upload);
            if (turn.Message is TorrentsActor.Configure { Changes.Sequential: true }) inOrder.Add(turn.System.Name);
            return turn.Message;
        };
        Add(cluster, cluster.Members[0], content, replicas: 2, acknowledged: 2);
        var onlooker = cluster.Members.Single(member => cluster.Database.Tables.Torrents[content.Torrent].At(member.Name) is null);
        var runners = cluster.Members.Where(member => member != onlooker).Select(member => member.Name).ToArray();
        Ask(cluster, onlooker, new RouterActor.SetOptions(content.Torrent) { DownloadLimit = 1_000_000, UploadLimit = 2_000_000, IsSequential = true }).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => runners.All(name => limits.GetValueOrDefault(name) == (1_000_000, 2_000_000)), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        inOrder.ShouldBe(runners, ignoreOrder: true);
        // What is not named stays.
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        Ask(cluster, onlooker, new RouterActor.SetOptions(content.Torrent) { UploadLimit = 0 }).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => runners.All(name => limits[name] == (1_000_000, 0)), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        cluster.Database.Tables.Torrents[content.Torrent].Wanted.IsSequential.ShouldBeTrue();

        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        limits.Clear();
        Ask(cluster, onlooker, new RouterActor.SetReplicas(content.Torrent, 3));
        cluster.World.RunUntil(() => limits.GetValueOrDefault(onlooker.Name) == (1_000_000, 0), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        cluster.World.RunUntil(() => Complete(cluster, content) == 3, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        limits.Keys.ShouldHaveSingleItem().ShouldBe(onlooker.Name, "those that run so already are not told again");

        Ask(cluster, onlooker, new RouterActor.SetOptions(content.Torrent) { DownloadLimit = -1 }).ShouldBeOfType<RouterActor.Refused>();
        Ask(cluster, onlooker, new RouterActor.SetOptions(Swarm.Tests.Protocol.Cluster.Some.Torrent(1)) { DownloadLimit = 1 }).ShouldBeOfType<RouterActor.Refused>();
    }

    // Within one turn, so that no view of any of them shows what another does; what fails on the way is tried again from what is there then.
    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void Members_that_change_different_things_of_a_torrent_at_once_all_have_their_way(double unknownOutcomes)
    {
        var cluster = WithSeed(3, out var content);
        Add(cluster, cluster.Members[0], content, replicas: 1, acknowledged: 1);
        var answers = new List<object>();
        void Tell(int member, object command) => cluster.Members[member].Cluster!.Tell(command, cluster.Members[member].Ear(answers.Add));
        cluster.Database.Settings = cluster.Database.Settings with { UnknownOutcome = unknownOutcomes };
        Tell(0, new RouterActor.SetOptions(content.Torrent) { DownloadLimit = 1_000_000 });
        Tell(1, new RouterActor.SetOptions(content.Torrent) { UploadLimit = 2_000_000, IsSequential = true });
        Tell(2, new RouterActor.SetReplicas(content.Torrent, 2));
        cluster.World.RunUntil(() => answers.Count == 3, TimeSpan.FromMinutes(4)).ShouldBeTrue();
        answers.ShouldAllBe(answer => answer is RouterActor.Accepted);
        var wanted = cluster.Database.Tables.Torrents[content.Torrent].Wanted;
        (wanted.DownloadLimit, wanted.UploadLimit, wanted.IsSequential, wanted.Replicas, wanted.Length).ShouldBe((1_000_000, 2_000_000, true, 2, 400_000));
        cluster.Database.Settings = cluster.Database.Settings with { UnknownOutcome = 0 };
        cluster.World.RunUntil(() => Complete(cluster, content) == 2, TimeSpan.FromMinutes(3)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_link_names_is_written_down_once_by_who_has_fetched_it_and_others_start_by_the_file(bool firstIsLost)
    {
        var cluster = WithSeed(3, out var content);
        var fetching = new SortedSet<string>(StringComparer.Ordinal);
        var described = 0;
        cluster.World.Simulation.Tamper = turn =>
        {
            if (turn.Message is TorrentEvent.StateChanged { State: TorrentState.FetchingMetadata }) fetching.Add(turn.System.Name);
            if (turn.Message is not TableActor.Run { Command: ClusterCommand.Describe describe } run) return turn.Message;
            return ++described == 1 && firstIsLost ? run with { Command = new ClusterCommand.LoadSource(describe.Torrent) } : run;
        };
        var link = SimNode.LinkOf(content, SimNode.TrackersOf(content));
        Ask(cluster, cluster.Members[0], new RouterActor.Add(link, 1, 1, TimeSpan.FromMinutes(3))).ShouldBe(new RouterActor.Accepted(content.Torrent, 1));
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent].Wanted.Length > 0, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        var wanted = cluster.Database.Tables.Torrents[content.Torrent].Wanted;
        (wanted.Length, wanted.Name).ShouldBe((400_000, content.Metainfo.Name));
        MetainfoParser.TryParse(cluster.Database.Tables.Sources[content.Torrent].ToArray(), MetainfoLimits.Default, out var file, out var error).ShouldBeTrue(error);
        file!.WireHash.ShouldBe(content.Torrent);
        file.TrackerTiers.SelectMany(tier => tier).ShouldBe(SimNode.TrackersOf(content));
        cluster.World.RunFor(TimeSpan.FromMinutes(5));
        described.ShouldBe(firstIsLost ? 2 : 1);

        fetching.Count.ShouldBe(1);
        Ask(cluster, cluster.Members[1], new RouterActor.SetReplicas(content.Torrent, 2)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => Complete(cluster, content) == 2, TimeSpan.FromMinutes(3)).ShouldBeTrue();
        fetching.Count.ShouldBe(1);
    }

    // No tracker, no DHT: what the link named is the only way to the seed, and the link has been replaced by the file.
    [Fact]
    public void A_replica_that_is_placed_later_knows_the_peers_that_the_link_named()
    {
        var cluster = Started(2);
        var content = SimContent.OneFile(400_000, 65_536, 5, []);
        var seed = cluster.World.AddNode("seed");
        seed.AddSeed(content);
        foreach (var member in cluster.Members) member.Know(content, SimCluster.FolderOf(content));
        cluster.World.StartAll();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{content.Torrent}&x.pe={seed.Address}&x.pe=no.such.name:1", out var link, out var error).ShouldBeTrue(error);
        Ask(cluster, cluster.Members[0], new RouterActor.Add(TorrentSource.FromMagnet(link!), 1, 1, TimeSpan.FromMinutes(3))).ShouldBe(new RouterActor.Accepted(content.Torrent, 1));
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent].Wanted.Length > 0, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        ClusterTables.IsLink(cluster.Database.Tables.Sources[content.Torrent]).ShouldBeFalse();
        cluster.Database.Tables.Hints[content.Torrent].ShouldBe([seed.Address.ToString(), "no.such.name:1"]);
        var lost = cluster.Members.Single(member => cluster.Database.Tables.Torrents[content.Torrent].At(member.Name) is not null);
        lost.Crash();
        lost.Leave();
        var other = cluster.Members.Single(member => member != lost);
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent].At(other.Name) is { State: ReplicaState.Complete }, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    [Fact]
    public void A_peer_that_lied_to_one_member_is_shunned_by_all()
    {
        var cluster = Started(3);
        var liar = IPAddress.Parse("20.0.99.1");
        cluster.Members[0].System!.EventStream.Publish(new TorrentEvent.PeerBanned(Swarm.Tests.Protocol.Cluster.Some.Torrent(1), liar, "it sent bad data"));
        cluster.World.RunFor(TimeSpan.FromSeconds(2));
        foreach (var member in cluster.Members) Status(cluster, member).Bans.ShouldHaveSingleItem().Address.ShouldBe(liar);
    }

    // One member is cut from the database and from the others while it is lifted, and one joins later.
    [Fact]
    public void A_ban_outlives_every_process_and_when_it_is_lifted_every_member_deals_with_the_address_again()
    {
        var cluster = Started(3);
        var address = IPAddress.Parse("20.0.99.1");
        var forgiven = new SortedSet<string>(StringComparer.Ordinal);
        cluster.World.Simulation.Tamper = turn =>
        {
            if (turn.Message is NetActor.Forgive forgive && forgive.Addresses.Contains(address)) forgiven.Add(turn.System.Name);
            return turn.Message;
        };
        Ask(cluster, cluster.Members[0], new RouterActor.SetBan(new Ban(address, TimeSpan.FromDays(6), "it lied") { By = "somebody" })).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        foreach (var member in cluster.Members) member.Kill();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        cluster.World.StartAll();
        cluster.World.RunFor(TimeSpan.FromSeconds(40));
        foreach (var member in cluster.Members) Status(cluster, member).Bans.ShouldHaveSingleItem().ShouldSatisfyAllConditions(ban => ban.Address.ShouldBe(address), ban => ban.By.ShouldBe("somebody"), ban => ban.Left.ShouldBeGreaterThan(TimeSpan.FromDays(5)));

        cluster.CutFromDatabase(cluster.Members[2]);
        Ask(cluster, cluster.Members[1], new RouterActor.LiftBan(address, "somebody else")).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunFor(TimeSpan.FromSeconds(10));
        Status(cluster, cluster.Members[0]).Bans.ShouldBeEmpty();
        Status(cluster, cluster.Members[2]).Bans.Length.ShouldBe(1);
        // What comes late of a ban that was lifted is not taken for a new one.
        cluster.Members[0].Cluster!.Tell(new MembersActor.Heard(cluster.Database.Tables.Membership.Members.Keys.First(id => id.EndPoint == $"{cluster.Members[1].Name}:9120"), new ClusterMessage.Bans([new Ban(address, TimeSpan.FromHours(1), "late")])));
        cluster.MendDatabase();
        cluster.World.RunFor(TimeSpan.FromMinutes(1));
        foreach (var member in cluster.Members) Status(cluster, member).Bans.ShouldBeEmpty(member.Name);
        forgiven.Count.ShouldBe(3);
        // A new one is.
        Ask(cluster, cluster.Members[0], new RouterActor.SetBan(new Ban(address, TimeSpan.FromHours(1), "again"))).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        foreach (var member in cluster.Members) Status(cluster, member).Bans.ShouldHaveSingleItem().Reason.ShouldBe("again");
    }

    [Fact]
    public void A_ban_sends_whoever_is_connected_away_at_every_member_at_once()
    {
        var world = new SimWorld(1);
        var tracker = world.AddTracker("tracker");
        var content = SimContent.OneFile(4_000_000, 65_536, 5, [tracker.Http]);
        var cluster = new SimCluster(world);
        var source = world.AddNode("seed", SimNodeSettings.Default with { Link = LinkProfile.Default with { UpBytesPerSecond = 50_000 } });
        source.AddSeed(content);
        for (var i = 1; i <= 3; i++) cluster.AddNode($"member-{i}");
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(20));
        cluster.Add(content, 3);
        world.RunUntil(() => cluster.Members.All(member => member.Status(content) is { ConnectedSeeds: > 0 }), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        cluster.Members[0].System!.EventStream.Publish(new TorrentEvent.PeerBanned(content.Torrent, source.Address.Address, "it sent bad data"));
        world.RunFor(TimeSpan.FromSeconds(3));
        cluster.Members.ShouldAllBe(member => member.Status(content)!.ConnectedSeeds == 0);
    }

    [Fact]
    public void Members_find_the_DHT_through_each_other()
    {
        var world = new SimWorld(1);
        var cluster = new SimCluster(world);
        for (var i = 1; i <= 3; i++) cluster.AddNode($"member-{i}", SimNodeSettings.Default with { Dht = DhtSettings.Default with { Routers = [] } });
        world.StartAll();
        world.RunFor(TimeSpan.FromMinutes(2));
        foreach (var member in cluster.Members)
        {
            DhtStatus? status = null;
            member.Dht[0].Actor.Tell(new DhtActor.GetStatus(), member.Ear(answer => status = (DhtStatus)answer));
            world.RunFor(TimeSpan.FromSeconds(1));
            status.ShouldNotBeNull().IsBootstrapped.ShouldBeTrue();
            status.Nodes.ShouldBe(2);
        }
    }

    [Fact]
    public void A_limit_of_the_whole_cluster_is_shared_out_and_never_exceeded_whoever_is_cut_off()
    {
        const long limit = 1_000_000;
        var world = new SimWorld(3);
        var cluster = new SimCluster(world) { Configure = settings => settings with { DownloadLimit = limit } };
        var limits = new SortedDictionary<string, long>(StringComparer.Ordinal);
        world.Simulation.Tamper = turn =>
        {
            if (turn.Message is BandwidthActor.SetShare set) limits[turn.System.Name] = set.Download;
            return turn.Message;
        };
        for (var i = 1; i <= 4; i++) cluster.AddNode($"member-{i}");
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(30));
        for (var second = 0; second < 240; second++)
        {
            if (second == 90) world.Network.Partition([cluster.Members[0].Host], world.Network.Hosts.Except([cluster.Members[0].Host]));
            if (second == 150) cluster.Members[1].Kill();
            if (second == 180) cluster.Members[1].Start();
            world.RunFor(TimeSpan.FromSeconds(1));
            limits.Count.ShouldBe(4);
            limits.Values.Sum().ShouldBeLessThanOrEqualTo(limit);
            limits.Values.ShouldAllBe(share => share > 0);
            // Once there are grants, one that nobody else competes with has more than its part of the reserve.
            if (second == 80) limits.Values.Max().ShouldBeGreaterThan(limit / 20);
        }
    }

    [Fact]
    public void A_node_by_itself_has_no_part_in_any_cluster()
    {
        var world = new SimWorld(1);
        var node = world.AddNode("alone");
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(5));
        node.Cluster.ShouldBeNull();
        world.StopAll();
    }

    private static SimCluster WithSeed(int members, out SimContent content, Func<ClusterSettings, ClusterSettings>? configure = null)
    {
        var cluster = Started(members, configure: configure);
        var tracker = cluster.World.AddTracker("tracker");
        content = SimContent.OneFile(400_000, 65_536, 5, [tracker.Http]);
        cluster.World.AddNode("seed").AddSeed(content);
        foreach (var member in cluster.Members) member.Know(content, SimCluster.FolderOf(content));
        cluster.World.StartAll();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        return cluster;
    }

    private static object Add(SimCluster cluster, SimNode member, SimContent content, int replicas, int acknowledged) =>
        Ask(cluster, member, new RouterActor.Add(TorrentSource.FromFile(content.Metainfo, content.TorrentFile), replicas, acknowledged, TimeSpan.FromMinutes(3)));

    private static int Complete(SimCluster cluster, SimContent content) => cluster.Database.Tables.Torrents.GetValueOrDefault(content.Torrent)?.CompleteReplicas ?? 0;
}
