using Swarm.Actors.Torrents;
using Swarm.TestKit.Net;
using Swarm.TestKit.World;

namespace Swarm.Tests.TestKit.World;

public sealed class SimNodeTests
{
    // Slow enough to be interrupted: about 13 s for the whole.
    private static readonly LinkProfile Slow = new() { DownBytesPerSecond = 100_000 };

    private readonly SimWorld _world = new(5);
    private readonly SimNode _seed;
    private readonly SimNode _leecher;

    public SimNodeTests()
    {
        var content = Worlds.SmallContent();
        _seed = _world.AddNode("seed");
        _seed.AddSeed(content);
        _leecher = _world.AddNode("leecher", SimNodeSettings.Default with { Link = Slow });
        _leecher.Add(content, options => options.Calls(_seed));
        _world.StartAll();
    }

    [Fact]
    public void A_node_that_stops_in_good_order_goes_on_where_it_was()
    {
        _world.RunUntilVerified(_leecher, 8);
        _leecher.StopGracefully();
        _world.RunUntilDown(_leecher);
        var before = _leecher.Torrents[0].VerifiedNow.Count;
        _leecher.Start();
        _world.MustConverge(Worlds.Patience);
        _leecher.Torrents[0].VerifiedNow.Count.ShouldBe(21 - before);
        _world.StopAll();
    }

    [Fact]
    public void A_killed_node_finds_what_the_machine_still_has()
    {
        _world.RunUntilVerified(_leecher, 8);
        _leecher.Kill();
        _leecher.State.ShouldBe(NodeState.Down);
        _leecher.Host.IsUp.ShouldBeTrue();
        var before = _leecher.Torrents[0].VerifiedNow.Count;
        _leecher.Start();
        _world.MustConverge(Worlds.Patience);
        _leecher.Lives.ShouldBe(2);
        _leecher.Torrents[0].VerifiedNow.Count.ShouldBeLessThanOrEqualTo(21 - before);
        _world.StopAll();
    }

    [Fact]
    public void A_node_that_lost_its_power_fetches_again_only_what_was_not_recorded()
    {
        _world.RunUntil(() => _leecher.Store.ProgressOf(_leecher.Torrents[0].Content.Torrent) is { } progress && progress.Verified.Any(bits => bits != 0), Worlds.Patience).ShouldBeTrue();
        _leecher.Crash();
        _leecher.Host.IsUp.ShouldBeFalse();
        _world.RunFor(TimeSpan.FromSeconds(30));
        _leecher.Start();
        _world.MustConverge(Worlds.Patience);
        _world.StopAll();
    }

    [Fact]
    public void A_restart_is_a_kill_and_a_start()
    {
        _world.RunUntilVerified(_leecher, 3);
        _leecher.Restart();
        _world.MustConverge(Worlds.Patience);
        _leecher.Lives.ShouldBe(2);
        _leecher.Restart();
        _world.MustConverge(Worlds.Patience);
        _leecher.Torrents[0].VerifiedNow.Count.ShouldBe(0);
        _world.StopAll();
    }

    [Fact]
    public void A_removed_torrent_stops_and_does_not_come_back()
    {
        _world.MustConverge(Worlds.Patience);
        var content = _leecher.Torrents[0].Content;
        _leecher.Remove(content);
        _world.RunFor(TimeSpan.FromSeconds(10));
        _leecher.Events.OfType<TorrentEvent.StateChanged>().Last().State.ShouldBe(TorrentState.Stopped);
        _leecher.Store.LeaseOf(content.Torrent).ShouldBeNull();
        _leecher.Restart();
        _world.RunFor(TimeSpan.FromSeconds(10));
        _leecher.Status(content).ShouldBeNull();
        _leecher.Disk.Holds(content, SimNode.FolderOf(content), new PieceIndex(3)).ShouldBeTrue();
        _world.StopAll();
    }

    [Fact]
    public void A_torrent_can_come_while_the_node_runs()
    {
        _world.MustConverge(Worlds.Patience);
        var more = Swarm.TestKit.Content.SimContent.OneFile(300_000, 65_536, seed: 9);
        _seed.AddSeed(more);
        _leecher.Add(more, options => options.Calls(_seed));
        Should.Throw<ArgumentException>(() => _leecher.Add(more));
        _world.MustConverge(Worlds.Patience);
        _world.StopAll();
    }

    [Fact]
    public void Its_status_and_events_are_there_to_be_seen()
    {
        _world.MustConverge(Worlds.Patience);
        _world.RunFor(TimeSpan.FromSeconds(3));
        var status = _leecher.Status(_leecher.Torrents[0].Content).ShouldNotBeNull();
        status.IsComplete.ShouldBeTrue();
        status.Downloaded.ShouldBeGreaterThanOrEqualTo(status.TotalLength);
        _leecher.Events.OfType<TorrentEvent.PiecesVerified>().Sum(verified => verified.Pieces.Length).ShouldBe(21);
        _leecher.Errors.ShouldBeEmpty();
    }

    [Fact]
    public void A_node_without_a_store_ends_by_itself_and_says_why()
    {
        _world.RunUntilVerified(_leecher, 3);
        _leecher.Store.Settings = _leecher.Store.Settings with { Broken = "the data folder is gone" };
        _world.RunUntilDown(_leecher);
        _leecher.BrokenReason.ShouldNotBeNull().ShouldContain("the data folder is gone");
        _world.HealEverything();
        _world.MustConverge(Worlds.Patience);
        _world.StopAll();
    }

    [Theory]
    [InlineData(0.99)]
    [InlineData(1.01)]
    public void A_clock_that_drifts_and_is_wrong_does_no_harm(double rate)
    {
        var node = _world.AddNode("drifting", SimNodeSettings.Default with { ClockRate = rate, ClockOffset = TimeSpan.FromDays(-400) });
        node.Add(_seed.Torrents[0].Content, options => options.Calls(_seed));
        node.Start();
        _world.MustConverge(Worlds.Patience);
        _world.RunFor(TimeSpan.FromMinutes(10));
        _world.StopAll();
    }

    [Fact]
    public void Two_processes_on_one_store_do_not_run_one_torrent()
    {
        var second = _world.AddNode("second", SimNodeSettings.Default with { SharesStoreOf = _leecher });
        second.Add(_seed.Torrents[0].Content, options => options.Calls(_seed));
        _world.RunFor(TimeSpan.FromSeconds(2));
        second.Start();
        _world.RunFor(TimeSpan.FromSeconds(10));
        second.Torrents[0].Refusal.ShouldNotBeNull().ShouldContain("already run by");
        second.StopGracefully();
        _world.RunUntilDown(second);
        _leecher.IsComplete.ShouldBeFalse();
    }
}
