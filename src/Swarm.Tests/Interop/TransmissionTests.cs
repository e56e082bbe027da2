using System.Collections.Immutable;
using Swarm.Tests.EndToEnd;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>
/// Swarm and Transmission, each as seed and as leecher. Transmission does not call loopback addresses, so Swarm calls it. One daemon serves all shapes of content
/// at once, because it is slow to start; Swarm calls again once a connection stands, because Transmission shakes hands with one connection of an address at a time.
/// </summary>
[Collection(nameof(RealClients))]
public sealed class TransmissionTests(InstalledClients installed)
{
    [Fact]
    public async Task Swarm_gets_every_byte_of_every_shape_from_Transmission()
    {
        await using var scenario = new Scenario();
        var contents = All(scenario);
        var seed = await TransmissionDaemon.StartAsync(installed, scenario);
        foreach (var content in contents) await seed.AddAsync(Share.Torrent(content), content.SeedFolder);
        foreach (var content in contents) await seed.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        foreach (var content in contents)
        {
            await swarm.GetAsync(content, folder, peers: [seed.EndPoint]);
            await swarm.ConnectedAsync(content);
        }

        foreach (var content in contents) await swarm.CompleteAsync(content, folder);
    }

    [Fact]
    public async Task Transmission_gets_every_byte_of_every_shape_from_Swarm()
    {
        await using var scenario = new Scenario();
        var contents = All(scenario);
        var leecher = await TransmissionDaemon.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        foreach (var content in contents) await leecher.AddAsync(Share.Torrent(content), folder);
        var swarm = await SwarmPeer.StartAsync(scenario);
        foreach (var content in contents)
        {
            await swarm.SeedAsync(content, peers: [leecher.EndPoint]);
            await swarm.ConnectedAsync(content);
        }

        foreach (var content in contents)
        {
            await leecher.CompleteAsync(content.Metainfo.WireHash);
            ShouldBeIn(folder, content);
        }
    }

    [Fact]
    public async Task Swarm_gets_metadata_and_content_from_Transmission_by_magnet()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var seed = await TransmissionDaemon.StartAsync(installed, scenario);
        await seed.AddAsync(Share.Torrent(content), content.SeedFolder);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetByMagnetAsync(content, folder, peers: [seed.EndPoint]);
        await swarm.CompleteAsync(content, folder);
    }

    [Fact]
    public async Task Transmission_gets_metadata_and_content_from_Swarm_by_magnet()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var leecher = await TransmissionDaemon.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        await leecher.AddAsync(Share.Magnet(content), folder);
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, peers: [leecher.EndPoint]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        ShouldBeIn(folder, content);
    }

    // Transmission before version 4 does not create empty files.
    private static void ShouldBeIn(string folder, TestContent content)
    {
        foreach (var file in content.Metainfo.VisibleFiles.Where(file => file.Length == 0))
        {
            var path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.AppendAllText(path, "");
        }

        content.ShouldBeIn(folder);
    }

    private static ImmutableArray<TestContent> All(Scenario scenario) => [.. Contents.Names.Select(name => scenario.Own(Contents.Create(name)))];
}
