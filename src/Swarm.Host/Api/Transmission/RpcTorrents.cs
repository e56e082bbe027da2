using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Api.Transmission;

/// <summary>The calls that do something to torrents. One that some torrent refuses fails as a whole with that torrent's reason, after all were tried.</summary>
internal sealed class RpcTorrents(ApiServices api, RpcSelection selection)
{
    private readonly TorrentCommands _commands = new(api);

    /// <summary>A command for each torrent named.</summary>
    public async Task EachAsync(RpcArguments arguments, Func<CatalogueEntry, TorrentsActor.ITorrentCommand> command)
    {
        string? refusal = null;
        foreach (var some in selection.Of(arguments).Torrents.Chunk(api.Settings.BulkConcurrency))
        {
            var refusals = await Task.WhenAll(some.Select(entry => RefusalAsync(command(entry)))).ConfigureAwait(false);
            refusal ??= refusals.FirstOrDefault(reason => reason is not null);
        }

        if (refusal is not null) throw new RpcException(RpcException.SystemError, refusal);
    }

    /// <summary>"torrent_set".</summary>
    public async Task SetAsync(RpcArguments arguments)
    {
        var needs = RpcTorrentChanges.NeedsDetails(arguments);
        var folder = arguments.Text("location") is { } location ? api.Intake.FolderOf(location) : null;
        foreach (var entry in selection.Of(arguments).Torrents)
        {
            var details = needs ? await api.Node.DetailsAsync(entry.Row.Torrent).ConfigureAwait(false) : null;
            await DoAsync(new TorrentsActor.Configure(entry.Row.Torrent, RpcTorrentChanges.Of(arguments, details, entry.Placement?.Options))).ConfigureAwait(false);
            if (folder is not null) await DoAsync(new TorrentsActor.Move(entry.Row.Torrent, folder, MoveData: true)).ConfigureAwait(false);
        }
    }

    /// <summary>"torrent_add": the torrent, and whether it was there.</summary>
    public async Task<(CatalogueEntry? Entry, TorrentAdded Added)> AddAsync(RpcArguments arguments, CancellationToken cancellation)
    {
        var request = new AddTorrent
        {
            Source = arguments.Has("metainfo") ? null : arguments.Text("filename") ?? throw new RpcException(RpcException.InvalidParameters, "'filename' or 'metainfo' is missing"),
            Metainfo = arguments.Text("metainfo"),
            Folder = arguments.Text("download_dir"),
            Paused = arguments.Flag("paused") ?? false,
            Labels = arguments.Texts("labels") ?? [],
        };
        var files = RpcTorrentChanges.Files(arguments, now: null);
        // The dialect cannot say for whom a torrent is. What only one node can keep makes it that node's; the default folder is what tools send who do not mean any.
        if (request.Folder is { } folder && api.Roots.IsDefault(api.Intake.FolderOf(folder))) request = request with { Folder = null };
        if (request.Folder is not null || request.Labels.Count > 0 || files is not null) request = request with { Local = true };
        var torrent = await api.Intake.ReadAsync(request, cancellation).ConfigureAwait(false);
        var added = await _commands.AddAsync(torrent, request).ConfigureAwait(false);
        if (api.Catalogue.Find(torrent.Source.Torrent) is { Placement: not null } placed) return (placed, added);
        var changes = new TorrentChanges { FilePriorities = files, MaxConnections = arguments.Number("peer_limit") is { } peers ? (int)Math.Clamp(peers, 0, int.MaxValue) : null };
        if (!added.WasThere && changes != new TorrentChanges()) await DoAsync(new TorrentsActor.Configure(torrent.Source.Torrent, changes)).ConfigureAwait(false);
        return (api.Catalogue.Find(torrent.Source.Torrent), added);
    }

    /// <summary>"torrent_set_location".</summary>
    public Task MoveAsync(RpcArguments arguments)
    {
        var folder = api.Intake.FolderOf(arguments.Text("location") ?? throw new RpcException(RpcException.InvalidParameters, "'location' is missing"));
        var moves = arguments.Flag("move") ?? false;
        return EachAsync(arguments, entry => new TorrentsActor.Move(entry.Row.Torrent, folder, moves));
    }

    /// <summary>"torrent_rename_path": a file, or a folder with all that is in it.</summary>
    public async Task<(int Id, string Path, string Name)> RenameAsync(RpcArguments arguments)
    {
        var path = (arguments.Text("path") ?? throw new RpcException(RpcException.InvalidParameters, "'path' is missing")).TrimEnd('/');
        var name = arguments.Text("name") ?? throw new RpcException(RpcException.InvalidParameters, "'name' is missing");
        if (name.Length == 0 || name is "." or ".." || name.Contains('/')) throw new RpcException(RpcException.InvalidParameters, "'name' must be the name of a file or folder, without '/'");
        if (selection.Of(arguments).Torrents is not [var entry]) throw new RpcException(RpcException.InvalidParameters, "'ids' must name one torrent");
        var details = await api.Node.DetailsAsync(entry.Row.Torrent).ConfigureAwait(false) ?? throw new RpcException(RpcException.InvalidParameters, "the torrent has just been removed");
        var parent = path.LastIndexOf('/') is >= 0 and var slash ? path[..(slash + 1)] : "";
        var isFound = false;
        for (var i = 0; i < details.Files.Length; i++)
        {
            var old = details.Files[i].Path;
            if (old != path && !old.StartsWith(path + "/", StringComparison.Ordinal)) continue;
            isFound = true;
            var renamed = parent + name + old[path.Length..];
            if (!api.Roots.Holds(entry.Row.Folder, renamed)) throw new RpcException(RpcException.BadPath, "the new path does not stay inside the torrent's folder");
            await DoAsync(new TorrentsActor.RenameFile(entry.Row.Torrent, i, renamed)).ConfigureAwait(false);
        }

        if (!isFound) throw new RpcException(RpcException.InvalidParameters, "there is no such path in the torrent");
        if (path == details.Row.Name) await DoAsync(new TorrentsActor.Configure(entry.Row.Torrent, new TorrentChanges { Name = name })).ConfigureAwait(false);
        return (entry.Id, path, name);
    }

    /// <summary>"queue_move_up" and "queue_move_down": each by one place, those that go first first.</summary>
    public async Task MoveInQueueAsync(RpcArguments arguments, int places)
    {
        var torrents = selection.Of(arguments).Torrents.Where(entry => entry.Row.QueuePosition >= 0).OrderBy(entry => entry.Row.QueuePosition * -Math.Sign(places));
        foreach (var entry in torrents)
        {
            await DoAsync(new TorrentsActor.Configure(entry.Row.Torrent, new TorrentChanges { QueuePosition = Math.Max(0, entry.Row.QueuePosition + places) })).ConfigureAwait(false);
        }
    }

    // One that gives no answer does not keep the others.
    private async Task<string?> RefusalAsync(TorrentsActor.ITorrentCommand command)
    {
        try
        {
            return await _commands.TryAsync(command).ConfigureAwait(false);
        }
        catch (NoAnswerException e)
        {
            return e.Message;
        }
    }

    private async Task DoAsync(TorrentsActor.ITorrentCommand command)
    {
        if (await _commands.TryAsync(command).ConfigureAwait(false) is { } refusal) throw new RpcException(RpcException.SystemError, refusal);
    }
}
