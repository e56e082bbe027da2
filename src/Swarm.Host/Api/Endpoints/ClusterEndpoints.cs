using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Actors.Cluster;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Endpoints;

/// <summary>The cluster, through any of its members. A node without one answers 409.</summary>
internal sealed class ClusterEndpoints(ApiServices api)
{
    private const int UsualPlan = 100;
    private const string NoCluster = "At a node without a cluster: 409.";
    private const string Lasting = "It is kept in the tables: nodes that were away, and those that join later, hear of it. Of two bans of an address the longer one holds; to shorten one, lift it first.";
    private const string LiftedForAll = "Every node does so with its next view, and nodes that are away when they are back. Torrents that had banned the address themselves deal with it again.";
    private const string OnceOnly =
        "The planner looks by itself whenever the storages change and every 'sweep-interval'; this makes it look now, for instance after room was made. It goes on within its limits. To stop rebalancing altogether set 'max-moves' to 0 in the configuration of every node that may plan.";

    private static readonly TimeSpan UsualBan = TimeSpan.FromHours(1);

    // In base64, with room for the other members.
    private readonly int _addLimit = (int)Math.Min(int.MaxValue, (api.Settings.TorrentFileLimit / 3 * 4L) + api.Settings.BodyLimit);
    private readonly TorrentListing _listing = new(api.Catalogue);
    private readonly ClusterSteering? _steering = api.Cluster is { } cluster ? new ClusterSteering(api, cluster) : null;

    private ApiCluster Cluster => api.Cluster ?? throw None();

