using System.Net;

namespace Swarm.Actors.Ports;

/// <summary>
/// UDP as actors see it. The protocols of a node share one socket for each local end point, as others expect of it, and are told apart by the first bytes of a datagram: an actor claims a
/// <see cref="DatagramKind"/> at an end point and is told what comes of that kind, and nothing else. What is of no kind, or of one that nobody claimed, is dropped and counted.
/// <para>
/// Received batches are bounded in number for each socket: who is slow to release leaves the rest in the kernel's queue, which drops what does not fit.
/// Who never releases stops the socket for all its owners.
/// </para>
/// </summary>
public interface IUdp
{
    /// <summary>
    /// Claims a kind at <paramref name="local"/>: on the socket that is bound there, or else on a new one. Port 0 is a new socket at any port, which others may share by its real end point.
    /// Answers <see cref="Opened"/> or <see cref="OpenFailed"/>, then <see cref="Received"/> for what comes.
    /// </summary>
    void Open(IPEndPoint local, DatagramKind kind, IActorRef owner);

    /// <summary>Gives up all that the owner claimed; it is told nothing more, but for what is in its mailbox. A socket without claims is closed.</summary>
    void Close(IActorRef owner);

    /// <summary>The claim stands.</summary>
    sealed record Opened(IPEndPoint Requested, IUdpSocket Socket);

    /// <summary>It does not; <paramref name="Reason"/> is one line for people.</summary>
    sealed record OpenFailed(IPEndPoint Requested, string Reason);

    /// <summary>Datagrams came. The receiver releases the batch exactly once, also when it has closed the socket meanwhile.</summary>
    sealed record Received(UdpBatch Batch);
}

/// <summary>
/// One owner's view of an open UDP socket, called on its turns only. Nothing here waits or throws: a datagram that the kernel does not take (its queue is full, there is no way, the address is of
/// the other family, the socket is closed) is dropped.
/// </summary>
public interface IUdpSocket
{
    /// <summary>Where it is bound.</summary>
    IPEndPoint Local { get; }

    /// <summary>Copies and sends one datagram at once. False: it was dropped.</summary>
    bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram);

    /// <summary>Copies a datagram, to be sent with others at the next <see cref="Flush"/>, or before if there is no room for more. Always flushed before the turn ends.</summary>
    void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram);

    /// <summary>Sends what was queued, in order. Returns how many of all that were queued since the last flush were dropped.</summary>
    int Flush();
}
