using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api.Endpoints;

/// <summary>What an operation needs of who calls it: at least this scope. An operation without it is nobody's.</summary>
internal sealed record Needs(Scope Scope);

/// <summary>How large the body of an operation may be, where that is not the usual.</summary>
internal sealed record TakesBody(int Limit);

/// <summary>What operations are declared with.</summary>
internal static class OperationDeclarations
{
    /// <summary>Names an operation, says what it does, who may, and which problems it answers with besides those that all have.</summary>
    public static RouteHandlerBuilder Is(this RouteHandlerBuilder operation, string id, string summary, Scope scope, params int[] problems)
    {
        operation.WithName(id).WithSummary(summary).WithMetadata(new Needs(scope));
        foreach (var status in (int[])[StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, .. problems])
        {
            operation.Produces<Problem>(status, "application/problem+json");
        }

        return operation;
    }
}
