using System.Net;
using Swarm.Protocol.Dht.Krpc;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Dht;

/// <summary>How a hostile node answers. A ping they all answer as they should, for who does not is in no table; but for <see cref="Late"/> and <see cref="OtherTransaction"/>, whose every answer is bad.</summary>
public enum SimDhtManners
{
    /// <summary>As a node, but only its accomplices are named.</summary>
    Sybil,

    /// <summary>With random bytes.</summary>
    Noise,

    /// <summary>Under an id drawn anew each time.</summary>
    OtherId,

    /// <summary>With nodes that are nowhere, right next to the target.</summary>
    InventedNodes,

    /// <summary>With thousands of bytes of such nodes.</summary>
    Oversized,

    /// <summary>Long after it was given up.</summary>
    Late,

    /// <summary>With another transaction id.</summary>
    OtherTransaction,

    /// <summary>With an error.</summary>
    Error,

    /// <summary>Not at all.</summary>
    Silent,
}

/// <summary>A hostile node of a <see cref="SimDht"/>: answers every query by its manners, and makes itself known by asking others.</summary>
public sealed class SimDhtScript
{
    private const int Named = 8;
    private const int NamedTooMany = 300;
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(20);

    private readonly SimDht _network;
    private readonly SimHost _host;
    private readonly SimDhtManners _manners;
    private readonly IReadOnlyList<NodeContact> _accomplices;
    private readonly byte[] _buffer = new byte[1_400];

    /// <summary>A node at <paramref name="address"/>. <paramref name="accomplices"/>: whom it names, of those who name somebody real.</summary>
    public SimDhtScript(SimDht network, IPAddress address, NodeId id, SimDhtManners manners, IReadOnlyList<NodeContact> accomplices)
    {
        _network = network;
        _manners = manners;
        _accomplices = accomplices;
        Contact = new NodeContact(id, new UdpAddress(new IPEndPoint(address, SimDht.Port)));
        _host = network.AddHostile($"script-{address}", Contact.Address);
        _host.BindUdp(SimDht.Port, Received);
    }

    /// <summary>Under which id, and where.</summary>
    public NodeContact Contact { get; }

    /// <summary>Queries it was sent, pings aside.</summary>
    public int Asked { get; private set; }

    /// <summary>Announces it was sent.</summary>
    public int Announces { get; private set; }

    /// <summary>Asks a node whether it is there, so that it is asked in turn.</summary>
    public void Greet(SimDhtNode node)
    {
        var size = KrpcEncoder.Write(_buffer, new KrpcQuery { Method = KrpcMethod.Ping, TransactionId = "hi"u8, Id = Contact.Id });
        _host.SendUdp(SimDht.Port, node.Address, _buffer.AsSpan(0, size));
    }

    private void Received(IPEndPoint from, ReadOnlyMemory<byte> datagram)
    {
        if (!KrpcDecoder.TryDecode(datagram.Span, KrpcLimits.Default, out var query) || query.Kind != KrpcKind.Query) return;
        if (query.Method != KrpcMethod.Ping) Asked++;
        if (query.Method == KrpcMethod.AnnouncePeer) Announces++;
        var isPing = query.Method == KrpcMethod.Ping;
        switch (_manners)
        {
            case SimDhtManners.Late:
                var late = Reply(query, from, Contact.Id, query.TransactionId).ToArray();
                _network.Simulation.Schedule(Lateness, () => _host.SendUdp(SimDht.Port, from, late));
                break;
            case SimDhtManners.OtherTransaction:
                Send(from, Reply(query, from, Contact.Id, "wxyz"u8));
                break;
            case SimDhtManners.Noise when !isPing:
                Send(from, Noise());
                break;
            case SimDhtManners.OtherId when !isPing:
                Send(from, Reply(query, from, NodeId.Create(_network.Random), query.TransactionId));
                break;
            case SimDhtManners.Error when !isPing:
                Send(from, _buffer.AsSpan(0, KrpcEncoder.WriteError(_buffer, query.TransactionId, new UdpAddress(from), KrpcErrorCode.Server, "no"u8)));
                break;
            case SimDhtManners.Silent when !isPing:
                break;
            default:
                Send(from, Reply(query, from, Contact.Id, query.TransactionId));
                break;
        }
    }

    private void Send(IPEndPoint to, ReadOnlySpan<byte> datagram) => _host.SendUdp(SimDht.Port, to, datagram);

    private ReadOnlySpan<byte> Noise()
    {
        var noise = _buffer.AsSpan(0, _network.Random.Next(1, 400));
        _network.Random.NextBytes(noise);
        // So that it is taken for what it is not.
        noise[0] = (byte)'d';
        return noise;
    }

    private ReadOnlySpan<byte> Reply(in KrpcMessage query, IPEndPoint to, NodeId id, ReadOnlySpan<byte> transactionId)
    {
        var count = _manners == SimDhtManners.Oversized ? NamedTooMany : Named;
        var nodes = new byte[count * NodeContact.CompactSizeV4];
        var written = 0;
        for (var i = 0; i < count; i++) written += NodeToName(query).WriteCompact(nodes.AsSpan(written));
        var buffer = _manners == SimDhtManners.Oversized ? new byte[_buffer.Length + nodes.Length] : _buffer;
        var size = KrpcEncoder.Write(buffer, new KrpcReply { TransactionId = transactionId, Id = id, Querier = new UdpAddress(to), HasNodes = query.Method != KrpcMethod.Ping, Nodes = nodes, Token = "token"u8 });
        return buffer.AsSpan(0, size);
    }

    private NodeContact NodeToName(in KrpcMessage query)
    {
        if (_accomplices.Count > 0) return _accomplices[_network.Random.Next(_accomplices.Count)];
        Span<byte> id = stackalloc byte[Bytes20.Size];
        (query.Target ?? Contact.Id).Value.CopyTo(id);
        _network.Random.NextBytes(id[(Bytes20.Size / 2)..]);
        return new NodeContact(new NodeId(id), new UdpAddress(new IPEndPoint(_network.DrawAddress(), SimDht.Port)));
    }
}
