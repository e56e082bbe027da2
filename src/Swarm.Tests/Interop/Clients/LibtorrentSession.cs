using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Swarm.Tests.Interop.Clients;

/// <summary>A libtorrent session in a process of its own, driven through <c>lt_session.py</c>. It dials and accepts.</summary>
internal sealed class LibtorrentSession : IAsyncDisposable
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Interop", "Clients", "lt_session.py");

    private readonly ClientProcess _process;
    private int _questions;

    private LibtorrentSession(ClientProcess process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    /// <summary>Where it accepts connections.</summary>
    public IPEndPoint EndPoint { get; }

    public static async Task<LibtorrentSession> StartAsync(InstalledClients installed, Scenario scenario, IPAddress? address = null, IPEndPoint? dhtNode = null)
    {
        address ??= scenario.NextAddress();
        var process = scenario.Start($"libtorrent at {address}", installed.RequireLibtorrent(), [Script, address.ToString(), .. dhtNode is null ? Array.Empty<string>() : [scenario.FreePort(address).ToString(CultureInfo.InvariantCulture)]]);
        var listening = await EventAsync(process, "listening", static _ => true, Scenario.StartPatience);
        if (dhtNode is not null) process.Send(NodeCommand(dhtNode));
        return new LibtorrentSession(process, new IPEndPoint(address, (int)listening["port"]!));
    }

    /// <summary>Nodes of the DHT and nothing else, one at each of <paramref name="addresses"/>: libtorrent has a node for each address it listens at.</summary>
    public static async Task<ImmutableArray<IPEndPoint>> StartNodesAsync(InstalledClients installed, Scenario scenario, ImmutableArray<IPAddress> addresses, IPEndPoint dhtNode)
    {
        var port = scenario.FreePort(addresses[0]);
        var process = scenario.Start($"libtorrent at {addresses.Length} addresses", installed.RequireLibtorrent(), Script, string.Join(',', addresses), port.ToString(CultureInfo.InvariantCulture));
        await EventAsync(process, "listening", static _ => true, Scenario.StartPatience);
        process.Send(NodeCommand(dhtNode));
        return [.. addresses.Select(address => new IPEndPoint(address, port))];
    }

    /// <summary>A command of the DHT, as <c>lt_session.py</c> describes them.</summary>
    public void Send(JsonObject command) => _process.Send(command.ToJsonString());

    /// <summary>It has put an item at some nodes.</summary>
    public Task PutAsync() => EventAsync(_process, "put", happened => !((string)happened["text"]!).Contains("success=0", StringComparison.Ordinal), Scenario.Patience);

    /// <summary>It has got an item with this value.</summary>
    public Task ItemAsync(string value) => EventAsync(_process, "item", happened => (string?)happened["value"] == value, Scenario.Patience);

    public void Add(Share share, string folder, IEnumerable<IPEndPoint>? peers = null, int uploadLimit = 0)
    {
        var command = new JsonObject
        {
            ["cmd"] = "add",
            [share.IsMagnet ? "magnet" : "torrent"] = share.Text,
            ["dir"] = folder,
            ["peers"] = new JsonArray([.. (peers ?? []).Select(peer => new JsonArray(peer.Address.ToString(), peer.Port))]),
            ["upload_limit"] = uploadLimit,
        };
        _process.Send(command.ToJsonString());
    }

    public void Connect(InfoHash torrent, IPEndPoint peer) =>
        _process.Send(new JsonObject { ["cmd"] = "connect", ["hash"] = torrent.ToString(), ["ip"] = peer.Address.ToString(), ["port"] = peer.Port }.ToJsonString());

    /// <summary>It has everything: hashed on disk, or downloaded.</summary>
    public Task CompleteAsync(InfoHash torrent) =>
        EventAsync(_process, "complete", happened => (string?)happened["hash"] == torrent.ToString(), Scenario.Patience);

    /// <summary>A tracker has answered it.</summary>
    public Task AnnouncedAsync(InfoHash torrent) =>
        EventAsync(_process, "tracked", happened => (string?)happened["hash"] == torrent.ToString(), Scenario.Patience);

    /// <summary>Payload bytes it has sent and received.</summary>
    public async Task<(long Uploaded, long Downloaded)> StatsAsync(InfoHash torrent)
    {
        var id = ++_questions;
        _process.Send(new JsonObject { ["cmd"] = "stats", ["hash"] = torrent.ToString(), ["id"] = id }.ToJsonString());
        var stats = await EventAsync(_process, "stats", answer => (int?)answer["id"] == id, Scenario.Patience);
        return ((long)stats["uploaded"]!, (long)stats["downloaded"]!);
    }

    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string NodeCommand(IPEndPoint node) => new JsonObject { ["cmd"] = "node", ["ip"] = node.Address.ToString(), ["port"] = node.Port }.ToJsonString();

    private static async Task<JsonObject> EventAsync(ClientProcess process, string name, Func<JsonObject, bool> matches, TimeSpan patience)
    {
        var line = await process.LineAsync(text => Parse(text) is { } happened && (string?)happened["ev"] == name && matches(happened), name, patience);
        return Parse(line)!;
    }

    private static JsonObject? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            // A line of Python's own, such as a stack trace.
            return null;
        }
    }
}
