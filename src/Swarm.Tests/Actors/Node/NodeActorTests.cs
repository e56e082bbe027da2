using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Actors.Trackers;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Node;

public sealed class NodeActorTests
{
    private readonly FakeContent _content = FakeContent.OneFile(300_000);

    [Fact]
    public void It_starts_when_every_listener_stands_and_takes_connections_only_then()
    {
        var world = new NodeWorld();
        world.Node.Tell(new NodeActor.Start(), world.User);
        world.Harness.Run();
        world.Take<NodeActor.Started>().Listen.ShouldBe([IPEndPoint.Parse("10.0.0.1:6881")]);
    }

    [Fact]
    public void A_taken_port_is_told_with_its_reason()
    {
        var world = new NodeWorld();
        world.Tcp.Occupied.Add(IPEndPoint.Parse("10.0.0.1:6881"));
        world.Node.Tell(new NodeActor.Start(), world.User);
        world.Harness.Run();
        world.Take<NodeActor.StartFailed>().Reason.ShouldContain("taken");
    }

    [Fact]
    public void A_drain_stops_every_torrent_before_the_store()
    {
        var other = FakeContent.OneFile(300_000, seed: 2);
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Add(other);
        world.Answers.Clear();
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(20);
        world.Take<NodeActor.Drained>();
        world.Store.Leased.ShouldBeEmpty();
        world.StoreLog.Count(command => command == nameof(StoreCommand.ReleaseLease)).ShouldBe(2);
        world.ShouldHoldNothing();
        world.Add(_content);
        world.Take<TorrentActor.AddFailed>().Reason.ShouldContain("stopping");
    }

    [Fact]
    public void A_drain_without_torrents_is_done_at_once()
    {
        var world = new NodeWorld().Start();
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(1);
        world.Take<NodeActor.Drained>();
    }

