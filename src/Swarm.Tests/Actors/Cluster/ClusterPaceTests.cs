using System.Collections.Immutable;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>How fast the parts of a cluster's member go, each alone among probes: as fast as those that they ask, and without asking twice.</summary>
public sealed class ClusterPaceTests
{
    private static readonly ClusterSettings Settings = new() { Name = "c", EndPoint = "n1:1", Traits = Some.Traits("n1"), Folder = "/content", MaxStarting = 2, Placement = PlacementSettings.Default with { StepsPerRound = 4, MinFreeBytes = 0 } };

    private readonly SimHarness _harness = new();
    private readonly IActorRef _table;
    private readonly List<object> _asked;

    public ClusterPaceTests() => (_table, _asked) = _harness.Probe("table");

    private ImmutableArray<TableActor.Run> Runs => [.. _asked.OfType<TableActor.Run>()];

    [Fact]
    public void So_many_torrents_are_being_started_at_a_time_and_who_runs_makes_room_at_once()
    {
        FakeContent[] contents = [.. Enumerable.Range(1, 5).Select(n => FakeContent.OneFile(16 * 1024, seed: n)).OrderBy(content => content.Torrent)];
        var (torrents, told) = _harness.Probe("torrents");
        var replicas = _harness.System.ActorOf(ReplicasActor.Props(Settings, _table, torrents, _harness.Sim.Time, new ListLoggerFactory()), "replicas");
        Begin(replicas, Placed(contents));
        Pass(1.5);
        Sources().ShouldBe([contents[0].Torrent, contents[1].Torrent]);
        Pass(5);
        Sources().Length.ShouldBe(2, "they have their places");
        _harness.TellAndRun(replicas, new TableActor.Ran(Runs[0].Tag, new ClusterOutcome.Source(contents[0].File), 0));
        told.OfType<TorrentsActor.Add>().ShouldHaveSingleItem().Source.Torrent.ShouldBe(contents[0].Torrent);
        _harness.TellAndRun(replicas, new TorrentActor.Added(contents[0].Torrent));
        Sources().Length.ShouldBe(2, "how its content is, is not known yet");
        _harness.System.EventStream.Publish(new TorrentEvent.StateChanged(contents[0].Torrent, TorrentState.Seeding, null));
        _harness.Run();
        Sources().ShouldBe([contents[0].Torrent, contents[1].Torrent, contents[2].Torrent]);
        _harness.TellAndRun(replicas, new TableActor.RunFailed(Runs[1].Tag, "no"));
        Sources()[3].ShouldBe(contents[3].Torrent);
        Pass(20);
        Sources()[4..].ShouldContain(contents[4].Torrent, "what takes too long makes room");
    }

    [Fact]
    public void What_is_as_it_should_be_is_reported_once_and_costs_nothing_more()
    {
        var content = FakeContent.OneFile(16 * 1024);
        var (torrents, told) = _harness.Probe("torrents");
        var replicas = _harness.System.ActorOf(ReplicasActor.Props(Settings, _table, torrents, _harness.Sim.Time, new ListLoggerFactory()), "replicas");
        var tables = Placed(content);
        Begin(replicas, tables);
        Pass(1.5);
        _harness.TellAndRun(replicas, new TableActor.Ran(Runs[0].Tag, new ClusterOutcome.Source(content.File), 0), new TorrentActor.Added(content.Torrent));
        _harness.System.EventStream.Publish(new TorrentEvent.StateChanged(content.Torrent, TorrentState.Seeding, null));
        Pass(1.5);
        var report = Runs[^1].Command.ShouldBeOfType<ClusterCommand.Report>();
        report.Replica.State.ShouldBe(ReplicaState.Complete);
        _harness.TellAndRun(replicas, new TableActor.Ran(Runs[^1].Tag, new ClusterOutcome.Done(), 0), new TableActor.ViewChanged(tables.Run(report).View(before: tables.View())));
        _asked.Clear();
        told.Clear();
        Pass(300);
        _asked.ShouldBeEmpty();
        told.ShouldBeEmpty();
    }

