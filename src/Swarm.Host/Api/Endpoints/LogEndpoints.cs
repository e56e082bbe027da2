using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Events;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Endpoints;

/// <summary>The node's log, and what goes into it.</summary>
internal sealed class LogEndpoints(ApiServices api, EventStreams streams)
{
    private const int Usual = 100;
    private const int LongestCategory = 200;

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var log = routes.MapGroup("/log").WithTags("log");
        log.MapGet("", Show).Is("getLog", "The last lines of the log.", Scope.Viewer);
        log.MapGet("/stream", (HttpContext context, [FromQuery] string? level) => streams.LogAsync(context, LevelOf(level)))
            .Is("streamLog", "Lines of the log as they come, as server-sent events 'line'.", Scope.Viewer, 503).Produces(StatusCodes.Status200OK, contentType: EventStreams.ContentType);
        log.MapGet("/levels", Levels).Is("getLogLevels", "From which level on what is logged.", Scope.Viewer);
        log.MapPut("/levels", SetLevel).Is("setLogLevel", "Logs a category, and those below it, from a level on.", Scope.Admin);
    }

    private static LogLevel LevelOf(string? name) => name is null
        ? LogLevel.Trace
        : LogLevelNames.Parse(name) ?? throw ApiException.BadRequest($"There is no level '{TorrentText.Clean(name)}'. There are: trace, debug, information, warning, error, critical, none.");

    private LogLines Show([FromQuery] string? level, [FromQuery] int? limit)
    {
        var most = limit ?? Usual;
        if (most < 1 || most > api.Settings.LogLines) throw ApiException.BadRequest($"'limit' is 1 to {api.Settings.LogLines}.");
        return new LogLines(api.Log.Last(most, LevelOf(level)));
    }

    private LogLevels Levels() => new([.. api.Log.Levels.Select(pair => new LogLevelItem(pair.Key, LogLevelNames.NameOf(pair.Value)))]);

    private LogLevels SetLevel([FromBody] LogLevelItem item)
    {
        if (item.Category.Length is 0 or > LongestCategory) throw ApiException.BadRequest($"A category has 1 to {LongestCategory} characters; '{LogTail.Everything}' is all of them.");
        if (!api.Log.SetLevel(TorrentText.Clean(item.Category), LevelOf(item.Level))) throw ApiException.BadRequest("Too many categories have a level of their own. Change one that has.");
        return Levels();
    }
}
