using System.Collections.Immutable;
using Swarm.Actors.Automation;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Tests.Kernel;
using static Swarm.Tests.Actors.Automation.AutomationRows;

namespace Swarm.Tests.Actors.Automation;

/// <summary>The actor in virtual time: what it asks of torrents, and when.</summary>
public sealed class AutomationActorTests : IDisposable
{
    private readonly SimHarness _harness = new();
    private readonly ListLoggerFactory _log = new();
    private readonly FakePrograms _programs = new();
    private readonly List<object> _torrents;
    private readonly IActorRef _torrentsRef;

    public AutomationActorTests() => (_torrentsRef, _torrents) = _harness.Probe("torrents");

    public void Dispose() => _log.Dispose();

    private IEnumerable<TorrentsActor.ITorrentCommand> Commands => _torrents.OfType<TorrentsActor.ITorrentCommand>();

    [Fact]
    public void Nothing_is_done_before_all_torrents_are_known()
    {
        var actor = Start(new AutomationSettings { Queue = new QueueSettings { MaxDownloads = 1 } });
        actor.Tell(new TorrentRowsEvent.RowsChanged([Download(2)]));
        Pass(60);
        Commands.ShouldBeEmpty();
        actor.Tell(new TorrentsActor.Rows([Download(1), Download(2)]));
        Pass(6);
        Commands.ShouldBe([new TorrentsActor.Hold(Hash(2))]);
    }

    [Fact]
    public void Torrents_of_a_cluster_are_neither_touched_nor_counted()
    {
        var settings = new AutomationSettings
        {
            Queue = new QueueSettings { MaxDownloads = 1 },
            SeedingRules = [new SeedingRuleSettings { SeedTime = TimeSpan.FromSeconds(1), Action = SeedingAction.RemoveWithData }],
            CompletedFolder = "/complete",
            RunOnComplete = new() { Command = ["/x"] },
        };
        var placed = (TorrentRow row) => row with { Folder = $"/cluster/{row.Torrent}" };
        var actor = Start(settings, placed(Download(1)), placed(Download(2)), Download(3), placed(Seed(4)), placed(Download(5, 0, TorrentState.Queued)));
        actor.Tell(new TorrentRowsEvent.RowsChanged([placed(Seed(1)), placed(Seed(6))]));
        Pass(60);
        Commands.ShouldBeEmpty();
        _programs.Runs.ShouldBeEmpty();
        // The same ones of this node are: the rules are what they seem. One that was its own and is the cluster's now is let go.
        actor.Tell(new TorrentRowsEvent.RowsChanged([Download(7), Seed(8), Download(9)]));
        actor.Tell(new TorrentRowsEvent.RowsChanged([placed(Download(9))]));
        Pass(6);
        Commands.ShouldContain(new TorrentsActor.Hold(Hash(7)));
        Commands.ShouldContain(command => command.Torrent == Hash(8));
        Commands.ShouldAllBe(command => command.Torrent == Hash(7) || command.Torrent == Hash(8));
    }

    [Fact]
    public void Of_each_torrent_one_command_is_under_way_at_a_time()
    {
        var actor = Start(new AutomationSettings { Queue = new QueueSettings { MaxDownloads = 1 } }, Download(1), Download(2));
        Pass(60);
        Commands.Count().ShouldBe(1);
        actor.Tell(new TorrentsActor.Done(Hash(2)));
        actor.Tell(new TorrentRowsEvent.RowsChanged([Download(2, 0, TorrentState.Queued)]));
        actor.Tell(new TorrentRowsEvent.RowRemoved(Hash(1)));
        Pass(6);
        Commands.ShouldBe([new TorrentsActor.Hold(Hash(2)), new TorrentsActor.Release(Hash(2))]);
    }

    [Fact]
    public void Of_all_together_so_many_are_under_way_as_the_settings_say()
    {
        Start(new AutomationSettings { MaxUnderWay = 2, Queue = new QueueSettings { MaxDownloads = 1 } }, Download(1), Download(2), Download(3), Download(4));
        Pass(30);
        Commands.Count().ShouldBe(2);
    }

    [Fact]
    public void One_that_refused_is_left_alone_for_a_while()
    {
        var actor = Start(new AutomationSettings { Queue = new QueueSettings { MaxDownloads = 1 } }, Download(1), Download(2));
        Pass(5);
        actor.Tell(new TorrentsActor.Refused(Hash(2), "it is busy"));
        Pass(54);
        Commands.Count().ShouldBe(1);
        Pass(10);
        Commands.Count().ShouldBe(2);
    }

    [Fact]
    public void A_dry_run_says_what_it_would_do_and_does_nothing()
    {
        var actor = Start(new AutomationSettings { DryRun = true, Queue = new QueueSettings { MaxDownloads = 1 }, RunOnComplete = new() { Command = ["/x"] } }, Download(1), Download(2));
        actor.Tell(new TorrentRowsEvent.RowsChanged([Complete(3)]));
        Pass(6);
        Commands.ShouldBeEmpty();
        _programs.Runs.ShouldBeEmpty();
        _log.Lines.ShouldContain(line => line.Text == "t2: Hold would be done, because it 1 of 1 downloads are active before it (swarm.automation.dry-run)");
    }

