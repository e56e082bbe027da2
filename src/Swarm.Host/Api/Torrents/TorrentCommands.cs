using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api.Torrents;

/// <summary>Commands to the node for one torrent or several, and what came of each.</summary>
internal sealed class TorrentCommands(ApiServices api)
{
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(2);

    /// <summary>Adds a torrent; what is there already is left as it is.</summary>
    /// <exception cref="ApiException">The node refuses it.</exception>
    public async Task<TorrentAdded> AddAsync(NewTorrent torrent)
    {
        var hash = torrent.Source.Torrent;
        var name = torrent.Source.Metainfo?.Name ?? torrent.Source.Magnet?.DisplayName ?? hash.ToString();
        if (api.Catalogue.Find(hash) is { } known) return new TorrentAdded(hash.ToString(), known.Row.Name, WasThere: true);
        await OrConflictAsync(() => api.Node.AddAsync(torrent)).ConfigureAwait(false);
        await CaughtUpAsync(hash, isThere: true).ConfigureAwait(false);
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

    /// <summary>Everything there is to say of one torrent.</summary>
    /// <exception cref="ApiException">It is not there.</exception>
    public async Task<(TorrentDetails Details, CatalogueEntry Entry)> DetailsAsync(string name)
    {
        var entry = TorrentNames.Find(api.Catalogue, name);
        TorrentDetails? details = null;
        await OrConflictAsync(async () => details = await api.Node.DetailsAsync(entry.Row.Torrent).ConfigureAwait(false)).ConfigureAwait(false);
        return (details ?? throw ApiException.NotFound($"The torrent '{name}' has just been removed."), entry);
    }

    /// <summary>Runs a command for a torrent that is there. Null where it was done, or why it was not.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task<string?> TryAsync(TorrentsActor.ITorrentCommand command)
    {
        var refusal = await api.Node.CommandAsync(command).ConfigureAwait(false);
        if (refusal is null && command is TorrentsActor.Remove) await CaughtUpAsync(command.Torrent, isThere: false).ConfigureAwait(false);
        return refusal;
    }

    private static async Task OrConflictAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (SwarmException e)
        {
            throw ApiException.Conflict($"{e.Message.TrimEnd('.')}.");
        }
    }

    // The node answers first and tells the lists after: who asks next shall see what was done.
    private async Task CaughtUpAsync(InfoHash torrent, bool isThere)
    {
        using var patience = new CancellationTokenSource(CatchUpPatience);
        try
        {
            while (true)
            {
                var revision = api.Catalogue.Revision;
                if (api.Catalogue.Find(torrent) is not null == isThere) return;
                await api.Catalogue.WaitAsync(revision, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It was done all the same; the lists will follow.
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
