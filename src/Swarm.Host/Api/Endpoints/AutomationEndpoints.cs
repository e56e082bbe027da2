using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api.Endpoints;

/// <summary>What the node does with its torrents by itself.</summary>
internal sealed class AutomationEndpoints(ApiServices api)
{
    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes) => routes.MapGroup("/automation").WithTags("automation")
        .MapGet("/preview", PreviewAsync).Is("previewAutomation", "What automation would do now, and why; nothing is done.", Scope.Viewer);

    private async Task<AutomationPreview> PreviewAsync()
    {
        if (api.Preview is null || await api.Preview().ConfigureAwait(false) is not { } seen) return new AutomationPreview(Enabled: false, DryRun: false, [], More: false);
        return new AutomationPreview(
            Enabled: true, seen.DryRun, [.. seen.Steps.Select(step => new AutomationItem(step.Torrent.Torrent.ToString(), step.Torrent.Name, Enum.Parse<AutomationDeed>(step.Action.ToString()), step.Reason))], seen.More);
    }
}
