using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
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
    public void Queries_are_answered_without_allocation_in_steady_state(KrpcMethod method)
    {
        var sim = new SimHarness();
        var udp = new SilentUdp();
        var settings = DhtSettings.Default with { Security = DhtSecuritySettings.Default with { QueriesPerHost = 1_000_000, QueriesPerNetwork = 1_000_000, QueriesInAll = 10_000_000 } };
        var ports = new NodePorts(null!, null!, null!, null!, udp, null!, new Entropy(), sim.Sim.Time, new ListLoggerFactory(), new SimSignatures());
        sim.System.ActorOf(DhtActor.Props(AddressFamily.InterNetwork, IPEndPoint.Parse("10.0.0.1:6881"), settings, ActorRefs.Nobody, ports));
        sim.Run();
        var (buffer, size) = Query(method);
        var batch = new UdpBatch(buffer, BatchSize, static _ => { });
        for (var i = 0; i < 200; i++) Receive();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++) Receive();
        var perQuery = (GC.GetAllocatedBytesForCurrentThread() - before) / (200.0 * BatchSize);
        udp.Answers.ShouldBe(400 * BatchSize);
        // What is left is the simulated kernel's bookkeeping of one message a batch.
        perQuery.ShouldBeLessThan(8);

        void Receive()
        {
            batch.Rent(udp);
            for (var i = 0; i < BatchSize; i++) batch.Add(0, size, new UdpAddress([9, 9, 9, (byte)i], 5_000));
            udp.Owner.Tell(batch.Received, ActorRefs.NoSender);
            sim.Run();
        }
    }

    private static (byte[] Buffer, int Size) Query(KrpcMethod method)
    {
        var buffer = new byte[1_024];
        return (buffer, KrpcEncoder.Write(buffer, new KrpcQuery { Method = method, TransactionId = "qq"u8, Id = new NodeId(new byte[20]), IsReadOnly = true }));
    }

    private sealed class Entropy : IEntropy
    {
        public Random CreateRandom() => new(1);
    }

    private sealed class SilentUdp : IUdp, IUdpSocket
    {
        public IActorRef Owner { get; private set; } = ActorRefs.Nobody;

        public int Answers { get; private set; }

        public IPEndPoint Local { get; } = IPEndPoint.Parse("10.0.0.1:6881");

        public void Open(IPEndPoint local, DatagramKind kind, IActorRef owner)
        {
            Owner = owner;
            owner.Tell(new IUdp.Opened(local, this), ActorRefs.NoSender);
        }

        public void Close(IActorRef owner) => Owner = ActorRefs.Nobody;

        public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram) => true;

        public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram) => Answers++;

        public int Flush() => 0;
    }
}
