using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Actors.Trackers;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>From the addition of a torrent to its end, in a whole node over fake ports.</summary>
public sealed class TorrentLifeTests
{
    private readonly FakeContent _content = FakeContent.OneFile(40 * 32 * 1024 + 5);

    [Fact]
    public void It_downloads_from_a_seed_and_records_what_it_has()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Take<TorrentActor.Added>();
        world.Pass(20);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        Bitfield.FromWire(world.Store.ProgressOf(_content.Torrent)!.Verified.AsSpan(), 41)!.IsFull.ShouldBeTrue();
        world.Status(_content).Downloaded.ShouldBe(_content.Bytes.Length);
        world.Stop(_content).Saved.ShouldBeTrue();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void What_was_downloaded_is_right_at_the_moment_of_completion()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800ee");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 400_000, Trackers = ["http://10.0.0.9/announce"] });
        world.Pass(20);
        // What the tracker is told is said at that very moment, before any connection reports at the beat or at its end.
        var told = world.Http.Requests.Single(fetch => fetch.Url.Query.Contains("event=completed", StringComparison.Ordinal));
        told.Url.Query.ShouldContain($"&downloaded={_content.Bytes.Length}&");
        world.Status(_content).Downloaded.ShouldBe(_content.Bytes.Length, "nothing is counted twice");
    }

    [Fact]
    public void An_addition_is_acknowledged_only_when_the_record_is_durable()
    {
        var world = new NodeWorld().Start();
        var recordedFirst = false;
        world.Store.Committed += (_, commands, _) =>
        {
            if (commands.Any(command => command is StoreCommand.PutTorrent)) recordedFirst = world.Answers.Count == 0;
        };
        world.Add(_content);
        world.Take<TorrentActor.Added>();
        recordedFirst.ShouldBeTrue();
        world.Store.RecordOf(_content.Torrent)!.Metainfo.ShouldBe(_content.File);
    }

    [Fact]
    public void A_lease_that_is_held_elsewhere_refuses_the_addition_and_says_by_whom()
    {
        var world = new NodeWorld().Start();
        world.TakeElsewhere(_content, "the swarm process 7 on elsewhere");
        world.Add(_content);
        world.Take<TorrentActor.AddFailed>().Reason.ShouldContain("the swarm process 7 on elsewhere");
        world.Store.Kill("the swarm process 7 on elsewhere");
        world.Add(_content);
        world.Take<TorrentActor.Added>();
    }

    [Fact]
    public void A_record_that_cannot_be_written_refuses_the_addition_and_gives_the_lease_back()
    {
        var world = new NodeWorld().Start();
        world.Store.Settings = world.Store.Settings with { Refused = [nameof(StoreCommand.PutTorrent)] };
        world.Add(_content);
        world.Pass(120);
        world.Take<TorrentActor.AddFailed>().Reason.ShouldContain("cannot be recorded");
        world.Store.Leased.ShouldBeEmpty();
    }

    [Fact]
    public void The_second_addition_of_a_torrent_is_refused()
    {
        var world = new NodeWorld().Start();
        world.Add(_content);
        world.Take<TorrentActor.Added>();
        world.Add(_content);
        world.Take<TorrentActor.AddFailed>().Reason.ShouldContain("already");
    }

    [Fact]
    public void A_link_fetches_the_metadata_and_then_the_content()
    {
        var world = new NodeWorld().Start();
        SeedWithMetadata(world, "10.0.0.2:1");
        world.Add(Link(), world.With("10.0.0.2:1"));
        world.Take<TorrentActor.Added>();
        world.Pass(20);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.States.ShouldBe([TorrentState.FetchingMetadata, TorrentState.Checking, TorrentState.Downloading, TorrentState.Seeding]);
        world.Events.OfType<TorrentEvent.MetadataReceived>().ShouldHaveSingleItem().Metainfo.Name.ShouldBe("one.bin");
        world.Store.RecordOf(_content.Torrent)!.Metainfo.IsEmpty.ShouldBeFalse();
        world.Stop(_content).Saved.ShouldBeTrue();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void Peers_that_lie_about_the_metadata_are_banned_and_an_honest_one_is_found()
    {
        var world = new NodeWorld().Start();
        SeedWithMetadata(world, "10.0.0.2:1", lie: true);
        SeedWithMetadata(world, "10.0.0.3:1");
        world.Add(Link(), world.With("10.0.0.2:1", "10.0.0.3:1"));
        world.Pass(200);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Events.OfType<TorrentEvent.PeerBanned>().Select(banned => banned.Address.ToString()).ShouldNotContain("10.0.0.3");
    }

    [Fact]
    public void The_trackers_of_a_link_are_asked_also_after_a_restart_of_the_node()
    {
        var link = Link("&tr=http%3A%2F%2Ftracker.test%2Fannounce");
        var world = new NodeWorld().Start();
        world.Dns.Names["tracker.test"] = [System.Net.IPAddress.Parse("192.0.2.1")];
        world.Store.Put(_content.Torrent, new TorrentRecord(_content.File, link.Magnet!.ToString(), NodeWorld.Folder, 7));
        world.Add(link);
        world.Pass(5);
        world.Http.Requests.ShouldContain(request => request.Url.Query.Contains("info_hash="));
        world.Store.RecordOf(_content.Torrent)!.Metainfo.ShouldBe(_content.File, "a link does not replace a recorded file");
        world.Store.RecordOf(_content.Torrent)!.AddedTicks.ShouldBe(7);
    }

    [Fact]
    public void Stopping_records_then_closes_then_gives_the_lease_back_and_says_goodbye()
    {
        var content = new FakeContent(32 * 1024, [("one.bin", 500_000)], ["http://tracker.test/announce"]);
        var world = new NodeWorld().Start();
        world.Dns.Names["tracker.test"] = [System.Net.IPAddress.Parse("192.0.2.1")];
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800e5:peers0:e");
        world.Seed(content, "10.0.0.2:1");
        world.Add(content, world.With("10.0.0.2:1") with { DownloadLimit = 100_000 });
        world.Pass(2);
        var order = new List<string>();
        world.Store.Committed += (_, commands, _) => order.AddRange(commands.Select(command => command switch
        {
            StoreCommand.PutProgress => $"record, {(world.Disk.Log[^1] == "close" ? "closed" : "open")}",
            StoreCommand.ReleaseLease => $"release, {(world.Disk.Log[^1] == "close" ? "closed" : "open")}",
            _ => command.GetType().Name,
        }));
        world.Stop(content).Saved.ShouldBeTrue();
        order.ShouldBe(["record, open", "release, closed"]);
        world.Http.Requests.Select(request => request.Url.Query).ShouldContain(query => query.Contains("event=stopped"));
        world.Store.Leased.ShouldBeEmpty();
        world.States[^2..].ShouldBe([TorrentState.Stopping, TorrentState.Stopped]);
        world.ShouldHoldNothing();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(200)]
    public void It_can_be_stopped_at_any_moment(int milliseconds)
    {
        var world = new NodeWorld(seed: milliseconds).Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), world.With("10.0.0.2:1")), world.User);
        world.Sim.AdvanceBy(TimeSpan.FromMilliseconds(milliseconds));
        var before = world.Sim.Elapsed;
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Sim.RunUntil(() => world.Answers.OfType<TorrentActor.Stopped>().Any(), TimeSpan.FromSeconds(30)).ShouldBeTrue();
        (world.Sim.Elapsed - before).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        world.Answers.OfType<TorrentActor.Added>().ShouldHaveSingleItem();
        world.Answers.OfType<TorrentActor.Stopped>().ShouldHaveSingleItem();
        world.Store.Leased.ShouldBeEmpty();
        world.Pass(60);
        world.ShouldHoldNothing();
        world.Add(_content);
        world.Answers[^1].ShouldBeOfType<TorrentActor.Added>();
    }

    [Fact]
    public void A_lost_lease_ends_all_writing_at_once()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 20_000 });
        world.Pass(5);
        world.Store.Lapse(NodeWorld.Owner);
        world.TakeElsewhere(_content, "another node");
        var before = world.Store.ProgressOf(_content.Torrent);
        world.Pass(30);
        world.FailureReason.ShouldNotBeNull().ShouldContain("another process");
        world.Store.ProgressOf(_content.Torrent).ShouldBe(before);
        var written = world.Disk.BytesWritten;
        world.Pass(30);
        world.Disk.BytesWritten.ShouldBe(written);
        world.Disk.Log.Count(line => line == "close").ShouldBe(1);
        world.ShouldHoldNothing();
        world.Stop(_content).Saved.ShouldBeFalse();
        world.Store.LeaseOf(_content.Torrent)!.Value.Owner.ShouldBe("another node", "the lease is the other's now");
    }

    [Fact]
    public void A_full_disk_pauses_the_torrent_and_it_goes_on_when_there_is_room()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Disk.Refuse = block => block.Piece.Value > 5 ? DiskErrorKind.NoSpace : null;
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(15);
        world.Status(_content).State.ShouldBe(TorrentState.Waiting);
        world.Disk.Refuse = _ => null;
        world.Pass(60);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
    }

    [Fact]
    public void A_disk_that_refuses_for_another_reason_fails_the_torrent()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Disk.Refuse = _ => DiskErrorKind.Denied;
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(5);
        world.FailureReason.ShouldNotBeNull().ShouldContain("Denied");
        world.ShouldHoldNothing();
    }

    [Fact]
    public void A_selection_that_matches_nothing_fails_with_a_hint()
    {
        var world = new NodeWorld().Start();
        world.Add(_content, world.With() with { Select = ["nothing"] });
        world.FailureReason.ShouldNotBeNull().ShouldContain("--select");
    }

    [Fact]
    public void A_bug_in_the_piece_manager_of_a_new_torrent_costs_nothing_but_a_check()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 40_000 });
        world.Pass(4);
        var verified = world.Status(_content).VerifiedPieces;
        CrashPieces(world);
        world.Pass(4);
        world.Status(_content).VerifiedPieces.ShouldBeGreaterThanOrEqualTo(verified);
        world.Status(_content).State.ShouldBe(TorrentState.Downloading);
        world.Pass(60);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Stop(_content).Saved.ShouldBeTrue();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void A_piece_manager_that_fails_again_and_again_fails_its_torrent()
    {
        var world = new NodeWorld().Start();
        world.Add(_content);
        for (var time = 0; time < 8; time++)
        {
            CrashPieces(world);
            world.Pass(0.5);
        }

        world.FailureReason.ShouldNotBeNull().ShouldContain("again and again");
        world.Stop(_content);
        world.Store.Leased.ShouldBeEmpty();
    }

    [Fact]
    public void A_bug_in_the_torrent_itself_costs_nothing_but_a_check()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1");
        IActorRef? torrent = null;
        var adder = world.Harness.Actor((me, message) => torrent = message is TorrentActor.Added ? me.From : torrent);
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), world.With("10.0.0.2:1") with { DownloadLimit = 100_000 }), adder);
        world.Pass(6);
        var verified = world.Status(_content).VerifiedPieces;
        verified.ShouldBeGreaterThan(5);
        // There is no such piece, which its sender must know.
        torrent.ShouldNotBeNull().Tell(new PiecesActor.Verified([new PieceIndex(-1)]), ActorRefs.NoSender);
        world.Pass(1);
        world.StoreLog.Count(command => command == nameof(StoreCommand.AcquireLease)).ShouldBe(2);
        world.Status(_content).VerifiedPieces.ShouldBeGreaterThanOrEqualTo(verified);
        world.Pass(60);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Stop(_content).Saved.ShouldBeTrue();
        world.Store.Leased.ShouldBeEmpty();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void A_bug_in_a_torrent_that_stops_does_not_keep_it_from_stopping()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        IActorRef? torrent = null;
        var stopped = new List<object>();
        var user = world.Harness.Actor((me, message) =>
        {
            if (message is TorrentActor.Added) torrent = me.From;
            else stopped.Add(message);
        });
        world.Torrents.Tell(new TorrentsActor.Add(TorrentSource.FromFile(_content.Metainfo, _content.File), world.With()), user);
        world.Pass(5);
        world.Disk.FlushDelay = TimeSpan.FromSeconds(3);
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), user);
        world.Pass(1);
        torrent.ShouldNotBeNull().Tell(new PiecesActor.Verified([new PieceIndex(-1)]), ActorRefs.NoSender);
        world.Pass(60);
        stopped.ShouldHaveSingleItem().ShouldBeOfType<TorrentActor.Stopped>();
        world.Store.Leased.ShouldBeEmpty();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void Everybody_who_stops_it_is_answered()
    {
        var world = new NodeWorld().Start();
        world.Add(_content);
        world.Answers.Clear();
        world.Torrents.Tell(new TorrentActor.Stop(_content.Torrent), world.User);
        world.Node.Tell(new Swarm.Actors.Node.NodeActor.Drain(), world.User);
        world.Pass(30);
        world.Answers.Select(answer => answer.GetType()).ShouldBe([typeof(TorrentActor.Stopped), typeof(Swarm.Actors.Node.NodeActor.Drained)], ignoreOrder: true);
    }

    private static void CrashPieces(NodeWorld world)
    {
        // A list of priorities of a wrong length is a bug of the sender; it makes the receiver throw.
        world.Disk.LastOwner.Tell(new PiecesActor.Begin([Swarm.Protocol.Picking.PiecePriority.Normal], Sequential: false), ActorRefs.NoSender);
        world.Harness.Run();
    }

    private TorrentSource Link(string more = "")
    {
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{_content.Torrent}{more}", out var link, out var error).ShouldBeTrue(error);
        return TorrentSource.FromMagnet(link);
    }

    private void SeedWithMetadata(NodeWorld world, string address, bool lie = false)
    {
        var info = _content.Metainfo.RawInfo.ToArray();
        if (lie) info[^2] ^= 1;
        world.Tcp.Reachable[System.Net.IPEndPoint.Parse(address)] = link =>
        {
            var peer = new FakePeer(world.Sim, link, _content.Torrent, address).AsSeed(_content);
            var greet = peer.OnHandshake;
            peer.OnHandshake = greeted =>
            {
                greet(greeted);
                greeted.Say(output => new ExtensionHandshake { Extensions = [new ExtensionMapping(ExtensionId.Metadata, 9)], MetadataSize = info.Length }.Write(output));
            };
            peer.OnMessage = (id, payload) =>
            {
                if (id == MessageId.Extended && payload[0] == 9) peer.Say(output => MetadataMessage.WriteData(output, (byte)ExtensionId.Metadata, 0, info.Length, info));
            };
        };
    }
}