    [Fact]
    public void The_planner_waits_for_the_tables_and_goes_on_when_they_have_answered()
    {
        var planner = _harness.System.ActorOf(PlannerActor.Props(Settings, _table, _harness.Sim.Time, new ListLoggerFactory()), "planner");
        var tables = Enumerable.Range(1, 10).Aggregate(Some.Up(3), static (all, n) => all.WithTorrent(n, replicas: 2));
        Begin(planner, tables);
        Pass(2.5);
        _harness.TellAndRun(planner, new TableActor.Ran(Runs.Single(run => run.Command is ClusterCommand.AcquireLease).Tag, new ClusterOutcome.Leased(1), 0));
        Pass(2);
        Assigned().ShouldBe(4);
        Pass(10);
        Assigned().ShouldBe(4, "none of them is answered");
        for (var i = 0; i < 3; i++) _harness.TellAndRun(planner, new TableActor.Ran(Tag(), new ClusterOutcome.Done(), 0));
        Seen();
        Assigned().ShouldBe(4, "one is not answered");
        _harness.TellAndRun(planner, new TableActor.RunFailed(Tag(), "no"));
        Assigned().ShouldBe(4, "what was written is not seen yet");
        Seen();
        Assigned().ShouldBe(8, "at once, without waiting for a round");

        void Seen() => _harness.TellAndRun(planner, new TableActor.ViewChanged(tables.View(before: tables.View())));
        int Assigned() => Runs.Count(run => run.Command is ClusterCommand.Assign);
        long Tag() => Runs.First(run => run.Command is ClusterCommand.Assign).Tag;
    }

    [Fact]
    public void The_planner_places_what_any_page_of_a_view_has_brought()
    {
        var planner = _harness.System.ActorOf(PlannerActor.Props(Settings with { Placement = Settings.Placement with { StepsPerRound = 100 } }, _table, _harness.Sim.Time, new ListLoggerFactory()), "planner");
        var tables = Some.Up(3);
        Begin(planner, tables);
        Pass(2.5);
        _harness.TellAndRun(planner, new TableActor.Ran(Runs.Single(run => run.Command is ClusterCommand.AcquireLease).Tag, new ClusterOutcome.Leased(1), 0));
        var view = tables.View();
        tables = Enumerable.Range(1, 10).Aggregate(tables, static (all, n) => all.WithTorrent(n));
        while (view.UpToChange < tables.LastChange)
        {
            tables.Run(new ClusterCommand.Read(view.UpToChange, 4), 0, out var page);
            view = view.With((ClusterOutcome.View)page);
            _harness.TellAndRun(planner, new TableActor.ViewChanged(view));
        }

        Pass(2.5);
        Runs.Count(run => run.Command is ClusterCommand.Assign).ShouldBe(10);
    }

