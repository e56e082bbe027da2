using System.Net;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>An owner's claim to one kind of datagrams at a shared socket, and its view of it: with a send batch of its own, so that owners need no lock between them.</summary>
internal sealed class UdpClaim(UdpSocket socket, DatagramKind kind, IActorRef owner, int batchLimit) : IUdpSocket
{
    private UdpSendBatch? _batch;
    private int _dropped;
    private volatile bool _closed;

    public DatagramKind Kind { get; } = kind;

    public IActorRef Owner { get; } = owner;

    /// <inheritdoc/>
    public IPEndPoint Local => socket.Local;

    /// <summary>Nothing is sent any more.</summary>
    public void Close() => _closed = true;

    /// <inheritdoc/>
    public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram) => !_closed && socket.Send(remote, datagram);

    /// <inheritdoc/>
    public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram)
    {
        var batch = _batch ??= new UdpSendBatch(batchLimit);
        if (batch.TryAdd(remote, datagram)) return;
        SendBatch(batch);

        // Longer than any datagram is: there is no room for it at all.
        if (!batch.TryAdd(remote, datagram)) _dropped++;
    }

    /// <inheritdoc/>
    public int Flush()
    {
        if (_batch is { Count: > 0 } batch) SendBatch(batch);
        var dropped = _dropped;
        _dropped = 0;
        return dropped;
    }

    private void SendBatch(UdpSendBatch batch)
    {
        _dropped += _closed ? batch.Count : socket.Send(batch);
        batch.Clear();
    }
}
