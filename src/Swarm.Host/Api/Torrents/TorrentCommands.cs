using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;

namespace Swarm.Host.Api.Torrents;

/// <summary>Commands to the node for one torrent or several, and what came of each.</summary>
internal sealed class TorrentCommands(ApiServices api)
{
    private readonly ClusterSteering? _cluster = api.Cluster is { } cluster ? new ClusterSteering(api, cluster) : null;

    /// <summary>Adds a torrent, at a member of a cluster to the cluster unless the request or the configuration says otherwise; what is there already is left as it is, but for the number of replicas where one is given.</summary>
    /// <exception cref="ApiException">The node refuses it.</exception>
    public async Task<TorrentAdded> AddAsync(NewTorrent torrent, AddTorrent request)
    {
        var replicas = request.Local ? 0 : request.Replicas ?? api.Cluster?.Facts.Replicas ?? 0;
        if (replicas == 0) return await AddHereAsync(torrent).ConfigureAwait(false);
        if (_cluster is null) throw ApiException.Conflict("This node is in no cluster, so it is the only one to have a torrent. Leave 'replicas' out.");
        if (request is { Replicas: null, Acknowledged: 0 } && api.Catalogue.Find(torrent.Source.Torrent) is { Placement: not { IsRemoved: true } } known) return new TorrentAdded(known.Row.Torrent.ToString(), known.Row.Name, WasThere: true);
        var placed = await _cluster.PlaceAsync(torrent, request, replicas).ConfigureAwait(false);
        return new TorrentAdded(placed.Hash, placed.Name, placed.WasThere);
    }

    private async Task<TorrentAdded> AddHereAsync(NewTorrent torrent)
    {
        var hash = torrent.Source.Torrent;
        var name = torrent.Source.Metainfo?.Name ?? torrent.Source.Magnet?.DisplayName ?? hash.ToString();
        if (api.Catalogue.Find(hash) is { } known) return new TorrentAdded(hash.ToString(), known.Row.Name, WasThere: true);
        await OrConflictAsync(() => api.Node.AddAsync(torrent)).ConfigureAwait(false);
        await CatalogueWait.UntilAsync(api.Catalogue, hash, static entry => entry is not null).ConfigureAwait(false);
        return new TorrentAdded(hash.ToString(), name, WasThere: false);
    }

    /// <summary>Runs a command for each torrent that is named, many at a time; one that is not known or not done does not keep the others.</summary>
    /// <exception cref="ApiException">Too many are named, or none.</exception>
    public async Task<CommandReport> RunAsync(IReadOnlyList<string> names, Func<InfoHash, TorrentsActor.ITorrentCommand> command)
    {
        if (names.Count == 0) throw ApiException.BadRequest("'hashes' is empty. Name at least one torrent.");
        if (names.Count > api.Settings.BulkLimit) throw ApiException.BadRequest($"{names.Count} torrents are more than the {api.Settings.BulkLimit} that one command takes. Send several.");
        var results = new List<CommandResult>(names.Count);
        foreach (var some in names.Chunk(api.Settings.BulkConcurrency))
        {
            results.AddRange(await Task.WhenAll(some.Select(name => RunAsync(name, command))).ConfigureAwait(false));
        }

        return new CommandReport(results);
    }

    /// <summary>Runs a command for one torrent.</summary>
    /// <exception cref="ApiException">It was not done.</exception>
    public async Task<CommandReport> RunOneAsync(string name, Func<CatalogueEntry, TorrentsActor.ITorrentCommand> command)
    {
        var torrent = TorrentNames.Find(api.Catalogue, name);
        string? refusal = null;
        var asked = command(torrent);
        await OrConflictAsync(async () => refusal = await TryAsync(asked).ConfigureAwait(false)).ConfigureAwait(false);
        return refusal is null ? new CommandReport([new CommandResult(torrent.Row.Torrent.ToString(), Done: true, null)]) : throw ApiException.Conflict($"{refusal}.");
    }

    /// <summary>Runs a command for a torrent that is there. Null where it was done, or why it was not.</summary>
    /// <exception cref="SwarmException">The node has ended, or gives no answer.</exception>
    public async Task<string?> TryAsync(TorrentsActor.ITorrentCommand command)
    {
        if (_cluster is not null && api.Catalogue.Find(command.Torrent) is { Placement: not null } entry) return await _cluster.TryAsync(command, entry).ConfigureAwait(false);
        var refusal = await api.Node.CommandAsync(command).ConfigureAwait(false);
        if (refusal is null && command is TorrentsActor.Remove) await CatalogueWait.UntilAsync(api.Catalogue, command.Torrent, static entry => entry is null).ConfigureAwait(false);
        return refusal;
    }

    private static async Task OrConflictAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (SwarmException e) when (e is not NoAnswerException)
        {
            throw ApiException.Conflict($"{e.Message.TrimEnd('.')}.");
        }
    }

    private async Task<CommandResult> RunAsync(string name, Func<InfoHash, TorrentsActor.ITorrentCommand> command)
    {
        try
        {
            var torrent = TorrentNames.Find(api.Catalogue, name).Row.Torrent;
            var refusal = await TryAsync(command(torrent)).ConfigureAwait(false);
            return new CommandResult(torrent.ToString(), refusal is null, refusal);
        }
        catch (Exception e) when (e is ApiException or SwarmException)
        {
            return new CommandResult(name, Done: false, e.Message);
        }
    }
}
