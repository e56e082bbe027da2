using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Endpoints;

/// <summary>One torrent: looked at closely, explained, changed.</summary>
internal sealed class OneTorrentEndpoints(ApiServices api)
{
    private const string NotThere = "A torrent is named by its hash, or by a beginning of it of at least 6 digits that only one torrent has.";

    private readonly TorrentCommands _commands = new(api);
    private readonly TorrentCloseUps _closeUps = new(api);
    private readonly OtherNodes? _others = api.Cluster is { } cluster ? new OtherNodes(cluster) : null;

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var torrent = routes.MapGroup("/torrents/{hash}").WithTags("torrent");
        torrent.MapGet("", Show).Is("getTorrent", "One torrent.", Scope.Viewer, 404, 503).WithDescription(NotThere);
        torrent.MapPatch("", Patch).Is("patchTorrent", "Changes how a torrent is run.", Scope.Operator, 404, 409);
        torrent.MapDelete("", Delete).Is("deleteTorrent", "Forgets a torrent, with or without its files.", Scope.Operator, 404, 409);
        torrent.MapGet("/explain", Explain).Is("explainTorrent", "Why a torrent is slow or stopped, with the evidence.", Scope.Viewer, 404, 503);
        torrent.MapGet("/files", Files).Is("listFiles", "The files of a torrent.", Scope.Viewer, 404, 503);
        torrent.MapPut("/files/{index:int}/priority/{priority}", SetPriority).Is("setFilePriority", "Says how much a file is wanted.", Scope.Operator, 404, 409);
        torrent.MapPut("/files/{index:int}/path", Rename).Is("renameFile", "Names a file anew.", Scope.Operator, 404, 409);
        torrent.MapGet("/peers", Peers).Is("listPeers", "The connections of a torrent.", Scope.Viewer, 404, 503);
        torrent.MapPost("/peers", AddPeers).Is("addPeers", "Tries peers.", Scope.Operator, 404, 409);
        torrent.MapGet("/trackers", Trackers).Is("listTrackers", "The trackers of a torrent.", Scope.Viewer, 404, 503);
        torrent.MapGet("/pieces", Pieces).Is("getPieces", "Which pieces are verified.", Scope.Viewer, 404, 503);
    }

    private Task<TorrentView> Show(string hash, CancellationToken cancellation) => LookAsync(hash, (torrent, _) => _closeUps.ViewAsync(torrent), NodeCall.Torrent, ApiJson.Default.TorrentView, cancellation);

    private Task<CommandReport> Patch(string hash, [FromBody] TorrentPatch patch)
    {
        var changes = PatchReader.Read(patch);
        return _commands.RunOneAsync(hash, entry => new TorrentsActor.Configure(entry.Row.Torrent, changes));
    }

    private Task<CommandReport> Delete(string hash, [FromQuery] bool? deleteData) => _commands.RunOneAsync(hash, entry => new TorrentsActor.Remove(entry.Row.Torrent, deleteData ?? false));

    private Task<Explained> Explain(string hash, CancellationToken cancellation) => LookAsync(hash, _closeUps.ExplainAsync, NodeCall.Explain, ApiJson.Default.Explained, cancellation);

    private Task<FileList> Files(string hash, CancellationToken cancellation) => LookAsync(hash, (torrent, _) => _closeUps.FilesAsync(torrent), NodeCall.Files, ApiJson.Default.FileList, cancellation);

    private Task<CommandReport> SetPriority(string hash, int index, string priority)
    {
        if (char.IsAsciiDigit(priority[0]) || !Enum.TryParse<FilePriority>(priority, ignoreCase: true, out var wanted)) throw ApiException.BadRequest($"There is no priority '{TorrentText.Clean(priority)}'. There are: skip, low, normal, high.");
        var changes = new TorrentChanges { FilePriorities = ImmutableSortedDictionary<int, Protocol.Picking.PiecePriority>.Empty.Add(index, TorrentMapping.PriorityOf(wanted)) };
        return _commands.RunOneAsync(hash, entry => new TorrentsActor.Configure(entry.Row.Torrent, changes));
    }

    private Task<CommandReport> Rename(string hash, int index, [FromBody] RenameFile request) => _commands.RunOneAsync(hash, entry => api.Roots.Holds(entry.Row.Folder, request.Path)
        ? new TorrentsActor.RenameFile(entry.Row.Torrent, index, request.Path)
        : throw ApiException.Forbidden($"'{TorrentText.Clean(request.Path)}' does not stay inside the torrent's folder. Give a relative path with forward slashes and without '..'."));

    private Task<PeerList> Peers(string hash, CancellationToken cancellation) => LookAsync(hash, (torrent, _) => _closeUps.PeersAsync(torrent), NodeCall.Peers, ApiJson.Default.PeerList, cancellation);

    private Task<CommandReport> AddPeers(string hash, [FromBody] AddPeers request)
    {
        var peers = TorrentIntake.PeersOf(request.Peers);
        return _commands.RunOneAsync(hash, entry => new TorrentsActor.AddPeers(entry.Row.Torrent, peers));
    }

    private Task<TrackerList> Trackers(string hash, CancellationToken cancellation) => LookAsync(hash, (torrent, _) => _closeUps.TrackersAsync(torrent), NodeCall.Trackers, ApiJson.Default.TrackerList, cancellation);

    private Task<PieceMap> Pieces(string hash, CancellationToken cancellation) => LookAsync(hash, (torrent, _) => _closeUps.PiecesAsync(torrent), NodeCall.Pieces, ApiJson.Default.PieceMap, cancellation);

    // Here, or at a node that runs it.
    private async Task<T> LookAsync<T>(string name, Func<InfoHash, CancellationToken, Task<T?>> here, NodeCall call, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        var entry = TorrentNames.Find(api.Catalogue, name);
        if (!entry.IsHere && _others is not null) return await _others.AskAsync(entry, call, type, cancellation).ConfigureAwait(false);
        try
        {
            return await here(entry.Row.Torrent, cancellation).ConfigureAwait(false) ?? throw ApiException.NotFound($"The torrent '{name}' has just been removed.");
        }
        catch (SwarmException e) when (e is not NoAnswerException)
        {
            throw ApiException.Conflict($"{e.Message.TrimEnd('.')}.");
        }
    }
}
