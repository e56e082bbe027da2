using System.Collections.Immutable;

namespace Swarm.TestKit.Dht;

/// <summary>One line of what a study of a DHT found.</summary>
/// <param name="Study">Which study.</param>
/// <param name="When">At what point of it.</param>
/// <param name="Nodes">Nodes of the network then, hostile ones not counted.</param>
/// <param name="Age">Virtual time since the first node.</param>
/// <param name="Survey">How lookups fared.</param>
/// <param name="Figures">What else there is to tell, by name.</param>
/// <param name="TraceHash">Of all that happened until then.</param>
public sealed record DhtRow(string Study, string When, int Nodes, TimeSpan Age, SimDhtSurvey Survey, ImmutableArray<DhtFigure> Figures, ulong TraceHash)
{
    /// <summary>A line about a network as it is now.</summary>
    public static DhtRow Of(string study, string when, SimDht dht, SimDhtSurvey survey, params ImmutableArray<DhtFigure> figures) => new(study, when, dht.Count, dht.Simulation.Elapsed, survey, figures, dht.TraceHash);
}

/// <summary>A number with its name.</summary>
public readonly record struct DhtFigure(string Name, double Value);
