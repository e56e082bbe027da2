using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Endpoints;

/// <summary>The supervision tree: what lives, what waits, what failed.</summary>
internal sealed class ActorEndpoints(ApiServices api)
{
    private const int Usual = 1_000;
    private const int LongestQueues = 20;

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var actors = routes.MapGroup("/actors").WithTags("actors");
        actors.MapGet("", Tree).Is("listActors", "The living actors, parents before children.", Scope.Viewer);
        actors.MapGet("/mailboxes", Mailboxes).Is("listMailboxes", "The actors with the longest queues.", Scope.Viewer);
        actors.MapPost("/restart", Restart).Is("restartActor", "Makes an actor fail, so that its supervisor restarts or stops it.", Scope.Admin, 404);
    }

    private ActorList Tree([FromQuery] string? under, [FromQuery] int? limit)
    {
        var seen = api.Node.Actors(under ?? "/", Bounded(limit ?? Usual));
        return new ActorList(seen.Actors, seen.DeadLetters, seen.Dropped, seen.More);
    }

    private ActorList Mailboxes([FromQuery] int? limit)
    {
        var most = Bounded(limit ?? LongestQueues);
        var seen = api.Node.Actors("/", int.MaxValue);
        var longest = seen.Actors.OrderByDescending(actor => actor.MailboxDepth).ThenByDescending(actor => actor.Restarts).ThenBy(actor => actor.Path, StringComparer.Ordinal).Take(most).ToList();
        return new ActorList(longest, seen.DeadLetters, seen.Dropped, seen.Actors.Count > longest.Count);
    }

    private RestartActor Restart([FromBody] RestartActor request) => api.Node.RestartActor(request.Path)
        ? request
        : throw ApiException.NotFound($"There is no actor at '{TorrentText.Clean(request.Path)}'. 'GET /api/v1/actors' lists those there are.");

    private int Bounded(int limit) => limit >= 1 && limit <= api.Settings.ActorLimit
        ? limit
        : throw ApiException.BadRequest(string.Create(CultureInfo.InvariantCulture, $"'limit' is 1 to {api.Settings.ActorLimit}."));
}
