using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class PlacementTests
{
    private const int Torrents = 3_000;
    private static readonly PlacementSettings Settings = PlacementSettings.Default;

    [Fact]
    public void It_depends_on_nothing_but_torrent_and_storages()
    {
        var sites = Sites(10);
        for (var i = 0; i < 100; i++) Names(Rendezvous.Rank(Some.Torrent(i), sites.Reverse())).ShouldBe(Names(Rendezvous.Rank(Some.Torrent(i), sites)));
        // Kept, so that no version of the program moves everything: a torrent's order is for ever.
        Names(Rendezvous.Rank(Some.Torrent(1), Sites(6))).ShouldBe(KnownOrder);
    }

    private static readonly string[] KnownOrder = ["s4", "s5", "s1", "s2", "s6", "s3"];

    [Theory]
    [InlineData(2, 3)]
    [InlineData(5, 2)]
    [InlineData(10, 3)]
    [InlineData(40, 2)]
    public void Storages_get_torrents_by_their_weights(int count, int replicas)
    {
        ImmutableArray<StorageSite> sites = [.. Sites(count).Select((site, i) => site with { Weight = i % 2 == 0 ? 1 : 2 })];
        var held = Counts(sites, 1);
        var perWeight = Torrents / sites.Sum(site => site.Weight);
        // Four standard deviations of a draw.
        foreach (var site in sites) ((double)held[site.Storage]).ShouldBeInRange((perWeight * site.Weight) - (4 * Math.Sqrt(perWeight * site.Weight)), (perWeight * site.Weight) + (4 * Math.Sqrt(perWeight * site.Weight)));
        Counts(sites, replicas).Values.Sum().ShouldBe(Torrents * Math.Min(replicas, count));
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(10, 2)]
    [InlineData(20, 3)]
    public void One_storage_more_moves_what_it_wins_and_nothing_else(int count, int replicas)
    {
        var moved = 0;
        for (var i = 0; i < Torrents; i++)
        {
            var before = Chosen(Sites(count), i, replicas);
            var after = Chosen(Sites(count + 1), i, replicas);
            var news = after.Except(before).ToArray();
            moved += news.Length;
            news.ShouldBeSubsetOf([$"s{count + 1}"]);
        }

        // The theoretical minimum is its fair share.
        ((double)moved).ShouldBeLessThan(1.2 * Torrents * replicas / (count + 1));
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(10, 2)]
    [InlineData(20, 3)]
    public void One_storage_less_moves_what_it_held_and_nothing_else(int count, int replicas)
    {
        for (var i = 0; i < Torrents; i++)
        {
            var before = Chosen(Sites(count), i, replicas);
            var after = Chosen(Sites(count).RemoveAt(0), i, replicas);
            after.Except(before).Count().ShouldBe(before.Contains("s1") ? 1 : 0);
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    [InlineData(3, 5)]
    public void Replicas_are_in_as_many_zones_as_there_are(int zones, int replicas)
    {
        var sites = Zoned(12, zones);
        for (var i = 0; i < 500; i++)
        {
            var chosen = Rendezvous.Choose(Rendezvous.Rank(Some.Torrent(i), sites), replicas, []);
            chosen.Length.ShouldBe(replicas);
            var perZone = chosen.GroupBy(site => site.Zone).Select(zone => zone.Count()).ToArray();
            perZone.Length.ShouldBe(Math.Min(zones, replicas));
            (perZone.Max() - perZone.Min()).ShouldBeLessThanOrEqualTo(1);
        }
    }

    // With zones a choice may have to be made up for in another one; that is little.
    [Fact]
    public void With_zones_a_storage_more_moves_little_more_than_it_wins()
    {
        var moved = 0;
        for (var i = 0; i < Torrents; i++) moved += Chosen(Zoned(13, 3), i, 2).Except(Chosen(Zoned(12, 3), i, 2)).Count();
        ((double)moved).ShouldBeLessThan(1.5 * Torrents * 2 / 13);
    }

    [Fact]
    public void A_new_torrent_gets_its_replicas_in_the_order_of_rank_and_all_of_them_at_once()
    {
        var sites = Table(5);
        var torrent = Placed(1, 2);
        var ranked = Rendezvous.Rank(Some.Torrent(1), sites.Here);
        PlacementRule.Next(torrent, sites, Settings).ShouldBe(new PlanStep(torrent, ranked[0].Storage, PlanReason.First));
        torrent = Placed(1, 2, (ranked[0].Storage, ReplicaState.Assigned));
        PlacementRule.Next(torrent, sites, Settings).ShouldBe(new PlanStep(torrent, ranked[1].Storage, PlanReason.First));
        PlacementRule.Steps(Placed(1, 2), sites, Settings).ShouldBe([new PlanStep(Placed(1, 2), ranked[0].Storage, PlanReason.First), new PlanStep(Placed(1, 2), ranked[1].Storage, PlanReason.First)]);
        PlacementRule.Steps(torrent, sites, Settings).ShouldBe([new PlanStep(torrent, ranked[1].Storage, PlanReason.First)]);
        torrent = Placed(1, 2, (ranked[0].Storage, ReplicaState.Assigned), (ranked[1].Storage, ReplicaState.Assigned));
        PlacementRule.Next(torrent, sites, Settings).ShouldBeNull();
        PlacementRule.Steps(torrent, sites, Settings).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ReplicaState.Assigned, PlanReason.First)]
    [InlineData(ReplicaState.Complete, PlanReason.Repair)]
    [InlineData(ReplicaState.Failed, PlanReason.Repair)]
    [InlineData(ReplicaState.Dropping, PlanReason.Repair)]
    public void What_is_missing_of_a_torrent_that_has_come_to_anything_is_a_repair(ReplicaState state, PlanReason expected)
    {
        var sites = Table(5);
        var ranked = Rendezvous.Rank(Some.Torrent(1), sites.Here);
        PlacementRule.Steps(Placed(1, 3, (ranked[0].Storage, state)), sites, Settings).ShouldAllBe(step => step.Reason == expected);
        PlacementRule.Steps(Placed(1, 3, ("elsewhere", ReplicaState.Assigned)), sites, Settings).ShouldAllBe(step => step.Reason == PlanReason.Repair, "it is lost there");
    }

    [Fact]
    public void A_storage_that_is_away_is_waited_for_and_one_that_is_lost_is_replaced()
    {
        var tables = Some.Up(4);
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Down, tables.Membership.Version), 100);
        var torrent = Placed(1, 2, ("n1", ReplicaState.Complete), ("n2", ReplicaState.Complete));
        PlacementRule.Next(torrent, new SiteTable(tables.View(159), Settings), Settings).ShouldBeNull();
        PlacementRule.Next(torrent, new SiteTable(tables.View(161), Settings), Settings).ShouldNotBeNull().Reason.ShouldBe(PlanReason.Repair);
    }

    [Fact]
    public void What_drains_is_copied_first_and_dropped_when_enough_others_are_complete()
    {
        var tables = Some.Up(3);
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Draining, tables.Membership.Version));
        var sites = new SiteTable(tables.View(), Settings);
        PlacementRule.Next(Placed(1, 2, ("n1", ReplicaState.Complete), ("n2", ReplicaState.Complete)), sites, Settings)!.ShouldSatisfyAllConditions(step => step.Storage.ShouldBe("n3"), step => step.Reason.ShouldBe(PlanReason.Repair));
        PlacementRule.Next(Placed(1, 2, ("n1", ReplicaState.Complete), ("n2", ReplicaState.Complete), ("n3", ReplicaState.Assigned)), sites, Settings).ShouldBeNull();
        PlacementRule.Next(Placed(1, 2, ("n1", ReplicaState.Complete), ("n2", ReplicaState.Complete), ("n3", ReplicaState.Complete)), sites, Settings)!.ShouldSatisfyAllConditions(step => step.Storage.ShouldBe("n1"), step => step.Reason.ShouldBe(PlanReason.Trim));
    }

    [Fact]
    public void A_storage_without_room_gets_nothing_new_and_keeps_what_it_has()
    {
        var tables = Some.Up(2);
        tables = tables.Run(new ClusterCommand.Renew(tables.Id(1), Some.Lease, Settings.MinFreeBytes - 1), 1);
        var sites = new SiteTable(tables.View(), Settings);
        for (var i = 0; i < 20; i++) PlacementRule.Next(Placed(i, 1), sites, Settings)!.Storage.ShouldBe("n2");
        PlacementRule.Next(Placed(1, 2, ("n1", ReplicaState.Complete), ("n2", ReplicaState.Complete)), sites, Settings).ShouldBeNull();
    }

    [Fact]
    public void Where_it_failed_it_is_not_placed_again_while_the_failure_stands()
    {
        var sites = Table(2);
        PlacementRule.Next(Placed(1, 2, ("n1", ReplicaState.Failed), ("n2", ReplicaState.Complete)), sites, Settings).ShouldBeNull();
        PlacementRule.Next(Placed(1, 1, ("n1", ReplicaState.Failed), ("n2", ReplicaState.Complete)), sites, Settings)!.ShouldSatisfyAllConditions(step => step.Storage.ShouldBe("n1"), step => step.Reason.ShouldBe(PlanReason.Trim));
    }

    private static SiteTable Table(int members) => new(Some.Up(members).View(), Settings);

    private static PlacedTorrent Placed(int number, int replicas, params (string Storage, ReplicaState State)[] at) =>
        new(new WantedTorrent { Torrent = Some.Torrent(number), Replicas = replicas }, [.. at.Select(each => new Replica(each.Storage, each.State)).OrderBy(replica => replica.Storage, StringComparer.Ordinal)], 1);

    private static ImmutableArray<StorageSite> Sites(int count) => [.. Enumerable.Range(1, count).Select(i => new StorageSite($"s{i}", "", 1))];

    private static ImmutableArray<StorageSite> Zoned(int count, int zones) => [.. Enumerable.Range(1, count).Select(i => new StorageSite($"s{i}", $"z{i % zones}", 1))];

    private static string[] Chosen(ImmutableArray<StorageSite> sites, int torrent, int replicas) => Names(Rendezvous.Choose(Rendezvous.Rank(Some.Torrent(torrent), sites), replicas, []));

    private static string[] Names(IEnumerable<StorageSite> sites) => [.. sites.Select(site => site.Storage)];

    private static SortedDictionary<string, int> Counts(ImmutableArray<StorageSite> sites, int replicas)
    {
        var held = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Torrents; i++)
        {
            foreach (var storage in Chosen(sites, i, replicas)) held[storage] = held.GetValueOrDefault(storage) + 1;
        }

        return held;
    }
}
