using Swarm.Actors.Torrents;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>What the queue may do with torrents, beside what their users want, in a whole node over fake ports.</summary>
public sealed class TorrentQueueTests
{
    private readonly FakeContent _content = FakeContent.OneFile(20 * 32 * 1024 + 5);

    [Fact]
    public void One_that_is_held_back_stands_as_queued_and_goes_on_when_it_is_released()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Hold(_content.Torrent)).ShouldBe(new TorrentsActor.Done(_content.Torrent));
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Queued);
        world.Store.RecordOf(_content.Torrent)!.Options.ShouldSatisfyAllConditions(options => options.Queued.ShouldBeTrue(), options => options.Paused.ShouldBeFalse());
        world.Incoming(_content, "10.0.0.9:5").Link.IsClosed.ShouldBeTrue("who waits serves nobody");
        Ask(world, new TorrentsActor.Release(_content.Torrent)).ShouldBe(new TorrentsActor.Done(_content.Torrent));
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.ShouldBeConnected(world.Incoming(_content, "10.0.0.9:6"));
    }

    [Fact]
    public void The_queue_does_not_let_go_on_what_its_user_has_paused()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Hold(_content.Torrent));
        Ask(world, new TorrentsActor.Pause(_content.Torrent));
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Stopped);
        Ask(world, new TorrentsActor.Release(_content.Torrent));
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Stopped);
    }

    [Fact]
    public void Its_user_can_start_one_that_waits()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Hold(_content.Torrent));
        world.Pass(10);
        Ask(world, new TorrentsActor.Reannounce(_content.Torrent)).ShouldBeOfType<TorrentsActor.Refused>().Reason.ShouldContain("waits in the queue");
        Ask(world, new TorrentsActor.Resume(_content.Torrent));
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
    }

    private static object Ask(NodeWorld world, TorrentsActor.ITorrentCommand command)
    {
        var (probe, received) = world.Harness.Probe();
        world.Torrents.Tell(command, probe);
        world.Pass(5);
        return received.ShouldHaveSingleItem();
    }

    private NodeWorld Seeding()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Take<TorrentActor.Added>();
        world.Pass(20);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        return world;
    }
}