    [Fact]
    public void A_preview_tells_first_what_would_be_done_then_why_the_rest_is_kept()
    {
        var actor = Start(new AutomationSettings { PreviewLimit = 2, Queue = new QueueSettings { MaxDownloads = 1 } }, Download(1), Download(2), Download(3, 0, TorrentState.Queued));
        _harness.Run();
        var (asker, answers) = _harness.Probe();
        actor.Tell(new AutomationActor.Preview(), asker);
        _harness.Run();
        var seen = answers.ShouldHaveSingleItem().ShouldBeOfType<AutomationActor.Previewed>();
        seen.Steps.Select(step => (step.Torrent.Torrent, step.Action)).ShouldBe([(Hash(2), AutomationAction.Hold), (Hash(1), AutomationAction.Keep)]);
        seen.More.ShouldBeTrue();
        Commands.ShouldBeEmpty("a preview does nothing");
    }

    [Fact]
    public void Other_seeders_are_asked_for_where_nothing_else_is_missing()
    {
        var actor = Start(new AutomationSettings { SeedingRules = [new() { Ratio = 1, MinSeeders = 3 }] }, Seed(1) with { UploadedEver = 5_000 }, Seed(2));
        Pass(6);
        _torrents.OfType<TorrentActor.GetStatus>().Select(get => get.Torrent).Distinct().ShouldBe([Hash(1)]);
        actor.Tell(Status(seeders: 3));
        Pass(6);
        Commands.ShouldBeEmpty("one of the three is this node");
        actor.Tell(Status(seeders: 4));
        Pass(6);
        Commands.ShouldBe([new TorrentsActor.Pause(Hash(1))]);
    }

    [Fact]
    public void A_program_is_run_once_for_each_that_becomes_complete_a_few_at_a_time()
    {
        var actor = Start(new AutomationSettings { RunOnComplete = new() { Command = ["/x", "{name}"], MaxRunning = 1, MaxWaiting = 1 } }, Seed(9, completedTicks: 1));
        Pass(1);
        actor.Tell(new TorrentRowsEvent.RowsChanged([Complete(1), Complete(2), Complete(3)]));
        Pass(20);
        _programs.Runs.ShouldBe(["/x t1"]);
        _log.Lines.ShouldContain(line => line.Text == "t3: the program was not run: 1 programs wait already");
        actor.Tell(new IPrograms.Ended(1, 3, TimedOut: false, "went wrong"));
        Pass(20);
        _programs.Runs.ShouldBe(["/x t1", "/x t2"]);
        _log.Lines.ShouldContain(line => line.Text == "t1: the program ended with 3. went wrong");
        actor.Tell(new IPrograms.NotRun(2, "there is none"));
        Pass(20);
        _programs.Runs.Count.ShouldBe(2);
    }

    [Fact]
    public void Other_settings_hold_at_the_next_look_and_no_program_is_run_twice()
    {
        var program = new RunOnCompleteSettings { Command = ["/x", "{name}"], MaxRunning = 1, MaxWaiting = 9 };
        var actor = Start(new AutomationSettings { RunOnComplete = program });
        actor.Tell(new TorrentsActor.Rows([Download(8), Download(9)]));
        actor.Tell(new TorrentRowsEvent.RowsChanged([Complete(1), Complete(2), Complete(3)]));
        Pass(6);
        actor.Tell(Configured(new AutomationSettings { Queue = new QueueSettings { MaxDownloads = 1 } }));
        Pass(6);
        Commands.ShouldBe([new TorrentsActor.Hold(Hash(9))]);
        _log.Lines.Count(line => line.Text.EndsWith("the program was not run: there is none any more", StringComparison.Ordinal)).ShouldBe(2, "what waited is said to be dropped");
        actor.Tell(new IPrograms.Ended(1, 0, TimedOut: true, ""));
        actor.Tell(new TorrentRowsEvent.RowsChanged([Complete(4)]));
        Pass(6);
        actor.Tell(Configured(new AutomationSettings { RunOnComplete = program with { Command = ["/y", "{name}"] } }));
        Pass(6);
        actor.Tell(new TorrentRowsEvent.RowsChanged([Complete(5)]));
        Pass(6);
        _programs.Runs.ShouldBe(["/x t1", "/y t5"], "of those that were complete before there was a program again none gets one");
        _log.Lines.ShouldContain(line => line.Text == "t1: the program was killed after 00:10:00. ");
    }

    private static AutomationActor.Configure Configured(AutomationSettings settings) => new(settings, new CategoryFolders(settings, "/load"));

    private static TorrentStatus Status(int seeders) => new() { Torrent = Hash(1), Name = "t1", State = TorrentState.Seeding, Trackers = [new TrackerLine("http://t/", null, seeders, 0)] };

    private TorrentRow Complete(int number) => Seed(number, completedTicks: _harness.Sim.Time.GetUtcNow().Ticks);

    private IActorRef Start(AutomationSettings settings, params ImmutableArray<TorrentRow> rows)
    {
        var actor = _harness.System.ActorOf(AutomationActor.Props(settings, new CategoryFolders(settings, "/load"), _torrentsRef, "/cluster", _programs, _harness.Sim.Time, _log), "automation");
        if (!rows.IsEmpty) actor.Tell(new TorrentsActor.Rows(rows));
        return actor;
    }

    private void Pass(double seconds) => _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    private sealed class FakePrograms : IPrograms
    {
        public List<string> Runs { get; } = [];

        public void Run(string program, ImmutableArray<string> arguments, TimeSpan timeout, long tag, IActorRef owner) => Runs.Add($"{program} {string.Join(' ', arguments)}");
    }
}
