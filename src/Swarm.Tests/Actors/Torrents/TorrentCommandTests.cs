using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>What a service asks of its torrents, in a whole node over fake ports.</summary>
public sealed class TorrentCommandTests
{
    private readonly FakeContent _content = FakeContent.OneFile(20 * 32 * 1024 + 5);

    [Fact]
    public void A_paused_torrent_rests_across_a_restart_until_it_is_resumed()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Pause(_content.Torrent)).ShouldBe(new TorrentsActor.Done(_content.Torrent));
        world.Pass(10);
        world.Store.RecordOf(_content.Torrent)!.Options.Paused.ShouldBeTrue();
        world.Status(_content).State.ShouldBe(TorrentState.Stopped);
        world.Incoming(_content, "10.0.0.9:5").Link.IsClosed.ShouldBeTrue("who is paused serves nobody");
        var next = Restarted(world);
        next.Status(_content).State.ShouldBe(TorrentState.Stopped);
        Ask(next, new TorrentsActor.Resume(_content.Torrent)).ShouldBeOfType<TorrentsActor.Done>();
        next.Pass(5);
        next.Status(_content).State.ShouldBe(TorrentState.Seeding);
        next.ShouldBeConnected(next.Incoming(_content, "10.0.0.9:6"));
    }

    [Fact]
    public void A_download_that_is_paused_goes_on_where_it_was()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 100_000 });
        world.Take<TorrentActor.Added>();
        world.Pass(4);
        Ask(world, new TorrentsActor.Pause(_content.Torrent));
        world.Pass(20);
        var paused = world.Status(_content);
        paused.VerifiedPieces.ShouldBeInRange(1, 20);
        paused.State.ShouldBe(TorrentState.Stopped);
        world.Pass(60);
        world.Status(_content).VerifiedPieces.ShouldBe(paused.VerifiedPieces);
        Ask(world, new TorrentsActor.Configure(_content.Torrent, new TorrentChanges { DownloadLimit = 0 }));
        Ask(world, new TorrentsActor.Resume(_content.Torrent));
        Ask(world, new TorrentsActor.AddPeers(_content.Torrent, [IPEndPoint.Parse("10.0.0.2:1")])).ShouldBeOfType<TorrentsActor.Done>();
        world.Pass(30);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Disk.BytesWritten.ShouldBeLessThan(_content.Bytes.Length + (4 * 32 * 1024), "verified pieces are not fetched again");
    }

    [Fact]
    public void What_is_configured_is_durable_shown_and_takes_effect()
    {
        var world = Seeding();
        world.Http.Answer = fetch => Trackers.FakeHttp.Reply(fetch, "d8:intervali1800ee");
        var changes = new TorrentChanges { Name = "other", Category = "c", Labels = ["z", "a", "z"], UploadLimit = 5, MaxConnections = 1, RatioGoal = 2, QueuePosition = 3, TrackerTiers = [["http://10.0.0.9/announce"]] };
        Ask(world, new TorrentsActor.Configure(_content.Torrent, changes)).ShouldBeOfType<TorrentsActor.Done>();
        world.Store.RecordOf(_content.Torrent)!.Options.Labels.ShouldBe(["a", "z"]);
        world.Pass(2);
        var row = Rows(world).ShouldHaveSingleItem();
        (row.Name, row.ContentName, row.Category, row.QueuePosition).ShouldBe(("other", _content.Metainfo.Name, "c", 3));
        world.Http.Requests.ShouldContain(fetch => fetch.Url.Query.Contains("event=started", StringComparison.Ordinal));
        world.ShouldBeConnected(world.Incoming(_content, "10.0.0.7:1"));
        world.Incoming(_content, "10.0.0.8:1").Link.IsClosed.ShouldBeTrue("one connection is allowed");
        var details = Ask(world, new TorrentsActor.GetDetails(_content.Torrent)).ShouldBeOfType<TorrentDetails>();
        details.Peers.ShouldHaveSingleItem().Remote.ToString().ShouldBe("10.0.0.7:1");
        details.Files.ShouldHaveSingleItem().VerifiedLength.ShouldBe(_content.Bytes.Length);
        details.Trackers.ShouldHaveSingleItem().LastAnnouncedTicks.ShouldBeGreaterThan(0);
        details.Options.UploadLimit.ShouldBe(5);
    }

    [Theory]
    [InlineData("files")]
    [InlineData("tracker")]
    [InlineData("limit")]
    [InlineData("label")]
    public void What_makes_no_sense_is_refused_and_changes_nothing(string what)
    {
        var world = Seeding();
        var changes = what switch
        {
            "files" => new TorrentChanges { FilePriorities = ImmutableSortedDictionary<int, PiecePriority>.Empty.Add(1, PiecePriority.Low) },
            "tracker" => new TorrentChanges { TrackerTiers = [["ftp://x"]] },
            "limit" => new TorrentChanges { DownloadLimit = -1 },
            _ => new TorrentChanges { Labels = [""] },
        };
        Ask(world, new TorrentsActor.Configure(_content.Torrent, changes with { Name = "x" })).ShouldBeOfType<TorrentsActor.Refused>();
        world.Store.RecordOf(_content.Torrent)!.Options.Name.ShouldBe("");
    }

    [Fact]
    public void Removing_forgets_the_torrent_and_its_data_goes_only_if_that_is_wished()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Remove(_content.Torrent, DeleteData: false)).ShouldBeOfType<TorrentsActor.Done>();
        world.Store.RecordOf(_content.Torrent).ShouldBeNull();
        world.Store.Leased.ShouldBeEmpty();
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        Ask(world, new TorrentsActor.GetDetails(_content.Torrent)).ShouldBe(new TorrentsActor.Unknown(_content.Torrent));
        world.Add(_content, new TorrentOptions { Folder = NodeWorld.Folder, TrustExisting = true });
        world.Take<TorrentActor.Added>();
        world.Pass(3);
        Ask(world, new TorrentsActor.Remove(_content.Torrent, DeleteData: true)).ShouldBeOfType<TorrentsActor.Done>();
        world.Disk.Files.ShouldBeEmpty();
        Rows(world).ShouldBeEmpty();
    }

    [Fact]
    public void A_removal_that_a_crash_cut_short_is_finished_at_the_next_start()
    {
        var world = Seeding();
        var record = world.Store.RecordOf(_content.Torrent)!;
        world.Store.Kill(NodeWorld.Owner);
        world.Store.Put(_content.Torrent, record with { Unfinished = new UnfinishedWork.Removal(DeleteData: true) }, world.Store.ProgressOf(_content.Torrent));
        var next = world.Next();
        Ask(next, new TorrentsActor.Restore()).ShouldBe(new TorrentsActor.Restored(1, 0));
        next.Pass(5);
        next.Store.RecordOf(_content.Torrent).ShouldBeNull();
        next.Disk.Files.ShouldBeEmpty();
    }

    [Fact]
    public void Files_are_removed_when_nothing_more_is_being_recorded_of_them()
    {
        var world = Seeding();
        var peer = world.Incoming(_content, "10.0.0.5:1");
        peer.Say(output => output.Interested());
        world.Pass(20);
        peer.Say(output => output.Request(new BlockRequest(new PieceIndex(3), 0, 16 * 1024)));
        world.Pass(0.1);
        peer.BlocksGot.Count.ShouldBe(1, "there is something to record");

        // The disk is faster than the store, so the last progress is on its way when the removal is on record.
        (world.Disk.Delay, world.Disk.FlushDelay) = (TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(0.5));
        world.Store.Committed += (_, commands, _) => world.Disk.Log.AddRange(commands.Select(command => command.GetType().Name));
        world.Disk.Log.Clear();
        world.Torrents.Tell(new TorrentsActor.Remove(_content.Torrent, DeleteData: true), world.User);
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(5);
        world.Disk.Log.Where(line => line is nameof(StoreCommand.PutOptions) or nameof(StoreCommand.PutProgress) or "delete" or nameof(StoreCommand.RemoveTorrent))
            .ShouldBe([nameof(StoreCommand.PutOptions), nameof(StoreCommand.PutProgress), "delete", nameof(StoreCommand.RemoveTorrent)]);
        world.Disk.Files.ShouldBeEmpty();
    }

    [Fact]
    public void A_removal_that_fails_at_the_next_start_stands_as_failed_and_can_be_asked_for_again()
    {
        var world = Seeding();
        var record = world.Store.RecordOf(_content.Torrent)!;
        world.Store.Kill(NodeWorld.Owner);
        world.Store.Put(_content.Torrent, record with { Unfinished = new UnfinishedWork.Removal(DeleteData: true) }, world.Store.ProgressOf(_content.Torrent));
        world.Disk.DeleteFails = true;
        var next = world.Next();
        Ask(next, new TorrentsActor.Restore()).ShouldBe(new TorrentsActor.Restored(1, 0));
        next.Pass(5);
        var row = Rows(next).ShouldHaveSingleItem();
        (row.Torrent, row.State).ShouldBe((_content.Torrent, TorrentState.Failed));
        row.Reason!.ShouldContain("lets nothing be deleted");
        next.Disk.DeleteFails = false;
        Ask(next, new TorrentsActor.Remove(_content.Torrent, DeleteData: true)).ShouldBeOfType<TorrentsActor.Done>();
        next.Disk.Files.ShouldBeEmpty();
        Rows(next).ShouldBeEmpty();
        next.Node.Tell(new Swarm.Actors.Node.NodeActor.Drain(), next.User);
        next.Pass(5);
        next.Take<Swarm.Actors.Node.NodeActor.Drained>();
    }

    [Fact]
    public void A_move_takes_the_files_along_and_is_refused_where_others_lie()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Move(_content.Torrent, "relative", MoveData: true)).ShouldBeOfType<TorrentsActor.Refused>();
        Ask(world, new TorrentsActor.Move(_content.Torrent, "/elsewhere", MoveData: true)).ShouldBeOfType<TorrentsActor.Done>();
        world.Disk.ShouldHold(_content, "/elsewhere");
        (world.Store.RecordOf(_content.Torrent)!.Folder, world.Store.RecordOf(_content.Torrent)!.Unfinished).ShouldBe(("/elsewhere", null));
        world.Disk.Put(_content, "/taken");
        Ask(world, new TorrentsActor.Move(_content.Torrent, "/taken", MoveData: true)).ShouldBeOfType<TorrentsActor.Refused>().Reason.ShouldContain("another file");
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        (world.Store.RecordOf(_content.Torrent)!.Folder, world.Store.RecordOf(_content.Torrent)!.Unfinished).ShouldBe(("/elsewhere", null));
        Ask(world, new TorrentsActor.Pause(_content.Torrent));
        world.Pass(10);
        Ask(world, new TorrentsActor.Move(_content.Torrent, "/third", MoveData: true)).ShouldBeOfType<TorrentsActor.Done>();
        world.Disk.ShouldHold(_content, "/third");
        world.Pass(20);
        world.Status(_content).State.ShouldBe(TorrentState.Stopped);
        world.Disk.PiecesChecked.ShouldBe(0, "moved files look as they did");
    }

    [Fact]
    public void A_move_that_a_crash_cut_short_is_finished_at_the_next_start()
    {
        var world = Seeding();
        var record = world.Store.RecordOf(_content.Torrent)!;
        world.Store.Kill(NodeWorld.Owner);
        world.Store.Put(_content.Torrent, record with { Unfinished = new UnfinishedWork.Moving("/new") }, world.Store.ProgressOf(_content.Torrent));
        var next = world.Next();
        Ask(next, new TorrentsActor.Restore());
        next.Pass(5);
        next.Disk.ShouldHold(_content, "/new");
        next.Disk.Log.ShouldContain("move /new Resume");
        (next.Store.RecordOf(_content.Torrent)!.Folder, next.Store.RecordOf(_content.Torrent)!.Unfinished).ShouldBe(("/new", null));
        next.Status(_content).State.ShouldBe(TorrentState.Seeding);
    }

    [Fact]
    public void A_file_that_is_renamed_is_found_under_its_new_name()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.RenameFile(_content.Torrent, 0, "../x")).ShouldBeOfType<TorrentsActor.Refused>();
        Ask(world, new TorrentsActor.RenameFile(_content.Torrent, 0, "sub/new.bin")).ShouldBeOfType<TorrentsActor.Done>();
        world.Disk.Files.Keys.ShouldBe([$"{NodeWorld.Folder}/sub/new.bin"]);
        var next = Restarted(world);
        next.ShouldBeConnected(next.Incoming(_content, "10.0.0.9:6"));
        next.Disk.PiecesChecked.ShouldBe(0);
        Ask(next, new TorrentsActor.GetDetails(_content.Torrent)).ShouldBeOfType<TorrentDetails>().Files.ShouldHaveSingleItem().Path.ShouldBe("sub/new.bin");
    }

    [Fact]
    public void A_recheck_hashes_everything_and_keeps_what_is_right()
    {
        var world = Seeding();
        Ask(world, new TorrentsActor.Recheck(_content.Torrent)).ShouldBeOfType<TorrentsActor.Done>();
        world.Pass(10);
        world.Disk.PiecesChecked.ShouldBe(21);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
    }

    [Fact]
    public void A_torrent_that_failed_goes_on_when_its_cause_is_mended()
    {
        var world = Seeding(settings => settings with { FileWatchInterval = TimeSpan.FromSeconds(5) });
        var file = world.Disk.Files.Single();
        world.Disk.Files.Clear();
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Failed);
        world.Disk.Files.Add(file.Key, file.Value);
        Ask(world, new TorrentsActor.Resume(_content.Torrent)).ShouldBeOfType<TorrentsActor.Done>();
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
    }

    [Fact]
    public void Files_that_are_not_wanted_any_more_or_again_are_left_or_fetched()
    {
        var content = new FakeContent(32 * 1024, [("a", 4 * 32 * 1024), ("b", 4 * 32 * 1024), ("c", 4 * 32 * 1024)]);
        var world = new NodeWorld().Start();
        world.Seed(content, "10.0.0.2:1");
        world.Add(content, world.With("10.0.0.2:1") with { FilePriorities = ImmutableSortedDictionary<int, PiecePriority>.Empty.Add(1, PiecePriority.Skip).Add(2, PiecePriority.Skip) });
        world.Take<TorrentActor.Added>();
        world.Pass(10);
        world.Status(content).State.ShouldBe(TorrentState.Seeding);
        world.Status(content).VerifiedPieces.ShouldBe(4);
        Ask(world, new TorrentsActor.Configure(content.Torrent, new TorrentChanges { FilePriorities = ImmutableSortedDictionary<int, PiecePriority>.Empty.Add(1, PiecePriority.High) })).ShouldBeOfType<TorrentsActor.Done>();
        world.Pass(30);
        world.Status(content).VerifiedPieces.ShouldBe(8);
        world.Status(content).State.ShouldBe(TorrentState.Seeding);
    }

    private static object Ask(NodeWorld world, object command)
    {
        var (probe, received) = world.Harness.Probe();
        world.Torrents.Tell(command, probe);
        world.Pass(3);
        return received.ShouldHaveSingleItem();
    }

    private static ImmutableArray<TorrentRow> Rows(NodeWorld world) => Ask(world, new TorrentsActor.GetRows()).ShouldBeOfType<TorrentsActor.Rows>().All;

    private NodeWorld Seeding(Func<TorrentSettings, TorrentSettings>? change = null)
    {
        var torrent = change?.Invoke(TorrentSettings.Default) ?? TorrentSettings.Default;
        var world = new NodeWorld(new Swarm.Actors.Node.NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = torrent }).Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content, new TorrentOptions { Folder = NodeWorld.Folder, TrustExisting = true });
        world.Take<TorrentActor.Added>();
        world.Pass(3);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        return world;
    }

    // The process ends in good order, and the next one takes everything up.
    private static NodeWorld Restarted(NodeWorld world)
    {
        world.Node.Tell(new Swarm.Actors.Node.NodeActor.Drain(), world.User);
        world.Pass(30);
        world.Take<Swarm.Actors.Node.NodeActor.Drained>();
        world.Store.Close(NodeWorld.Owner);
        var next = world.Next();
        Ask(next, new TorrentsActor.Restore()).ShouldBeOfType<TorrentsActor.Restored>().Failed.ShouldBe(0);
        return next;
    }
}
