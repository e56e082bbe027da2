using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Host;

namespace Swarm.Tests.EndToEnd;

/// <summary>Whole nodes over real sockets and files, in one process.</summary>
public sealed class NodeTransferTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_leecher_gets_every_byte_from_a_seed()
    {
        using var content = TestContent.Create(1, 64 * 1024, ("one.bin", 3_000_001));
        await using var seed = await StartAsync(content, "seed-data");
        await seed.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true });
        await using var leecher = await StartAsync(content, "leech-data");
        var folder = content.Folder("out");
        await leecher.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), new TorrentOptions { Folder = folder, Peers = [seed.Listen[0]] });
        await SeedingAsync(leecher);
        content.ShouldBeIn(folder);
        (await seed.StopAsync()).ShouldBeTrue();
        (await leecher.StopAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_whose_store_fails_answers_with_the_reason_and_stops_at_once()
    {
        using var content = TestContent.Create(1, 64 * 1024, ("one.bin", 100_000));
        await using var node = await StartAsync(content, "data");
        BrokenStore.DropTables(content.Folder("data"));
        var began = Stopwatch.GetTimestamp();
        await Should.ThrowAsync<SwarmException>(() => node.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), new TorrentOptions { Folder = content.SeedFolder }));
        var answer = await Should.ThrowAsync<SwarmException>(() => node.StatusAsync(content.Metainfo.WireHash));
        answer.Message.ShouldContain("swarm.db");
        (await node.StopAsync()).ShouldBeFalse();
        node.Failure.ShouldBe(answer.Message);
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20), "nobody is left to wait for");
    }

    private static Task<SwarmNode> StartAsync(TestContent content, string data) =>
        SwarmNode.StartAsync(content.Folder(data), new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] }, NullLoggerFactory.Instance);

    private static async Task SeedingAsync(SwarmNode node)
    {
        using var patience = new CancellationTokenSource(Patience);
        await foreach (var happened in node.Events.ReadAllAsync(patience.Token))
        {
            if (happened is TorrentEvent.StateChanged { State: TorrentState.Seeding }) return;
            if (happened is TorrentEvent.StateChanged { State: TorrentState.Failed } failed) throw new InvalidOperationException(failed.Reason);
        }
    }
}
