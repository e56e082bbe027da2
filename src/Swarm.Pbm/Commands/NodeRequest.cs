using System.Text.Json.Nodes;

namespace Swarm.Pbm.Commands;

/// <summary>A request to a node: path and query as they go on the wire, and a body or none.</summary>
internal sealed record NodeRequest(HttpMethod Method, string Target, JsonObject? Body);
