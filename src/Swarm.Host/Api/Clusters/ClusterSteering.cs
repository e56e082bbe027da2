using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>
/// Commands for torrents of the cluster, whichever node they run at. What the cluster decides is written into its tables, because a replica that was paused or removed behind its back would be taken up again; what concerns a node's files or peers is done where the
/// torrent runs; what a cluster does not do is refused with the way round.
/// </summary>
internal sealed class ClusterSteering(ApiServices api, ApiCluster cluster)
{
    private readonly OtherNodes _others = new(cluster);

    /// <summary>Adds a torrent to the cluster, or gives one that is there the number of replicas; durable, and replicated as often as was asked for, when this returns.</summary>
    /// <exception cref="ApiException">It is refused, or not replicated in time.</exception>
    public async Task<TorrentPlaced> PlaceAsync(NewTorrent torrent, AddTorrent request, int replicas)
    {
        if (replicas is < 1 or > ClusterLimits.MaxReplicas) throw ApiException.BadRequest($"'replicas' is 1 to {ClusterLimits.MaxReplicas}, or 0 for this node alone.");
        if (request.Acknowledged < 0 || request.Acknowledged > replicas) throw ApiException.BadRequest($"'acknowledged' is 0 to 'replicas', which is {replicas}.");
        if (request.TimeoutSeconds is < 1 or > 7 * 86_400) throw ApiException.BadRequest("'timeoutSeconds' is 1 to 604,800.");
        if (OnlyOneNodes(request) is { } member) throw ApiException.BadRequest($"'{member}' is for a torrent of one node: the cluster's nodes keep their torrents as they are configured. Leave it out, or add the torrent to this node alone with 'local' or 0 'replicas'.");
        var hash = torrent.Source.Torrent;
        var known = api.Catalogue.Find(hash);
        if (known is { Placement: null }) throw ApiException.Conflict($"This node has the torrent '{hash}' for itself. Remove it here, without its files, before it is added to the cluster.");
        var patience = request.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : cluster.Facts.Patience;
        var add = new RouterActor.Add(torrent.Source, replicas, request.Acknowledged, patience)
        {
            IsPaused = request.Paused,
            IsSequential = request.Sequential,
            DownloadLimit = request.DownloadLimit,
            UploadLimit = request.UploadLimit,
        };
        var accepted = await cluster.CommandAsync(add, patience).ConfigureAwait(false);
        await CatalogueWait.UntilAsync(api.Catalogue, hash, entry => entry?.Placement?.Wanted == replicas).ConfigureAwait(false);
        return new TorrentPlaced(hash.ToString(), api.Catalogue.Find(hash)?.Row.Name ?? hash.ToString(), replicas, accepted.CompleteReplicas, known is { Placement.IsRemoved: false });
    }

    /// <summary>Says how many replicas are wanted.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public Task<RouterActor.Accepted> SetReplicasAsync(InfoHash torrent, int replicas) => replicas is >= 1 and <= ClusterLimits.MaxReplicas
        ? SeenAsync(torrent, new RouterActor.SetReplicas(torrent, replicas), entry => entry?.Placement?.Wanted == replicas)
        : throw ApiException.BadRequest($"'replicas' is 1 to {ClusterLimits.MaxReplicas}.");

    /// <summary>Lets it stand still everywhere, or go on.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public Task<RouterActor.Accepted> SetPausedAsync(InfoHash torrent, bool isPaused) =>
        SeenAsync(torrent, new RouterActor.SetPaused(torrent, isPaused), entry => entry?.Placement?.IsPaused == isPaused);

    /// <summary>Changes how each replica is run.</summary>
    /// <exception cref="ApiException">It is refused, or the cluster does not keep what is to be changed.</exception>
    public async Task ConfigureAsync(InfoHash torrent, TorrentChanges changes)
    {
        if (NotKept(changes) is { } member) throw ApiException.BadRequest($"'{member}' is for a torrent of one node: of its torrents the cluster keeps the limits and the order of pieces, the same for all replicas, and no more. Leave it out.");
        if (changes is { Sequential: null, DownloadLimit: null, UploadLimit: null }) return;
        var set = new RouterActor.SetOptions(torrent) { IsSequential = changes.Sequential, DownloadLimit = changes.DownloadLimit, UploadLimit = changes.UploadLimit };
        await SeenAsync(torrent, set, entry => entry?.Placement?.Options is { } seen
            && seen == new PlacedOptions(changes.Sequential ?? seen.IsSequential, changes.DownloadLimit ?? seen.DownloadLimit, changes.UploadLimit ?? seen.UploadLimit)).ConfigureAwait(false);
    }

