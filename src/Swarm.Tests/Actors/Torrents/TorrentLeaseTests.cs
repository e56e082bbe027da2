using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>The lease of a torrent that ends while its node lives on: it goes back, however long that takes, and not before the disk has done all it was told. Kept, it would keep every other node from the torrent.</summary>
public sealed class TorrentLeaseTests
{
    private readonly FakeContent _content = FakeContent.OneFile(40 * 32 * 1024 + 5);

    [Fact]
    public void A_stop_waits_for_a_disk_that_stands_still_and_then_gives_the_lease_back()
    {
        var world = Seeding();
        world.Disk.FlushDelay = TimeSpan.FromMinutes(2);
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(110);
        world.Answers.ShouldBeEmpty();
        world.Store.Leased.ShouldBe([_content.Torrent], "another process could open the files that this one still writes");
        world.Pass(20);
        world.Take<TorrentActor.Stopped>().Saved.ShouldBeTrue();
        world.Store.Leased.ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_stops_waits_for_no_disk()
    {
        var world = Seeding();
        world.Disk.FlushDelay = TimeSpan.FromMinutes(2);
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(60);
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(15);
        world.Answers.Select(static answer => answer.GetType()).ShouldBe([typeof(TorrentActor.Stopped), typeof(NodeActor.Drained)], ignoreOrder: true);
        world.Answers.OfType<TorrentActor.Stopped>().Single().Saved.ShouldBeFalse();
    }

    [Fact]
    public void A_lease_that_the_store_does_not_take_back_is_given_back_when_it_does()
    {
        var world = Seeding();
        Refuse(world, nameof(StoreCommand.ReleaseLease));
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(300);
        world.Answers.ShouldBeEmpty();
        world.Store.Leased.ShouldBe([_content.Torrent]);
        Refuse(world);
        world.Pass(30);
        world.Take<TorrentActor.Stopped>();
        world.Store.Leased.ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_stops_waits_for_no_store()
    {
        var world = Seeding();
        Refuse(world, nameof(StoreCommand.ReleaseLease));
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(60);
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(60);
        world.Answers.Select(static answer => answer.GetType()).ShouldBe([typeof(TorrentActor.Stopped), typeof(NodeActor.Drained)], ignoreOrder: true);
    }

    [Fact]
    public void A_torrent_that_could_not_be_added_gives_its_lease_back_when_the_store_takes_it()
    {
        var world = new NodeWorld().Start();
        Refuse(world, nameof(StoreCommand.PutTorrent), nameof(StoreCommand.ReleaseLease));
        world.Add(_content);
        world.Pass(120);
        world.Take<TorrentActor.AddFailed>();
        world.Store.Leased.ShouldBe([_content.Torrent]);
        Refuse(world);
        world.Pass(30);
        world.Store.Leased.ShouldBeEmpty();
        world.Add(_content);
        world.Take<TorrentActor.Added>();
    }

    [Fact]
    public void A_removed_torrent_gives_its_lease_back_when_the_store_takes_it()
    {
        var world = Seeding();
        Refuse(world, nameof(StoreCommand.ReleaseLease));
        world.Torrents.Tell(new TorrentsActor.Remove(_content.Torrent, DeleteData: true), world.User);
        world.Pass(120);
        world.Answers.ShouldBeEmpty();
        Refuse(world);
        world.Pass(30);
        world.Take<TorrentsActor.Done>();
        world.Store.Leased.ShouldBeEmpty();
    }

    [Fact]
    public void A_resting_torrent_that_is_no_longer_on_record_gives_its_lease_back_when_it_is_stopped()
    {
        var world = Seeding();
        world.Torrents.Tell(new TorrentsActor.Pause(_content.Torrent), world.User);
        world.Pass(30);
        world.Take<TorrentsActor.Done>();
        world.Store.Open("another").Submit(0, [new StoreCommand.RemoveTorrent(_content.Torrent, world.Store.LeaseOf(_content.Torrent)!.Value.Token)], ActorRefs.Nobody);
        world.Pass(1);
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(30);
        world.Take<TorrentActor.Stopped>();
        world.Store.Leased.ShouldBeEmpty();
    }

    private NodeWorld Seeding()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content);
        world.Take<TorrentActor.Added>();
        world.Pass(5);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        return world;
    }

    private static void Refuse(NodeWorld world, params string[] commands) => world.Store.Settings = world.Store.Settings with { Refused = [.. commands] };
}
