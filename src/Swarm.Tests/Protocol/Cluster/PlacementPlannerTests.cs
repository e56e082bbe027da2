using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

/// <summary>The planner and the tables together, with members that do at once, or never, what they are told.</summary>
public sealed class PlacementPlannerTests
{
    private static readonly PlacementSettings Settings = PlacementSettings.Default with { MinFreeBytes = 0 };

    [Fact]
    public void New_torrents_come_to_their_replicas_and_then_nothing_changes_any_more()
    {
        var world = new World(Some.Up(5), Settings, torrents: 200, replicas: 2);
        world.Settle();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.CompleteReplicas == 2 && torrent.Replicas.Length == 2);
    }

    [Fact]
    public void A_torrent_for_which_there_was_no_room_is_placed_when_there_is()
    {
        var world = new World(Some.Up(2), Settings with { MinFreeBytes = 1L << 55 }, torrents: 5, replicas: 1);
        world.Settle();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.Replicas.IsEmpty);
        foreach (var id in world.Tables.Membership.Members.Keys) world.Tables = world.Tables.Run(new ClusterCommand.Renew(id, TimeSpan.FromDays(1), 1L << 56), world.Seconds);
        world.Settle();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.CompleteReplicas == 1);
    }

    [Fact]
    public void A_sweep_finds_what_could_not_be_placed_for_want_of_room_before_it_would_be_looked_at_anyway()
    {
        var settings = Settings with { MinFreeBytes = 1_000 };
        var tables = Some.Up(2).Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1), Length = 500 }, [1]));
        ClusterTables With(long freeBytes) => tables = tables.Membership.Members.Keys.Aggregate(tables, (all, id) => all.Run(new ClusterCommand.Renew(id, Some.Lease, freeBytes)));
        var planner = new PlacementPlanner(settings);
        var view = With(1_100).View();
        planner.Look(view);
        planner.Round(settings.SweepInterval.Ticks).ShouldBeEmpty();
        planner.Look(With(2_000).View(before: view));
        planner.Round(settings.SweepInterval.Ticks + 1).ShouldBeEmpty();
        planner.Sweep();
        planner.Round(settings.SweepInterval.Ticks + 2).ShouldHaveSingleItem().Reason.ShouldBe(PlanReason.First);
    }

    [Fact]
    public void After_a_loss_everything_is_repaired_and_when_the_storage_comes_back_the_surplus_goes()
    {
        var world = new World(Some.Up(5), Settings, torrents: 200, replicas: 2);
        world.Settle();
        world.Tables = world.Tables.Run(new ClusterCommand.SetState(world.Tables.Id(1), MemberState.Down, world.Tables.Membership.Version), world.Seconds);
        world.Seconds += 30;
        world.Settle();
        world.Copies.ShouldBe(400, "it may come back");
        world.Seconds += 40;
        world.Settle();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.Replicas.Count(replica => replica.State == ReplicaState.Complete && replica.Storage != "n1") == 2);
        world.Tables = world.Tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("n1"), TimeSpan.FromDays(1), 1L << 50), world.Seconds, out var joined);
        world.Tables = world.Tables.Run(new ClusterCommand.SetState(((ClusterOutcome.Joined)joined).Member, MemberState.Up, world.Tables.Membership.Version), world.Seconds);
        world.Settle();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.CompleteReplicas == 2 && torrent.Replicas.Length == 2);
    }

    [Fact]
    public void A_new_storage_gets_its_share_and_what_moves_is_near_the_minimum()
    {
        var world = new World(Some.Up(4), Settings with { MaxMoves = 10_000, MovesPerMinute = 10_000 }, torrents: 500, replicas: 2);
        world.Settle();
        var before = world.Copies;
        world.Tables = world.Tables.Run(new ClusterCommand.Join("n5:1", Some.Traits("n5"), TimeSpan.FromDays(1), 1L << 50), world.Seconds, out var joined);
        world.Tables = world.Tables.Run(new ClusterCommand.SetState(((ClusterOutcome.Joined)joined).Member, MemberState.Up, world.Tables.Membership.Version), world.Seconds);
        world.Settle();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.CompleteReplicas == 2 && torrent.Replicas.Length == 2);
        var minimum = 500 * 2 / 5;
        (world.Copies - before).ShouldBeInRange((int)(minimum * 0.8), (int)(minimum * 1.2));
    }

    [Fact]
    public void Moves_keep_to_their_rate_and_never_are_there_fewer_complete_than_wanted()
    {
        var world = new World(Some.Up(3), Settings with { MaxMoves = 3, MovesPerMinute = 10 }, torrents: 200, replicas: 2);
        world.Settle();
        world.Tables = world.Tables.Run(new ClusterCommand.Join("n4:1", Some.Traits("n4"), TimeSpan.FromDays(1), 1L << 50), world.Seconds, out var joined);
        world.Tables = world.Tables.Run(new ClusterCommand.SetState(((ClusterOutcome.Joined)joined).Member, MemberState.Up, world.Tables.Membership.Version), world.Seconds);
        for (var minute = 0; minute < 5; minute++)
        {
            var before = world.Copies;
            for (var second = 0; second < 60; second += 2)
            {
                world.Round();
                world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.CompleteReplicas >= 2);
            }

            (world.Copies - before).ShouldBeInRange(1, 20);
        }
    }

    [Fact]
    public void All_replicas_of_new_torrents_are_placed_in_one_round_whatever_is_under_way()
    {
        var world = new World(Some.Up(4), Settings with { MaxRepairs = 1 }, torrents: 100, replicas: 3) { Finishes = false };
        world.Round();
        world.Tables.Torrents.Values.ShouldAllBe(torrent => torrent.Replicas.Length == 3);
    }

    [Fact]
    public void A_round_ends_with_the_torrent_that_fills_it_and_the_next_goes_on()
    {
        var planner = new PlacementPlanner(Settings with { StepsPerRound = 10 });
        var tables = Enumerable.Range(1, 9).Aggregate(Some.Up(4), (all, n) => all.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(n), Replicas = 3 }, [1])));
        planner.Look(tables.View());
        planner.Round(0).GroupBy(step => step.Torrent.Wanted.Torrent).Select(steps => steps.Select(step => step.Storage).Distinct(StringComparer.Ordinal).Count()).ShouldBe([3, 3, 3, 3]);
        planner.Round(1).Length.ShouldBe(12);
        planner.Round(2).Length.ShouldBe(3);
        planner.Round(3).ShouldBeEmpty("each waits for what was asked of it");
    }

    [Fact]
    public void What_changed_with_any_page_of_a_view_is_looked_at_and_counted()
    {
        var planner = new PlacementPlanner(Settings);
        var tables = Some.Up(3);
        var view = tables.View();
        planner.Look(view);
        tables = Enumerable.Range(1, 10).Aggregate(tables, static (all, n) => all.WithTorrent(n, replicas: 2));
        LookByPages();
        planner.Waiting.ShouldBe(10);
        var steps = planner.Round(1);
        steps.Length.ShouldBe(20);
        tables = tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, tables.Id(1)), 0, out var leased);
        tables = steps.Aggregate(tables, (all, step) => all.Run(new ClusterCommand.Assign(step.Torrent.Wanted.Torrent, step.Storage, ((ClusterOutcome.Leased)leased).Token)));
        LookByPages();
        planner.CopiesUnderWay.ShouldBe(20);
        foreach (var (torrent, storage) in steps.Select(static step => (step.Torrent.Wanted.Torrent, step.Storage)))
        {
            tables = tables.Run(new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { Removal = true }));
            tables = tables.Run(new ClusterCommand.ReportGone(tables.Membership.Members.Values.Single(member => member.Traits.Storage == storage).Id, torrent));
        }

        // At once with a storage that goes: everything is looked at, and what is forgotten is not in the view any more.
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(3), MemberState.Draining, tables.Membership.Version));
        LookByPages();
        view.Torrents.ShouldBeEmpty();
        planner.CopiesUnderWay.ShouldBe(0);

        void LookByPages()
        {
            var pages = 0;
            do
            {
                tables.Run(new ClusterCommand.Read(view.UpToChange, 3), 0, out var page);
                view = view.With((ClusterOutcome.View)page);
                planner.Look(view);
                pages++;
            }
            while (!view.IsCaughtUp);
            pages.ShouldBeGreaterThan(1);
        }
    }

    [Fact]
    public void Copies_that_do_not_end_hold_repairs_back_at_their_limit_but_not_first_copies()
    {
        var world = new World(Some.Up(4), Settings with { MaxRepairs = 7 }, torrents: 100, replicas: 2);
        world.Settle();
        world.Finishes = false;
        world.Tables = world.Tables.Run(new ClusterCommand.SetState(world.Tables.Id(1), MemberState.Down, world.Tables.Membership.Version), world.Seconds);
        world.Seconds += 100;
        for (var i = 0; i < 50; i++) world.Round();
        world.Copies.ShouldBe(200 + 7);
        world.Tables = world.Tables.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1_000), Replicas = 3 }, [1]), world.Seconds);
        for (var i = 0; i < 5; i++) world.Round();
        world.Copies.ShouldBe(200 + 7 + 3);
        world.Tables.Torrents[Some.Torrent(1_000)].Replicas.Length.ShouldBe(3);
    }

    // Members come, go, drain, fill up and fail at random; then they rest, and everything must come right and to rest.
    [Fact]
    public void Whatever_has_happened_it_ends_with_the_wanted_replicas_and_comes_to_rest()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var world = new World(Some.Up(6, traits: i => Some.Traits($"n{i}", $"z{i % 3}")), Settings with { MaxMoves = 1_000, MovesPerMinute = 1_000 }, torrents: 40, replicas: 3);
            for (var step = 0; step < 60; step++)
            {
                var member = random.Next(1, 7);
                var end = $"n{member}:1";
                var id = world.Tables.Membership.Members.Keys.FirstOrDefault(id => id.EndPoint == end);
                var version = world.Tables.Membership.Version;
                switch (random.Next(6))
                {
                    case 0: world.Tables = world.Tables.Run(new ClusterCommand.SetState(id, MemberState.Down, version), world.Seconds); break;
                    case 1: world.Tables = world.Tables.Run(new ClusterCommand.SetState(id, MemberState.Draining, version), world.Seconds); break;
                    case 2 or 3: world.Join(member); break;
                    case 4: world.Finishes = random.Next(2) == 0; break;
                    case 5: world.Seconds += random.Next(100); break;
                }

                world.Round();
            }

            world.Finishes = true;
            for (var member = 1; member <= 6; member++) world.Join(member);
            world.Settle();
            foreach (var torrent in world.Tables.Torrents.Values)
            {
                torrent.CompleteReplicas.ShouldBe(3, $"seed {seed}");
                torrent.Replicas.Length.ShouldBe(3, $"seed {seed}");
                torrent.Replicas.Select(replica => $"z{int.Parse(replica.Storage[1..], null) % 3}").Distinct().Count().ShouldBe(3, $"seed {seed}");
            }
        }
    }

    private sealed class World
    {
        private readonly PlacementPlanner _planner;
        private readonly long _token;
        private ClusterView _view = ClusterView.Empty;

        public World(ClusterTables tables, PlacementSettings settings, int torrents, int replicas)
        {
            foreach (var id in tables.Membership.Members.Keys) tables = tables.Run(new ClusterCommand.Renew(id, TimeSpan.FromDays(1), 1L << 50));
            tables = tables.Run(new ClusterCommand.Join("planner:1", Some.Traits("-") with { Roles = MemberRoles.Planner }, TimeSpan.FromDays(1), 0), 0, out var joined);
            tables = tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, ((ClusterOutcome.Joined)joined).Member), 0, out var leased);
            _token = ((ClusterOutcome.Leased)leased).Token;
            _planner = new PlacementPlanner(settings);
            for (var i = 0; i < torrents; i++) tables = tables.WithTorrent(i, replicas);
            Tables = tables;
        }

        public ClusterTables Tables { get; set; }

        public double Seconds { get; set; }

        public bool Finishes { get; set; } = true;

        public int Copies { get; private set; }

        public void Join(int member)
        {
            Tables = Tables.Run(new ClusterCommand.Join($"n{member}:1", Some.Traits($"n{member}", $"z{member % 3}"), TimeSpan.FromDays(1), 1L << 50), Seconds, out var joined);
            Tables = Tables.Run(new ClusterCommand.SetState(((ClusterOutcome.Joined)joined).Member, MemberState.Up, Tables.Membership.Version), Seconds);
        }

        public void Settle()
        {
            for (var quiet = 0; quiet < 3;)
            {
                quiet = Round() == 0 ? quiet + 1 : 0;
                Seconds.ShouldBeLessThan(100_000, "it never comes to rest");
            }
        }

        public int Round()
        {
            Seconds += 2;
            _view = Tables.View(Seconds, _view);
            _planner.Look(_view);
            var steps = _planner.Round((long)(Seconds * Some.Second));
            foreach (var step in steps)
            {
                if (step.Reason != PlanReason.Trim) Copies++;
                Tables = Tables.Run(step.Reason == PlanReason.Trim ? new ClusterCommand.Drop(step.Torrent.Wanted.Torrent, step.Storage, _token) : new ClusterCommand.Assign(step.Torrent.Wanted.Torrent, step.Storage, _token), Seconds, out var outcome);
                outcome.ShouldBeOfType<ClusterOutcome.Done>();
            }

            return steps.Length + Work();
        }

        // Every member that works does what its storage is told.
        private int Work()
        {
            var done = 0;
            foreach (var member in Tables.Membership.Members.Values.Where(member => member.IsWorking))
            {
                foreach (var torrent in Tables.Torrents.Values)
                {
                    var storage = member.Traits.Storage;
                    var command = torrent.At(storage)?.State switch
                    {
                        ReplicaState.Dropping => new ClusterCommand.ReportGone(member.Id, torrent.Wanted.Torrent),
                        ReplicaState.Assigned when Finishes => (ClusterCommand)new ClusterCommand.Report(member.Id, torrent.Wanted.Torrent, new Replica(storage, ReplicaState.Complete)),
                        _ => null,
                    };
                    if (command is null) continue;
                    Tables = Tables.Run(command, Seconds);
                    done++;
                }
            }

            return done;
        }
    }
}
