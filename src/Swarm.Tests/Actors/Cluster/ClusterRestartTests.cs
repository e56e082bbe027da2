using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;
using static Swarm.Tests.Actors.Cluster.MembershipTests;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>Parts of members that fail by a bug, or because an operator makes them: whole nodes in virtual time, that must go on as if nothing had been.</summary>
public sealed class ClusterRestartTests
{
    private readonly SimCluster _cluster = Started(3);
    private readonly SimContent _first;
    private readonly SimContent _second;

    public ClusterRestartTests()
    {
        var tracker = _cluster.World.AddTracker("tracker");
        _first = SimContent.OneFile(300_000, 65_536, 5, [tracker.Http]);
        _second = SimContent.OneFile(300_000, 65_536, 6, [tracker.Http]);
        var seed = _cluster.World.AddNode("seed");
        seed.AddSeed(_first);
        seed.AddSeed(_second);
        foreach (var member in _cluster.Members)
        {
            member.Know(_first, SimCluster.FolderOf(_first));
            member.Know(_second, SimCluster.FolderOf(_second));
        }

        _cluster.World.StartAll();
        _cluster.World.RunFor(TimeSpan.FromSeconds(5));
        Add(_first, 3).ShouldBe(new RouterActor.Accepted(_first.Torrent, 3));
    }

    [Theory]
    [InlineData("/table")]
    [InlineData("/members")]
    [InlineData("/planner")]
    [InlineData("/replicas")]
    [InlineData("/router")]
    [InlineData("")]
    public void A_part_that_is_restarted_at_every_member_takes_part_again(string part)
    {
        foreach (var member in _cluster.Members) Fail(member, part);
        _cluster.World.RunFor(TimeSpan.FromSeconds(1));
        Add(_second, 3).ShouldBe(new RouterActor.Accepted(_second.Torrent, 3));
        AllIsWell();
        // A session that ends is the end of all that runs.
        _cluster.StopDatabase();
        _cluster.World.RunUntil(() => _cluster.Members.All(member => Stands(member, _first) && Stands(member, _second)), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        _cluster.MendDatabase();
        _cluster.World.RunUntil(() => _cluster.Members.All(member => member.Find(_first.Torrent)!.IsComplete && member.Find(_second.Torrent)!.IsComplete), TimeSpan.FromMinutes(2)).ShouldBeTrue();
        AllIsWell();
    }

    [Theory]
    [InlineData("/replicas")]
    [InlineData("")]
    public void What_ran_before_is_stopped_with_the_session_also_if_the_part_is_restarted_without_it(string part)
    {
        _cluster.StopDatabase();
        var member = _cluster.Members[0];
        Fail(member, part);
        _cluster.World.RunUntil(() => Stands(member, _first), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        _cluster.MendDatabase();
        _cluster.World.RunUntil(() => member.Find(_first.Torrent)!.IsComplete, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        AllIsWell();
    }

    [Fact]
    public void What_ran_before_is_forgotten_if_it_is_removed_meanwhile()
    {
        foreach (var member in _cluster.Members) Fail(member, "/replicas");
        Ask(_cluster, _cluster.Members[0], new RouterActor.Remove(_first.Torrent, DeleteData: true)).ShouldBeOfType<RouterActor.Accepted>();
        _cluster.World.RunUntil(() => _cluster.Database.Tables.Torrents[_first.Torrent].IsForgotten, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        _cluster.Members.ShouldAllBe(member => !member.Find(_first.Torrent)!.IsAdded && member.Store.RecordOf(_first.Torrent) == null);
    }

    // Nobody would renew the identity, so nobody would say when it is over.
    [Fact]
    public void With_the_part_that_keeps_the_session_the_identity_ends_and_what_runs_stops_at_once()
    {
        _cluster.StopDatabase();
        var member = _cluster.Members[0];
        Status(_cluster, member).Session.ShouldBe(SessionState.Writing);
        Fail(member, "/members");
        _cluster.World.RunFor(TimeSpan.FromSeconds(1));
        Status(_cluster, member).ShouldSatisfyAllConditions(status => status.Session.ShouldBe(SessionState.None), status => status.Self.IsNobody.ShouldBeTrue());
        _cluster.MendDatabase();
        _cluster.World.RunUntil(() => Rows(_cluster).Length == 3 && member.Find(_first.Torrent)!.IsComplete, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        AllIsWell();
    }

    [Fact]
    public void A_drained_member_plans_no_more_whatever_is_restarted()
    {
        var planner = _cluster.Database.Tables.Leases[ClusterTables.PlannerLease].Owner;
        var node = _cluster.Members.Single(member => $"{member.Name}:9120" == planner.EndPoint);
        Fail(node, "/planner");
        Ask(_cluster, node, new RouterActor.SetMember(planner.EndPoint, MemberState.Draining)).ShouldBeOfType<RouterActor.Accepted>();
        _cluster.World.RunUntil(() => _cluster.Database.Tables.Leases.TryGetValue(ClusterTables.PlannerLease, out var lease) && lease.Owner != planner, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        Status(_cluster, node).Plans.ShouldBeFalse();
    }

    [Fact]
    public void A_node_ends_in_good_order_whatever_is_restarted_while_it_does()
    {
        var member = _cluster.Members[0];
        member.StopGracefully();
        foreach (var part in (string[])["/replicas", "/planner", "/members"]) Fail(member, part);
        _cluster.World.RunUntil(() => member.State == NodeState.Down, TimeSpan.FromMinutes(1)).ShouldBeTrue();
    }

    private void AllIsWell()
    {
        _cluster.World.RunFor(TimeSpan.FromSeconds(15));
        Rows(_cluster).Length.ShouldBe(3);
        var statuses = _cluster.Members.Select(member => Status(_cluster, member)).ToArray();
        statuses.Count(static status => status.Plans).ShouldBe(1);
        statuses.ShouldAllBe(static status => status.Session == SessionState.Writing);
        statuses.Select(static status => status.Self).Order().ShouldBe(Rows(_cluster).Select(static row => row.Id).Order());
        foreach (var placed in _cluster.Database.Tables.Torrents.Values) placed.CompleteReplicas.ShouldBe(3);
    }

    // Its lease goes back when the database is there again.
    private static bool Stands(SimNode member, SimContent content) => member.Find(content.Torrent)!.State is TorrentState.Stopping or TorrentState.Stopped;

    private static void Fail(SimNode member, string part) => ActorIntervention.Fail(member.System!, $"/user/node/cluster{part}").ShouldBeTrue();

    private object Add(SimContent content, int replicas) =>
        Ask(_cluster, _cluster.Members[1], new RouterActor.Add(TorrentSource.FromFile(content.Metainfo, content.TorrentFile), replicas, replicas, TimeSpan.FromMinutes(3)));
}
