using System.Net;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Net;

/// <summary>Datagrams for the actors of one simulated process. When its host crashes it falls silent for ever.</summary>
internal sealed class SimUdp(SimHost host) : IUdp
{
    private readonly int _life = host.Life;

    private bool IsDead => !host.IsUp || host.Life != _life;

    /// <inheritdoc/>
    public void Open(IPEndPoint local, IActorRef owner)
    {
        if (IsDead) return;
        if (!host.Owns(local.Address))
        {
            owner.Tell(new IUdp.OpenFailed(local, NetReasons.NotThisMachine("open UDP socket", local)), ActorRefs.NoSender);
            return;
        }

        var socket = new Socket(host);
        var port = new SimUdpPort(owner, datagram => owner.Tell(new IUdp.Received(socket, [datagram]), ActorRefs.NoSender));
        if (host.UdpPorts.TryBind(local, port) is not { } bound)
        {
            owner.Tell(new IUdp.OpenFailed(local, NetReasons.PortInUse("open UDP socket", local)), ActorRefs.NoSender);
            return;
        }

        socket.Bound(bound, port);
        owner.Tell(new IUdp.Opened(local, socket), ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public void Close(IActorRef owner)
    {
        if (!IsDead) host.UdpPorts.Remove(port => owner.Equals(port.Owner));
    }

    /// <summary>A socket of an actor; it sends while it has its port.</summary>
    private sealed class Socket(SimHost host) : IUdpSocket
    {
        private SimUdpPort? _port;

        public IPEndPoint Local { get; private set; } = new(IPAddress.Any, 0);

        public void Bound(IPEndPoint local, SimUdpPort port) => (Local, _port) = (local, port);

        public bool Send(IPEndPoint remote, ReadOnlySpan<byte> datagram)
        {
            if (!host.UdpPorts.TryFind(Local, out var port) || port != _port) return false;
            if (remote.AddressFamily != Local.AddressFamily) return host.Network.Courier.Refuse(host);
            var isAny = Local.Address.Equals(IPAddress.Any) || Local.Address.Equals(IPAddress.IPv6Any);
            var source = !isAny ? Local.Address : IPAddress.IsLoopback(remote.Address) ? remote.Address : host.AddressOf(remote.AddressFamily)!;
            return host.Network.Courier.Send(host, new IPEndPoint(source, Local.Port), remote, datagram);
        }
    }
}

/// <summary>Who gets what comes to a UDP port: an actor's socket, or a script (no owner).</summary>
internal sealed record SimUdpPort(IActorRef? Owner, Action<Datagram> Received);
