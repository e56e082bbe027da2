using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Actors.Trackers;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>Torrents that nobody wants: they cost no actor, are announced, and are there when somebody comes.</summary>
public sealed class RestingTests
{
    private readonly FakeContent _content = new(32 * 1024, [("one.bin", 8 * 32 * 1024)], ["http://10.0.0.9/announce"]);

    [Fact]
    public void A_seed_that_nobody_is_connected_to_lies_down_and_serves_whoever_comes()
    {
        var world = Seeding();
        world.Pass(60);
        Actors(world).ShouldBe(0);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        world.Status(_content).VerifiedPieces.ShouldBe(8);
        var peer = world.Incoming(_content, "10.0.0.5:1");
        world.ShouldBeConnected(peer);
        Actors(world).ShouldBeGreaterThan(0);
        peer.Link.Close();
        world.Pass(60);
        Actors(world).ShouldBe(0);
        world.Disk.PiecesChecked.ShouldBe(0);
        world.ShouldHoldNothing();
    }

    [Fact]
    public void Of_more_idle_ones_than_there_may_be_the_longest_idle_rest_at_once_but_none_that_somebody_is_connected_to()
    {
        var torrent = TorrentSettings.Default with { RestAfter = TimeSpan.FromHours(1), MaxIdle = 3 };
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = torrent }).Start();
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800ee");
        FakeContent[] contents = [.. Enumerable.Range(1, 10).Select(n => new FakeContent(32 * 1024, [($"{n}.bin", 32 * 1024)], ["http://10.0.0.9/announce"], seed: n))];
        Seed(contents[0]);
        world.ShouldBeConnected(world.Incoming(contents[0], "10.0.0.5:1"));
        foreach (var content in contents[1..]) Seed(content);
        world.Pass(30);
        Torrents(world).ShouldBe(3 + 1);
        contents[^3..].ShouldAllBe(content => IsAtWork(world, content));
        world.Status(contents[0]).ConnectedPeers.ShouldBe(1);
        foreach (var content in contents) world.Status(content).State.ShouldBe(TorrentState.Seeding);
        world.Http.Requests.Clear();
        world.Pass(15 * 60);
        world.Http.Requests.Select(fetch => fetch.Url.Query).Where(query => query.Contains("event=started", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Count()
            .ShouldBe(6, "what rested before its tracker can have heard of it is announced at rest");

        void Seed(FakeContent content)
        {
            world.Disk.Put(content, NodeWorld.Folder);
            world.Add(content, new TorrentOptions { Folder = NodeWorld.Folder, TrustExisting = true });
            world.Take<TorrentActor.Added>();
            world.Pass(2);
        }
    }

    [Fact]
    public void It_stays_awake_while_somebody_is_connected()
    {
        var world = Seeding();
        world.ShouldBeConnected(world.Incoming(_content, "10.0.0.5:1"));
        world.Pass(60);
        Actors(world).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void At_rest_it_is_announced_at_its_interval_without_a_goodbye_and_with_one_at_the_end()
    {
        var world = Seeding();
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800ee");
        world.Pass(60);
        world.Http.Requests.Clear();
        world.Pass(3 * 3600);
        world.Http.Requests.Count.ShouldBeInRange(4, 8);
        world.Http.Requests.ShouldAllBe(fetch => fetch.Url.Query.Contains("&left=0", StringComparison.Ordinal) && !fetch.Url.Query.Contains("event=", StringComparison.Ordinal));
        Actors(world).ShouldBe(0);
        world.Http.Requests.Clear();
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(10);
        world.Take<NodeActor.Drained>();
        world.Http.Requests.ShouldHaveSingleItem().Url.Query.ShouldContain("event=stopped");
    }

    [Fact]
    public void What_was_sent_is_told_at_rest_and_after_waking_and_nobody_hears_started_twice()
    {
        var world = Seeding();
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800ee");
        world.Pass(40);
        Serve("10.0.0.5:1");
        world.Http.Requests.Clear();
        world.Pass(60);
        Actors(world).ShouldBe(0);
        world.Pass(3600);
        world.Http.Requests.ShouldNotBeEmpty();
        foreach (var fetch in world.Http.Requests) (Says(fetch, "uploaded=16384"), Says(fetch, "event=")).ShouldBe((true, false));

        world.Http.Requests.Clear();
        Serve("10.0.0.6:1");
        world.Http.Requests.ShouldHaveSingleItem().ShouldSatisfyAllConditions(fetch => Says(fetch, "uploaded=16384").ShouldBeTrue(), fetch => Says(fetch, "event=").ShouldBeFalse("it has been there all the time"));
        world.Pass(60);
        Actors(world).ShouldBe(0);
        world.Http.Requests.Clear();
        world.Node.Tell(new NodeActor.Drain(), world.User);
        world.Pass(10);
        world.Http.Requests.ShouldHaveSingleItem().ShouldSatisfyAllConditions(fetch => Says(fetch, "uploaded=32768").ShouldBeTrue(), fetch => Says(fetch, "event=stopped").ShouldBeTrue());

        void Serve(string address)
        {
            var peer = world.Incoming(_content, address);
            peer.Say(output => output.Interested());
            world.Pass(20);
            peer.Say(output => output.Request(new BlockRequest(new PieceIndex(3), 0, 16 * 1024)));
            world.Pass(2);
            peer.BlocksGot.Count.ShouldBe(1);
            peer.Link.Close();
            world.Pass(1);
        }

        static bool Says(Swarm.Actors.Ports.HttpFetch fetch, string what) => fetch.Url.Query.Contains(what, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tracker_that_names_who_lacks_something_wakes_it_and_it_calls()
    {
        var world = Seeding();
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800ee");
        world.Pass(60);
        var called = false;
        world.Tcp.Reachable[IPEndPoint.Parse("10.0.0.77:7")] = _ => called = true;
        world.Http.Answer = fetch => FakeHttp.Reply(fetch, "d8:intervali1800e10:incompletei1e5:peersld2:ip9:10.0.0.774:porti7eeee");
        world.Pass(3600);
        called.ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_changed_while_it_rested_is_noticed_when_it_wakes()
    {
        var world = Seeding();
        world.Pass(60);
        world.Disk.Files.Single().Value.Modified += 5;
        world.Disk.Files.Single().Value.Bytes[0] ^= 1;
        world.Incoming(_content, "10.0.0.5:1").Link.IsClosed.ShouldBeTrue();
        world.Pass(10);
        world.Status(_content).State.ShouldBe(TorrentState.Failed);
    }

    [Fact]
    public void A_start_takes_many_up_without_an_actor_each_and_tells_their_rows()
    {
        const int count = 2_500;
        var world = new NodeWorld();
        for (var i = 0; i < count; i++)
        {
            var torrent = new InfoHash([.. BitConverter.GetBytes(i), .. new byte[16]]);
            world.Store.Put(torrent, new Swarm.Actors.Ports.TorrentRecord([1], null, $"/f/{i % 3}", i) { Summary = new TorrentSummary { Name = $"t{i}", HasMetadata = true, TotalLength = 5, SelectedLength = 5, VerifiedLength = 5, PieceCount = 1, VerifiedPieces = 1 } });
        }

        world.Start();
        var told = world.Harness.Events<TorrentRowsEvent.RowsChanged>();
        world.Torrents.Tell(new TorrentsActor.Restore(), world.User);
        world.Pass(2);
        world.Take<TorrentsActor.Restored>().ShouldBe(new TorrentsActor.Restored(count, 0));
        told.Sum(message => message.Rows.Length).ShouldBe(count);
        told.Count.ShouldBe(3);
        told.SelectMany(message => message.Rows).Select(row => row.Folder).Distinct(ReferenceEqualityComparer.Instance).Count().ShouldBe(3);
        Actors(world).ShouldBe(0);
        world.Tcp.OpenLinks.ShouldBe(0);
    }

    [Fact]
    public void A_start_leaves_alone_what_lies_below_a_folder_that_is_somebody_elses()
    {
        var world = new NodeWorld();
        foreach (var (i, folder) in new[] { "/cluster/a", "/cluster", "/clusters", "/f" }.Index())
        {
            var torrent = new InfoHash([.. BitConverter.GetBytes(i), .. new byte[16]]);
            world.Store.Put(torrent, new Swarm.Actors.Ports.TorrentRecord([1], null, folder, i) { Summary = new TorrentSummary { Name = $"t{i}", HasMetadata = true, TotalLength = 5, SelectedLength = 5, VerifiedLength = 5, PieceCount = 1, VerifiedPieces = 1 } });
        }

        world.Start();
        var told = world.Harness.Events<TorrentRowsEvent.RowsChanged>();
        world.Torrents.Tell(new TorrentsActor.Restore("/cluster"), world.User);
        world.Pass(2);
        world.Take<TorrentsActor.Restored>().ShouldBe(new TorrentsActor.Restored(3, 0));
        told.SelectMany(message => message.Rows).Select(row => row.Folder).ShouldBe(["/cluster", "/clusters", "/f"], ignoreOrder: true);
    }

    [Fact]
    public void A_seed_of_before_is_found_by_its_handshake_after_a_restart()
    {
        var world = Seeding();
        world.Store.Kill(NodeWorld.Owner);
        var next = world.Next();
        next.Torrents.Tell(new TorrentsActor.Restore(), next.User);
        next.Pass(2);
        next.Take<TorrentsActor.Restored>().ShouldBe(new TorrentsActor.Restored(1, 0));
        Actors(next).ShouldBe(0);
        next.ShouldBeConnected(next.Incoming(_content, "10.0.0.5:1"));
        next.Disk.PiecesChecked.ShouldBe(0);
    }

    private static int Actors(NodeWorld world) => ActorTree.Walk(world.Harness.System).Count(actor => actor.Path.ToString().Contains("/torrent-", StringComparison.Ordinal));

    private static int Torrents(NodeWorld world) => ActorTree.Walk(world.Harness.System).Count(actor => actor.Path.Name.StartsWith("torrent-", StringComparison.Ordinal));

    private static bool IsAtWork(NodeWorld world, FakeContent content) => ActorTree.Walk(world.Harness.System).Any(actor => actor.Path.Name == $"torrent-{content.Torrent}");

    private NodeWorld Seeding()
    {
        var torrent = TorrentSettings.Default with { RestAfter = TimeSpan.FromSeconds(30) };
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = torrent }).Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content, new TorrentOptions { Folder = NodeWorld.Folder, TrustExisting = true });
        world.Take<TorrentActor.Added>();
        world.Pass(3);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        return world;
    }
}
