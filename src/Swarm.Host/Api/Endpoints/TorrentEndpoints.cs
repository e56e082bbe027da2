using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Api.Endpoints;

/// <summary>The list of torrents, adding to it, and commands for several at once.</summary>
internal sealed class TorrentEndpoints(ApiServices api)
{
    private const string TorrentFileType = "application/x-bittorrent";

    // In base64, with room for the other members.
    private readonly int _addLimit = (int)Math.Min(int.MaxValue, (api.Settings.TorrentFileLimit / 3 * 4L) + api.Settings.BodyLimit);
    private readonly TorrentListing _listing = new(api.Catalogue);
    private readonly TorrentCommands _commands = new(api);

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var torrents = routes.MapGroup("/torrents").WithTags("torrents");
        torrents.MapGet("", List).Is("listTorrents", "A page of torrents, filtered and sorted.", Scope.Viewer);
        torrents.MapGet("/changes", Changes).Is("listTorrentChanges", "What changed in the list of torrents after a revision.", Scope.Viewer);
        torrents.MapPost("", Add).Is("addTorrent", "Adds a torrent by link, URL or file.", Scope.Operator, 409, 413, 415, 502, 503, 504)
            .Accepts<AddTorrent>("application/json").WithMetadata(new TakesBody(_addLimit));
        torrents.MapPost("/file", AddFile).Is("addTorrentFile", "Adds a torrent by the .torrent file that is the body.", Scope.Operator, 409, 413, 415, 503, 504)
            .Accepts<IFormFile>(TorrentFileType).WithMetadata(new TakesBody(api.Settings.TorrentFileLimit));
        torrents.MapPatch("", Patch).Is("patchTorrents", "Changes how several torrents are run.", Scope.Operator);
        torrents.MapPost("/pause", Pause).Is("pauseTorrents", "Lets torrents stand still until they are resumed.", Scope.Operator);
        torrents.MapPost("/resume", Resume).Is("resumeTorrents", "Lets torrents go on, also after a failure.", Scope.Operator);
        torrents.MapPost("/recheck", Recheck).Is("recheckTorrents", "Hashes everything on disk, and fetches what does not match.", Scope.Operator);
        torrents.MapPost("/reannounce", Reannounce).Is("reannounceTorrents", "Asks trackers and DHT for peers now.", Scope.Operator);
        torrents.MapPost("/remove", Remove).Is("removeTorrents", "Forgets torrents, with or without their files.", Scope.Operator);
        torrents.MapPost("/move", Move).Is("moveTorrents", "Moves the content of torrents below another folder.", Scope.Operator);
    }

    // A list is the same as long as nothing changed: who has it already is told so without a walk.
    private async Task<Results<Ok<TorrentPage>, StatusCodeHttpResult>> List(
        HttpContext context, [FromQuery] string? state, [FromQuery] string? label, [FromQuery] string? category, [FromQuery] string? tracker, [FromQuery] string? text,
        [FromQuery] string? sort, [FromQuery] string? cursor, [FromQuery] int? limit, CancellationToken cancellation)
    {
        var known = context.Request.Headers.IfNoneMatch.ToString();
        if (known.Length > 0 && known == TagOf(api.Catalogue.Revision)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var page = await _listing.PageAsync(new TorrentQuery(state, label, category, tracker, text, sort, cursor, limit), cancellation).ConfigureAwait(false);
        context.Response.Headers.ETag = TagOf(page.Revision);
        return TypedResults.Ok(page);
    }

    private static string TagOf(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    private TorrentDelta Changes([FromQuery] long since) => TorrentMapping.DeltaOf(api.Catalogue.Since(since));

    private async Task<Results<Created<TorrentAdded>, Ok<TorrentAdded>>> Add([FromBody] AddTorrent request, CancellationToken cancellation) =>
        Answer(await _commands.AddAsync(await api.Intake.ReadAsync(request, cancellation).ConfigureAwait(false), request).ConfigureAwait(false));

    private async Task<Results<Created<TorrentAdded>, Ok<TorrentAdded>>> AddFile(
        HttpRequest request, [FromQuery] string? folder, [FromQuery] bool? paused, [FromQuery] string? category, [FromQuery] string[]? label, [FromQuery] int? replicas, [FromQuery] int? acknowledged,
        [FromQuery] int? timeoutSeconds, CancellationToken cancellation)
    {
        if (request.ContentType?.Split(';')[0].Trim() != TorrentFileType)
        {
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "The body's type is not taken", $"Send the .torrent file itself as '{TorrentFileType}'.");
        }

        using var body = new MemoryStream();
        // Kestrel ends the reading where the limit is passed.
        await request.Body.CopyToAsync(body, cancellation).ConfigureAwait(false);
        var options = new AddTorrent { Folder = folder, Paused = paused ?? false, Category = category, Labels = label ?? [], Replicas = replicas, Acknowledged = acknowledged ?? 0, TimeoutSeconds = timeoutSeconds };
        return Answer(await _commands.AddAsync(api.Intake.Read(ImmutableArray.Create(body.ToArray()), options), options).ConfigureAwait(false));
    }

    private Task<CommandReport> Patch([FromBody] PatchTorrents request)
    {
        var changes = PatchReader.Read(request.Change);
        return _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Configure(torrent, changes));
    }

    private Task<CommandReport> Pause([FromBody] TorrentSelection request) => _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Pause(torrent));

    private Task<CommandReport> Resume([FromBody] TorrentSelection request) => _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Resume(torrent));

    private Task<CommandReport> Recheck([FromBody] TorrentSelection request) => _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Recheck(torrent));

    private Task<CommandReport> Reannounce([FromBody] TorrentSelection request) => _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Reannounce(torrent));

    private Task<CommandReport> Remove([FromBody] RemoveTorrents request) => _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Remove(torrent, request.DeleteData));

    private Task<CommandReport> Move([FromBody] MoveTorrents request)
    {
        var folder = api.Intake.FolderOf(request.Folder);
        return _commands.RunAsync(request.Hashes, torrent => new TorrentsActor.Move(torrent, folder, request.MoveData ?? true));
    }

    private static Results<Created<TorrentAdded>, Ok<TorrentAdded>> Answer(TorrentAdded added) =>
        added.WasThere ? TypedResults.Ok(added) : TypedResults.Created($"/api/v1/torrents/{added.Hash}", added);
}
