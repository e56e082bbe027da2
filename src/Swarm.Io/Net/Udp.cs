using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// UDP sockets for actors, on the base library's asynchronous sockets: enough for what asks now and then, such as trackers.
/// Every socket belongs to the actor that opened it; calls come from any thread.
/// </summary>
public sealed class Udp(NetSettings settings) : IUdp, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<UdpSocket> _sockets = [];
    private bool _disposed;

    /// <summary>Datagrams dropped on their way in (too long) or out (queue full, no way there), of all sockets that are open.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate) return _sockets.Sum(socket => socket.Dropped);
        }
    }

    /// <inheritdoc/>
    public void Open(IPEndPoint local, IActorRef owner)
    {
        try
        {
            var socket = new UdpSocket(local, settings, owner);
            lock (_gate)
            {
                if (_disposed)
                {
                    socket.Dispose();
                    return;
                }

                _sockets.Add(socket);
            }

            owner.Tell(new IUdp.Opened(local, socket), ActorRefs.NoSender);
            socket.Start();
        }
        catch (SocketException e)
        {
            owner.Tell(new IUdp.OpenFailed(local, NetReasons.BindFailed("open UDP socket", local, e.SocketErrorCode)), ActorRefs.NoSender);
        }
    }

    /// <inheritdoc/>
    public void Close(IActorRef owner)
    {
        lock (_gate)
        {
            foreach (var socket in _sockets.Where(socket => socket.Owner.Equals(owner))) socket.Dispose();
            _sockets.RemoveAll(socket => socket.Owner.Equals(owner));
        }
    }

    /// <summary>Closes every socket.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var socket in _sockets) socket.Dispose();
            _sockets.Clear();
        }
    }
}
