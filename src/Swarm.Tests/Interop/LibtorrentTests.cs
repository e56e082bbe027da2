using System.Net;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>Swarm and libtorrent, each as seed and as leecher.</summary>
[Collection(nameof(RealClients))]
public sealed class LibtorrentTests(InstalledClients installed)
{
    public static TheoryData<string> Shapes => Contents.All;

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Swarm_gets_every_byte_from_libtorrent(string shape)
    {
        using var content = Contents.Create(shape);
        await using var scenario = new Scenario();
        var seed = await LibtorrentSession.StartAsync(installed, scenario);
        seed.Add(Share.Torrent(content), content.SeedFolder);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetAsync(content, folder, peers: [seed.EndPoint]);
        await swarm.CompleteAsync(content, folder);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Libtorrent_gets_every_byte_from_Swarm(string shape)
    {
        using var content = Contents.Create(shape);
        await using var scenario = new Scenario();
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content);
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Torrent(content), folder, peers: [swarm.EndPoint]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Swarm_calls_a_libtorrent_leecher_and_serves_it()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Torrent(content), folder);
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, peers: [leecher.EndPoint]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Libtorrent_that_has_called_Swarm_is_not_called_back()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, uploadLimit: 1024 * 1024);
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        leecher.Add(Share.Torrent(content), scenario.Folder("out"), peers: [swarm.EndPoint]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        swarm.ConnectionsOf(content).ShouldBe(1);
    }

    [Theory]
    [InlineData(Contents.ManyFiles)]
    [InlineData(Contents.OneByte)]
    public async Task Swarm_gets_metadata_and_content_from_libtorrent_by_magnet(string shape)
    {
        using var content = Contents.Create(shape);
        await using var scenario = new Scenario();
        var seed = await LibtorrentSession.StartAsync(installed, scenario);
        seed.Add(Share.Torrent(content), content.SeedFolder);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetByMagnetAsync(content, folder, peers: [seed.EndPoint]);
        await swarm.CompleteAsync(content, folder);
    }

    [Theory]
    [InlineData(Contents.ManyFiles)]
    [InlineData(Contents.OneByte)]
    public async Task Libtorrent_gets_metadata_and_content_from_Swarm_by_magnet(string shape)
    {
        using var content = Contents.Create(shape);
        await using var scenario = new Scenario();
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content);
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Magnet(content), folder, peers: [swarm.EndPoint]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Swarm_gets_every_byte_from_libtorrent_over_IPv6()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var seed = await LibtorrentSession.StartAsync(installed, scenario, IPAddress.IPv6Loopback);
        seed.Add(Share.Torrent(content), content.SeedFolder);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario, IPAddress.IPv6Loopback);
        var folder = scenario.Folder("out");
        await swarm.GetByMagnetAsync(content, folder, peers: [seed.EndPoint]);
        await swarm.CompleteAsync(content, folder);
    }

    [Fact]
    public async Task Libtorrent_gets_every_byte_from_Swarm_over_IPv6()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var swarm = await SwarmPeer.StartAsync(scenario, IPAddress.IPv6Loopback);
        await swarm.SeedAsync(content);
        var leecher = await LibtorrentSession.StartAsync(installed, scenario, IPAddress.IPv6Loopback);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Magnet(content), folder, peers: [swarm.EndPoint]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }
}
