using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class ClusterTablesTests
{
    private const string Lease = ClusterTables.PlannerLease;

    [Fact]
    public void A_lease_is_kept_by_its_owner_and_by_nobody_else_while_his_session_runs()
    {
        var tables = Some.Up(2).Run(new ClusterCommand.AcquireLease(Lease, new MemberId("n1:1", 1)), 0, out var outcome);
        outcome.ShouldBe(new ClusterOutcome.Leased(1));
        tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(1)), 1, out outcome);
        outcome.ShouldBe(new ClusterOutcome.Leased(1));
        tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(2)), 29, out outcome);
        outcome.ShouldBe(new ClusterOutcome.HeldBy(tables.Id(1)));
        tables = tables.Run(new ClusterCommand.Renew(tables.Id(2), Some.Lease, 0), 29);
        tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(2)), 30, out outcome);
        outcome.ShouldBe(new ClusterOutcome.Leased(2));
    }

    [Fact]
    public void Being_voted_down_does_not_give_a_lease_away_before_the_session_ends()
    {
        var tables = Some.Up(2);
        tables = tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(1)), 0);
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Down, tables.Membership.Version), 1);
        tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(2)), 2, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.HeldBy>();
    }

    [Fact]
    public void Who_left_or_came_back_at_his_end_point_gives_his_leases_away()
    {
        var tables = Some.Up(2);
        tables = tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(1)), 0);
        var left = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Left, tables.Membership.Version), 1);
        left.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(2)), 1, out var outcome);
        outcome.ShouldBe(new ClusterOutcome.Leased(2));
        var back = tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0), 1);
        back.Run(new ClusterCommand.AcquireLease(Lease, back.Id(1)), 1, out outcome);
        outcome.ShouldBe(new ClusterOutcome.Leased(2));
    }

    [Fact]
    public void Who_has_no_session_gets_no_lease()
    {
        var tables = Some.Up(1);
        tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(1)), 30, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public void Placement_is_written_under_the_last_token_of_a_planner_that_lives()
    {
        var tables = Planned(2, out var token).WithTorrent(1);
        tables.Run(new ClusterCommand.Assign(Some.Torrent(1), "n1", token - 1), 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Fenced>();
        tables.Run(new ClusterCommand.Assign(Some.Torrent(1), "n1", token), 0, out outcome).Torrents[Some.Torrent(1)].At("n1").ShouldBe(new Replica("n1", ReplicaState.Assigned));
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Down, tables.Membership.Version));
        tables.Run(new ClusterCommand.Assign(Some.Torrent(1), "n1", token), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Fenced>();
    }

    [Fact]
    public void A_replica_is_not_dropped_while_fewer_than_wanted_others_are_complete()
    {
        var tables = Planned(3, out var token).WithTorrent(1, replicas: 2);
        foreach (var storage in new[] { "n1", "n2", "n3" }) tables = tables.Run(new ClusterCommand.Assign(Some.Torrent(1), storage, token));
        tables = Complete(Complete(tables, 1), 2);
        tables.Run(new ClusterCommand.Drop(Some.Torrent(1), "n1", token), 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>().Reason.ShouldBe("only 1 others are complete, and 2 are wanted");
        tables = Complete(tables, 3).Run(new ClusterCommand.Drop(Some.Torrent(1), "n1", token), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        tables.Torrents[Some.Torrent(1)].At("n1")!.State.ShouldBe(ReplicaState.Dropping);
        tables = tables.Run(new ClusterCommand.ReportGone(tables.Id(1), Some.Torrent(1)));
        tables.Torrents[Some.Torrent(1)].At("n1").ShouldBeNull();
    }

    [Fact]
    public void What_is_its_users_own_is_not_dropped()
    {
        var tables = Planned(2, out var token).WithTorrent(1);
        tables = tables.Run(new ClusterCommand.Report(tables.Id(1), Some.Torrent(1), new Replica("n1", ReplicaState.Complete, IsPinned: true)), 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        tables = Complete(tables.Run(new ClusterCommand.Assign(Some.Torrent(1), "n2", token)), 2);
        tables.Run(new ClusterCommand.Drop(Some.Torrent(1), "n1", token), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
    }

    [Fact]
    public void Only_a_live_member_speaks_and_only_of_its_own_storage_and_of_what_is_placed_there()
    {
        var tables = Planned(2, out var token).WithTorrent(1).Run(new ClusterCommand.Assign(Some.Torrent(1), "n1", 1));
        token.ShouldBe(1);
        Report(tables, 2, "n1").ShouldBeOfType<ClusterOutcome.Ended>();
        Report(tables, 2, "n2").ShouldBeOfType<ClusterOutcome.Refused>();
        Report(tables, 1, "n1").ShouldBeOfType<ClusterOutcome.Done>();
        Report(tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Down, tables.Membership.Version)), 1, "n1").ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public void A_torrent_that_was_removed_is_forgotten_when_every_storage_has_done_so()
    {
        var tables = Planned(1, out var token).WithTorrent(1).Run(new ClusterCommand.Assign(Some.Torrent(1), "n1", 1));
        tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { Removal = false }), 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        tables.View().Torrents.Count.ShouldBe(1);
        tables.Run(new ClusterCommand.Assign(Some.Torrent(1), "n2", token), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
        tables = tables.Run(new ClusterCommand.ReportGone(tables.Id(1), Some.Torrent(1)));
        tables.Torrents[Some.Torrent(1)].IsForgotten.ShouldBeTrue();
        tables.Sources.ShouldBeEmpty();
        tables.View().Torrents.ShouldBeEmpty();
    }

    [Fact]
    public void A_torrent_without_a_source_is_unknown_and_its_source_stands_beside_it()
    {
        var wanted = new WantedTorrent { Torrent = Some.Torrent(1) };
        ClusterTables.Empty.Run(new ClusterCommand.AddTorrent(wanted, []), 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
        var tables = ClusterTables.Empty.Run(new ClusterCommand.AddTorrent(wanted, [1, 2, 3]));
        tables.Run(new ClusterCommand.LoadSource(Some.Torrent(1)), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Reading_page_by_page_ends_with_the_whole_and_then_brings_only_changes()
    {
        var tables = Planned(1, out var token);
        for (var i = 1; i <= 25; i++) tables = tables.WithTorrent(i);
        tables = tables.Run(new ClusterCommand.Assign(Some.Torrent(3), "n1", token));
        var view = ClusterView.Empty;
        var pages = 0;
        do
        {
            tables.Run(new ClusterCommand.Read(view.UpToChange, 10), 5, out var outcome);
            view = view.With((ClusterOutcome.View)outcome);
            pages++;
        }
        while (!view.IsCaughtUp);
        pages.ShouldBe(3);
        view.Torrents.Count.ShouldBe(25);
        view.NowTicks.ShouldBe(5 * Some.Second);
        tables = tables.Run(new ClusterCommand.Assign(Some.Torrent(7), "n1", token));
        view = tables.View(6, view);
        view.Changed.ShouldBe([Some.Torrent(7)]);
        view.Torrents[Some.Torrent(7)].Replicas.Length.ShouldBe(1);
        tables.View(6, view).Changed.ShouldBeEmpty();
    }

    // After a time-out nobody knows, so everything is tried again.
    [Fact]
    public void Every_command_done_twice_is_as_good_as_once()
    {
        var tables = Planned(2, out var token).WithTorrent(1, replicas: 1);
        ClusterCommand[] commands =
        [
            new ClusterCommand.Renew(tables.Id(1), Some.Lease, 1),
            new ClusterCommand.AcquireLease(Lease, tables.Id(1)),
            new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { IsPaused = true }),
            new ClusterCommand.Assign(Some.Torrent(1), "n1", token),
            new ClusterCommand.Assign(Some.Torrent(1), "n2", token),
            new ClusterCommand.Report(tables.Id(1), Some.Torrent(1), new Replica("n1", ReplicaState.Complete)),
            new ClusterCommand.Drop(Some.Torrent(1), "n2", token),
            new ClusterCommand.ReportGone(tables.Id(2), Some.Torrent(1)),
            new ClusterCommand.ReleaseLease(Lease, token),
            new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { Removal = true }),
        ];
        foreach (var command in commands)
        {
            var once = tables.Run(command, 1);
            var twice = once.Run(command, 1);
            twice.LastChange.ShouldBe(once.LastChange, command.ToString());
            twice.Leases.ShouldBe(once.Leases);
            twice.Membership.Version.ShouldBe(once.Membership.Version);
            tables = once;
        }
    }

    // Each node writes what it was asked for, and nothing of what it believed of the rest.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changes_of_different_members_all_stick_in_any_order_and_of_the_same_one_the_later_has_it_whole(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var tables = ClusterTables.Empty.WithTorrent(1, replicas: random.Next(1, 33));
            var wanted = tables.Torrents[Some.Torrent(1)].Wanted;
            int? replicas = null;
            bool? paused = null, sequential = null;
            long? down = null, up = null;
            for (var i = random.Next(1, 8); i > 0; i--)
            {
                // Half of the members, so that most pairs have some in common and some not.
                var changes = new WantedChanges
                {
                    Replicas = random.Next(2) == 0 ? random.Next(1, 33) : null,
                    IsPaused = random.Next(2) == 0 ? random.Next(2) == 0 : null,
                    IsSequential = random.Next(2) == 0 ? random.Next(2) == 0 : null,
                    DownloadLimit = random.Next(2) == 0 ? random.Next(5) : null,
                    UploadLimit = random.Next(2) == 0 ? random.Next(5) : null,
                };
                (replicas, paused, sequential, down, up) = (changes.Replicas ?? replicas, changes.IsPaused ?? paused, changes.IsSequential ?? sequential, changes.DownloadLimit ?? down, changes.UploadLimit ?? up);
                tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(1), changes), 0, out var outcome);
                outcome.ShouldBeOfType<ClusterOutcome.Done>();
            }

            tables.Torrents[Some.Torrent(1)].Wanted.ShouldBe(wanted with
            {
                Replicas = replicas ?? wanted.Replicas,
                IsPaused = paused ?? false,
                IsSequential = sequential ?? false,
                DownloadLimit = down ?? 0,
                UploadLimit = up ?? 0,
            });
        }
    }

    [Fact]
    public void A_forgotten_torrent_is_purged_by_who_plans_after_one_retention_to_two_and_the_last_change_never()
    {
        var tables = Planned(1, out var token);
        for (var i = 1; i <= 4; i++) tables = tables.WithTorrent(i);
        foreach (var i in new[] { 1, 2, 4 }) tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(i), new WantedChanges { Removal = false }));
        var purge = new ClusterCommand.Purge(TimeSpan.FromSeconds(10), 1, token);
        tables.Run(purge with { Token = token + 1 }, 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Fenced>();
        // The first one only sets a mark, the second is too early.
        Purges(1, 0, false);
        Purges(10, 0, false);
        tables = tables.WithTorrent(5, seconds: 10).Run(new ClusterCommand.ChangeTorrent(Some.Torrent(5), new WantedChanges { Removal = true }), 10);
        tables.Torrents.Count.ShouldBe(5);
        Purges(11, 1, true);
        tables.Numbers.PurgedTo.ShouldBe(5);
        Purges(11, 1, true);
        Purges(11, 1, false);
        // What was forgotten at 10 s was not yet when the mark was set; and it is the last change there is.
        Purges(20, 0, false);
        Purges(21, 0, false);
        Purges(40, 0, false);
        tables.Torrents.Keys.ShouldBe([Some.Torrent(3), Some.Torrent(5)], ignoreOrder: true);
        tables = tables.WithTorrent(6, seconds: 41);
        Purges(50, 1, false);
        tables.Torrents.Keys.ShouldBe([Some.Torrent(3), Some.Torrent(6)], ignoreOrder: true);
        tables.Numbers.PurgedTo.ShouldBe(9);
        tables.View().IsCaughtUp.ShouldBeTrue();

        void Purges(double seconds, int torrents, bool hasMore)
        {
            tables = tables.Run(purge, seconds, out var purged);
            purged.ShouldBe(new ClusterOutcome.Purged(torrents, hasMore), $"at {seconds} s");
        }
    }

    // Readers that fall behind by any number of purges, in the middle of pages, end with exactly what there is; and no view is ever told as whole that is not.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_reader_that_is_caught_up_has_what_there_is_however_long_it_was_away(int seed)
    {
        var random = new Random(seed);
        var tables = Planned(1, out var token);
        var readers = new ClusterView[] { ClusterView.Empty, ClusterView.Empty, ClusterView.Empty };
        var shown = readers.Select(_ => new SortedSet<InfoHash>()).ToArray();
        var anew = 0;
        for (var step = 0; step < 3_000; step++)
        {
            var torrent = Some.Torrent(random.Next(12));
            tables = tables.Run(random.Next(6) switch
            {
                0 or 1 => new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = torrent }, [1]),
                2 => new ClusterCommand.Purge(TimeSpan.FromSeconds(5), random.Next(1, 4), token),
                _ => new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { Removal = true }),
            }, step);
            var reader = random.Next(step % 200 < 100 ? 3 : 1);
            tables.Run(new ClusterCommand.Read(readers[reader].UpToChange, random.Next(1, 5)), step, out var outcome);
            var view = readers[reader].With((ClusterOutcome.View)outcome);
            if (view.UpToChange < readers[reader].UpToChange) anew++;
            readers[reader] = view;
            // As one does who only follows what is told as changed.
            foreach (var changed in view.Changed)
            {
                if (view.Torrents.ContainsKey(changed)) shown[reader].Add(changed);
                else shown[reader].Remove(changed);
            }

            if (!view.IsCaughtUp) continue;
            InfoHash[] live = [.. tables.Torrents.Values.Where(placed => !placed.IsForgotten).Select(placed => placed.Wanted.Torrent)];
            view.Torrents.Keys.ShouldBe(live, ignoreOrder: true);
            shown[reader].ShouldBe(live, ignoreOrder: true);
        }

        anew.ShouldBeGreaterThan(3, "they were behind");
    }

    [Fact]
    public void A_removal_is_decided_once_and_only_adding_takes_it_back()
    {
        var tables = Planned(1, out var token).WithTorrent(1).Run(new ClusterCommand.Assign(Some.Torrent(1), "n1", 1));
        tables = tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { Removal = false }));
        var change = tables.LastChange;
        tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { Removal = true }), 0, out var outcome).LastChange.ShouldBe(change);
        outcome.ShouldBe(new ClusterOutcome.Refused("the torrent is being removed already, without its files"));
        tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { IsPaused = true }), 0, out outcome).LastChange.ShouldBe(change);
        outcome.ShouldBe(new ClusterOutcome.Refused($"the cluster has no torrent {Some.Torrent(1)}"));
        tables.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1), IsPaused = true, IsRemoved = true }, [1])).Torrents[Some.Torrent(1)].Wanted.ShouldBe(new WantedTorrent { Torrent = Some.Torrent(1), IsPaused = true });
        tables = tables.Run(new ClusterCommand.ReportGone(tables.Id(1), Some.Torrent(1)));
        tables.Run(new ClusterCommand.ChangeTorrent(Some.Torrent(1), new WantedChanges { Removal = true }), 0, out outcome).LastChange.ShouldBe(tables.LastChange);
        outcome.ShouldBeOfType<ClusterOutcome.Done>("it was done before");
    }

    private static ClusterTables Planned(int members, out long token)
    {
        var tables = Some.Up(members);
        tables = tables.Run(new ClusterCommand.AcquireLease(Lease, tables.Id(1)), 0, out var outcome);
        token = ((ClusterOutcome.Leased)outcome).Token;
        return tables;
    }

    private static ClusterTables Complete(ClusterTables tables, int member) => tables.Run(new ClusterCommand.Report(tables.Id(member), Some.Torrent(1), new Replica($"n{member}", ReplicaState.Complete)));

    private static ClusterOutcome Report(ClusterTables tables, int member, string storage)
    {
        tables.Run(new ClusterCommand.Report(tables.Id(member), Some.Torrent(1), new Replica(storage, ReplicaState.Complete)), 0, out var outcome);
        return outcome;
    }
}
