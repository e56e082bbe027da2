using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class PlacementSurveyTests
{
    private static readonly PlacementSettings Settings = PlacementSettings.Default with { MinFreeBytes = 0, RepairDelay = TimeSpan.Zero };

    [Fact]
    public void A_cluster_without_torrents_has_its_storages_and_nothing_else()
    {
        var survey = PlacementSurvey.Of(Some.Up(2).View(), Settings, 10);
        survey.Storages.Select(storage => (storage.Site.Storage, storage.State)).ShouldBe([("n1", SiteState.Here), ("n2", SiteState.Here)]);
        survey.All.ShouldBe(default);
        survey.Next.ShouldBeEmpty();
        survey.Steps.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_wanted_what_there_is_and_what_comes_next_add_up()
    {
        var tables = Planned(2);
        for (var i = 1; i <= 20; i++) tables = tables.Run(Put(i, replicas: 2, length: 100));
        // One complete, one complete and one under way, one removed, one that failed.
        tables = Complete(tables.Run(Assign(tables, 1, "n1")), 1, 1);
        tables = Complete(tables.Run(Assign(tables, 2, "n1")), 2, 1).Run(Assign(tables, 2, "n2"));
        tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(3), new WantedChanges { Removal = false }));
        tables = tables.Run(Assign(tables, 4, "n2"));
        tables = tables.Run(new ClusterCommand.Report(tables.Id(2), Some.Torrent(4), new Replica("n2", ReplicaState.Failed, Reason: "the disk is full")));

        var survey = PlacementSurvey.Of(tables.View(), Settings, limit: 5);
        survey.All.ShouldBe(new Amount(19, 1_900));
        survey.BelowWanted.ShouldBe(new Amount(19, 1_900));
        survey.WithoutCopy.ShouldBe(new Amount(17, 1_700));
        survey.UnderWay.ShouldBe(new Amount(1, 100));
        survey.Steps.Length.ShouldBe(5);
        survey.Next[PlanReason.First].ShouldBe(new Amount(32, 3_200), "both copies of each");
        // The first lacks one; the fourth may not go where it failed.
        survey.Next[PlanReason.Repair].ShouldBe(new Amount(2, 200));
        survey.Storages.Select(storage => (storage.Site.Storage, storage.Complete.Torrents, storage.Assigned.Torrents, storage.Failed.Torrents)).ShouldBe([("n1", 2, 0, 0), ("n2", 0, 1, 1)]);
        survey.Storages[0].Wanted.ShouldBe(new Amount(19, 1_900));
    }

    [Fact]
    public void The_survey_is_what_the_planner_does_and_changes_nothing()
    {
        var tables = Planned(4);
        for (var i = 1; i <= 50; i++) tables = tables.Run(Put(i, replicas: 2, length: 1));
        var view = tables.View();
        var planner = new PlacementPlanner(Settings);
        planner.Look(view);
        var survey = PlacementSurvey.Of(view, Settings, limit: 1_000);
        survey.Steps.ShouldBe(planner.Round(Some.Second).OrderBy(step => step.Torrent.Wanted.Torrent));
        PlacementSurvey.Of(view, Settings, limit: 1_000).Steps.ShouldBe(survey.Steps);
    }

    [Fact]
    public void A_storage_of_which_only_replicas_are_left_is_lost_and_comes_last()
    {
        var tables = Planned(3);
        tables = Complete(tables.Run(Put(1, replicas: 1, length: 7)).Run(Assign(tables, 1, "n1")), 1, 1);
        // The same process comes back with another storage.
        tables = tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("other"), Some.Lease, 0));
        var last = PlacementSurvey.Of(tables.View(), Settings, 10).Storages[^1];
        last.ShouldSatisfyAllConditions(storage => storage.Site.Storage.ShouldBe("n1"), storage => storage.State.ShouldBe(SiteState.Lost), storage => storage.Complete.ShouldBe(new Amount(1, 7)));
    }

    // A storage that is only away counts, and so does one that is being drained.
    [Theory]
    [InlineData(MemberState.Down, 59, 0, 0)]
    [InlineData(MemberState.Down, 61, 1, 0)]
    [InlineData(MemberState.Draining, 61, 0, 0)]
    [InlineData(MemberState.Left, 1, 1, 0)]
    public void A_copy_at_a_storage_that_is_lost_is_none(MemberState state, double seconds, int below, int without)
    {
        var tables = Planned(3);
        tables = tables.Run(Put(1, replicas: 2, length: 7));
        for (var i = 1; i <= 2; i++) tables = Complete(tables.Run(Assign(tables, 1, $"n{i}")), 1, i);
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(1), state, tables.Membership.Version));
        var survey = PlacementSurvey.Of(tables.View(seconds), Settings with { RepairDelay = TimeSpan.FromSeconds(60) }, 10);
        (survey.BelowWanted.Torrents, survey.WithoutCopy.Torrents).ShouldBe((below, without));
    }

    [Fact]
    public void A_view_names_the_leases_and_who_has_them()
    {
        var tables = Planned(2);
        tables.View().Leases.ShouldHaveSingleItem().ShouldBe(new NamedLease(ClusterTables.PlannerLease, tables.Id(2), Token(tables)));
    }

    private static long Token(ClusterTables tables) => tables.Leases[ClusterTables.PlannerLease].Token;

    // The last member plans.
    private static ClusterTables Planned(int members)
    {
        var tables = Some.Up(members);
        return tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, tables.Id(members)));
    }

    private static ClusterCommand Put(int number, int replicas, long length) => new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(number), Replicas = replicas, Length = length }, [1]);

    private static ClusterCommand Assign(ClusterTables tables, int number, string storage) => new ClusterCommand.Assign(Some.Torrent(number), storage, Token(tables));

    private static ClusterTables Complete(ClusterTables tables, int number, int member) =>
        tables.Run(new ClusterCommand.Report(tables.Id(member), Some.Torrent(number), new Replica($"n{member}", ReplicaState.Complete)));
}
