using System.Net;
using Swarm.Actors.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Storage;
using static Swarm.Tests.Actors.Dht.DhtWorld;

namespace Swarm.Tests.Actors.Dht;

/// <summary>Where only one node is known, everything hangs on it: a datagram that gets lost, or takes long, must not fail a command.</summary>
public sealed class DhtLossTests
{
    private const string Node = "9.9.9.9:6881";
    private static readonly InfoHash Torrent = new(Enumerable.Repeat((byte)0x77, 20).ToArray());

    public static TheoryData<KrpcMethod, object> Commands => new()
    {
        { KrpcMethod.FindNode, new DhtActor.FindNode(1, default) },
        { KrpcMethod.GetPeers, new DhtActor.Announce(1, Torrent, 5_000, IsSeed: false) },
        { KrpcMethod.AnnouncePeer, new DhtActor.Announce(1, Torrent, 5_000, IsSeed: false) },
        { KrpcMethod.Get, new DhtActor.PutItem(1, DhtItem.Immutable("2:hi"u8), Cas: null) },
        { KrpcMethod.Put, new DhtActor.PutItem(1, DhtItem.Immutable("2:hi"u8), Cas: null) },
        { KrpcMethod.SampleInfohashes, new DhtActor.SampleInfohashes(1, default) },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_succeeds_though_the_first_two_queries_of_a_method_get_lost(KrpcMethod method, object command)
    {
        var world = OneNode();
        var lost = 0;
        world.IsLost = (_, asked) => asked == method && lost++ < 2;
        world.Tell(command);
        world.Pass(8);
        lost.ShouldBe(3);
        world.Received.ShouldHaveSingleItem().ShouldNotBeOfType<DhtActor.Failed>();
    }

    [Fact]
    public void Ping_that_gets_lost_is_sent_again_and_answered_once()
    {
        var world = OneNode();
        var lost = 0;
        world.IsLost = (_, _) => lost++ < 1;
        world.Tell(new DhtActor.Ping(1, IPEndPoint.Parse(Node)));
        world.Pass(30);
        world.Take<DhtActor.Ponged>();
    }

    [Fact]
    public void Ping_fails_once_when_nobody_is_there()
    {
        var world = OneNode();
        world.IsLost = (_, _) => true;
        world.Tell(new DhtActor.Ping(1, IPEndPoint.Parse(Node)));
        world.Pass(14);
        world.Received.ShouldBeEmpty("a late answer is still taken");
        world.Pass(10);
        world.Take<DhtActor.Failed>().Reason.ShouldContain("did not answer");
    }

    [Fact]
    public void Put_that_replaces_a_number_is_sent_once()
    {
        var world = OneNode();
        world.IsLost = (_, method) => method == KrpcMethod.Put;
        world.Tell(new DhtActor.PutItem(1, DhtItem.Mutable("2:hi"u8, [], 2, new byte[32], new Swarm.TestKit.Crypto.SimSignatures()), Cas: 1));
        world.Pass(30);
        world.Take<DhtActor.Failed>().Reason.ShouldContain("no node took the item");
        world.Asked.Count(query => query.Method == KrpcMethod.Put).ShouldBe(1);
    }

    [Fact]
    public void Node_that_has_fallen_silent_delays_an_announce_by_a_few_seconds_only()
    {
        var world = OneNode();
        world.Add("9.8.8.8:6881", NodeId.Create(new Random(2)));
        world.Nodes.Remove(At("9.8.8.8:6881"));
        world.Tell(new DhtActor.Announce(1, Torrent, 5_000, IsSeed: false));
        world.Pass(7);
        world.Take<DhtActor.Announced>().Nodes.ShouldBe(1);
    }

    private static DhtWorld OneNode()
    {
        var world = new DhtWorld(DhtSettings.Default with { Routers = [new("9.9.9.9", 6881)] }, nodes: new Dictionary<UdpAddress, NodeId> { [At(Node)] = NodeId.Create(new Random(1)) });
        world.Pass(20);
        world.Status().Nodes.ShouldBe(1);
        return world;
    }
}
