using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;
using Swarm.TestKit.Crypto;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Dht;

/// <summary>The whole way from a batch of queries to the answers at the socket, with the kernel's own turn around it.</summary>
public sealed class DhtAllocationTests
{
    private const int BatchSize = 64;

    [Theory]
    [InlineData(KrpcMethod.Ping)]
    [InlineData(KrpcMethod.FindNode)]
    [InlineData(KrpcMethod.GetPeers)]
    [InlineData(KrpcMethod.AnnouncePeer)]
    [InlineData(KrpcMethod.Get)]
    [InlineData(KrpcMethod.Put)]
    [InlineData(KrpcMethod.SampleInfohashes)]
    public void Queries_are_answered_without_allocation_in_steady_state(KrpcMethod method)
    {
        var sim = new SimHarness();
        var udp = new SilentUdp();
        var settings = DhtSettings.Default with { Security = DhtSecuritySettings.Default with { QueriesPerHost = 1_000_000, QueriesPerNetwork = 1_000_000, QueriesInAll = 10_000_000 } };
        var ports = new NodePorts(null!, null!, null!, null!, udp, null!, new Entropy(), sim.Sim.Time, new ListLoggerFactory(), new SimSignatures());
        sim.System.ActorOf(DhtActor.Props(AddressFamily.InterNetwork, IPEndPoint.Parse("10.0.0.1:6881"), settings, ActorRefs.Nobody, ports));
        sim.Run();
        var batches = Enumerable.Range(0, BatchSize).Select(i => Query(method, TokenFor(i))).ToArray();
        var size = batches.Max(query => query.Length);
        var buffer = new byte[size * BatchSize];
        for (var i = 0; i < BatchSize; i++) batches[i].CopyTo(buffer, i * size);
        var batch = new UdpBatch(buffer, BatchSize, static _ => { });
        for (var i = 0; i < 200; i++) Receive();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++) Receive();
        var perQuery = (GC.GetAllocatedBytesForCurrentThread() - before) / (200.0 * BatchSize);
        udp.Answers.ShouldBe(400 * BatchSize);
        udp.Errors.ShouldBe(0);
        // What is left is the simulated kernel's bookkeeping of one message a batch.
        perQuery.ShouldBeLessThan(8);

        // Of what is written to: what others asked for before.
        byte[] TokenFor(int asker)
        {
            if (method is not (KrpcMethod.AnnouncePeer or KrpcMethod.Put)) return [];
            var query = Query(method == KrpcMethod.Put ? KrpcMethod.Get : KrpcMethod.GetPeers, []);
            var one = new UdpBatch(query, 1, static _ => { });
            one.Rent(udp);
            one.Add(0, query.Length, AskerOf(asker));
            udp.Owner.Tell(one.Received, ActorRefs.NoSender);
            sim.Run();
            KrpcDecoder.TryDecode(udp.Last, KrpcLimits.Default, out var reply).ShouldBeTrue();
            udp.Forget();
            return reply.Token.ToArray();
        }

        void Receive()
        {
            batch.Rent(udp);
            for (var i = 0; i < BatchSize; i++) batch.Add(i * size, batches[i].Length, AskerOf(i));
            udp.Owner.Tell(batch.Received, ActorRefs.NoSender);
            sim.Run();
        }
    }

    private static UdpAddress AskerOf(int number) => new([9, 9, 9, (byte)number], 5_000);

    private static byte[] Query(KrpcMethod method, byte[] token)
    {
        var buffer = new byte[1_472];
        var value = "12:Hello World!"u8;
        var target = method is KrpcMethod.Get or KrpcMethod.Put ? DhtItem.TargetOf(value) : new NodeId(Enumerable.Repeat((byte)5, 20).ToArray());
        var size = KrpcEncoder.Write(buffer, new KrpcQuery
        {
            Method = method,
            TransactionId = "qq"u8,
            Id = new NodeId(new byte[20]),
            Target = target,
            IsReadOnly = true,
            Token = token,
            Port = 5_000,
            Value = method == KrpcMethod.Put ? value : [],
        });
        return buffer[..size];
    }

    private sealed class Entropy : IEntropy
    {
        public Random CreateRandom() => new(1);
    }

    private sealed class SilentUdp : IUdp, IUdpSocket
    {
        public IActorRef Owner { get; private set; } = ActorRefs.Nobody;

        public int Answers { get; private set; }

        public int Errors { get; private set; }

        public byte[] Last { get; } = new byte[1_472];

        public IPEndPoint Local { get; } = IPEndPoint.Parse("10.0.0.1:6881");

        public void Open(IPEndPoint local, DatagramKind kind, IActorRef owner)
        {
            Owner = owner;
            owner.Tell(new IUdp.Opened(local, this), ActorRefs.NoSender);
        }

        public void Close(IActorRef owner) => Owner = ActorRefs.Nobody;

        public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram) => true;

        public void Forget() => Answers = 0;

        public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram)
        {
            Answers++;
            datagram.CopyTo(Last);
            if (datagram.IndexOf("1:y1:e"u8) >= 0) Errors++;
        }

        public int Flush() => 0;
    }
}
