using System.Collections.Immutable;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>Who comes, who goes, who is fast and who is slow.</summary>
internal static class Crowds
{
    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("flash-crowd", "Everybody wants it at once, and all get it.")
            .Seeds(1, seed => seed.On(LinkKind.Home))
            .Leechers(15, 25, crowd => crowd.On(LinkKind.Home).JoiningBetween(0.Seconds, 5.Seconds))
            .EveryoneCompletes(within: 30.Minutes),

        new SwarmScenario("seed-leaves-early", "The seed goes as soon as one full copy is out, and the leechers finish from each other.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(4, 9, leecher => leecher.On(LinkKind.Steady))
            .After(Once.OneCopyIsOut, Faults.Leave(Who.All("seed")))
            .EveryoneCompletes(within: 1.Hours),
    ];
}
