using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>What a torrent records, when, and what the next start makes of it, in a whole node over fake ports.</summary>
public sealed class TorrentRecordTests
{
    private readonly FakeContent _content = FakeContent.OneFile(40 * 32 * 1024 + 5);

    [Fact]
    public void A_stop_in_the_middle_of_a_check_leaves_the_record_as_it_was()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        var before = Record(world, verified: true, modified: 99);
        world.Disk.Delay = TimeSpan.FromSeconds(1);
        world.Add(_content);
        world.Pass(5);
        world.Status(_content).State.ShouldBe(TorrentState.Checking);
        world.Disk.Delay = TimeSpan.FromMilliseconds(1);
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Pass(60);
        world.Answers.OfType<TorrentActor.Stopped>().ShouldHaveSingleItem();
        world.States[^1].ShouldBe(TorrentState.Stopped);
        world.Store.ProgressOf(_content.Torrent).ShouldBe(before);
    }

    [Fact]
    public void A_crash_costs_no_verified_piece()
    {
        var first = new NodeWorld().Start();
        first.Seed(_content, "10.0.0.2:1");
        first.Add(_content, first.With("10.0.0.2:1") with { DownloadLimit = 100_000 });
        first.Pass(6);
        var verified = first.Status(_content).VerifiedPieces;
        verified.ShouldBeInRange(10, 25);

        // Nothing is drained: the next node finds the files and the store as they are.
        var second = new NodeWorld().Start();
        foreach (var (path, file) in first.Disk.Files) second.Disk.Files[path] = file;
        var progress = first.Store.ProgressOf(_content.Torrent)!;
        var stale = progress with { Verified = [.. new Bitfield(41).ToWire()], Files = [.. progress.Files.Select(file => file with { ModifiedTicks = 1 })] };
        second.Store.Put(_content.Torrent, first.Store.RecordOf(_content.Torrent)!, stale);
        second.Add(_content);
        second.Pass(5);
        second.Status(_content).VerifiedPieces.ShouldBe(verified);
    }

    [Fact]
    public void A_seed_that_looks_as_it_was_left_is_not_read_at_all()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        Record(world, verified: true);
        world.Add(_content);
        world.Pass(1);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Disk.PiecesChecked.ShouldBe(0);
    }

    [Fact]
    public void A_seed_that_is_only_watched_is_written_down_once_and_again_when_it_has_sent_something()
    {
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = TorrentSettings.Default with { RestAfter = TimeSpan.FromHours(1) } }).Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content);
        world.Pass(20);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        int Writes() => world.StoreLog.Count(command => command == nameof(StoreCommand.PutProgress));
        Writes().ShouldBe(1);
        world.Pass(1800);
        Writes().ShouldBe(1);
        var peer = world.Incoming(_content, "10.0.0.5:1");
        world.ShouldBeConnected(peer);
        peer.Say(writer => writer.Interested());
        world.Pass(20);
        peer.Say(writer => writer.Request(new BlockRequest(new PieceIndex(0), 0, 16384)));
        world.Pass(180);
        peer.Link.Close();
        world.Pass(180);
        var sent = Writes();
        sent.ShouldBeGreaterThan(1);
        world.Store.ProgressOf(_content.Torrent)!.Uploaded.ShouldBe(16384);
        world.Pass(1800);
        Writes().ShouldBe(sent);
        world.Stop(_content);
        Writes().ShouldBe(sent, "all of it is on record");
    }

    [Fact]
    public void What_the_store_did_not_take_is_written_again_though_nothing_has_changed()
    {
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = TorrentSettings.Default with { RestAfter = TimeSpan.FromHours(1) } }).Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 100_000 });
        world.Pass(4);
        world.Status(_content).State.ShouldBe(TorrentState.Downloading);
        world.Store.Settings = world.Store.Settings with { TransientFailure = 1 };
        world.Pass(60);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Store.ProgressOf(_content.Torrent)!.Verified.ShouldNotBe([.. _content.All().ToWire()]);
        world.Store.Settings = world.Store.Settings with { TransientFailure = 0 };
        world.Pass(300);
        world.Store.ProgressOf(_content.Torrent)!.Verified.ShouldBe([.. _content.All().ToWire()]);
    }

    [Fact]
    public void A_missing_file_fails_the_torrent_every_time_and_a_recheck_fetches_it()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        Record(world, verified: true);
        world.Disk.Files.Clear();
        for (var time = 0; time < 2; time++)
        {
            world.Add(_content);
            world.Pass(1);
            world.Status(_content).State.ShouldBe(TorrentState.Failed);
            world.FailureReason.ShouldNotBeNull().ShouldContain("is missing");
            world.Stop(_content);
        }

        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { Recheck = true });
        world.Pass(20);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
    }

    [Fact]
    public void A_file_in_the_way_fails_the_torrent_every_time_and_is_not_touched()
    {
        var world = new NodeWorld().Start();
        world.Disk.Files[$"{NodeWorld.Folder}/one.bin"] = new FakeDisk.FakeFile { Bytes = [1, 2, 3], Modified = 5 };
        world.Seed(_content, "10.0.0.2:1");
        for (var time = 0; time < 2; time++)
        {
            world.Add(_content, world.With("10.0.0.2:1"));
            world.Pass(10);
            world.FailureReason.ShouldNotBeNull().ShouldContain("already there");
            world.Stop(_content);
        }

        world.Disk.Files.Values.Single().Bytes.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void A_seed_whose_file_is_changed_stops_sharing_and_the_next_start_knows()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content);
        world.Pass(5);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Pass(200);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding, "nothing has changed");
        var file = world.Disk.Files.Values.Single();
        file.Bytes[10] ^= 1;
        file.Modified++;
        world.Pass(70);
        world.FailureReason.ShouldNotBeNull().ShouldContain("was changed");
        world.Stop(_content);
        world.Add(_content);
        world.Pass(5);
        world.Status(_content).State.ShouldBe(TorrentState.Failed);
    }

    [Fact]
    public void A_file_that_is_changed_shortly_before_the_stop_is_not_recorded_as_good()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content);
        world.Pass(5);
        var file = world.Disk.Files.Values.Single();
        file.Bytes[10] ^= 1;
        file.Modified++;
        world.Stop(_content).Saved.ShouldBeFalse();
        world.Add(_content);
        world.Pass(5);
        world.FailureReason.ShouldNotBeNull().ShouldContain("was changed");
    }

    [Fact]
    public void The_last_pieces_are_recorded_though_they_came_during_a_checkpoint()
    {
        var world = new NodeWorld().Start();
        world.Disk.FlushDelay = TimeSpan.FromSeconds(4);
        // The last piece comes while the first checkpoint is being flushed.
        world.Seed(_content, "10.0.0.2:1", (block, bytes) => block.Piece.Value < 40 || world.Sim.Elapsed > TimeSpan.FromSeconds(16) ? bytes : null);
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(400);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.FailureReason.ShouldBeNull("its own writes are not somebody else's changes");
        Bitfield.FromWire(world.Store.ProgressOf(_content.Torrent)!.Verified.AsSpan(), 41)!.IsFull.ShouldBeTrue();
    }

    [Fact]
    public void Verified_pieces_are_recorded_now_and_then_and_not_all_the_time()
    {
        var world = new NodeWorld().Start();
        var peers = world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 20_000 });
        world.Pass(0.1);
        world.StoreLog.Clear();
        world.Pass(45);
        peers[0].Requests.Count.ShouldBeGreaterThan(10);
        world.StoreLog.Count(command => command == nameof(StoreCommand.PutProgress)).ShouldBeInRange(2, 3);
    }

    [Fact]
    public void A_seed_with_missing_pieces_fails_and_says_how_many()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Disk.Files.Values.Single().Bytes[0] ^= 1;
        world.Add(_content, world.With() with { SeedOnly = true });
        world.Pass(2);
        world.FailureReason.ShouldNotBeNull().ShouldContain("1 of 41 pieces");
    }

    [Fact]
    public void A_stop_at_the_very_moment_of_the_last_piece_records_all()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 400_000 });
        world.Sim.RunUntil(() => world.States.Contains(TorrentState.Seeding), TimeSpan.FromSeconds(30)).ShouldBeTrue();
        world.Stop(_content).Saved.ShouldBeTrue();
        Bitfield.FromWire(world.Store.ProgressOf(_content.Torrent)!.Verified.AsSpan(), 41)!.IsFull.ShouldBeTrue();
        world.Add(_content);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Disk.PiecesChecked.ShouldBe(0);
    }

    private ProgressRecord Record(NodeWorld world, bool verified, long modified = 1)
    {
        var pieces = verified ? _content.All() : new Bitfield(41);
        var progress = new ProgressRecord([.. pieces.ToWire()], [new FileFingerprint(true, _content.Bytes.Length, modified)], 0, 0, CompletedTold: verified);
        world.Store.Put(_content.Torrent, new TorrentRecord(_content.File, null, NodeWorld.Folder, 1), progress);
        return world.Store.ProgressOf(_content.Torrent)!;
    }
}
