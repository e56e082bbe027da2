using Swarm.Actors.Torrents;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>More than two peers: leechers that feed each other, and a seed that dies.</summary>
[Collection(nameof(RealClients))]
public sealed class ManyPeersTests(InstalledClients installed)
{
    private const int SeedLimit = 1024 * 1024;

    [Fact]
    public async Task Leechers_of_three_kinds_get_from_each_other_what_a_slow_seed_gives_once()
    {
        using var content = Contents.Long(11);
        await using var scenario = new Scenario();
        var tracker = scenario.Own(new HttpTracker());
        var (libtorrentFolder, aria2Folder, swarmFolder) = (scenario.Folder("libtorrent"), scenario.Folder("aria2"), scenario.Folder("swarm-out"));
        var libtorrent = await LibtorrentSession.StartAsync(installed, scenario);
        libtorrent.Add(Share.Torrent(content, tracker.Url), libtorrentFolder);
        var aria2 = await Aria2.LeechAndServeAsync(installed, scenario, Share.Torrent(content, tracker.Url), aria2Folder);
        var leecher = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "swarm-leecher");
        await leecher.GetAsync(content, swarmFolder, peers: [libtorrent.EndPoint, aria2.EndPoint]);
        var seed = await SwarmPeer.StartAsync(scenario, name: "swarm-seed");
        await seed.SeedAsync(content, peers: [leecher.EndPoint, libtorrent.EndPoint, aria2.EndPoint], uploadLimit: SeedLimit);

        await leecher.CompleteAsync(content, swarmFolder);
        await libtorrent.CompleteAsync(content.Metainfo.WireHash);
        await aria2.CompleteAsync();
        content.ShouldBeIn(libtorrentFolder);
        content.ShouldBeIn(aria2Folder);
        var uploaded = (await seed.StatusAsync(content)).Uploaded;
        uploaded.ShouldBeLessThan(2 * content.Metainfo.ContentLength, "three leechers got everything, and the seed sent it more than twice");
        (await leecher.StatusAsync(content)).Uploaded.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Swarm_finishes_from_a_second_seed_after_the_first_was_killed()
    {
        using var content = Contents.Long(12);
        await using var scenario = new Scenario();
        var first = await LibtorrentSession.StartAsync(installed, scenario);
        first.Add(Share.Torrent(content), content.SeedFolder, uploadLimit: SeedLimit);
        await first.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetAsync(content, folder, peers: [first.EndPoint]);
        await swarm.VerifiedAsync(content, content.Metainfo.Layout.Geometry.PieceCount / 2);
        await first.KillAsync();
        var disconnected = await swarm.UntilAsync(content, happened => happened is TorrentEvent.PeerDisconnected, "the first seed is gone");
        ((TorrentEvent.PeerDisconnected)disconnected).Remote.ShouldBe(first.EndPoint);
        var before = await swarm.StatusAsync(content);
        before.State.ShouldBe(TorrentState.Downloading);

        var second = await LibtorrentSession.StartAsync(installed, scenario);
        second.Add(Share.Torrent(content), content.SeedFolder, peers: [swarm.EndPoint]);
        await swarm.CompleteAsync(content, folder);
        var received = (await second.StatsAsync(content.Metainfo.WireHash)).Uploaded;
        received.ShouldBeLessThanOrEqualTo(content.Metainfo.ContentLength - before.VerifiedLength, "a verified piece was fetched again");
    }

    [Fact]
    public async Task Libtorrent_finishes_from_a_second_Swarm_after_the_first_has_stopped()
    {
        using var content = Contents.Long(13);
        await using var scenario = new Scenario();
        var tracker = scenario.Own(new HttpTracker());
        var slow = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "swarm-first");
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Torrent(content, tracker.Url), folder);
        await slow.SeedAsync(content, peers: [leecher.EndPoint], uploadLimit: SeedLimit);
        await slow.UntilAsync(content, happened => happened is TorrentEvent.PeerConnected, "libtorrent is connected");
        await slow.DisposeAsync();
        var second = await SwarmPeer.StartAsync(scenario, name: "swarm-second");
        await second.SeedAsync(content, tracker: tracker.Url);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Three_seeds_of_three_kinds_serve_one_Swarm_leecher()
    {
        using var content = Contents.Long(14);
        await using var scenario = new Scenario();
        var libtorrent = await LibtorrentSession.StartAsync(installed, scenario);
        libtorrent.Add(Share.Torrent(content), content.SeedFolder, uploadLimit: SeedLimit);
        var aria2 = await Aria2.SeedAsync(installed, scenario, Share.Torrent(content), content.SeedFolder);
        var other = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "swarm-seed");
        await other.SeedAsync(content, uploadLimit: SeedLimit);
        await libtorrent.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario);
        var folder = scenario.Folder("out");
        await swarm.GetAsync(content, folder, peers: [libtorrent.EndPoint, aria2.EndPoint, other.EndPoint]);
        await swarm.CompleteAsync(content, folder);
        (await swarm.StatusAsync(content)).Wasted.ShouldBeLessThan(content.Metainfo.ContentLength / 10);
    }
}
