using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

public sealed class SwarmScenarioTests
{
    private static readonly SwarmScenario Pair = new SwarmScenario("pair", "One gives and one takes.")
        .Sharing(content => content.OfSize(200.KiB).InPiecesOf(16_384).InFiles(1, 1))
        .Seeds(1)
        .Leechers(1, leecher => leecher.On(new LinkProfile { DownBytesPerSecond = 20_000 }));

    [Fact]
    public void A_run_reports_what_it_was_and_what_came_of_it()
    {
        var report = Pair.Run(3);
        report.Passed.ShouldBeTrue();
        report.Scenario.ShouldBe("pair");
        report.Seed.ShouldBe(3);
        report.VirtualTime.ShouldBeGreaterThan(10.Seconds);
        report.Turns.ShouldBePositive();
        report.StreamBytes.ShouldBeGreaterThan(200.KiB);
        report.Nodes.Select(node => node.Node).ShouldBe(["seed-1", "leecher-1"]);
        report.Nodes[1].Joined.ShouldBe(TimeSpan.Zero);
        report.Nodes[1].Completed.ShouldNotBeNull().ShouldBeInRange(10.Seconds, 1.Minutes);
        report.Configuration.ShouldContain(drawn => drawn.Name == "content bytes" && drawn.Value == "204800");
        report.ToString().ShouldContain("piece length: 16384");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_gives_another()
    {
        Pair.Check(1).TraceHash.ShouldBe(Pair.Run(1).TraceHash);
        Pair.Run(2).TraceHash.ShouldNotBe(Pair.Run(1).TraceHash);
    }

    [Fact]
    public void Runs_on_many_threads_do_not_touch_each_other()
    {
        var alone = Enumerable.Range(1, 6).Select(seed => Pair.Run(seed).TraceHash).ToArray();
        Enumerable.Range(1, 6).AsParallel().AsOrdered().Select(seed => Pair.Run(seed).TraceHash).ToArray().ShouldBe(alone);
    }

    [Fact]
    public void Two_runs_of_a_seed_that_differ_are_a_failure()
    {
        var report = Pair.PlayTwice(1, run => run == 0 ? null : world => world.At(1.Seconds, world.Nodes[1].Kill));
        report.Failure.ShouldNotBeNull().Promise.ShouldBe("The same seed gives the same run");
        Should.Throw<CheckFailedException>(() => Pair.Check(1, run => run == 0 ? null : world => world.At(1.Seconds, world.Nodes[1].Restart)));
    }

    [Fact]
    public void A_failure_tells_the_promise_the_configuration_and_the_command()
    {
        var doomed = Pair.At(2.Seconds, Faults.Leave(Who.All("seed"))).EveryoneCompletes(within: 1.Minutes).ReplayedBy("play pair {seed}");
        var failure = Should.Throw<CheckFailedException>(() => doomed.Run(9));
        failure.Promise.ShouldStartWith("Once nothing is wrong any more");
        foreach (var part in new[] { "pair, seed 9", "play pair 9", "leecher-1", "every seed is gone for good", "piece length", "Last events" }) failure.Message.ShouldContain(part);
    }

    [Fact]
    public void What_a_scenario_waits_for_must_come()
    {
        var waiting = Pair.After(new Once("pigs fly", _ => false), Faults.HealEverything).EveryoneCompletes(within: 1.Minutes);
        waiting.Play(1).Failure.ShouldNotBeNull().Text.ShouldContain("pigs fly");
    }

    [Fact]
    public void What_throws_inside_of_a_run_is_its_failure()
    {
        var report = Pair.At(1.Seconds, Faults.Kill(Who.All("nobody"), 1.Seconds)).Play(4);
        report.Failure.ShouldNotBeNull().Cause.ShouldBeOfType<ArgumentException>();
        report.ToString().ShouldContain("There is no group and no node nobody.");
    }

    [Fact]
    public void Promises_of_its_own_are_watched_and_asked_at_the_end()
    {
        Pair.Always("Nobody has half", run => run.Progress(run["leecher-1"][0]) < 0.5).Play(1).Failure.ShouldNotBeNull().Promise.ShouldBe("Nobody has half");
        Pair.Expect("It takes a year", run => run.World.Now > TimeSpan.FromDays(365)).Play(1).Failure.ShouldNotBeNull().Promise.ShouldBe("It takes a year");
        Pair.Always("It is a swarm", run => run.World.Nodes.Count == 2).Expect("It is complete", run => run.CompletedAt(run["leecher"][0]) is not null).Run(1);
    }

    [Fact]
    public void Things_happen_when_they_are_said_to()
    {
        var moments = new List<TimeSpan>();
        Fault Note(string what) => new(what, run => moments.Add(run.World.Now));
        Pair.At(3.Seconds, Note("at")).Between(4.Seconds, 5.Seconds, Note("between")).Times(3, 3, 6.Seconds, 7.Seconds, Note("one"), Note("other")).Lasting(20.Seconds).Run(1);
        moments.Count.ShouldBe(5);
        moments[0].ShouldBe(3.Seconds);
        moments[1].ShouldBeInRange(4.Seconds, 5.Seconds);
        foreach (var moment in moments[2..]) moment.ShouldBeInRange(6.Seconds, 7.Seconds);
        var half = TimeSpan.Zero;
        var report = Pair.After(Once.Progress(Who.All("leecher"), 0.5), new Fault("half", run => half = run.World.Now)).Run(1);
        half.ShouldBeInRange(3.Seconds, report.Nodes[1].Completed!.Value);
    }

    [Fact]
    public void Everybody_is_waited_for_until_they_come_and_come_back()
    {
        var report = Pair.Leechers(2, late => late.Named("late").JoiningBetween(1.Minutes, 2.Minutes)).At(5.Seconds, Faults.Restart(Who.One("leecher"), 3.Minutes)).Run(1);
        foreach (var late in report.Nodes[2..])
        {
            late.Joined.ShouldNotBeNull().ShouldBeInRange(1.Minutes, 2.Minutes);
            late.Completed.ShouldNotBeNull().ShouldBeGreaterThan(late.Joined.Value);
        }

        report.VirtualTime.ShouldBeGreaterThan(185.Seconds);
    }

    [Fact]
    public void Who_is_chosen_is_who_was_meant()
    {
        var scenario = Pair.Leechers(5, crowd => crowd.Named("crowd").On(LinkKind.Fast)).At(1.Seconds, new Fault("choose", run =>
        {
            Who.Everyone.Choose(run).Count.ShouldBe(7);
            Who.All("crowd").Choose(run).Count.ShouldBe(5);
            Who.All("crowd-3").Choose(run).Single().Name.ShouldBe("crowd-3");
            Who.One("crowd").Choose(run).Count.ShouldBe(1);
            Who.Some(9, "crowd").Choose(run).Count.ShouldBe(5);
            Who.HalfOf("crowd").Choose(run).Distinct().Count().ShouldBe(3);
        }));
        scenario.Run(1);
    }

    [Fact]
    public void What_is_said_of_a_group_is_what_its_nodes_are()
    {
        var scenario = new SwarmScenario("group").WithoutTracker().Seeds(1, seed => seed.Named("origin")).Leechers(3, group => group
            .Named("odd")
            .Behind(NatKind.Symmetric)
            .On(new LinkProfile { DownBytesPerSecond = 777_000 })
            .WithClocksOff(0.1, 10.Hours)
            .WithDisk(disk => disk with { Workers = 1 })
            .WithStore(store => store with { QueueLimit = 7 })
            .With(settings => settings with { Port = 7_000 })
            .LimitedTo(500_000, 0)
            .Sequentially());
        scenario.Run(1, world =>
        {
            world.Trackers.ShouldBeEmpty();
            foreach (var node in world.Nodes.Skip(1))
            {
                node.Host.Nat.ShouldNotBeNull().Kind.ShouldBe(NatKind.Symmetric);
                node.Host.Link.DownBytesPerSecond.ShouldBe(777_000);
                node.Settings.ClockRate.ShouldBeInRange(0.9, 1.1);
                node.Clock.Offset.Duration().ShouldBeLessThanOrEqualTo(10.Hours);
                node.Disk.Settings.Workers.ShouldBe(1);
                node.Store.Settings.QueueLimit.ShouldBe(7);
                node.Settings.Port.ShouldBe(7_000);
                node.Torrents[0].Options.DownloadLimit.ShouldBe(500_000);
                node.Torrents[0].Options.Sequential.ShouldBeTrue();
                node.Torrents[0].Options.Peers.ShouldBe([world.Nodes[0].Address]);
            }
        });
    }

    [Fact]
    public void Strangers_come_and_stay_until_all_heals()
    {
        var scenario = Pair
            .At(1.Seconds, Faults.PeersCome(2, PeerManners.Liar))
            .At(25.Seconds, new Fault("look", run => run.World.Peers.ShouldAllBe(peer => !peer.HasLeft && peer.ConnectionsEver >= 2)))
            .At(26.Seconds, Faults.HealEverything)
            .At(27.Seconds, new Fault("look again", run => run.World.Peers.ShouldAllBe(peer => peer.HasLeft)));
        scenario.Run(1).Passed.ShouldBeTrue();
    }

    [Fact]
    public void Two_groups_of_one_name_are_refused() => Should.Throw<ArgumentException>(() => Pair.Leechers(2)).Message.ShouldContain("leecher");
}
