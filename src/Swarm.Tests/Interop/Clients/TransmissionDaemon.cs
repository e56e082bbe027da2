using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// A Transmission daemon, driven through its RPC. It never dials addresses in 127/8 but accepts connections from there, so the other side has to call it. Its choke rounds make the first byte of a seed come after
/// some ten seconds; one daemon therefore serves several torrents of a test.
/// </summary>
internal sealed class TransmissionDaemon : IAsyncDisposable
{
    private const string SessionHeader = "X-Transmission-Session-Id";
    private const int StatusSeeding = 6;

    private readonly ClientProcess _process;
    private readonly HttpClient _rpc;

    private TransmissionDaemon(ClientProcess process, IPEndPoint endPoint, HttpClient rpc)
    {
        _process = process;
        EndPoint = endPoint;
        _rpc = rpc;
    }

    /// <summary>Where it accepts connections.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>A daemon. With <paramref name="dhtNodes"/> it takes part in the DHT, as if it had saved these; it does so only once it has more than eight nodes.</summary>
    public static async Task<TransmissionDaemon> StartAsync(InstalledClients installed, Scenario scenario, params ImmutableArray<IPEndPoint> dhtNodes)
    {
        var program = installed.Require("transmission-daemon", "transmission-daemon");
        var address = scenario.NextAddress();
        var (peerPort, rpcPort) = (scenario.FreePort(address), scenario.FreePort(address));
        var config = scenario.Folder($"transmission-{address}");
        var settings = new JsonObject
        {
            ["bind-address-ipv4"] = address.ToString(),
            ["peer-port"] = peerPort,
            ["peer-port-random-on-start"] = false,
            ["port-forwarding-enabled"] = false,
            ["rpc-bind-address"] = address.ToString(),
            ["rpc-port"] = rpcPort,
            ["rpc-authentication-required"] = false,
            ["rpc-whitelist-enabled"] = false,
            ["rpc-host-whitelist-enabled"] = false,
            ["dht-enabled"] = dhtNodes.Length > 0,
            ["lpd-enabled"] = false,
            ["pex-enabled"] = false,
            ["utp-enabled"] = false,
            ["encryption"] = 0,
            ["download-dir"] = scenario.Folder($"transmission-{address}-out"),
            ["incomplete-dir-enabled"] = false,
            ["rename-partial-files"] = false,
            ["download-queue-enabled"] = false,
            ["seed-queue-enabled"] = false,
            ["queue-stalled-enabled"] = false,
            ["message-level"] = 3,
        };
        await File.WriteAllTextAsync(Path.Combine(config, "settings.json"), settings.ToJsonString());
        if (dhtNodes.Length > 0) await File.WriteAllBytesAsync(Path.Combine(config, "dht.dat"), SavedTable(dhtNodes));
        var process = scenario.Start($"Transmission at {address}", program, "-f", "-g", config);
        var rpc = new HttpClient(new SocketsHttpHandler { ConnectCallback = (context, cancelled) => ConnectAsync(scenario, context.DnsEndPoint, cancelled) }) { BaseAddress = new Uri($"http://{address}:{rpcPort}/transmission/rpc") };
        scenario.Own(rpc);
        var transmission = new TransmissionDaemon(process, new IPEndPoint(address, peerPort), rpc);
        await Poll.UntilAsync(transmission.AnswersAsync, "Transmission's RPC answers", Scenario.StartPatience);
        return transmission;
    }

    /// <summary>Adds a torrent over <paramref name="folder"/>; what is there already is hashed first.</summary>
    public async Task AddAsync(Share share, string folder)
    {
        var what = share.IsMagnet
            ? new JsonObject { ["filename"] = share.Text, ["download-dir"] = folder }
            : new JsonObject { ["metainfo"] = Convert.ToBase64String(await File.ReadAllBytesAsync(share.Text)), ["download-dir"] = folder };
        var answer = await CallAsync("torrent-add", what);
        ((string?)answer["result"]).ShouldBe("success");
    }

    /// <summary>It has everything and has checked it.</summary>
    public Task CompleteAsync(InfoHash torrent) => Poll.UntilAsync(() => IsSeedingAsync(torrent), $"Transmission has all of {torrent}", Scenario.Patience);

    /// <summary>A tracker has answered it.</summary>
    public Task AnnouncedAsync(InfoHash torrent) => Poll.UntilAsync(() => HasAnnouncedAsync(torrent), $"a tracker has answered Transmission about {torrent}", Scenario.Patience);

    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // "nodes": addresses and ports of IPv4, six bytes each.
    private static byte[] SavedTable(ImmutableArray<IPEndPoint> nodes)
    {
        byte[] compact = [.. nodes.SelectMany(node => (byte[])[.. node.Address.GetAddressBytes(), (byte)(node.Port >> 8), (byte)node.Port])];
        return [.. "d2:id20:"u8, .. RandomNumberGenerator.GetBytes(20), .. Encoding.ASCII.GetBytes($"5:nodes{compact.Length}:"), .. compact, (byte)'e'];
    }

    private static async ValueTask<Stream> ConnectAsync(Scenario scenario, DnsEndPoint to, CancellationToken cancelled)
    {
        var socket = scenario.NewSocket();
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(to.Host), to.Port, cancelled);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<bool> IsSeedingAsync(InfoHash torrent) =>
        await TorrentAsync(torrent, "percentDone", "status", "metadataPercentComplete") is { } found
        && (double)found["metadataPercentComplete"]! == 1 && (double)found["percentDone"]! == 1 && (int)found["status"]! == StatusSeeding;

    private async Task<bool> HasAnnouncedAsync(InfoHash torrent) =>
        await TorrentAsync(torrent, "trackerStats") is { } found && found["trackerStats"]!.AsArray().Any(tracker => (bool)tracker!["lastAnnounceSucceeded"]!);

    private async Task<JsonNode?> TorrentAsync(InfoHash torrent, params IEnumerable<string> fields)
    {
        var answer = await CallAsync("torrent-get", new JsonObject { ["ids"] = new JsonArray(torrent.ToString()), ["fields"] = new JsonArray([.. fields.Select(field => (JsonNode)field)]) });
        return answer["arguments"]!["torrents"]!.AsArray().SingleOrDefault();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await CallAsync("session-get", []);
            return true;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }

    // The first call is refused with the id that later ones have to carry.
    private async Task<JsonObject> CallAsync(string method, JsonObject arguments)
    {
        var body = new JsonObject { ["method"] = method, ["arguments"] = arguments };
        for (var attempt = 0; ; attempt++)
        {
            using var response = await _rpc.PostAsJsonAsync("", body);
            if (response.StatusCode == HttpStatusCode.Conflict && attempt == 0)
            {
                _rpc.DefaultRequestHeaders.Remove(SessionHeader);
                _rpc.DefaultRequestHeaders.Add(SessionHeader, response.Headers.GetValues(SessionHeader));
                continue;
            }

            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        }
    }
}