    [Fact]
    public void A_batch_that_changes_views_reads_what_it_did_and_one_that_renews_does_not()
    {
        var store = new Store();
        var table = _harness.System.ActorOf(TableActor.Props(store, Settings, _harness.Sim.Time, new ListLoggerFactory()), "the-table");
        _harness.Run();
        store.Commit(_harness, table);
        var (watcher, told) = _harness.Probe("watcher");
        table.Tell(new TableActor.Watch(), watcher);
        _harness.Run();
        store.Commit(_harness, table);
        told.Clear();
        table.Tell(new TableActor.Run(new ClusterCommand.Renew(default, Some.Lease, 0), 1), watcher);
        _harness.Run();
        store.Batches[^1].ShouldHaveSingleItem().ShouldBeOfType<ClusterCommand.Renew>();
        store.Commit(_harness, table);
        table.Tell(new TableActor.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1) }, [1]), 2), watcher);
        _harness.Run();
        store.Batches[^1].Select(command => command.GetType()).ShouldBe([typeof(ClusterCommand.AddTorrent), typeof(ClusterCommand.Read)]);
        store.Commit(_harness, table);
        told.Select(message => message.GetType()).ShouldBe([typeof(TableActor.Ran), typeof(TableActor.Ran), typeof(TableActor.ViewChanged)]);
        ((TableActor.ViewChanged)told[2]).View.Torrents.ContainsKey(Some.Torrent(1)).ShouldBeTrue();
    }

    [Fact]
    public void A_batch_ends_early_where_its_sources_are_large()
    {
        var store = new Store();
        var table = _harness.System.ActorOf(TableActor.Props(store, Settings, _harness.Sim.Time, new ListLoggerFactory()), "the-table");
        _harness.Run();
        ImmutableArray<byte> large = [.. new byte[3 << 20]];
        for (var n = 1; n <= 5; n++) table.Tell(new TableActor.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(n) }, large), n), ActorRefs.NoSender);
        _harness.Run();
        store.Commit(_harness, table);
        store.Batches[^1].Count(command => command is ClusterCommand.AddTorrent).ShouldBe(3);
        store.Commit(_harness, table);
        store.Batches[^1].Count(command => command is ClusterCommand.AddTorrent).ShouldBe(2);
    }

    [Fact]
    public void Nothing_but_a_read_shares_a_batch_with_a_session_and_not_even_that_after_one_that_failed()
    {
        var store = new Store();
        var table = _harness.System.ActorOf(TableActor.Props(store, Settings, _harness.Sim.Time, new ListLoggerFactory()), "the-table");
        _harness.Run();
        Tell(new ClusterCommand.LoadSource(Some.Torrent(1)), new ClusterCommand.Renew(default, Some.Lease, 0), new ClusterCommand.LoadSource(Some.Torrent(2)), new ClusterCommand.Join("n9:1", Some.Traits("n9"), Some.Lease, 0));
        store.Commit(_harness, table);
        store.Batches[^1].Select(static command => command.GetType()).ShouldBe([typeof(ClusterCommand.Renew), typeof(ClusterCommand.Join), typeof(ClusterCommand.Read)]);
        store.Commit(_harness, table);
        store.Batches[^1].Select(static command => command.GetType()).ShouldBe([typeof(ClusterCommand.LoadSource), typeof(ClusterCommand.LoadSource)]);
        Tell(new ClusterCommand.Renew(default, Some.Lease, 0));
        table.Tell(new TableActor.Refresh());
        store.Fail(_harness, table);
        store.Batches[^1].ShouldHaveSingleItem().ShouldBeOfType<ClusterCommand.Renew>();
        store.Commit(_harness, table);
        store.Batches[^1].ShouldHaveSingleItem().ShouldBeOfType<ClusterCommand.Read>();

        void Tell(params ClusterCommand[] commands)
        {
            foreach (var command in commands) table.Tell(new TableActor.Run(command, 1), ActorRefs.NoSender);
            _harness.Run();
        }
    }

    [Fact]
    public void Sources_are_read_as_many_at_a_time_as_those_before_let_expect_and_one_after_a_failure()
    {
        var store = new Store();
        var table = _harness.System.ActorOf(TableActor.Props(store, Settings, _harness.Sim.Time, new ListLoggerFactory()), "the-table");
        _harness.Run();
        store.Commit(_harness, table);
        ImmutableArray<byte> large = [.. new byte[1 << 20]];
        for (var n = 17; n <= 48; n++)
        {
            table.Tell(new TableActor.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(n) }, large), n), ActorRefs.NoSender);
            _harness.Run();
            store.Commit(_harness, table);
        }

        for (var n = 1; n <= 200; n++) table.Tell(new TableActor.Run(new ClusterCommand.LoadSource(Some.Torrent(n)), n), ActorRefs.NoSender);
        _harness.Run();
        Loads().ShouldBe(16);
        store.Commit(_harness, table);
        Loads().ShouldBe(32, "those weighed nothing");
        store.Commit(_harness, table);
        Loads().ShouldBe(8, "those weighed a MiB each");
        store.Fail(_harness, table);
        Loads().ShouldBe(1);
        foreach (var next in (int[])[2, 4, 8, 16, 32, 64])
        {
            store.Commit(_harness, table);
            Loads().ShouldBe(next);
        }

        int Loads() => store.Batches[^1].Count(static command => command is ClusterCommand.LoadSource);
    }

    [Fact]
    public void Sessions_are_not_refused_because_too_much_else_waits()
    {
        var table = _harness.System.ActorOf(TableActor.Props(new Store(), Settings with { TableQueueLimit = 2 }, _harness.Sim.Time, new ListLoggerFactory()), "the-table");
        _harness.Run();
        var (asker, answers) = _harness.Probe("asker");
        for (var n = 1; n <= 3; n++) table.Tell(new TableActor.Run(new ClusterCommand.LoadSource(Some.Torrent(n)), n), asker);
        table.Tell(new TableActor.Run(new ClusterCommand.Renew(default, Some.Lease, 0), 4), asker);
        _harness.Run();
        answers.ShouldHaveSingleItem().ShouldBeOfType<TableActor.RunFailed>().Tag.ShouldBe(3);
    }

    [Fact]
    public void Views_never_go_back_also_if_the_table_is_restarted()
    {
        var store = new Store();
        var table = ActorRefs.Nobody;
        var props = TableActor.Props(store, Settings with { ReadLimit = 1 }, _harness.Sim.Time, new ListLoggerFactory());
        _harness.Actor(new Script { OnPreStart = parent => table = parent.Ctx.ActorOf(props, "table"), Strategy = new OneForOneStrategy(1, TimeSpan.FromMinutes(1), static _ => Directive.Restart) }, "cluster");
        _harness.Run();
        var (watcher, told) = _harness.Probe("watcher");
        table.Tell(new TableActor.Watch(), watcher);
        for (var n = 1; n <= 3; n++) table.Tell(new TableActor.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(n) }, [1]), n), watcher);
        _harness.Run();
        CatchUp(4);
        ActorIntervention.Fail(_harness.System, "/user/cluster/table").ShouldBeTrue();
        _harness.Run();
        told.Clear();
        CatchUp(3);
        var views = told.OfType<TableActor.ViewChanged>().Select(static changed => changed.View).ToArray();
        views.Select(static view => view.IsCaughtUp).ShouldBe([false, false, true]);
        views.ShouldAllBe(static view => view.Torrents.Count == 3);
        views.SelectMany(static view => view.Changed).ShouldBe([Some.Torrent(1), Some.Torrent(2), Some.Torrent(3)], ignoreOrder: true);

        void CatchUp(int batches)
        {
            for (var batch = 0; batch < batches; batch++) store.Commit(_harness, table);
            told.OfType<TableActor.ViewChanged>().Last().View.ShouldSatisfyAllConditions(view => view.IsCaughtUp.ShouldBeTrue(), view => view.Torrents.Count.ShouldBe(3));
        }
    }

    private ImmutableArray<InfoHash> Sources() => [.. Runs.Select(static run => run.Command).OfType<ClusterCommand.LoadSource>().Select(static load => load.Torrent)];

    private static ClusterTables Placed(params FakeContent[] contents)
    {
        var tables = Some.Up(1);
        tables = tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, tables.Id(1)), 0, out var leased);
        foreach (var content in contents)
        {
            tables = tables.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = content.Torrent, Length = content.Bytes.Length }, content.File));
            tables = tables.Run(new ClusterCommand.Assign(content.Torrent, "n1", ((ClusterOutcome.Leased)leased).Token));
        }

        return tables;
    }

    private void Begin(IActorRef part, ClusterTables tables) => _harness.TellAndRun(part, new MembersActor.Began(tables.Id(1)), new MembersActor.SessionChanged(SessionState.Writing), new TableActor.ViewChanged(tables.View()));

    private void Pass(double seconds) => _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    // Keeps what it is given, and does it when it is told to.
    private sealed class Store : IClusterStore
    {
        private ClusterTables _tables = ClusterTables.Empty;
        private long _batch;
        private IActorRef _replyTo = ActorRefs.Nobody;

        public List<ImmutableArray<ClusterCommand>> Batches { get; } = [];

        public void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo)
        {
            (_batch, _replyTo) = (batch, replyTo);
            Batches.Add(commands);
        }

        public void Commit(SimHarness harness, IActorRef table)
        {
            _tables = _tables.Do(Batches[^1], 0, out var outcomes);
            _replyTo.ShouldBe(table);
            harness.TellAndRun(table, new IClusterStore.Committed(_batch, outcomes));
        }

        public void Fail(SimHarness harness, IActorRef table) => harness.TellAndRun(table, new IClusterStore.Failed(_batch, "it took too long"));
    }
}
