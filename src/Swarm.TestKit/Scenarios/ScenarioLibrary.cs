using System.Collections.Immutable;
using Swarm.TestKit.Scenarios.Library;

namespace Swarm.TestKit.Scenarios;

/// <summary>The scenarios that Swarm itself is proven on, by name; also as examples.</summary>
public static class ScenarioLibrary
{
    /// <summary>All of them, in the order in which they are told.</summary>
    public static ImmutableArray<SwarmScenario> All { get; } = [.. new[] { Crowds.All, Networks.All, Machines.All, Torrents.All, Everything.All, Clusters.All }.SelectMany(all => all).Select(Replayable)];

    /// <summary>One by its name, or null.</summary>
    public static SwarmScenario? Find(string name) => All.FirstOrDefault(scenario => scenario.Name == name);

    private static SwarmScenario Replayable(SwarmScenario scenario) => scenario.ReplayedBy($"swarm-sim --scenario {scenario.Name} --seed {{seed}}");
}
