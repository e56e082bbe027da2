using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Logging;

namespace Swarm.Tests.Interop;

/// <summary>A whole Swarm node in this process with its API on a port of 127.0.0.1, as a service runs it.</summary>
internal sealed class SwarmService : IAsyncDisposable
{
    private readonly SwarmNode _node;
    private readonly ApiServer _server;
    private readonly OutputLog _log;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _pump;

    private SwarmService(SwarmNode node, ApiServer server, OutputLog log, TorrentCatalogue catalogue, string root)
    {
        _node = node;
        _server = server;
        _log = log;
        Root = root;
        Catalogue = catalogue;
        _pump = CataloguePump.RunAsync(node, catalogue, _over.Token);
    }

    /// <summary>Where its API listens.</summary>
    public Uri Address => new(_server.Addresses[0]);

    public int Port => Address.Port;

    /// <summary>Its content root.</summary>
    public string Root { get; }

    public TorrentCatalogue Catalogue { get; }

    public static async Task<SwarmService> StartAsync(Scenario scenario)
    {
        var log = new OutputLog("service at 127.0.0.1");
        var settings = new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] };
        var node = await SwarmNode.StartAsync(scenario.Folder("service-data"), settings with { Net = settings.Net with { Bind = IPAddress.Loopback } }, log);
        var root = scenario.Folder("content");
        var catalogue = new TorrentCatalogue(CatalogueSettings.Default, TimeProvider.System);
        var model = new SwarmNodeModel(node, DateTimeOffset.UtcNow, 0, 0, () => { });
        var api = HttpApiSettings.Default with { Listen = [new IPEndPoint(IPAddress.Loopback, 0)], ContentRoots = [root] };
        var (services, _) = ApiComposition.Compose(api, model, catalogue, new LogTail(100, LogLevel.Information, TimeProvider.System), scenario.Folder("service-data"), () => []);
        var service = new SwarmService(node, await ApiServer.StartAsync(services, log), log, catalogue, root);
        await node.RestoreAsync();
        model.Restored();
        return scenario.Own(service);
    }

    /// <summary>Lets a torrent try a peer.</summary>
    public async Task ConnectAsync(InfoHash torrent, IPEndPoint peer) => (await _node.AddPeersAsync(torrent, [peer])).ShouldBeTrue();

    public Task<TorrentDetails?> DetailsAsync(InfoHash torrent) => _node.DetailsAsync(torrent);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _over.CancelAsync();
        var drained = await _node.StopAsync();
        await _pump;
        _over.Dispose();
        _log.Dispose();
        drained.ShouldBeTrue("the node did not drain");
    }
}
