using Swarm.Actors.Torrents;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace SwarmTests;

/// <summary>Below the sentences: a world built by hand, for what no sentence says; and what a failure looks like.</summary>
public sealed class OwnWorldTests
{
    [Fact]
    public void A_peer_that_sends_bad_data_is_banned_and_the_download_is_right_all_the_same()
    {
        var world = new SimWorld(seed: 5);
        var tracker = world.AddTracker("tracker");
        var content = SimContent.OneFile(1.MiB, pieceLength: 64 << 10, trackers: [tracker.Http]);
        world.AddNode("seed", SimNodeSettings.Default with { Link = new LinkProfile { UpBytesPerSecond = 100_000 } }).AddSeed(content);
        var leecher = world.AddNode("leecher");
        leecher.Add(content);
        var liar = world.AddPeer("liar", content, PeerManners.Corrupting);
        world.StartAll();
        world.RunFor(1.Seconds);
        liar.Dial(leecher.Address);
        world.MustConverge(10.Minutes);
        Assert.Contains(leecher.Events, happened => happened is TorrentEvent.PeerBanned banned && banned.Address.Equals(liar.Host.Address));
        world.StopAll();
    }

    [Fact]
    public void A_promise_that_is_broken_is_told_with_the_seed_that_breaks_it_again()
    {
        var report = new SwarmScenario("nobody-has-it").Leechers(2).EveryoneCompletes(within: 10.Minutes).Play(seed: 3);
        Assert.False(report.Passed);
        Assert.Equal("Once nothing is wrong any more, every node gets everything", report.Failure!.Promise);
        Assert.Contains("seed 3: FAILED", report.ToString(), StringComparison.Ordinal);
    }
}
