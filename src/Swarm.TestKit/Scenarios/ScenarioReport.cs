using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Swarm.TestKit.Scenarios;

/// <summary>When a node came and when it had everything, in virtual time; null: never.</summary>
public sealed record NodeTimes(string Node, TimeSpan? Joined, TimeSpan? Completed);

/// <summary>How a promise was broken.</summary>
/// <param name="Promise">The promise, as a sentence.</param>
/// <param name="Text">Who broke it, how, when, and what happened before.</param>
/// <param name="Cause">What was thrown.</param>
public sealed record ScenarioFailure(string Promise, string Text, Exception Cause);

/// <summary>What came of one run of a scenario. Its text is all that is to be known of it.</summary>
public sealed record ScenarioReport
{
    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>What everything followed from.</summary>
    public required int Seed { get; init; }

    /// <summary>The command that plays it again.</summary>
    public required string Replay { get; init; }

    /// <summary>A hash over all that happened, and when. Equal for equal runs.</summary>
    public required ulong TraceHash { get; init; }

    /// <summary>How long it took in the simulation.</summary>
    public required TimeSpan VirtualTime { get; init; }

    /// <summary>Messages that actors handled.</summary>
    public required long Turns { get; init; }

    /// <summary>Payload bytes that streams carried.</summary>
    public required long StreamBytes { get; init; }

    /// <summary>What the scenario left open and the seed decided, in order.</summary>
    public required ImmutableArray<Drawn> Configuration { get; init; }

    /// <summary>When each node came and was complete.</summary>
    public required ImmutableArray<NodeTimes> Nodes { get; init; }

    /// <summary>How a promise was broken; null: all held.</summary>
    public ScenarioFailure? Failure { get; init; }

    /// <summary>Whether all promises held.</summary>
    public bool Passed => Failure is null;

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Scenario {Scenario}, seed {Seed}: {(Passed ? "passed" : "FAILED")} after {VirtualTime.TotalSeconds:0.###} s of virtual time and {Turns} messages, trace {TraceHash:x16}.");
        if (!Passed) text.AppendLine(CultureInfo.InvariantCulture, $"Play it again: {Replay}");
        if (Failure is { } failure) text.AppendLine(failure.Text);
        text.AppendLine("Drawn from the seed:");
        foreach (var (name, value) in Configuration) text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: {value}");
        return text.ToString();
    }
}
