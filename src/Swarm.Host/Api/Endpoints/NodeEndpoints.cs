using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Events;
using Swarm.Host.Api.Palettes;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Api.Endpoints;

/// <summary>The node as a whole: what it is, its limits, its end, its health, its figures, its configuration, and the commands it offers.</summary>
internal sealed class NodeEndpoints(ApiServices api, EventStreams streams)
{
    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var node = routes.MapGroup("").WithTags("node");
        node.MapGet("/node", Show).Is("getNode", "What the node is and does.", Scope.Viewer);
        node.MapPatch("/node/limits", Limit).Is("patchNodeLimits", "Limits the whole node.", Scope.Operator, 409);
        node.MapPost("/node/drain", Drain).Is("drainNode", "Ends the node in good order.", Scope.Admin);
        node.MapGet("/statistics", Figures).Is("getStatistics", "Figures over all torrents.", Scope.Viewer);
        node.MapGet("/config", Configuration).Is("getConfiguration", "The configuration in force, secrets hidden.", Scope.Admin);
        node.MapGet("/palettes", Book).Is("getPalettes", "The commands the node offers to command lines.", Scope.Viewer);
    }

    /// <summary>Declares what tells supervisors of the process how it is; open to all who may connect.</summary>
    public void MapHealth(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => new Health("ok")).WithName("getHealth").WithSummary("The process answers.").WithMetadata(new Needs(Scope.None)).WithTags("health");
        routes.MapGet("/readyz", Ready).WithName("getReadiness").WithSummary("The node has taken up its torrents and is not ending; as a member of a cluster, it is up and may write.").WithMetadata(new Needs(Scope.None)).WithTags("health")
            .Produces<Health>(StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<Results<Ok<Health>, JsonHttpResult<Health>>> Ready()
    {
        var unready = api.Node.Facts.Phase switch
        {
            NodePhase.Running => await api.Node.UnreadyAsync().ConfigureAwait(false),
            NodePhase.Restoring => "restoring",
            _ => "draining",
        };
        return unready is null ? TypedResults.Ok(new Health("ok")) : TypedResults.Json(new Health(unready), ApiJson.Default.Health, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private NodeView Show()
    {
        var facts = api.Node.Facts;
        var totals = CatalogueTotals.Of(api.Catalogue);
        return new NodeView
        {
            Version = api.Version,
            State = facts.Phase,
            StartedAt = facts.StartedAt,
            UptimeSeconds = (long)(api.Clock.GetUtcNow() - facts.StartedAt).TotalSeconds,
            Listen = [.. facts.Listen.Select(at => at.ToString())],
            DefaultFolder = api.Roots.Default,
            ContentRoots = api.Roots.Folders,
            Cluster = api.Cluster?.Facts.Name,
            Torrents = totals.Torrents,
            ConnectedPeers = totals.ConnectedPeers,
            DownloadRate = totals.DownloadRate,
            UploadRate = totals.UploadRate,
            Limits = new NodeLimits(facts.DownloadLimit, facts.UploadLimit),
        };
    }

    private async Task<NodeLimits> Limit([FromBody] NodeLimits limits)
    {
        if (limits.DownloadLimit < 0 || limits.UploadLimit < 0) throw ApiException.BadRequest("A limit is 0 or more bytes a second.");
        try
        {
            await api.Node.LimitAsync(limits.DownloadLimit, limits.UploadLimit).ConfigureAwait(false);
        }
        catch (SwarmException e) when (e is not NoAnswerException)
        {
            throw ApiException.Conflict($"{e.Message}.");
        }

        var facts = api.Node.Facts;
        return new NodeLimits(facts.DownloadLimit, facts.UploadLimit);
    }

    private Accepted<NodeView> Drain()
    {
        api.Node.Drain();
        return TypedResults.Accepted("/readyz", Show() with { State = NodePhase.Draining });
    }

    private Statistics Figures()
    {
        var totals = CatalogueTotals.OfAll(api.Catalogue);
        var byState = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var state in Enum.GetValues<TorrentState>())
        {
            var name = state.ToString();
            if (totals.In(state) is > 0 and var count) byState.Add(char.ToLowerInvariant(name[0]) + name[1..], count);
        }

        return new Statistics
        {
            Torrents = totals.Torrents,
            ByState = byState,
            DownloadRate = totals.DownloadRate,
            UploadRate = totals.UploadRate,
            DownloadedBytes = totals.Downloaded,
            UploadedBytes = totals.Uploaded,
            ConnectedPeers = totals.ConnectedPeers,
            Revision = api.Catalogue.Revision,
            Subscribers = streams.Subscribers,
            MemoryBytes = GC.GetTotalMemory(forceFullCollection: false),
        };
    }

    private ConfigView Configuration([FromQuery] string? under) =>
        new([.. api.Configuration().Where(item => under is null || item.Key.Equals(under, StringComparison.Ordinal) || item.Key.StartsWith(under + ".", StringComparison.Ordinal))]);

    private PaletteBook Book() => NodePalettes.Book(api.Version);
}
