using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>Swarm and aria2, each as seed and as leecher. aria2 cannot be told of a peer, so Swarm calls it, or a tracker introduces them.</summary>
[Collection(nameof(RealClients))]
public sealed class Aria2Tests(InstalledClients installed)
{
    public static TheoryData<string> Shapes => Contents.All;

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Swarm_gets_every_byte_from_aria2(string shape)
    {
        using var content = Contents.Create(shape);
        await using var scenario = new Scenario();
        var seed = await Aria2.SeedAsync(installed, scenario, Share.Torrent(content), content.SeedFolder);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetAsync(content, folder, peers: [seed.EndPoint]);
        await swarm.CompleteAsync(content, folder);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Aria2_gets_every_byte_from_Swarm(string shape)
    {
        using var content = Contents.Create(shape);
        await using var scenario = new Scenario();
        var folder = scenario.Folder("out");
        var leecher = await Aria2.LeechAsync(installed, scenario, Share.Torrent(content), folder);
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, peers: [leecher.EndPoint]);
        await leecher.EndAsync();
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Swarm_gets_metadata_and_content_from_aria2_by_magnet()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var seed = await Aria2.SeedAsync(installed, scenario, Share.Torrent(content), content.SeedFolder);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetByMagnetAsync(content, folder, peers: [seed.EndPoint]);
        await swarm.CompleteAsync(content, folder);
    }

    [Fact]
    public async Task Aria2_gets_metadata_and_content_from_Swarm_by_magnet()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var tracker = scenario.Own(new HttpTracker());
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, tracker: tracker.Url);
        var folder = scenario.Folder("out");
        var leecher = await Aria2.LeechAsync(installed, scenario, Share.Magnet(content, tracker.Url), folder);
        await leecher.EndAsync();
        content.ShouldBeIn(folder);
    }
}