    /// <summary>Forgets it everywhere; it is decided when this returns, and goes on by itself.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public Task<RouterActor.Accepted> RemoveAsync(InfoHash torrent, bool deletesData) =>
        SeenAsync(torrent, new RouterActor.Remove(torrent, deletesData), static entry => entry is not { Placement.IsRemoved: false });

    /// <summary>Runs what would be a command of one node. Null where it was done, or why it was not.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task<string?> TryAsync(TorrentsActor.ITorrentCommand command, CatalogueEntry entry)
    {
        switch (command)
        {
            case TorrentsActor.Pause: return await RefusalAsync(() => SetPausedAsync(command.Torrent, isPaused: true)).ConfigureAwait(false);
            case TorrentsActor.Resume: return await RefusalAsync(() => SetPausedAsync(command.Torrent, isPaused: false)).ConfigureAwait(false);
            case TorrentsActor.Remove remove: return await RefusalAsync(() => RemoveAsync(command.Torrent, remove.DeleteData)).ConfigureAwait(false);
            case TorrentsActor.Configure configure:
                return await RefusalAsync(async () =>
                {
                    await ConfigureAsync(command.Torrent, configure.Changes).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
            case TorrentsActor.Move or TorrentsActor.RenameFile: return "the files of a torrent of the cluster lie where each node is configured to keep them; to have it elsewhere, remove it and add it to one node alone";
            case TorrentsActor.Recheck or TorrentsActor.Reannounce when !entry.IsHere: return await ElsewhereAsync(command, entry).ConfigureAwait(false);
            default: return entry.IsHere ? await api.Node.CommandAsync(command).ConfigureAwait(false) : Elsewhere(entry);
        }
    }

    private static string Elsewhere(CatalogueEntry entry) => entry.Placement?.Nodes.ToArray() is { Length: > 0 } nodes ? $"the torrent runs at {string.Join(", ", nodes)}; do this there" : "no node runs the torrent now";

    private async Task<string?> ElsewhereAsync(TorrentsActor.ITorrentCommand command, CatalogueEntry entry)
    {
        var call = command is TorrentsActor.Recheck ? NodeCall.Recheck : NodeCall.Reannounce;
        string? refusal = null;
        refusal = await RefusalAsync(async () => refusal = (await _others.AskAsync(entry, call, ApiJson.Default.CommandReport, CancellationToken.None).ConfigureAwait(false)).Items is [{ Done: false } line] ? line.Detail : null).ConfigureAwait(false) ?? refusal;
        return refusal;
    }

    private static async Task<string?> RefusalAsync<T>(Func<Task<T>> command)
    {
        try
        {
            await command().ConfigureAwait(false);
            return null;
        }
        catch (ApiException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    // The tables are written before the lists say so: who asks next shall see what was done.
    private async Task<RouterActor.Accepted> SeenAsync(InfoHash torrent, object command, Func<CatalogueEntry?, bool> isSeen)
    {
        var accepted = await cluster.CommandAsync(command).ConfigureAwait(false);
        await CatalogueWait.UntilAsync(api.Catalogue, torrent, isSeen).ConfigureAwait(false);
        return accepted;
    }

    private static string? NotKept(TorrentChanges changes) =>
        changes.Name is not null ? "name"
        : changes.Category is not null ? "category"
        : changes.Labels is not null ? "labels"
        : changes.MaxConnections is not null ? "maxConnections"
        : changes.FilePriorities is not null ? "filePriorities"
        : changes.TrackerTiers is not null ? "trackerTiers"
        : changes.RatioGoal is not null ? "ratioGoal"
        : changes.SeedTimeGoal is not null ? "seedSecondsGoal"
        : changes.QueuePosition is not null ? "queuePosition"
        : null;

    private static string? OnlyOneNodes(AddTorrent request) =>
        request.Folder is not null ? "folder"
        : request.Recheck ? "recheck"
        : !string.IsNullOrWhiteSpace(request.Category) ? "category"
        : request.Labels.Count > 0 ? "labels"
        : request.Trackers.Count > 0 ? "trackers"
        : request.Peers.Count > 0 ? "peers"
        : request.Select.Count > 0 ? "select"
        : null;
}
