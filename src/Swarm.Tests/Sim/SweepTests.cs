using Swarm.Sim.Sweeping;
using Swarm.TestKit.Scenarios;

namespace Swarm.Tests.Sim;

public sealed class SweepTests
{
    private static readonly SwarmScenario Odd = Pair("odd").Expect("Seeds are even", run => run.World.Seed % 2 == 0);

    [Fact]
    public void Each_scenario_has_its_turn_with_each_seed()
    {
        var played = new List<(string, int)>();
        var result = new Sweep([Pair("one"), Pair("other")], 10, threads: 1, number => number < 5, report => played.Add((report.Scenario, report.Seed))).Run();
        played.ShouldBe([("one", 10), ("other", 10), ("one", 11), ("other", 11), ("one", 12)]);
        result.Seeds.ShouldBe(5);
        result.Failures.ShouldBe(0);
        result.Messages.ShouldBeGreaterThan(0);
        result.Simulated.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Threads_share_the_seeds_and_play_none_twice()
    {
        var played = new List<int>();
        new Sweep([Pair("one")], 10, threads: 3, number => number < 9, report => played.Add(report.Seed)).Run().Seeds.ShouldBe(9);
        played.Order().ShouldBe(Enumerable.Range(10, 9));
    }

    [Fact]
    public void A_seed_that_fails_is_counted_and_told_with_its_replay()
    {
        var failed = new List<ScenarioReport>();
        var sweep = new Sweep([Odd.ReplayedBy("play {seed}")], 1, threads: 2, number => number < 4, report =>
        {
            if (!report.Passed) failed.Add(report);
        });
        sweep.Run().Failures.ShouldBe(2);
        failed.Select(report => report.Replay).Order().ShouldBe(["play 1", "play 3"]);
        failed.ShouldAllBe(report => report.Failure!.Promise == "Seeds are even");
    }

    [Fact]
    public void A_seed_gives_the_same_run_alone_and_beside_others()
    {
        var hashes = new SortedDictionary<int, ulong>();
        new Sweep([Pair("one")], 1, threads: 4, number => number < 8, report => hashes.Add(report.Seed, report.TraceHash)).Run();
        foreach (var (seed, hash) in hashes) Pair("one").Run(seed).TraceHash.ShouldBe(hash);
    }

    private static SwarmScenario Pair(string name) => new SwarmScenario(name).Sharing(content => content.OfSize(64.KiB)).Seeds(1).Leechers(1);
}
