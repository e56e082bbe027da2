using System.Collections.Immutable;
using System.Net;

namespace Swarm.Actors.Ports;

/// <summary>UDP as actors see it: a socket belongs to the actor that opened it.</summary>
public interface IUdp
{
    /// <summary>Opens a socket at <paramref name="local"/> (port 0: any). Answers <see cref="Opened"/> or <see cref="OpenFailed"/>, then <see cref="Received"/> for what comes.</summary>
    void Open(IPEndPoint local, IActorRef owner);

    /// <summary>Stops the owner's sockets.</summary>
    void Close(IActorRef owner);

    /// <summary>A socket stands.</summary>
    sealed record Opened(IPEndPoint Requested, IUdpSocket Socket);

    /// <summary>It does not; <paramref name="Reason"/> is one line for people.</summary>
    sealed record OpenFailed(IPEndPoint Requested, string Reason);

    /// <summary>A batch of datagrams, in order of arrival. Bytes are the receiver's own copy.</summary>
    sealed record Received(IUdpSocket Socket, ImmutableArray<Datagram> Datagrams);
}

/// <summary>A datagram and where it came from.</summary>
public readonly record struct Datagram(IPEndPoint Remote, ImmutableArray<byte> Bytes);

/// <summary>An open UDP socket.</summary>
public interface IUdpSocket
{
    /// <summary>Where it is bound.</summary>
    IPEndPoint Local { get; }

    /// <summary>Copies and sends. False: the kernel's queue is full, the datagram was dropped.</summary>
    bool Send(IPEndPoint remote, ReadOnlySpan<byte> datagram);
}