    private ClusterSteering Steering => _steering ?? throw None();

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var cluster = routes.MapGroup("/cluster").WithTags("cluster");
        cluster.MapGet("", Show).Is("getCluster", "The cluster: this node in it, its members, figures over all.", Scope.Viewer, 409, 503).WithDescription(NoCluster);
        cluster.MapGet("/members", Members).Is("listClusterMembers", "The members, with what they run.", Scope.Viewer, 409, 503);
        cluster.MapPost("/members/{endPoint}/drain", (string endPoint) => SetMember(endPoint, MemberState.Draining)).Is("drainClusterMember", "Gives a member nothing more, and copies what it has elsewhere.", Scope.Admin, 409, 503);
        cluster.MapPost("/members/{endPoint}/up", (string endPoint) => SetMember(endPoint, MemberState.Up)).Is("upClusterMember", "Lets a draining member have work again.", Scope.Admin, 409, 503);
        cluster.MapPost("/members/{endPoint}/down", (string endPoint) => SetMember(endPoint, MemberState.Down)).Is("downClusterMember", "Declares a member dead; a process that still runs joins anew.", Scope.Admin, 409, 503);
        cluster.MapGet("/leases", Leases).Is("listClusterLeases", "Named leases: who has which.", Scope.Viewer, 409, 503);
        cluster.MapGet("/torrents", List).Is("listClusterTorrents", "A page of the cluster's torrents and where they are.", Scope.Viewer, 409);
        cluster.MapGet("/torrents/changes", Changes).Is("listClusterTorrentChanges", "What changed in that list after a revision.", Scope.Viewer, 409);
        cluster.MapPost("/torrents", Add).Is("addClusterTorrent", "Adds a torrent to the cluster.", Scope.Operator, 409, 413, 415, 502, 503, 504).WithMetadata(new TakesBody(_addLimit));
        cluster.MapGet("/torrents/{hash}", Explain).Is("explainPlacement", "Where a torrent is and should be, why, and what happens next.", Scope.Viewer, 404, 409, 503);
        cluster.MapDelete("/torrents/{hash}", Remove).Is("deleteClusterTorrent", "Forgets a torrent everywhere, with or without its files.", Scope.Operator, 404, 409, 503);
        cluster.MapPost("/torrents/{hash}/pause", (string hash) => SetPaused(hash, isPaused: true)).Is("pauseClusterTorrent", "Lets a torrent stand still everywhere.", Scope.Operator, 404, 409, 503);
        cluster.MapPost("/torrents/{hash}/resume", (string hash) => SetPaused(hash, isPaused: false)).Is("resumeClusterTorrent", "Lets it go on.", Scope.Operator, 404, 409, 503);
        cluster.MapPut("/torrents/{hash}/replicas", SetReplicas).Is("setReplicas", "Says how many complete copies are wanted.", Scope.Operator, 404, 409, 503);
        cluster.MapGet("/placement", Placement).Is("getPlacement", "What each storage should have and has, and what is moving.", Scope.Viewer, 409, 503);
        cluster.MapGet("/rebalance", Plan).Is("previewRebalance", "What the planner would do next; nothing is done.", Scope.Viewer, 409, 503);
        cluster.MapPost("/rebalance", Replan).Is("rebalance", "Makes the planner look at every torrent now.", Scope.Admin, 409, 503).WithDescription(OnceOnly);
        cluster.MapGet("/bans", Bans).Is("listBans", "Addresses that no node deals with.", Scope.Viewer, 409, 503);
        cluster.MapPost("/bans", Ban).Is("addBan", "Bans an address for all nodes.", Scope.Operator, 409, 503).WithDescription(Lasting);
        cluster.MapDelete("/bans/{address}", Lift).Is("liftBan", "Lifts the ban of an address for all nodes.", Scope.Operator, 404, 409, 503).WithDescription(LiftedForAll);
    }

    private static ApiException None() => ApiException.Conflict("This node is in no cluster. Ask a node that is, or configure one (swarm.cluster).");

    private async Task<ClusterOverview> Show() => ClusterMapping.OverviewOf(await Cluster.StatusAsync().ConfigureAwait(false), Cluster.Facts);

    private async Task<ClusterMemberList> Members() => new(ClusterMapping.MembersOf(await Cluster.StatusAsync().ConfigureAwait(false)));

    private async Task<ClusterAccepted> SetMember(string endPoint, MemberState state)
    {
        await Cluster.CommandAsync(new RouterActor.SetMember(endPoint, state)).ConfigureAwait(false);
        return new ClusterAccepted(TorrentText.Clean(endPoint), 0);
    }

    private async Task<ClusterLeaseList> Leases() => ClusterMapping.LeasesOf((await Cluster.StatusAsync().ConfigureAwait(false)).View);

    private Task<PlacementPage> List(
        [FromQuery] bool? below, [FromQuery] string? replica, [FromQuery] string? storage, [FromQuery] string? node, [FromQuery] string? state, [FromQuery] string? text,
        [FromQuery] string? sort, [FromQuery] string? cursor, [FromQuery] int? limit, CancellationToken cancellation)
    {
        _ = Cluster;
        return _listing.PageAsync(new PlacementQuery(new TorrentQuery(state, null, null, null, text, sort, cursor, limit), below, replica, storage, node), cancellation);
    }

    private PlacementDelta Changes([FromQuery] long since)
    {
        _ = Cluster;
        return ClusterMapping.DeltaOf(api.Catalogue.Since(since));
    }

    private async Task<Results<Created<TorrentPlaced>, Ok<TorrentPlaced>>> Add([FromBody] PlaceTorrent request, CancellationToken cancellation)
    {
        var replicas = request.Replicas ?? Math.Max(1, Cluster.Facts.Replicas);
        var add = new AddTorrent
        {
            Source = request.Source,
            Metainfo = request.Metainfo,
            Paused = request.Paused,
            Sequential = request.Sequential,
            DownloadLimit = request.DownloadLimit,
            UploadLimit = request.UploadLimit,
            Acknowledged = request.Acknowledged,
            TimeoutSeconds = request.TimeoutSeconds,
        };
        var placed = await Steering.PlaceAsync(await api.Intake.ReadAsync(add, cancellation).ConfigureAwait(false), add, replicas).ConfigureAwait(false);
        return placed.WasThere ? TypedResults.Ok(placed) : TypedResults.Created($"/api/v1/cluster/torrents/{placed.Hash}", placed);
    }

    private async Task<PlacementExplained> Explain(string hash)
    {
        var entry = Find(hash);
        return await Cluster.ExplainAsync(entry.Row.Torrent).ConfigureAwait(false) is { } answer ? ClusterMapping.ExplainedOf(answer, entry) : throw ApiException.NotFound($"The torrent '{hash}' has just been removed.");
    }

    private async Task<ClusterAccepted> Remove(string hash, [FromQuery] bool? deleteData) => Answer(await Steering.RemoveAsync(Find(hash).Row.Torrent, deleteData ?? false).ConfigureAwait(false));

    private async Task<ClusterAccepted> SetPaused(string hash, bool isPaused) => Answer(await Steering.SetPausedAsync(Find(hash).Row.Torrent, isPaused).ConfigureAwait(false));

    private async Task<ClusterAccepted> SetReplicas(string hash, [FromBody] SetReplicas request) => Answer(await Steering.SetReplicasAsync(Find(hash).Row.Torrent, request.Replicas).ConfigureAwait(false));

    private async Task<PlacementView> Placement() => ClusterMapping.ViewOf(await Cluster.SurveyAsync().ConfigureAwait(false));

    private Task<RebalancePlan> Plan([FromQuery] int? limit) => PlanAsync(limit, isTold: false);

    private async Task<RebalancePlan> Replan([FromQuery] int? limit)
    {
        var plan = await PlanAsync(limit, isTold: true).ConfigureAwait(false);
        await Cluster.CommandAsync(new RouterActor.Replan()).ConfigureAwait(false);
        return plan;
    }

    private async Task<RebalancePlan> PlanAsync(int? limit, bool isTold)
    {
        if (limit is < 1 or > ApiCluster.PlanLimit) throw ApiException.BadRequest($"'limit' is 1 to {ApiCluster.PlanLimit}.");
        return ClusterMapping.PlanOf(await Cluster.SurveyAsync().ConfigureAwait(false), Cluster.Facts.Placement, limit ?? UsualPlan, isTold);
    }

    private async Task<ClusterBanList> Bans() => ClusterMapping.BansOf(await Cluster.StatusAsync().ConfigureAwait(false));

    private async Task<ClusterBanList> Ban([FromBody] AddBan request)
    {
        var address = AddressOf(request.Address);
        var longest = BanSettings.Default.Longest;
        if (request.Seconds is { } seconds && (seconds < 1 || seconds > longest.TotalSeconds)) throw ApiException.BadRequest($"'seconds' is 1 to {longest.TotalSeconds:0}.");
        if (request.Reason?.Length > ClusterLimits.MaxReasonLength) throw ApiException.BadRequest($"'reason' has {request.Reason.Length} characters; at most {ClusterLimits.MaxReasonLength} are taken.");
        await Cluster.CommandAsync(new RouterActor.SetBan(new Ban(address, request.Seconds is { } time ? TimeSpan.FromSeconds(time) : UsualBan, TorrentText.Clean(request.Reason ?? "")) { By = Cluster.Facts.EndPoint })).ConfigureAwait(false);
        return await Bans().ConfigureAwait(false);
    }

    private async Task<ClusterAccepted> Lift(string address)
    {
        var lifted = AddressOf(address);
        if (!(await Cluster.StatusAsync().ConfigureAwait(false)).Bans.Any(ban => ban.Address.Equals(lifted))) throw ApiException.NotFound($"The address {lifted} is not banned.");
        await Cluster.CommandAsync(new RouterActor.LiftBan(lifted, Cluster.Facts.EndPoint)).ConfigureAwait(false);
        return new ClusterAccepted(lifted.ToString(), 0);
    }

    private static IPAddress AddressOf(string text) => IPAddress.TryParse(text, out var address)
        ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
        : throw ApiException.BadRequest($"'{TorrentText.Clean(text)}' is no IP address.");

    private CatalogueEntry Find(string hash)
    {
        _ = Cluster;
        var entry = TorrentNames.Find(api.Catalogue, hash);
        return entry.Placement is null ? throw ApiException.NotFound($"The torrent '{hash}' is this node's alone, not the cluster's.") : entry;
    }

    private static ClusterAccepted Answer(RouterActor.Accepted accepted) => new(accepted.Torrent.ToString(), accepted.CompleteReplicas);
}
