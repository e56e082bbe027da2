using System.Text.Json.Nodes;

namespace Swarm.Pbm.Commands;

/// <summary>A request to a node: path and query as they go on the wire, and a body or none.</summary>
internal sealed record NodeRequest(HttpMethod Method, string Target, JsonObject? Body)
{
    /// <summary>The node was told how long the program waits and answers within that time, so the answer's way comes on top.</summary>
    public bool AnswersLate { get; init; }
}
