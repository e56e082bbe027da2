namespace Swarm.Host.Api.Security;

/// <summary>Who sends a request, as far as the node cares: what that one may. A feature of the request, for operations whose need depends on what is in the body.</summary>
internal sealed record Caller(Scope Scope);
