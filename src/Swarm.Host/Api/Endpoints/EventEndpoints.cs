using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Host.Api.Events;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api.Endpoints;

/// <summary>Changes as they happen.</summary>
internal sealed class EventEndpoints(EventStreams streams)
{
    private const string About =
        "Events 'torrents' carry a TorrentDelta: take its removals out first, then put its changes in. The event 'resync' means that too much is forgotten: load the list anew, page by page, and subscribe again "
        + "with 'since' set to the first page's revision. The id of an event is its revision; a client that comes back with Last-Event-ID goes on from there, one without begins with what is to come.";

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/events", (HttpContext context, [FromQuery] long? since) => streams.TorrentsAsync(context, since))
            .Is("streamEvents", "Changes of torrents as they happen, as server-sent events.", Scope.Viewer, 503)
            .WithDescription(About).WithTags("events").Produces(StatusCodes.Status200OK, contentType: EventStreams.ContentType);
}
