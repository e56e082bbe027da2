using Swarm.Actors.Torrents;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>What somebody who has a folder of his own may do to torrents that lie elsewhere: nothing.</summary>
public sealed class AdditionWithinTests
{
    private readonly FakeContent _content = FakeContent.OneFile(40 * 32 * 1024 + 5);

    [Fact]
    public void An_addition_that_may_replace_only_what_lies_below_a_folder_leaves_everything_else()
    {
        var world = new NodeWorld().Start();
        world.Add(_content);
        world.Take<TorrentActor.Added>();
        AddWithin(world, "/cluster").Folder.ShouldBe(NodeWorld.Folder, "it runs");
        world.Status(_content).State.ShouldBe(TorrentState.Downloading);
        world.Torrents.Tell(new TorrentsActor.CommandWithin("/cluster", new TorrentActor.Stop(_content.Torrent)), world.User);
        world.Torrents.Tell(new TorrentsActor.CommandWithin("/cluster", new TorrentsActor.Remove(_content.Torrent, DeleteData: true)), world.User);
        world.Pass(20);
        world.Answers.ShouldBe([new TorrentsActor.Unknown(_content.Torrent), new TorrentsActor.Unknown(_content.Torrent)]);
        world.Answers.Clear();
        world.Stop(_content);

        AddWithin(world, "/cluster").Folder.ShouldBe(NodeWorld.Folder, "it is recorded");
        world.Store.RecordOf(_content.Torrent)!.Folder.ShouldBe(NodeWorld.Folder);
        world.Store.Leased.ShouldBeEmpty();
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), new TorrentOptions { Folder = "/content/other" }) { Within = "/content/" }, world.User);
        world.Pass(1);
        world.Take<TorrentActor.AddFailed>().Folder.ShouldBe(NodeWorld.Folder, "a folder does not lie below itself");
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), new TorrentOptions { Folder = "/other" }) { Within = "/" }, world.User);
        world.Pass(1);
        world.Take<TorrentActor.Added>();
        world.Store.RecordOf(_content.Torrent)!.Folder.ShouldBe("/other");
        world.Torrents.Tell(new TorrentsActor.CommandWithin("/", new TorrentActor.Stop(_content.Torrent)), world.User);
        world.Pass(20);
        world.Take<TorrentActor.Stopped>();
    }

    // The addition is on its way when the page comes in which the torrent is.
    [Fact]
    public void What_is_taken_up_while_somebody_else_may_not_replace_it_is_there_afterwards()
    {
        var before = new NodeWorld().Start();
        before.Add(_content);
        before.Take<TorrentActor.Added>();
        before.Stop(_content);
        before.Store.Kill(NodeWorld.Owner);
        var world = before.Next();
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), new TorrentOptions { Folder = "/cluster/it" }) { Within = "/cluster" }, world.User);
        world.Torrents.Tell(new TorrentsActor.Restore("/cluster"), world.User);
        world.Pass(20);
        world.Answers.OfType<TorrentActor.AddFailed>().ShouldHaveSingleItem().Folder.ShouldBe(NodeWorld.Folder);
        world.Status(_content).State.ShouldBe(TorrentState.Downloading);
        world.Store.RecordOf(_content.Torrent)!.Folder.ShouldBe(NodeWorld.Folder);
    }

    private TorrentActor.AddFailed AddWithin(NodeWorld world, string folder)
    {
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), new TorrentOptions { Folder = $"{folder}/it" }) { Within = folder }, world.User);
        world.Pass(1);
        return world.Take<TorrentActor.AddFailed>();
    }
}
