using Swarm.Protocol.Dht.Krpc;

namespace Swarm.Actors.Dht;

/// <summary>A ping that a bucket wanted. That the node answered, the bucket hears as of every answer; that it did not, by <paramref name="contact"/>.</summary>
internal sealed class LivenessPing(NodeContact contact) : IQueryOwner
{
    /// <summary>Who was asked.</summary>
    public NodeContact Contact { get; } = contact;

    /// <inheritdoc/>
    public void Replied(UdpAddress from, in KrpcMessage message, TimeSpan roundTrip) { }

    /// <inheritdoc/>
    public void Stalled(UdpAddress address) { }

    /// <inheritdoc/>
    public void Failed(UdpAddress address) { }
}

/// <summary>A ping of an address where a node may be. If one is, its bucket hears of it as of every answer.</summary>
internal sealed class NewcomerPing : IQueryOwner
{
    /// <summary>The one there is.</summary>
    public static readonly NewcomerPing Instance = new();

    /// <inheritdoc/>
    public void Replied(UdpAddress from, in KrpcMessage message, TimeSpan roundTrip) { }

    /// <inheritdoc/>
    public void Stalled(UdpAddress address) { }

    /// <inheritdoc/>
    public void Failed(UdpAddress address) { }
}

/// <summary>A ping that was commanded. It may be sent several times, and ends once: <paramref name="ended"/> is called with what to tell the requester.</summary>
internal sealed class CommandedPing(DhtActor.Ping ping, IActorRef requester, Action<CommandedPing, object> ended) : IQueryOwner
{
    private int _open;
    private bool _isOver;

    /// <summary>Who wants to know.</summary>
    public IActorRef Requester { get; } = requester;

    /// <summary>The requester's number.</summary>
    public long Tag => ping.Tag;

    /// <summary>Who is asked.</summary>
    public UdpAddress To { get; } = new(ping.Node);

    /// <summary>How often it was.</summary>
    public int Tries { get; private set; }

    /// <summary>The last time was long ago, as answers go.</summary>
    public bool IsSlow { get; private set; }

    /// <summary>It was sent.</summary>
    public void Sent()
    {
        Tries++;
        _open++;
        IsSlow = false;
    }

    /// <inheritdoc/>
    public void Replied(UdpAddress from, in KrpcMessage message, TimeSpan roundTrip)
    {
        if (message is { Kind: KrpcKind.Reply, Id: { } id }) End(new DhtActor.Ponged(ping.Tag, new NodeContact(id, from), roundTrip, message.ExternalAddress?.ToEndPoint(), [.. message.Version]));
        else End(new DhtActor.Failed(ping.Tag, $"{ping.Node} answered with error {message.ErrorCode}"));
    }

    /// <inheritdoc/>
    public void Stalled(UdpAddress address) => IsSlow = true;

    /// <inheritdoc/>
    public void Failed(UdpAddress address)
    {
        if (--_open == 0) End(new DhtActor.Failed(ping.Tag, $"{ping.Node} did not answer"));
    }

    private void End(object answer)
    {
        if (_isOver) return;
        _isOver = true;
        ended(this, answer);
    }
}
