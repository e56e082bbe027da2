using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Explaining;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Endpoints;

/// <summary>One torrent: looked at closely, explained, changed.</summary>
internal sealed class OneTorrentEndpoints(ApiServices api)
{
    private const string NotThere = "A torrent is named by its hash, or by a beginning of it of at least 6 digits that only one torrent has.";

    private readonly TorrentCommands _commands = new(api);

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var torrent = routes.MapGroup("/torrents/{hash}").WithTags("torrent");
        torrent.MapGet("", Show).Is("getTorrent", "One torrent.", Scope.Viewer, 404).WithDescription(NotThere);
        torrent.MapPatch("", Patch).Is("patchTorrent", "Changes how a torrent is run.", Scope.Operator, 404, 409);
        torrent.MapDelete("", Delete).Is("deleteTorrent", "Forgets a torrent, with or without its files.", Scope.Operator, 404, 409);
        torrent.MapGet("/explain", Explain).Is("explainTorrent", "Why a torrent is slow or stopped, with the evidence.", Scope.Viewer, 404);
        torrent.MapGet("/files", Files).Is("listFiles", "The files of a torrent.", Scope.Viewer, 404);
        torrent.MapPut("/files/{index:int}/priority/{priority}", SetPriority).Is("setFilePriority", "Says how much a file is wanted.", Scope.Operator, 404, 409);
        torrent.MapPut("/files/{index:int}/path", Rename).Is("renameFile", "Names a file anew.", Scope.Operator, 404, 409);
        torrent.MapGet("/peers", Peers).Is("listPeers", "The connections of a torrent.", Scope.Viewer, 404);
        torrent.MapPost("/peers", AddPeers).Is("addPeers", "Tries peers.", Scope.Operator, 404, 409);
        torrent.MapGet("/trackers", Trackers).Is("listTrackers", "The trackers of a torrent.", Scope.Viewer, 404);
        torrent.MapGet("/pieces", Pieces).Is("getPieces", "Which pieces are verified.", Scope.Viewer, 404);
    }

    private async Task<TorrentView> Show(string hash)
    {
        var (details, entry) = await _commands.DetailsAsync(hash).ConfigureAwait(false);
        return TorrentMapping.ViewOf(details, entry.Revision);
    }

    private Task<CommandReport> Patch(string hash, [FromBody] TorrentPatch patch)
    {
        var changes = PatchReader.Read(patch);
        return _commands.RunOneAsync(hash, entry => new TorrentsActor.Configure(entry.Row.Torrent, changes));
    }

    private Task<CommandReport> Delete(string hash, [FromQuery] bool? deleteData) => _commands.RunOneAsync(hash, entry => new TorrentsActor.Remove(entry.Row.Torrent, deleteData ?? false));

    private async Task<Explained> Explain(string hash, CancellationToken cancellation)
    {
        var (details, entry) = await _commands.DetailsAsync(hash).ConfigureAwait(false);
        var facts = api.Node.Facts;
        var totals = CatalogueTotals.Of(api.Catalogue);
        var context = new ExplanationContext
        {
            DownloadLimit = facts.DownloadLimit,
            UploadLimit = facts.UploadLimit,
            DownloadRate = totals.DownloadRate,
            UploadRate = totals.UploadRate,
            DhtNodes = await DhtNodesAsync(cancellation).ConfigureAwait(false),
        };
        return new Explained(entry.Row.Torrent.ToString(), details.Row.Name, TorrentMapping.PhaseOf(details.Row.State), Explanation.Of(details, context));
    }

    private async Task<FileList> Files(string hash) => TorrentMapping.FilesOf((await _commands.DetailsAsync(hash).ConfigureAwait(false)).Details);

    private Task<CommandReport> SetPriority(string hash, int index, string priority)
    {
        if (char.IsAsciiDigit(priority[0]) || !Enum.TryParse<FilePriority>(priority, ignoreCase: true, out var wanted)) throw ApiException.BadRequest($"There is no priority '{TorrentText.Clean(priority)}'. There are: skip, low, normal, high.");
        var changes = new TorrentChanges { FilePriorities = ImmutableSortedDictionary<int, Protocol.Picking.PiecePriority>.Empty.Add(index, TorrentMapping.PriorityOf(wanted)) };
        return _commands.RunOneAsync(hash, entry => new TorrentsActor.Configure(entry.Row.Torrent, changes));
    }

    private Task<CommandReport> Rename(string hash, int index, [FromBody] RenameFile request) => _commands.RunOneAsync(hash, entry => api.Roots.Holds(entry.Row.Folder, request.Path)
        ? new TorrentsActor.RenameFile(entry.Row.Torrent, index, request.Path)
        : throw ApiException.Forbidden($"'{TorrentText.Clean(request.Path)}' does not stay inside the torrent's folder. Give a relative path with forward slashes and without '..'."));

    private async Task<PeerList> Peers(string hash) => TorrentMapping.PeersOf((await _commands.DetailsAsync(hash).ConfigureAwait(false)).Details);

    private Task<CommandReport> AddPeers(string hash, [FromBody] AddPeers request)
    {
        var peers = TorrentIntake.PeersOf(request.Peers);
        return _commands.RunOneAsync(hash, entry => new TorrentsActor.AddPeers(entry.Row.Torrent, peers));
    }

    private async Task<TrackerList> Trackers(string hash) => TorrentMapping.TrackersOf((await _commands.DetailsAsync(hash).ConfigureAwait(false)).Details);

    private async Task<PieceMap> Pieces(string hash) => TorrentMapping.PiecesOf((await _commands.DetailsAsync(hash).ConfigureAwait(false)).Details);

    private async Task<int?> DhtNodesAsync(CancellationToken cancellation)
    {
        try
        {
            var families = await api.Node.DhtAsync(cancellation).ConfigureAwait(false);
            return families.Count == 0 ? null : families.Sum(family => family.Nodes);
        }
        catch (SwarmException)
        {
            // A DHT that does not answer is a finding of another kind; the torrent is explained without it.
            return null;
        }
    }
}
