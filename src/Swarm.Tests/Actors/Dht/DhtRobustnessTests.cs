using Swarm.Actors.Dht;
using Swarm.Protocol.Dht.Krpc;
using static Swarm.Tests.Actors.Dht.DhtWorld;

namespace Swarm.Tests.Actors.Dht;

/// <summary>What bugs, noise and crowds may not do to the DHT.</summary>
public sealed class DhtRobustnessTests
{
    private static readonly InfoHash Torrent = new(Enumerable.Repeat((byte)0x77, 20).ToArray());

    [Fact]
    public void Dht_that_is_restarted_has_its_table_answers_from_it_and_fails_what_was_under_way()
    {
        var world = new DhtWorld();
        world.Populate(12);
        var before = world.Status();
        before.Nodes.ShouldBeGreaterThan(6);
        world.IsLost = (_, _) => true;
        world.Tell(new DhtActor.FindNode(7, default));
        // A bug: the list is not there at all.
        world.Tell(new DhtActor.AddNodes(default));
        world.Take<DhtActor.Failed>().Tag.ShouldBe(7);
        var after = world.Status();
        (after.Id, after.Nodes).ShouldBe((before.Id, before.Nodes));
        after.Traffic.Queries.ShouldBeLessThan(before.Traffic.Queries, "it counts anew");
        Read(world.Ask("8.8.8.8:7000", world.Query(KrpcMethod.FindNode))!).Nodes.MoveNext().ShouldBeTrue();
        world.IsLost = (_, _) => false;
        world.Pass(60);
        world.Tell(new DhtActor.FindNode(8, default));
        world.Pass(5);
        world.Take<DhtActor.NodesFound>().Nodes.Length.ShouldBe(8);
    }

    [Fact]
    public void Noise_ends_nothing_and_leaves_nothing_behind()
    {
        var world = new DhtWorld();
        world.Populate(12);
        var random = new Random(11);
        byte[][] valid =
        [
            .. Enum.GetValues<KrpcMethod>().Where(method => method is not (KrpcMethod.Unknown or KrpcMethod.Put)).Select(method => world.Query(method, new NodeId(Torrent), "token"u8.ToArray(), 5_000, isReadOnly: false)),
            [.. "d1:rd2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes26:bbbbbbbbbbbbbbbbbbbbxxxxyye1:t4:abcd1:y1:re"u8],
            [.. "d1:eli201e4:oopse1:t4:abcd1:y1:ee"u8],
        ];
        for (var round = 0; round < 200; round++)
        {
            world.Receive(Enumerable.Range(0, 32).Select(_ => ($"{random.Next(11, 90)}.{random.Next(256)}.{random.Next(256)}.{random.Next(1, 255)}:{random.Next(1_024, 65_536)}", Mutated(valid[random.Next(valid.Length)], random))));
            if (round % 20 == 0) world.Pass(1);
        }

        // Whoever was pinged for asking has not answered.
        world.Pass(60);
        var status = world.Status();
        status.Traffic.Received.ShouldBeGreaterThan(6_000, "it was never restarted");
        status.Traffic.Malformed.ShouldBeGreaterThan(0);
        status.Nodes.ShouldBeLessThanOrEqualTo(12);
        status.Stored.ShouldBe((0, 0, 0));
        status.Traffic.InFlight.ShouldBeLessThan(64);
        world.Udp.Held.ShouldBe(0);
        world.Ask("8.8.8.8:7000", world.Query(KrpcMethod.Ping)).ShouldNotBeNull();
    }

    [Fact]
    public void Host_that_sends_a_hundred_times_as_much_takes_no_answer_from_anybody_else()
    {
        var world = new DhtWorld();
        var (others, answered) = (0, 0);
        for (var second = 0; second < 10; second++)
        {
            for (var part = 0; part < 10; part++)
            {
                var crowd = Enumerable.Range(0, 10).Select(i => ($"{20 + i}.{part}.9.1:6881", world.Query(KrpcMethod.GetPeers, new NodeId(Torrent)))).ToList();
                var flood = Enumerable.Range(0, 1_000).Select(i => ($"9.9.9.9:{2_000 + i}", world.Query(KrpcMethod.GetPeers, new NodeId(Torrent))));
                world.Answers.Clear();
                world.Receive([.. flood, .. crowd]);
                others += crowd.Count;
                answered += world.Answers.Count(answer => answer.To.ToEndPoint().Address.ToString() != "9.9.9.9");
                world.Pass(0.1);
            }
        }

        answered.ShouldBe(others);
        world.Status().Traffic.RateLimited.ShouldBeGreaterThan(90_000);
    }

    // Bytes changed, cut off, put in or repeated.
    private static byte[] Mutated(byte[] datagram, Random random)
    {
        List<byte> bytes = [.. datagram];
        for (var changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, bytes.Count - at); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(40, bytes.Count - at))); break;
                default: bytes[at] = (byte)"0123456789ileds:"[random.Next(16)]; break;
            }
        }

        return [.. bytes.Take(1_472)];
    }
}
