using System.Collections.Frozen;
using Swarm.Actors.Torrents;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api.Transmission;

/// <summary>Writes the members of a call's answer.</summary>
internal delegate Task WriteAnswer(RpcWriter writer, CancellationToken cancellation);

/// <summary>
/// The methods of the RPC by their names in snake_case, with the scope each takes. A method does its work first and gives back how its answer is written, so that an error never comes in the
/// middle of an answer but for a connection that breaks.
/// </summary>
internal sealed class RpcCalls
{
    private readonly FrozenDictionary<string, Method> _methods;

    /// <summary>The methods over a node.</summary>
    public RpcCalls(ApiServices api, string sessionId)
    {
        var selection = new RpcSelection(api.Catalogue, api.Clock);
        var torrents = new RpcTorrents(api, selection);
        var get = new RpcTorrentGet(api, selection);
        var session = new RpcSession(api, sessionId);
        var methods = new Dictionary<string, Method>(StringComparer.Ordinal);
        AddTorrentMethods(methods, torrents, get);
        AddSessionMethods(methods, session, api.Node);
        _methods = methods.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Carries out a call.</summary>
    /// <returns>What writes the members of its answer.</returns>
    /// <exception cref="RpcException">It was not carried out.</exception>
    public async Task<WriteAnswer> RunAsync(string method, RpcArguments arguments, Scope caller, CancellationToken cancellation)
    {
        if (!_methods.TryGetValue(method, out var found)) throw new RpcException(RpcException.NoSuchMethod, "method name not recognized");
        if (caller < found.Scope) throw new RpcException(RpcException.SystemError, $"this takes a key with the scope '{found.Scope.ToString().ToLowerInvariant()}'");
        try
        {
            return await found.Run(arguments, cancellation).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            throw RpcException.Of(e);
        }
        catch (SwarmException e)
        {
            throw new RpcException(RpcException.SystemError, e.Message);
        }
    }

    private static void AddTorrentMethods(Dictionary<string, Method> methods, RpcTorrents torrents, RpcTorrentGet get)
    {
        Quiet("torrent_start", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Resume(entry.Row.Torrent)));
        Quiet("torrent_start_now", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Resume(entry.Row.Torrent)));
        Quiet("torrent_stop", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Pause(entry.Row.Torrent)));
        Quiet("torrent_verify", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Recheck(entry.Row.Torrent)));
        Quiet("torrent_reannounce", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Reannounce(entry.Row.Torrent)));
        Quiet("torrent_remove", arguments =>
        {
            var deletes = arguments.Flag("delete_local_data") ?? false;
            return torrents.EachAsync(arguments, entry => new TorrentsActor.Remove(entry.Row.Torrent, deletes));
        });
        Quiet("torrent_set", torrents.SetAsync);
        Quiet("torrent_set_location", torrents.MoveAsync);
        Quiet("queue_move_top", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Configure(entry.Row.Torrent, new TorrentChanges { QueuePosition = 0 })));
        Quiet("queue_move_bottom", arguments => torrents.EachAsync(arguments, entry => new TorrentsActor.Configure(entry.Row.Torrent, new TorrentChanges { QueuePosition = int.MaxValue })));
        Quiet("queue_move_up", arguments => torrents.MoveInQueueAsync(arguments, -1));
        Quiet("queue_move_down", arguments => torrents.MoveInQueueAsync(arguments, 1));
        methods.Add("torrent_get", new Method(Scope.Viewer, (arguments, _) => Task.FromResult(get.Prepare(arguments))));
        methods.Add("torrent_add", new Method(Scope.Operator, async (arguments, cancellation) =>
        {
            var (entry, added) = await torrents.AddAsync(arguments, cancellation).ConfigureAwait(false);
            return Members(writer =>
            {
                writer.StartObject(added.WasThere ? "torrent_duplicate" : "torrent_added");
                writer.Text("hash_string", added.Hash);
                writer.Number("id", entry?.Id ?? 0);
                writer.Text("name", added.Name);
                writer.Json.WriteEndObject();
            });
        }));
        methods.Add("torrent_rename_path", new Method(Scope.Operator, async (arguments, _) =>
        {
            var (id, path, name) = await torrents.RenameAsync(arguments).ConfigureAwait(false);
            return Members(writer =>
            {
                writer.Number("id", id);
                writer.Text("name", name);
                writer.Text("path", path);
            });
        }));

        void Quiet(string name, Func<RpcArguments, Task> run) => methods.Add(name, new Method(Scope.Operator, async (arguments, _) =>
        {
            await run(arguments).ConfigureAwait(false);
            return Members(_ => { });
        }));
    }

    private static void AddSessionMethods(Dictionary<string, Method> methods, RpcSession session, INodeModel node)
    {
        methods.Add("session_get", new Method(Scope.Viewer, (arguments, _) => Task.FromResult(Members(writer => session.Get(writer, arguments)))));
        methods.Add("session_stats", new Method(Scope.Viewer, (_, _) => Task.FromResult(Members(session.Statistics))));
        methods.Add("session_set", new Method(Scope.Operator, async (arguments, _) =>
        {
            await session.SetAsync(arguments).ConfigureAwait(false);
            return Members(_ => { });
        }));
        methods.Add("session_close", new Method(Scope.Admin, (_, _) =>
        {
            node.Drain();
            return Task.FromResult(Members(_ => { }));
        }));
        methods.Add("free_space", new Method(Scope.Viewer, (arguments, _) =>
        {
            var path = arguments.Text("path") ?? throw new RpcException(RpcException.InvalidParameters, "'path' is missing");
            var space = session.FreeSpace(path);
            return Task.FromResult(Members(writer =>
            {
                writer.Text("path", path);
                writer.Number("size_bytes", space.Free);
                writer.Number("total_size", space.Total);
            }));
        }));
        methods.Add("port_test", new Method(Scope.Viewer, async (_, _) =>
        {
            var isOpen = await session.PortTestAsync().ConfigureAwait(false);
            return Members(writer => writer.Flag("port_is_open", isOpen));
        }));
        methods.Add("group_get", new Method(Scope.Viewer, (_, _) => Task.FromResult(Members(writer => writer.Texts("group", [])))));
    }

    private static WriteAnswer Members(Action<RpcWriter> write) => (writer, _) =>
    {
        write(writer);
        return Task.CompletedTask;
    };

    private sealed record Method(Scope Scope, Func<RpcArguments, CancellationToken, Task<WriteAnswer>> Run);
}
