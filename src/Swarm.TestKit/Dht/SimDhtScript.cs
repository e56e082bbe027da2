using System.Net;
using Swarm.Protocol.Dht.Krpc;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Dht;

/// <summary>
/// A hostile node of a <see cref="SimDht"/>: answers every query under an id of its choice with nodes of its choice, or with garbage, and makes itself known by asking others.
/// </summary>
public sealed class SimDhtScript
{
    private readonly SimDht _network;
    private readonly SimHost _host;
    private readonly IReadOnlyList<NodeContact> _accomplices;
    private readonly bool _isGarbage;
    private readonly byte[] _buffer = new byte[1_400];

    /// <summary>A node at <paramref name="address"/> that tells of its accomplices only, or answers with random bytes.</summary>
    public SimDhtScript(SimDht network, IPAddress address, NodeId id, IReadOnlyList<NodeContact> accomplices, bool isGarbage = false)
    {
        _network = network;
        _accomplices = accomplices;
        _isGarbage = isGarbage;
        Contact = new NodeContact(id, new UdpAddress(new IPEndPoint(address, SimDht.Port)));
        _host = network.Network.AddHost($"script-{address}", address, network.Link);
        _host.BindUdp(SimDht.Port, Received);
    }

    /// <summary>Under which id, and where.</summary>
    public NodeContact Contact { get; }

    /// <summary>Queries it was sent.</summary>
    public int Asked { get; private set; }

    /// <summary>Asks a node whether it is there, so that it is asked in turn.</summary>
    public void Greet(SimDhtNode node)
    {
        var size = KrpcEncoder.Write(_buffer, new KrpcQuery { Method = KrpcMethod.Ping, TransactionId = "hi"u8, Id = Contact.Id });
        _host.SendUdp(SimDht.Port, node.Address, _buffer.AsSpan(0, size));
    }

    private void Received(IPEndPoint from, ReadOnlyMemory<byte> datagram)
    {
        if (!KrpcDecoder.TryDecode(datagram.Span, KrpcLimits.Default, out var query) || query.Kind != KrpcKind.Query) return;
        Asked++;
        int size;
        // A ping it answers as it should: who does not is in no table.
        if (_isGarbage && query.Method != KrpcMethod.Ping)
        {
            size = _network.Random.Next(1, 400);
            _network.Random.NextBytes(_buffer.AsSpan(0, size));
            _buffer[0] = (byte)'d';
        }
        else
        {
            var nodes = new byte[8 * NodeContact.CompactSizeV4];
            var written = 0;
            for (var i = 0; i < 8 && _accomplices.Count > 0; i++) written += _accomplices[_network.Random.Next(_accomplices.Count)].WriteCompact(nodes.AsSpan(written));
            size = KrpcEncoder.Write(_buffer, new KrpcReply
            {
                TransactionId = query.TransactionId,
                Id = Contact.Id,
                Querier = new UdpAddress(from),
                HasNodes = query.Method != KrpcMethod.Ping,
                Nodes = nodes.AsSpan(0, written),
                Token = "sybil"u8,
            });
        }

        _host.SendUdp(SimDht.Port, from, _buffer.AsSpan(0, size));
    }
}
