using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Io.Net;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.TestKit.Crypto;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.EndToEnd;

/// <summary>These count what the whole process does, so nothing else may run.</summary>
[CollectionDefinition(nameof(DhtCostTests), DisableParallelization = true)]
public sealed class DhtCostDefinition;

/// <summary>What a query of the DHT costs on its real way: a socket, its thread, the actor, the answer.</summary>
[Collection(nameof(DhtCostTests))]
public sealed class DhtCostTests
{
    private const int Window = 32;
    private const int WarmRounds = 300;
    private const int Rounds = 300;
    private static readonly NodeId Target = new("abcdefghij0123456789"u8);

    [Theory]
    [InlineData(KrpcMethod.Ping)]
    [InlineData(KrpcMethod.FindNode)]
    [InlineData(KrpcMethod.GetPeers)]
    [InlineData(KrpcMethod.AnnouncePeer)]
    public void Queries_from_a_socket_are_answered_without_allocation(KrpcMethod method)
    {
        using var udp = new Udp(NetSettings.Default);
        using var system = ActorSystem.Create("dht-cost");
        using var client = new Client(OpenDht(system, udp));
        client.Prepare(method);
        for (var round = 0; round < WarmRounds; round++) client.AskAndCheck();
        var perQuery = Allocations.OfProcess(Rounds, client.AskAndCheck) / (double)(Rounds * Window);

        // The portable engine asks the base library, datagram by datagram.
        perQuery.ShouldBeLessThan(OperatingSystem.IsLinux() ? 1 : 1_000);
    }

    private static IPEndPoint OpenDht(ActorSystem system, Udp udp)
    {
        const int Most = DhtSecuritySettings.MostQueries;
        var settings = DhtSettings.Default with { Security = DhtSecuritySettings.Default with { QueriesPerHost = Most, QueriesPerNetwork = Most, QueriesInAll = Most } };
        var ports = new NodePorts(null!, null!, null!, null!, udp, null!, new Entropy(), TimeProvider.System, new ListLoggerFactory(), new SimSignatures());
        var place = FreePlace();
        system.ActorOf(DhtActor.Props(AddressFamily.InterNetwork, place, settings, ActorRefs.Nobody, ports));
        return place;
    }

    private static IPEndPoint FreePlace()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private sealed class Entropy : IEntropy
    {
        public Random CreateRandom() => new(1);
    }

    /// <summary>Asks the same again and again, a window at a time. Allocates nothing but before and in <see cref="Prepare"/>.</summary>
    private sealed class Client : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly byte[] _query = new byte[512];
        private readonly byte[] _reply = new byte[2_048];
        private int _querySize;

        public Client(IPEndPoint node)
        {
            // Only ends a hang.
            _socket.ReceiveTimeout = 60_000;
            _socket.Connect(node);
        }

        public void Prepare(KrpcMethod method)
        {
            Write(KrpcMethod.Ping, token: []);
            AskUntilOpen();
            byte[] token = [];
            if (method == KrpcMethod.AnnouncePeer)
            {
                Write(KrpcMethod.GetPeers, token);
                _socket.Send(_query.AsSpan(0, _querySize), SocketFlags.None);
                KrpcDecoder.TryDecode(_reply.AsSpan(0, _socket.Receive(_reply)), KrpcLimits.Default, out var reply).ShouldBeTrue();
                token = reply.Token.ToArray();
            }

            Write(method, token);
        }

        public void AskAndCheck()
        {
            for (var i = 0; i < Window; i++) _socket.Send(_query.AsSpan(0, _querySize), SocketFlags.None);
            for (var i = 0; i < Window; i++)
            {
                var size = _socket.Receive(_reply.AsSpan(), SocketFlags.None);
                if (!KrpcDecoder.TryDecode(_reply.AsSpan(0, size), KrpcLimits.Default, out var reply) || reply.Kind != KrpcKind.Reply) throw new InvalidOperationException("no reply, but something else");
            }
        }

        public void Dispose() => _socket.Dispose();

        private void Write(KrpcMethod method, byte[] token) =>
            _querySize = KrpcEncoder.Write(_query, new KrpcQuery { Method = method, TransactionId = "qq"u8, Id = Target, Target = Target, Token = token, ImpliedPort = true, IsReadOnly = true });

        // Before the node has its socket the system refuses what is sent there.
        private void AskUntilOpen()
        {
            while (true)
            {
                try
                {
                    _socket.Send(_query.AsSpan(0, _querySize), SocketFlags.None);
                    _socket.Receive(_reply);
                    return;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    Thread.Yield();
                }
            }
        }
    }
}
