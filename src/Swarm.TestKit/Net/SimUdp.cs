using System.Net;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Net;

/// <summary>Datagrams for the actors of one simulated process, shared as the real port shares them. When its host crashes it falls silent for ever.</summary>
internal sealed class SimUdp(SimHost host) : IUdp
{
    private readonly int _life = host.Life;
    private readonly List<SimUdpSocket> _sockets = [];

    private bool IsDead => !host.IsUp || host.Life != _life;

    /// <inheritdoc/>
    public void Open(IPEndPoint local, DatagramKind kind, IActorRef owner)
    {
        if (IsDead) return;
        if (!host.Owns(local.Address))
        {
            owner.Tell(new IUdp.OpenFailed(local, NetReasons.NotThisMachine("open UDP socket", local)), ActorRefs.NoSender);
            return;
        }

        if ((_sockets.Find(socket => socket.Local.Equals(local)) ?? Bind(local)) is not { } bound)
        {
            owner.Tell(new IUdp.OpenFailed(local, NetReasons.PortInUse("open UDP socket", local)), ActorRefs.NoSender);
            return;
        }

        if (!bound.TryClaim(local, kind, owner)) owner.Tell(new IUdp.OpenFailed(local, NetReasons.KindTaken(kind, local)), ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public void Close(IActorRef owner)
    {
        if (IsDead) return;
        foreach (var socket in _sockets) socket.GiveUp(owner);
        _sockets.RemoveAll(socket => !socket.IsClaimed);
        host.UdpPorts.Remove(port => port is SimUdpSocket { IsClaimed: false });
    }

    private SimUdpSocket? Bind(IPEndPoint local)
    {
        var socket = new SimUdpSocket(host);
        if (host.UdpPorts.TryBind(local, socket) is not { } bound) return null;
        socket.Local = bound;
        _sockets.Add(socket);
        return socket;
    }
}

/// <summary>Who gets what comes to a UDP port.</summary>
internal abstract class SimUdpPort
{
    /// <summary>Takes a datagram. False: nobody wants it.</summary>
    public abstract bool TryReceive(Datagram datagram);
}

/// <summary>A script's port.</summary>
internal sealed class SimUdpScript(Action<IPEndPoint, ReadOnlyMemory<byte>> received) : SimUdpPort
{
    public override bool TryReceive(Datagram datagram)
    {
        received(datagram.Remote, datagram.Bytes.AsMemory());
        return true;
    }
}

/// <summary>A socket that actors share: each has claimed a kind of datagrams.</summary>
internal sealed class SimUdpSocket(SimHost host) : SimUdpPort
{
    private readonly List<Claim> _claims = [];

    public IPEndPoint Local { get; set; } = new(IPAddress.Any, 0);

    public bool IsClaimed => _claims.Count > 0;

    /// <summary>Tells the owner that it has the kind. False: somebody else has.</summary>
    public bool TryClaim(IPEndPoint requested, DatagramKind kind, IActorRef owner)
    {
        if (_claims.Exists(claim => claim.Kind == kind)) return false;
        var made = new Claim(host, this, kind, owner);
        _claims.Add(made);
        owner.Tell(new IUdp.Opened(requested, made), ActorRefs.NoSender);
        return true;
    }

    public void GiveUp(IActorRef owner) => _claims.RemoveAll(claim => claim.Owner.Equals(owner));

    public override bool TryReceive(Datagram datagram)
    {
        var kind = DatagramClassifier.Classify(datagram.Bytes.AsSpan());
        if (_claims.Find(claim => claim.Kind == kind) is not { } claim) return false;
        claim.Receive(datagram);
        return true;
    }

    /// <summary>An owner's view; it sends while it has its claim. What is queued leaves at the flush, one event each, as all datagrams do.</summary>
    private sealed class Claim(SimHost host, SimUdpSocket socket, DatagramKind kind, IActorRef owner) : IUdpSocket
    {
        private int _dropped;

        public DatagramKind Kind { get; } = kind;

        public IActorRef Owner { get; } = owner;

        public IPEndPoint Local => socket.Local;

        public void Receive(Datagram datagram)
        {
            var life = host.Life;
            host.DatagramBatchesHeld++;
            var batch = new UdpBatch([.. datagram.Bytes], 1, _ =>
            {
                if (host.Life == life) host.DatagramBatchesHeld--;
            });
            batch.Rent(this);
            batch.Add(0, datagram.Bytes.Length, new UdpAddress(datagram.Remote));
            Owner.Tell(batch.Received, ActorRefs.NoSender);
        }

        public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram)
        {
            if (!socket._claims.Contains(this) || !host.UdpPorts.TryFind(Local, out var port) || port != socket) return false;
            var to = remote.ToEndPoint();
            if (to.AddressFamily != Local.AddressFamily) return host.Network.Courier.Refuse(host);
            var isAny = Local.Address.Equals(IPAddress.Any) || Local.Address.Equals(IPAddress.IPv6Any);
            var source = !isAny ? Local.Address : IPAddress.IsLoopback(to.Address) ? to.Address : host.AddressOf(to.AddressFamily)!;
            return host.Network.Courier.Send(host, new IPEndPoint(source, Local.Port), to, datagram);
        }

        public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram)
        {
            if (!Send(remote, datagram)) _dropped++;
        }

        public int Flush()
        {
            var dropped = _dropped;
            _dropped = 0;
            return dropped;
        }
    }
}
