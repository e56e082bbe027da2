using Swarm.Tests.EndToEnd;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>Clients that know nothing of each other but a tracker, over HTTP and over UDP.</summary>
[Collection(nameof(RealClients))]
public sealed class TrackerTests(InstalledClients installed)
{
    [Fact]
    public async Task Http_tracker_introduces_Swarm_to_an_aria2_seed()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var tracker = scenario.Own(new HttpTracker());
        await Aria2.SeedAsync(installed, scenario, Share.Torrent(content, tracker.Url), content.SeedFolder);
        await SwarmGetsAsync(scenario, content, tracker.Url);
    }

    [Fact]
    public async Task Http_tracker_introduces_a_Transmission_leecher_to_Swarm()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var tracker = scenario.Own(new HttpTracker());
        var leecher = await TransmissionDaemon.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        await leecher.AddAsync(Share.Torrent(content, tracker.Url), folder);
        await leecher.AnnouncedAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, tracker: tracker.Url);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Http_tracker_introduces_a_libtorrent_leecher_to_Swarm_and_is_told_of_the_end()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var tracker = scenario.Own(new HttpTracker());
        var folder = scenario.Folder("out");
        await using (var scene = new Scenario())
        {
            var swarm = await SwarmPeer.StartAsync(scene);
            await swarm.SeedAsync(content, tracker: tracker.Url);
            var leecher = await LibtorrentSession.StartAsync(installed, scene);
            leecher.Add(Share.Torrent(content, tracker.Url), folder);
            await leecher.CompleteAsync(content.Metainfo.WireHash);
            content.ShouldBeIn(folder);
        }

        // 127.0.0.1 is Swarm; the others call from addresses of their own.
        var events = tracker.Announces.Where(announce => announce.StartsWith("127.0.0.1:", StringComparison.Ordinal)).ToList();
        events[0].ShouldContain("event=started");
        events[^1].ShouldContain("event=stopped");
    }

    [Fact]
    public async Task Udp_tracker_introduces_Swarm_to_a_libtorrent_seed()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var tracker = await OpenTracker.StartAsync(installed, scenario, content.Metainfo.WireHash);
        var seed = await LibtorrentSession.StartAsync(installed, scenario);
        seed.Add(Share.Torrent(content, tracker.Url), content.SeedFolder);
        await seed.AnnouncedAsync(content.Metainfo.WireHash);
        await SwarmGetsAsync(scenario, content, tracker.Url);
    }

    [Fact]
    public async Task Udp_tracker_introduces_a_libtorrent_leecher_to_Swarm()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var tracker = await OpenTracker.StartAsync(installed, scenario, content.Metainfo.WireHash);
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Torrent(content, tracker.Url), folder);
        await leecher.AnnouncedAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        await swarm.SeedAsync(content, tracker: tracker.Url);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Udp_tracker_introduces_Swarm_to_a_Transmission_seed_by_magnet()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var tracker = await OpenTracker.StartAsync(installed, scenario, content.Metainfo.WireHash);
        var seed = await TransmissionDaemon.StartAsync(installed, scenario);
        await seed.AddAsync(Share.Torrent(content, tracker.Url), content.SeedFolder);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        await seed.AnnouncedAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetByMagnetAsync(content, folder, tracker: tracker.Url);
        await swarm.CompleteAsync(content, folder);
    }

    private static async Task SwarmGetsAsync(Scenario scenario, TestContent content, string tracker)
    {
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetAsync(content, folder, tracker: tracker);
        await swarm.CompleteAsync(content, folder);
    }
}
