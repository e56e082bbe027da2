using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Host.Api.Clusters;

/// <summary>One list of what a node has and what the cluster says, at node n1 of tables that a test writes.</summary>
public sealed class ClusterCatalogueTests
{
    private readonly TorrentCatalogue _catalogue = new(CatalogueSettings.Default, TimeProvider.System);
    private readonly ClusterCatalogue _whole;
    private ClusterTables _tables = Some.Up(3);
    private ClusterView _view = ClusterView.Empty;

    public ClusterCatalogueTests()
    {
        _whole = new ClusterCatalogue(_catalogue, "n1:1", TimeProvider.System);
        _tables = _tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, _tables.Id(1)));
    }

    [Fact]
    public void A_torrent_of_the_nodes_own_is_as_it_was_without_a_cluster()
    {
        Own(Row(1));
        Entry(1)!.Placement.ShouldBeNull();
        Entry(1)!.IsHere.ShouldBeTrue();
        Gone(1);
        Entry(1).ShouldBeNull();
    }

    [Fact]
    public void A_torrent_that_runs_elsewhere_has_a_row_of_what_is_known()
    {
        Put(1, wanted => wanted with { Name = "first", Length = 100, Replicas = 2 });
        Entry(1)!.Row.ShouldSatisfyAllConditions(row => row.Name.ShouldBe("first"), row => row.State.ShouldBe(TorrentState.Queued), row => row.TotalLength.ShouldBe(100), row => row.VerifiedLength.ShouldBe(0));
        Do(new ClusterCommand.Assign(Some.Torrent(1), "n2", Token));
        Entry(1)!.Row.State.ShouldBe(TorrentState.Downloading);
        Report(1, 2, new Replica("n2", ReplicaState.Failed, Reason: "the disk is full"));
        Entry(1)!.Row.ShouldSatisfyAllConditions(row => row.State.ShouldBe(TorrentState.Failed), row => row.Reason.ShouldBe("the disk is full"));
        Report(1, 2, new Replica("n2", ReplicaState.Complete));
        Entry(1)!.Row.ShouldSatisfyAllConditions(row => row.State.ShouldBe(TorrentState.Seeding), row => row.IsComplete.ShouldBeTrue());
        Entry(1)!.Placement!.Nodes.ShouldBe(["n2:1"]);
        Entry(1)!.IsHere.ShouldBeFalse();
        Change(1, new WantedChanges { IsPaused = true });
        Entry(1)!.Row.State.ShouldBe(TorrentState.Stopped);
        Change(1, new WantedChanges { Removal = false });
        Entry(1)!.Row.State.ShouldBe(TorrentState.Stopping);
        Do(new ClusterCommand.ReportGone(_tables.Id(2), Some.Torrent(1)));
        Entry(1).ShouldBeNull();
    }

    [Fact]
    public void What_the_node_has_itself_is_shown_as_it_says_and_where_else_it_is()
    {
        Put(1, wanted => wanted with { Name = "first" });
        Do(new ClusterCommand.Assign(Some.Torrent(1), "n1", Token));
        Own(Row(1) with { DownloadRate = 7 });
        Entry(1)!.ShouldSatisfyAllConditions(entry => entry.IsHere.ShouldBeTrue(), entry => entry.Row.DownloadRate.ShouldBe(7), entry => entry.Placement!.Replicas.Single().Phase.ShouldBe(TorrentState.Downloading));
        // It leaves this node, and stays in the list.
        Gone(1);
        Entry(1)!.IsHere.ShouldBeFalse();
        Entry(1)!.Row.DownloadRate.ShouldBe(0);
    }

    [Fact]
    public void What_stopped_because_the_cluster_paused_it_is_shown_as_paused()
    {
        Put(1, wanted => wanted with { IsPaused = true });
        Own(Row(1) with { State = TorrentState.Stopped });
        Entry(1)!.Row.State.ShouldBe(TorrentState.Stopped);
    }

    [Fact]
    public void A_row_that_shows_the_same_is_not_told_again()
    {
        Put(1, wanted => wanted with { Name = "first" });
        var revision = _catalogue.Revision;
        _tables = _tables.Run(new ClusterCommand.Renew(_tables.Id(2), Some.Lease, 1L << 40));
        Read();
        _whole.TakeAll(_view);
        _catalogue.Revision.ShouldBe(revision);
    }

    [Fact]
    public void When_a_member_is_gone_nobody_runs_what_it_had_and_the_rest_is_not_told_again()
    {
        Put(1, wanted => wanted);
        Put(2, wanted => wanted);
        Do(new ClusterCommand.Assign(Some.Torrent(1), "n2", Token));
        Do(new ClusterCommand.Assign(Some.Torrent(2), "n3", Token));
        var revision = _catalogue.Revision;
        Do(new ClusterCommand.SetState(_tables.Id(2), MemberState.Down, _tables.Membership.Version));
        Entry(1)!.Placement!.Nodes.ShouldBeEmpty();
        _catalogue.Since(revision).Changed.Select(entry => entry.Row.Torrent).ShouldBe([Some.Torrent(1)]);
    }

    [Fact]
    public void A_complete_replica_that_nobody_runs_is_no_copy()
    {
        Put(1, wanted => wanted with { Replicas = 2, Length = 10 });
        foreach (var member in new[] { 2, 3 })
        {
            Do(new ClusterCommand.Assign(Some.Torrent(1), $"n{member}", Token));
            Report(1, member, new Replica($"n{member}", ReplicaState.Complete));
        }

        var below = new CatalogueFilter { IsPlaced = true, IsBelow = true };
        (Entry(1)!.Placement!.Complete, below.Lets(Entry(1)!)).ShouldBe((2, false));
        Do(new ClusterCommand.SetState(_tables.Id(2), MemberState.Down, _tables.Membership.Version));
        (Entry(1)!.Placement!.Complete, below.Lets(Entry(1)!), Entry(1)!.Row.State).ShouldBe((1, true, TorrentState.Seeding));
        Do(new ClusterCommand.SetState(_tables.Id(3), MemberState.Down, _tables.Membership.Version));
        (Entry(1)!.Placement!.Complete, Entry(1)!.Row.State).ShouldBe((0, TorrentState.Queued));
    }

    [Fact]
    public void A_view_that_is_read_anew_takes_nothing_out()
    {
        Put(1, wanted => wanted);
        Put(2, wanted => wanted);
        _tables.Run(new ClusterCommand.Read(0, 1), 0, out var part);
        _whole.Take(ClusterView.Empty.With((ClusterOutcome.View)part));
        _catalogue.Count.ShouldBe(2);
    }

    [Fact]
    public void What_another_node_says_is_its_replicas_phase_if_it_runs_one()
    {
        Put(1, wanted => wanted);
        Do(new ClusterCommand.Assign(Some.Torrent(1), "n2", Token));
        Happens(1, 3, TorrentState.Checking);
        Entry(1)!.Placement!.Replicas.Single().Phase.ShouldBeNull("it is not run there");
        Happens(1, 2, TorrentState.Checking);
        Entry(1)!.Placement!.Replicas.Single().Phase.ShouldBe(TorrentState.Checking);
        Entry(1)!.Row.State.ShouldBe(TorrentState.Checking);
        _whole.Take(new RemoteEvent(_tables.Id(2), new ClusterEvent(Some.Torrent(1), 9_999, "")));
        Entry(1)!.Placement!.Replicas.Single().Phase.ShouldBe(TorrentState.Checking, "a state of a newer program is not known");
    }

    private long Token => _tables.Leases[ClusterTables.PlannerLease].Token;

    private CatalogueEntry? Entry(int number) => _catalogue.Find(Some.Torrent(number));

    private static TorrentRow Row(int number) => Rows.Row(number) with { Torrent = Some.Torrent(number) };

    private void Own(TorrentRow row) => _whole.Take(new RowFeed.Changes([row], []));

    private void Gone(int number) => _whole.Take(new RowFeed.Changes([], [Some.Torrent(number)]));

    private void Put(int number, Func<WantedTorrent, WantedTorrent> of) => Do(new ClusterCommand.AddTorrent(of(new WantedTorrent { Torrent = Some.Torrent(number) }), [1]));

    private void Change(int number, WantedChanges changes) => Do(new ClusterCommand.ChangeTorrent(Some.Torrent(number), changes));

    private void Report(int number, int member, Replica replica) => Do(new ClusterCommand.Report(_tables.Id(member), Some.Torrent(number), replica));

    private void Happens(int number, int member, TorrentState state) => _whole.Take(new RemoteEvent(_tables.Id(member), new ClusterEvent(Some.Torrent(number), (int)state, "")));

    private void Do(ClusterCommand command)
    {
        _tables = _tables.Run(command, 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        Read();
    }

    private void Read() => _whole.Take(_view = _tables.View(before: _view));
}
