using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Dht;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using static Swarm.Tests.Actors.Dht.DhtWorld;

namespace Swarm.Tests.Actors.Dht;

public sealed class DhtActorTests
{
    private static readonly InfoHash Torrent = new(Enumerable.Repeat((byte)0x77, 20).ToArray());

    [Fact]
    public void A_batch_of_queries_is_answered_with_one_flush()
    {
        var world = new DhtWorld();
        var before = world.Udp.Flushes;
        world.Receive(Enumerable.Range(1, 20).Select(i => ($"9.9.{i}.1:{5_000 + i}", world.Query(KrpcMethod.Ping))));
        world.Answers.Count.ShouldBe(20);
        (world.Udp.Flushes - before).ShouldBe(1);
        world.Udp.Held.ShouldBe(0);
        world.Status().Answered[(int)KrpcMethod.Ping].ShouldBe(20);
    }

    [Fact]
    public void Node_that_asks_is_pinged_and_then_in_the_table()
    {
        var world = new DhtWorld();
        world.Nodes[At("9.9.9.9:7000")] = new NodeId(new byte[20]);
        world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.Ping, isReadOnly: false)).ShouldNotBeNull();
        world.Status().Nodes.ShouldBe(0);
        world.Pass(1);
        world.Asked.ShouldContain((At("9.9.9.9:7000"), KrpcMethod.Ping));
        world.Status().Nodes.ShouldBe(1);
    }

    [Fact]
    public void Read_only_node_that_asks_is_left_alone()
    {
        var world = new DhtWorld();
        world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.Ping, isReadOnly: true)).ShouldNotBeNull();
        world.Pass(5);
        world.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void We_answer_nothing_when_read_only()
    {
        var world = new DhtWorld(DhtSettings.Default with { IsReadOnly = true });
        world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.Ping)).ShouldBeNull();
    }

    [Fact]
    public void Peer_announced_with_the_token_is_handed_on_and_one_with_another_is_refused()
    {
        var world = new DhtWorld();
        var token = Read(world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.GetPeers, new NodeId(Torrent)))!).Token.ToArray();
        Read(world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.AnnouncePeer, new NodeId(Torrent), [1, .. token[1..]], 5_000))!).Kind.ShouldBe(KrpcKind.Error);
        Read(world.Ask("9.9.9.8:7000", world.Query(KrpcMethod.AnnouncePeer, new NodeId(Torrent), token, 5_000))!).Kind.ShouldBe(KrpcKind.Error);
        Read(world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.AnnouncePeer, new NodeId(Torrent), token, 5_000))!).Kind.ShouldBe(KrpcKind.Reply);
        var peers = Read(world.Ask("9.9.7.7:7000", world.Query(KrpcMethod.GetPeers, new NodeId(Torrent)))!).Peers;
        peers.MoveNext().ShouldBeTrue();
        peers.Current.ShouldBe(At("9.9.9.9:5000"));
        world.Status().Stored.ShouldBe((1, 1, 0));
    }

    [Fact]
    public void Token_is_good_for_two_periods_and_no_longer()
    {
        var world = new DhtWorld();
        var token = Read(world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.GetPeers, new NodeId(Torrent)))!).Token.ToArray();
        world.Pass(299);
        Read(world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.AnnouncePeer, new NodeId(Torrent), token, 5_000))!).Kind.ShouldBe(KrpcKind.Reply);
        world.Pass(301);
        Read(world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.AnnouncePeer, new NodeId(Torrent), token, 5_000))!).Kind.ShouldBe(KrpcKind.Error);
    }

    [Fact]
    public void Flood_from_one_host_does_not_starve_another()
    {
        var world = new DhtWorld(DhtSettings.Default with { Security = DhtSecuritySettings.Default with { QueriesPerHost = 10, QueryBurstSeconds = 1 } });
        world.Receive(Enumerable.Range(0, 500).Select(i => ($"9.9.9.9:{2_000 + i}", world.Query(KrpcMethod.Ping))));
        world.Answers.Count.ShouldBe(10);
        world.Ask("8.8.8.8:7000", world.Query(KrpcMethod.Ping)).ShouldNotBeNull();
        world.Status().Traffic.RateLimited.ShouldBe(490);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_a_seed_asks_for_peers_that_are_no_seeds_and_only_it_announces_itself_as_one(bool isSeed)
    {
        var world = new DhtWorld();
        world.Populate(1);
        var asked = new List<(KrpcMethod Method, bool NoSeed, bool IsSeed)>();
        world.OnAsked = bytes =>
        {
            var query = Read(bytes);
            if (query.Method is KrpcMethod.GetPeers or KrpcMethod.AnnouncePeer) asked.Add((query.Method, query.NoSeed, query.IsSeed));
        };
        world.Tell(new DhtActor.Announce(1, Torrent, 5_000, isSeed));
        world.Pass(10);
        asked.ShouldBe([(KrpcMethod.GetPeers, isSeed, false), (KrpcMethod.AnnouncePeer, false, isSeed)]);
    }

    [Fact]
    public void Crowded_bucket_around_our_id_is_split_and_every_node_is_kept()
    {
        var world = new DhtWorld();
        world.Populate(60);
        var status = world.Status();
        status.Buckets.Length.ShouldBeGreaterThan(3);
        status.Buckets[0].Range.ShouldNotBe("*");
        status.Nodes.ShouldBeGreaterThan(20);
        status.Nodes.ShouldBe(status.Buckets.Sum(bucket => bucket.Nodes));
    }

    [Fact]
    public void Table_answers_while_a_bucket_restarts_and_the_bucket_goes_on_with_what_it_had_published()
    {
        var world = new DhtWorld();
        world.Populate(6);
        var hasAsked = false;
        world.Harness.Sim.Trace = turn => hasAsked |= turn.Message is BucketActor.SnapshotWanted;
        world.Harness.Sim.Tamper = turn =>
        {
            if (turn.Message is not BucketActor.Beat) return turn.Message;
            world.Harness.Sim.Tamper = null;
            return new BucketActor.Heard(default);
        };

        world.Pass(20);
        hasAsked.ShouldBeTrue();
        Nodes(world).ShouldBe(6);
        world.Add("9.77.1.1:7000", NodeId.Create(new Random(77)));
        world.Status().Nodes.ShouldBe(7);
    }

    [Fact]
    public void Node_that_is_silent_is_handed_on_no_more_and_one_that_is_heard_again_is()
    {
        var world = new DhtWorld();
        world.Populate(3);
        var gone = world.Nodes.First();
        world.Nodes.Remove(gone.Key);
        world.Pass(16 * 60);
        world.Status().Nodes.ShouldBe(2);
        world.Nodes.Add(gone.Key, gone.Value);
        world.Pass(20 * 60);
        world.Status().Nodes.ShouldBe(3);
    }

    [Fact]
    public void Id_follows_the_address_that_enough_others_see_and_all_nodes_are_kept()
    {
        var world = new DhtWorld();
        foreach (var i in Enumerable.Range(0, 6)) world.Seen[At($"9.0.{i}.1:7000")] = At("80.1.2.3:6881");
        var random = new Random(5);
        var before = world.Status().Id;
        for (var i = 0; i < 6; i++) world.Add($"9.0.{i}.1:7000", NodeId.Create(random));
        world.Pass(30);
        var status = world.Status();
        status.External!.Address.ShouldBe(IPAddress.Parse("80.1.2.3"));
        status.Id.ShouldNotBe(before);
        SecureNodeId.Matches(status.Id, At("80.1.2.3:6881")).ShouldBeTrue();
        status.Nodes.ShouldBe(6);
        Read(world.Ask("8.8.8.8:7000", world.Query(KrpcMethod.Ping))!).Id.ShouldBe(status.Id);
    }

    [Fact]
    public void Table_is_saved_at_drain_and_the_next_run_begins_with_it()
    {
        var world = new DhtWorld();
        world.Populate(5);
        var id = world.Status().Id;
        world.Tell(new DhtActor.Drain());
        world.Pass(0.1);
        world.Take<DhtActor.Drained>();
        var next = new DhtWorld(store: world.Store, harness: world.Harness, nodes: world.Nodes);
        next.Pass(10);
        next.Status().Nodes.ShouldBe(5);
        next.Status().Id.ShouldBe(id);
        // Another process with the same folder has another port, and is another node.
        new DhtWorld(store: world.Store, harness: world.Harness, local: "10.0.0.1:6882").Status().Id.ShouldNotBe(id);
    }

    [Fact]
    public void Table_is_saved_every_few_minutes()
    {
        var world = new DhtWorld();
        world.Populate(5);
        world.Pass(5 * 60);
        var note = world.Store.NoteOf("dht-v4");
        SavedTable.TryDecode(note.AsSpan(), AddressFamily.InterNetwork, out var saved).ShouldBeTrue();
        saved!.Nodes.Length.ShouldBe(5);
        saved.Port.ShouldBe(6881);
    }

    [Fact]
    public void Bootstrap_is_tried_again_with_growing_pauses_and_looks_names_up()
    {
        var world = new DhtWorld(DhtSettings.Default with { Routers = [new("router.example", 6881), new("9.9.9.9", 6881)] });
        world.Dns.Names["router.example"] = [IPAddress.Parse("9.1.1.1"), IPAddress.Parse("2001:db8::1")];
        world.Pass(9);
        var first = world.Asked.Count;
        first.ShouldBeGreaterThan(0);
        world.Pass(200);
        var tries = world.Asked.Count;
        // Two routers, each asked three times a try.
        tries.ShouldBeInRange(first + 18, first + 36);
        world.Nodes[At("9.1.1.1:6881")] = NodeId.Create(new Random(1));
        world.Pass(10 * 60);
        world.Status().IsBootstrapped.ShouldBeTrue();
        world.Status().Nodes.ShouldBe(1);
    }

    [Fact]
    public void Commands_fail_at_once_when_nobody_is_known_and_wait_while_the_first_is_looked_for()
    {
        var world = new DhtWorld();
        world.Tell(new DhtActor.FindNode(1, default));
        world.Take<DhtActor.Failed>().Tag.ShouldBe(1);
        var other = new DhtWorld(DhtSettings.Default with { Routers = [new("9.9.9.9", 6881)] });
        other.Tell(new DhtActor.FindNode(2, default));
        other.Received.ShouldBeEmpty();
        other.Nodes[At("9.9.9.9:6881")] = NodeId.Create(new Random(1));
        other.IsLost = (_, _) => true;
        other.Pass(18);
        other.Take<DhtActor.Failed>().Reason.ShouldContain("answered");
        other.IsLost = (_, _) => false;
        other.Pass(3);
        other.Tell(new DhtActor.FindNode(3, default));
        other.Pass(1);
        other.Take<DhtActor.NodesFound>().Nodes.ShouldHaveSingleItem();
    }

    [Fact]
    public void Without_a_socket_commands_fail_and_the_socket_is_tried_again()
    {
        var world = new DhtWorld(refusal: "in use");
        world.Tell(new DhtActor.FindNode(1, default));
        world.Take<DhtActor.Failed>().Reason.ShouldContain("no socket: in use");
        world.Tell(new DhtActor.Ping(2, IPEndPoint.Parse("9.9.9.9:7000")));
        world.Take<DhtActor.Failed>().Reason.ShouldContain("no socket: in use");
        world.Udp.Refusal = null;
        world.Pass(31);
        world.Udp.Opened.ShouldBe(2);
        world.Ask("9.9.9.9:7000", world.Query(KrpcMethod.Ping)).ShouldNotBeNull();
    }

    [Fact]
    public void Ping_tells_who_is_there_and_fails_for_who_is_not()
    {
        var world = new DhtWorld();
        var id = NodeId.Create(new Random(1));
        world.Nodes[At("9.9.9.9:7000")] = id;
        world.Tell(new DhtActor.Ping(1, IPEndPoint.Parse("9.9.9.9:7000")));
        world.Pass(1);
        var pong = world.Take<DhtActor.Ponged>();
        pong.Node.Id.ShouldBe(id);
        pong.RoundTrip.ShouldBe(TimeSpan.FromMilliseconds(20));
        world.Tell(new DhtActor.Ping(2, IPEndPoint.Parse("9.9.9.8:7000")));
        world.Pass(20);
        world.Take<DhtActor.Failed>().Reason.ShouldContain("9.9.9.8:7000 did not answer");
    }

    [Fact]
    public void Commands_under_way_fail_when_the_dht_stops()
    {
        var world = new DhtWorld(DhtSettings.Default with { Routers = [new("9.9.9.9", 6881)] });
        world.Tell(new DhtActor.FindNode(1, default));
        world.Harness.System.Stop(world.Dht);
        world.Harness.Run();
        world.Take<DhtActor.Failed>().Reason.ShouldContain("has stopped");
    }

    private static int Nodes(DhtWorld world)
    {
        var reply = Read(world.Ask("8.8.8.8:7000", world.Query(KrpcMethod.FindNode))!);
        return reply.Nodes.Count;
    }
}
