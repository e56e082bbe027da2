using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Swarm.Host.Api.Endpoints;
using Scope = Swarm.Host.Api.Security.Scope;

namespace Swarm.Host.Api;

/// <summary>The API's own description, made of the operations as they are declared (OpenAPI 3.1). The repository has it in docs/openapi.json, and a test compares the two.</summary>
internal static class ApiDocument
{
    private const string Name = "v1";

    private const string About =
        "What a Swarm node is asked and told. Lengths are bytes, rates payload bytes a second, progress 0 to 1, moments UTC. Every refusal is a problem document (RFC 9457) whose detail says what to do. "
        + "On the node's own machine no key is needed; beyond it, send 'Authorization: Bearer KEY'. docs/http-api.md is the guide.";

    /// <summary>What it needs.</summary>
    public static void AddTo(IServiceCollection services, string version) => services.AddOpenApi(Name, options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new OpenApiInfo { Title = "Swarm", Version = version, Description = About };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key of the node, with the scope viewer, operator or admin." },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
        return Task.CompletedTask;
    }).AddOperationTransformer((operation, context, _) =>
    {
        var needs = context.Description.ActionDescriptor.EndpointMetadata.OfType<Needs>().FirstOrDefault();
        if (needs is { Scope: > Scope.None })
        {
            var scope = $"Scope: {needs.Scope.ToString().ToLowerInvariant()}.";
            operation.Description = operation.Description is null ? scope : $"{operation.Description} {scope}";
        }

        return Task.CompletedTask;
    }));

    /// <summary>Declares where it is.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapOpenApi("/openapi/{documentName}.json").WithMetadata(new Needs(Scope.Viewer));
}
