using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

/// <summary>Removed torrents that wait for storages which may never come back.</summary>
public sealed class GivenUpReplicasTests
{
    [Fact]
    public void A_replica_of_a_removed_torrent_is_given_up_when_nobody_has_had_its_storage_for_a_retention()
    {
        var tables = Planned(3, out var token);
        for (var i = 1; i <= 3; i++)
        {
            tables = tables.WithTorrent(i);
            foreach (var storage in new[] { "n1", "n2" }) tables = tables.Run(new ClusterCommand.Assign(Some.Torrent(i), storage, token));
        }

        foreach (var i in new[] { 1, 2 }) tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(i), new WantedChanges { Removal = true }));
        tables = tables.Run(new ClusterCommand.ReportGone(tables.Id(1), Some.Torrent(1)));
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(2), MemberState.Down, tables.Membership.Version), 6);
        var purge = new ClusterCommand.Purge(TimeSpan.FromSeconds(10), 5, token);
        Purges(1, givenUp: 0);
        // They have been going for a retention, and their storage has been lost for less.
        var before = tables.LastChange;
        Purges(15, givenUp: 0);
        tables.LastChange.ShouldBe(before + 2, "whoever has them is told once more");
        Purges(24, givenUp: 0);
        // Of two storages that have it the one that is there is waited for, for ever.
        Purges(25, givenUp: 2);
        (tables.Torrents[Some.Torrent(1)].IsForgotten, tables.Sources.ContainsKey(Some.Torrent(1))).ShouldBe((true, false));
        tables.Torrents[Some.Torrent(2)].Replicas.Select(replica => replica.Storage).ShouldBe(["n1"]);
        tables.Torrents[Some.Torrent(3)].Replicas.Length.ShouldBe(2, "it is wanted");
        Purges(35, givenUp: 0);
        Purges(45, givenUp: 0);
        tables.Torrents[Some.Torrent(2)].Replicas.Length.ShouldBe(1);
        tables = tables.Run(new ClusterCommand.ReportGone(tables.Id(1), Some.Torrent(2)));
        tables.Torrents[Some.Torrent(2)].IsForgotten.ShouldBeTrue();
        // Torrent 1's mark was purged as any other's.
        tables.Torrents.ContainsKey(Some.Torrent(1)).ShouldBeFalse();

        void Purges(double seconds, int givenUp)
        {
            tables = tables.Run(purge, seconds, out var purged);
            purged.ShouldBeOfType<ClusterOutcome.Purged>().ShouldSatisfyAllConditions(done => done.GivenUp.ShouldBe(givenUp, $"at {seconds} s"), done => done.HasMore.ShouldBeFalse());
        }
    }

    [Fact]
    public void Replicas_at_a_storage_that_nobody_remembers_are_given_up_however_many_wait_for_others()
    {
        var tables = Planned(2, out var token);
        for (var i = 1; i <= 9; i++)
        {
            tables = tables.WithTorrent(i).Run(new ClusterCommand.Assign(Some.Torrent(i), i < 7 ? "n2" : "n1", token));
            tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(i), new WantedChanges { Removal = false }));
        }

        // The same process with another storage.
        tables = tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("other"), Some.Lease, 0));
        tables = tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, tables.Id(2)), 1, out var leased);
        var purge = new ClusterCommand.Purge(TimeSpan.FromSeconds(10), 2, ((ClusterOutcome.Leased)leased).Token);
        tables = tables.Run(purge, 2);
        var purges = 0;
        ClusterOutcome outcome;
        do tables = tables.Run(purge, 12, out outcome);
        while (++purges < 100 && outcome is ClusterOutcome.Purged { HasMore: true });
        purges.ShouldBe(5);
        tables.Torrents.Values.Count(torrent => torrent.IsForgotten).ShouldBe(3);
    }

    // The last member plans.
    private static ClusterTables Planned(int members, out long token)
    {
        var tables = Some.Up(members);
        tables = tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, tables.Id(members)), 0, out var leased);
        token = ((ClusterOutcome.Leased)leased).Token;
        return tables;
    }
}