    [Fact]
    public void A_store_that_cannot_write_any_more_breaks_the_node_and_lets_everything_go()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Store.Settings = world.Store.Settings with { Broken = "the database is gone" };
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(5);
        world.Broken.ShouldHaveSingleItem().Reason.ShouldContain("the database is gone");
        world.Tcp.Stops.ShouldBe(1);
        world.ShouldHoldNothing();
    }

    [Fact]
    public void After_a_bug_in_the_network_dials_under_way_count_and_limits_hold()
    {
        var settings = new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = TorrentSettings.Default with { MaxDialing = 1 } };
        var world = new NodeWorld(settings).Start();
        world.Tcp.IsSilent = true;
        world.Add(_content, world.With("10.0.0.2:1", "10.0.0.3:1") with { DownloadLimit = 100_000 });
        world.Tcp.IsSilent = false;
        world.Tcp.Faulty.Add(IPEndPoint.Parse("10.0.0.4:1"));
        var other = FakeContent.OneFile(300_000, seed: 2);
        foreach (var address in new[] { "10.0.0.2:1", "10.0.0.3:1" }) world.Seed(_content, address);
        world.Seed(other, "10.0.0.5:1");
        world.Add(other, world.With("10.0.0.4:1", "10.0.0.5:1") with { Folder = "/other", DownloadLimit = 100_000 });
        world.Pass(2);
        var (dial, net) = world.Tcp.Unanswered.ShouldHaveSingleItem();
        net.Tell(new ITcp.ConnectFailed(dial, world.Tcp.Dialed[0], "nobody is there"), ActorRefs.NoSender);
        world.Pass(30);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Disk.ShouldHold(other, "/other");
        world.Tcp.Stops.ShouldBe(0);
    }

    [Fact]
    public void After_a_bug_in_their_supervisor_the_torrents_are_there_and_work()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 100_000 });
        world.Torrents.Tell(new TorrentsActor.Add(null!, null!), world.User);
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.StoreLog.Count(command => command == nameof(StoreCommand.AcquireLease)).ShouldBe(1);
        world.Stop(_content).Saved.ShouldBeTrue();
    }

    [Fact]
    public void A_part_that_fails_again_and_again_breaks_the_node()
    {
        var world = new NodeWorld().Start();
        world.Add(_content, world.With() with { Trackers = ["http://tracker.example/announce"] });
        var trackers = world.Dns.Asker;
        for (var time = 0; time < 12; time++)
        {
            trackers.Tell(new TrackersActor.Announce(1, null!, null!), ActorRefs.NoSender);
            world.Pass(1);
        }

        world.Broken.ShouldHaveSingleItem().Reason.ShouldContain("trackers");
        world.Tcp.Stops.ShouldBe(1);
    }

    [Fact]
    public void Links_and_slabs_in_mailboxes_of_the_dead_are_given_back()
    {
        var world = new NodeWorld().Start();
        var (dead, _) = world.Harness.Probe();
        world.Harness.System.Stop(dead);
        world.Harness.Run();
        var block = new BlockRequest(new PieceIndex(0), 0, 3);
        dead.Tell(new IPeerLink.Received(world.Slabs.Slice([1, 2, 3])), ActorRefs.NoSender);
        dead.Tell(new IDisk.BlockRead(new StorageId(1), block, 0, world.Slabs.Slice([1, 2, 3])), ActorRefs.NoSender);
        dead.Tell(new PiecesActor.BlocksReceived(new(1), [new BlockWrite(block, world.Slabs.Slice([1]), world.Slabs.Slice([2, 3]))], 1, 1), ActorRefs.NoSender);
        dead.Tell(new ITcp.Accepted(world.Tcp.NewLink(IPEndPoint.Parse("10.0.0.9:1"))), ActorRefs.NoSender);
        dead.Tell(new ITcp.Connected(1, world.Tcp.NewLink(IPEndPoint.Parse("10.0.0.9:2"))), ActorRefs.NoSender);
        dead.Tell(new Swarm.Actors.Net.NetActor.Dialed(IPEndPoint.Parse("10.0.0.9:3"), world.Tcp.NewLink(IPEndPoint.Parse("10.0.0.9:3"))), ActorRefs.NoSender);
        dead.Tell(new TorrentsActor.Incoming(_content.Torrent, world.Tcp.NewLink(IPEndPoint.Parse("10.0.0.9:4")), []), ActorRefs.NoSender);
        dead.Tell(new TorrentActor.Incoming(world.Tcp.NewLink(IPEndPoint.Parse("10.0.0.9:5")), []), ActorRefs.NoSender);
        world.Slabs.Outstanding.ShouldBe(4);
        world.Harness.Run();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void Questions_about_a_torrent_that_is_not_there_are_answered()
    {
        var world = new NodeWorld().Start();
        world.Torrents.Tell(new TorrentActor.GetStatus(_content.Torrent), world.User);
        world.Harness.Run();
        world.Take<TorrentsActor.Unknown>();
    }

    [Fact]
    public void Torrents_are_bounded()
    {
        var settings = new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = TorrentSettings.Default with { MaxTorrents = 1 } };
        var world = new NodeWorld(settings).Start();
        world.Add(_content);
        world.Take<TorrentActor.Added>();
        world.Add(FakeContent.OneFile(300_000, seed: 2));
        world.Take<TorrentActor.AddFailed>().Reason.ShouldContain("limit");
    }

    [Fact]
    public void A_recorded_torrent_is_found_by_where_its_content_lies()
    {
        var world = new NodeWorld().Start();
        world.Store.Put(_content.Torrent, new TorrentRecord(_content.File, null, NodeWorld.Folder, 1));
        world.Torrents.Tell(new TorrentsActor.FindByContent($"{NodeWorld.Folder}/one.bin/"), world.User);
        world.Pass(1);
        world.Take<ContentFinderActor.Found>().Record.ShouldNotBeNull();
        world.Torrents.Tell(new TorrentsActor.FindByContent("/elsewhere/one.bin"), world.User);
        world.Pass(1);
        world.Take<ContentFinderActor.Found>().Record.ShouldBeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_the_order_of_things_a_torrent_is_finished_and_nothing_is_left_behind(int seed)
    {
        var world = new NodeWorld(seed: seed).Start();
        world.Seed(_content, "10.0.0.2:1", (block, bytes) => block.Begin == 0 ? bytes : [.. bytes.Select(value => (byte)~value)]);
        world.Seed(_content, "10.0.0.3:1", (block, bytes) => world.Sim.Random.Next(4) == 0 ? null : bytes);
        world.Seed(_content, "10.0.0.4:1");
        world.Add(_content, world.With("10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"));
        world.Pass(600);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Events.OfType<TorrentEvent.PeerBanned>().ShouldAllBe(banned => banned.Address.ToString() == "10.0.0.2");
        world.Answers.Clear();
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(30);
        world.Take<NodeActor.Drained>();
        world.ShouldHoldNothing();
    }
}
