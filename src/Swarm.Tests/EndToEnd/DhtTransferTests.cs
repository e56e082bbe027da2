using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Protocol.Magnets;

namespace Swarm.Tests.EndToEnd;

/// <summary>Nodes over real sockets that know nothing of each other but one node of the DHT.</summary>
public sealed class DhtTransferTests
{
    [Fact]
    public async Task Magnet_link_downloads_with_nothing_but_one_bootstrap_node()
    {
        using var content = TestContent.Create(1, 16_384, ("a.bin", 300_000));
        await using var router = await StartAsync(content.Folder("router"), "127.0.0.2", null);
        await using var seed = await StartAsync(content.Folder("seed-data"), "127.0.0.3", router);
        await seed.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true });
        await using var leech = await StartAsync(content.Folder("leech-data"), "127.0.0.4", router);
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{content.Metainfo.WireHash}", out var link, out var error).ShouldBeTrue(error);
        await leech.AddAsync(TorrentSource.FromMagnet(link), new TorrentOptions { Folder = content.Folder("out") });
        await SeedingAsync(leech);
        content.ShouldBeIn(content.Folder("out"));
    }

    private static async Task SeedingAsync(SwarmNode node)
    {
        using var patience = new CancellationTokenSource(TestNode.Patience);
        await foreach (var happened in node.Events.ReadAllAsync(patience.Token))
        {
            if (happened is TorrentEvent.StateChanged { State: TorrentState.Seeding }) return;
        }
    }

    private static Task<SwarmNode> StartAsync(string data, string address, SwarmNode? router)
    {
        var settings = new NodeSettings
        {
            Listen = [new IPEndPoint(IPAddress.Parse(address), 0)],
            Dht = DhtSettings.Default with { Routers = router is null ? [] : [new(router.Listen[0].Address.ToString(), router.Listen[0].Port)] },
        };
        return SwarmNode.StartAsync(data, settings with { Net = settings.Net with { Bind = IPAddress.Parse(address) } }, NullLoggerFactory.Instance);
    }
}
