using System.Collections.Immutable;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>Who comes, who goes, who is fast and who is slow.</summary>
internal static class Crowds
{
    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("flash-crowd", "Everybody wants it at once, and all get it.")
            .Seeds(1, seed => seed.On(LinkKind.Home))
            .Leechers(12, 20, crowd => crowd.On(LinkKind.Home).JoiningBetween(0.Seconds, 5.Seconds))
            .EveryoneCompletes(within: 30.Minutes),

        new SwarmScenario("seed-leaves-early", "The seed goes as soon as one full copy is out; who is there, and who comes later, finish from each other.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(4, 8, leecher => leecher.On(LinkKind.Steady))
            .Leechers(1, 3, late => late.Named("late").On(LinkKind.Steady).JoiningBetween(20.Seconds, 60.Seconds))
            .After(Once.OneCopyIsOut, Faults.Leave(Who.All("seed")))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("churn", "Nodes come, go, die and come back all the time; who stays gets everything.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady))
            .Leechers(4, 8, visitor => visitor.Named("visitor").On(LinkKind.Any).JoiningBetween(0.Seconds, 40.Seconds))
            .Times(4, 8, 5.Seconds, 60.Seconds, Faults.Leave(Who.One("visitor")))
            .Times(4, 8, 2.Seconds, 60.Seconds, Faults.Kill(Who.One("leecher"), 3.Seconds), Faults.Restart(Who.One("leecher"), 5.Seconds), Faults.Crash(Who.One("visitor"), 10.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("slow-and-fast", "Fast peers are not held back by slow ones, and the slow ones get everything too.")
            .Seeds(1, seed => seed.On(LinkKind.Fast))
            .Leechers(3, 5, fast => fast.Named("fast").On(LinkKind.Fast))
            .Leechers(3, 5, slow => slow.Named("slow").On(LinkKind.Slow))
            .Expect("Fast peers are complete before slow ones", run => run["fast"].Max(run.CompletedAt) <= run["slow"].Min(run.CompletedAt))
            .EveryoneCompletes(within: 1.Hours),
    ];
}
