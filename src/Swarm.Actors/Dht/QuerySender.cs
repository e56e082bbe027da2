using Swarm.Actors.Ports;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;

namespace Swarm.Actors.Dht;

/// <summary>Who asked, and hears what became of it: each query ends with one call of <see cref="Replied"/> or <see cref="Failed"/>, and may stall before.</summary>
internal interface IQueryOwner
{
    /// <summary>A reply or an error came.</summary>
    void Replied(UdpAddress from, in KrpcMessage message, TimeSpan roundTrip);

    /// <summary>It takes longer than answers do.</summary>
    void Stalled(UdpAddress address);

    /// <summary>No answer came.</summary>
    void Failed(UdpAddress address);
}

/// <summary>
/// Sends the queries of one family: gives each a transaction, writes it, and queues it at the socket; the actor flushes before its turn ends. A part of <see cref="DhtActor"/>, called on its turns only.
/// What cannot be sent because there is no socket, or too many queries are in flight, is refused.
/// </summary>
internal sealed class QuerySender(DhtSettings settings, Random random)
{
    // An item of 1,000 bytes with key, salt and signature.
    private readonly byte[] _buffer = new byte[1_472];
    private readonly byte[] _id = new byte[TransactionTable<IQueryOwner>.IdSize];

    /// <summary>The queries in flight.</summary>
    public TransactionTable<IQueryOwner> Transactions { get; } = new(settings.Transactions, random);

    /// <summary>Keeps queries to one host apart.</summary>
    public QueryPacer Pacer { get; } = new(settings.Security, random);

    /// <summary>Where to send; null as long as there is none.</summary>
    public IUdpSocket? Socket { get; set; }

    /// <summary>Our id.</summary>
    public NodeId Own { get; set; }

    /// <summary>Queries sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes sent, of answers too.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Sends a query under our id and an id of its own. False: it was refused, and its owner hears no more.</summary>
    public bool TrySend(UdpAddress to, IQueryOwner owner, in KrpcQuery query, long nowTicks)
    {
        if (Socket is null || !Transactions.TryBegin(to, owner, nowTicks, _id)) return false;
        var size = KrpcEncoder.Write(_buffer, query with { TransactionId = _id, Id = Own, IsReadOnly = settings.IsReadOnly });
        if (size == 0) throw new InvalidOperationException($"A query of {query.Method} does not fit a datagram.");
        Sent++;
        Queue(to, _buffer.AsSpan(0, size));
        return true;
    }

    /// <summary>Queues a datagram.</summary>
    public void Queue(UdpAddress to, ReadOnlySpan<byte> datagram)
    {
        SentBytes += datagram.Length;
        Socket?.Queue(to, datagram);
    }
}
