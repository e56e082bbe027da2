using System.Text.Encodings.Web;
using System.Text.Json;
using Swarm.TestKit.Scenarios;

namespace Swarm.Sim.Output;

/// <summary>How the program writes JSON: one object a line, camel case, times in seconds, hashes as text (they do not fit a JSON number).</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An object on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>A report on one line.</summary>
    public static string Line(ScenarioReport report) => Line(new
    {
        report.Scenario,
        report.Seed,
        report.Passed,
        TraceHash = $"{report.TraceHash:x16}",
        VirtualSeconds = report.VirtualTime.TotalSeconds,
        Messages = report.Turns,
        report.StreamBytes,
        report.Configuration,
        Nodes = report.Nodes.Select(node => new { node.Node, JoinedSeconds = node.Joined?.TotalSeconds, CompletedSeconds = node.Completed?.TotalSeconds }),
        Failure = report.Failure is { } failure ? new { failure.Promise, failure.Text } : null,
        report.Replay,
    });
}
