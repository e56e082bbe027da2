using Swarm.Actors.Cluster;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.World;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>Members of a cluster without torrents, whole nodes in virtual time.</summary>
public sealed class MembershipTests
{
    private static readonly MembershipSettings Settings = MembershipSettings.Default;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Nodes_that_start_together_come_up(int members)
    {
        var cluster = Started(members);
        Rows(cluster).Length.ShouldBe(members);
        cluster.Database.Tables.Membership.Members.Count.ShouldBe(members);
    }

    [Fact]
    public void A_member_that_died_is_voted_down_long_before_its_session_ends()
    {
        var cluster = Started(5);
        cluster.Members[2].Kill();
        var died = cluster.World.Now;
        cluster.World.RunUntil(() => StateOf(cluster, "member-3") == MemberState.Down, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        (cluster.World.Now - died).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        Rows(cluster).Length.ShouldBe(4);
    }

    [Fact]
    public void Of_two_members_one_that_died_is_down_when_its_session_and_the_grace_are_over()
    {
        var cluster = Started(2);
        cluster.World.RunFor(TimeSpan.FromMinutes(1));
        cluster.Members[1].Kill();
        var died = cluster.World.Now;
        cluster.World.RunUntil(() => StateOf(cluster, "member-2") == MemberState.Down, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        (cluster.World.Now - died).ShouldBeInRange(TimeSpan.FromSeconds(25), Settings.SessionLease + Settings.ExpiryGrace + TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Two_members_that_lose_each_other_and_keep_the_database_stay_up()
    {
        var cluster = Started(2);
        cluster.World.Network.Partition([cluster.Members[0].Host], [cluster.Members[1].Host]);
        cluster.World.RunFor(TimeSpan.FromMinutes(10));
        Rows(cluster).Select(row => row.Id.Generation).ShouldBe([1L, 2L], ignoreOrder: true);
    }

    [Fact]
    public void The_smaller_side_of_a_partition_goes_down_and_comes_back_when_it_heals()
    {
        var cluster = Started(5);
        var cut = cluster.Members.Take(2).Select(member => member.Host).ToArray();
        cluster.World.Network.Partition(cut, cluster.World.Network.Hosts.Except(cut));
        cluster.World.RunFor(TimeSpan.FromMinutes(2));
        Rows(cluster).Select(row => row.Traits.Storage).Order().ShouldBe(["member-3", "member-4", "member-5"]);
        cluster.World.Network.Heal();
        cluster.World.RunUntil(() => Rows(cluster).Length == 5, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        // Who stayed up is who he was.
        Rows(cluster).Where(row => row.Traits.Storage is "member-3" or "member-4" or "member-5").ShouldAllBe(row => row.Id.Generation <= 5);
    }

    [Fact]
    public void A_process_that_stood_still_finds_out_that_it_is_down_and_joins_anew()
    {
        var cluster = Started(3);
        cluster.Members[0].Freeze();
        cluster.World.RunFor(TimeSpan.FromSeconds(60));
        StateOf(cluster, "member-1").ShouldBe(MemberState.Down);
        cluster.Members[0].Thaw();
        cluster.World.RunUntil(() => Rows(cluster).Length == 3, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        Rows(cluster).Single(row => row.Traits.Storage == "member-1").Id.Generation.ShouldBeGreaterThan(3);
    }

    [Fact]
    public void While_the_database_is_away_everybody_stops_writing_and_afterwards_all_are_who_they_were()
    {
        var cluster = Started(4);
        cluster.StopDatabase();
        cluster.World.RunFor(TimeSpan.FromSeconds(60));
        cluster.Members.Select(member => Status(cluster, member).Session).ShouldAllBe(session => session != SessionState.Writing);
        cluster.MendDatabase();
        cluster.World.RunFor(TimeSpan.FromSeconds(60));
        cluster.Members.Select(member => Status(cluster, member).Session).ShouldAllBe(session => session == SessionState.Writing);
        Rows(cluster).Select(row => row.Id.Generation).Order().ShouldBe([1L, 2L, 3L, 4L]);
    }

    [Fact]
    public void A_member_that_lost_only_the_database_is_down_after_its_session_and_comes_back()
    {
        var cluster = Started(3);
        cluster.World.RunFor(TimeSpan.FromMinutes(1));
        cluster.CutFromDatabase(cluster.Members[1]);
        cluster.World.RunFor(Settings.WritingTime + TimeSpan.FromSeconds(3));
        Status(cluster, cluster.Members[1]).Session.ShouldNotBe(SessionState.Writing);
        cluster.World.RunFor(TimeSpan.FromSeconds(30));
        StateOf(cluster, "member-2").ShouldBe(MemberState.Down);
        cluster.MendDatabase();
        cluster.World.RunUntil(() => Rows(cluster).Length == 3, TimeSpan.FromSeconds(60)).ShouldBeTrue();
    }

    [Fact]
    public void A_member_that_stops_in_good_order_is_down_by_its_own_hand_and_one_that_was_drained_has_left()
    {
        var cluster = Started(3);
        cluster.Members[0].StopGracefully();
        cluster.World.RunUntil(() => cluster.Members[0].State == NodeState.Down, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        StateOf(cluster, "member-1").ShouldBe(MemberState.Down);
        Ask(cluster, cluster.Members[2], new RouterActor.SetMember("member-2:9120", MemberState.Draining)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        cluster.Members[1].StopGracefully();
        cluster.World.RunUntil(() => cluster.Members[1].State == NodeState.Down, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        StateOf(cluster, "member-2").ShouldBe(MemberState.Left);
    }

    [Fact]
    public void One_planner_at_a_time_and_another_when_it_dies()
    {
        var cluster = Started(3);
        cluster.World.RunFor(TimeSpan.FromSeconds(20));
        var first = cluster.Members.Single(member => Status(cluster, member).Plans);
        first.Kill();
        cluster.World.RunUntil(() => cluster.Members.Where(member => member != first).Any(member => Status(cluster, member).Plans), TimeSpan.FromMinutes(2)).ShouldBeTrue();
        cluster.Members.Count(member => member != first && Status(cluster, member).Plans).ShouldBe(1);
    }

    [Fact]
    public void Versions_that_are_neighbours_form_one_cluster_and_a_third_never_comes_up()
    {
        var world = new SimWorld(1);
        var cluster = new SimCluster(world);
        cluster.AddNode("member-1").MessageVersion = 1;
        cluster.AddNode("member-2").MessageVersion = 2;
        cluster.AddNode("member-3").MessageVersion = 4;
        // Whoever comes up first needs to hear nobody: it is one of those that hear each other.
        foreach (var member in cluster.Members.Take(2)) member.Start();
        world.RunUntil(() => Rows(cluster).Length == 2, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        cluster.Members[2].Start();
        world.RunFor(TimeSpan.FromSeconds(40));
        StateOf(cluster, "member-1").ShouldBe(MemberState.Up);
        StateOf(cluster, "member-2").ShouldBe(MemberState.Up);
        StateOf(cluster, "member-3").ShouldBe(MemberState.Joining);
        var counters = (ClusterActor.LinkCounters)Ask(cluster, cluster.Members[0], new ClusterActor.Inspect());
        counters.Refused[ClusterRefusal.Version].ShouldBeGreaterThan(0);
        counters.Received.ShouldBeGreaterThan(0);
    }

    internal static SimCluster Started(int members, int seed = 1, Func<ClusterSettings, ClusterSettings>? configure = null)
    {
        var world = new SimWorld(seed);
        var cluster = new SimCluster(world);
        if (configure is not null) cluster.Configure = configure;
        for (var i = 1; i <= members; i++) cluster.AddNode($"member-{i}");
        world.StartAll();
        world.RunUntil(() => Rows(cluster).Length == members, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        return cluster;
    }

    internal static Member[] Rows(SimCluster cluster) => [.. cluster.Database.Tables.Membership.Members.Values.Where(row => row.State == MemberState.Up)];

    internal static MemberState? StateOf(SimCluster cluster, string storage) => cluster.Database.Tables.Membership.Members.Values.LastOrDefault(row => row.Traits.Storage == storage)?.State;

    internal static ClusterStatus Status(SimCluster cluster, SimNode member) => (ClusterStatus)Ask(cluster, member, new RouterActor.GetStatus());

    internal static object Ask(SimCluster cluster, SimNode member, object question)
    {
        object? answer = null;
        member.Cluster!.Tell(question, member.Ear(message => answer = message));
        cluster.World.RunUntil(() => answer is not null, TimeSpan.FromMinutes(10)).ShouldBeTrue();
        return answer!;
    }
}
