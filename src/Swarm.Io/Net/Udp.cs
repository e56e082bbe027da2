using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// UDP for a process: the open sockets and who claimed what at them. On Linux one thread of its own waits for all of them; elsewhere the base library does. Calls come from any thread.
/// </summary>
public sealed class Udp : IUdp, IDisposable
{
    // Sockets a wake-up looks at; there is hardly more than one a family.
    private const int ReadyBatch = 16;

    private readonly Lock _gate = new();
    private readonly List<UdpSocket> _sockets = [];
    private readonly NetSettings _settings;
    private readonly EpollLoop? _loop;
    private UdpCounters _closed;
    private bool _disposed;

    /// <summary>Starts the engine.</summary>
    /// <exception cref="PlatformNotSupportedException">The settings ask for epoll elsewhere than on Linux.</exception>
    public Udp(NetSettings settings)
    {
        _settings = settings;
        if (settings.UsesEpoll) _loop = new EpollLoop("swarm-datagrams", 1, ReadyBatch);
    }

    /// <summary>Batches that their receivers hold, and at most one a socket that is being filled. For leak checks.</summary>
    public int OutstandingBatches
    {
        get
        {
            lock (_gate) return _sockets.Sum(socket => socket.Buffers.Outstanding);
        }
    }

    /// <summary>What became of datagrams so far.</summary>
    public UdpCounters Count()
    {
        lock (_gate) return _sockets.Aggregate(_closed, (sum, socket) => sum + socket.Count());
    }

    /// <inheritdoc/>
    public void Open(IPEndPoint local, DatagramKind kind, IActorRef owner)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(kind, DatagramKind.Unknown);
        lock (_gate)
        {
            if (_disposed) return;
            try
            {
                if (_sockets.Find(open => open.Local.Equals(local)) is not { } socket) Bind(local, kind, owner);
                else if (!socket.TryClaim(local, kind, owner)) owner.Tell(new IUdp.OpenFailed(local, NetReasons.KindTaken(kind, local)), ActorRefs.NoSender);
            }
            catch (SocketException e)
            {
                owner.Tell(new IUdp.OpenFailed(local, NetReasons.BindFailed("open UDP socket", local, e.SocketErrorCode)), ActorRefs.NoSender);
            }
        }
    }

    /// <inheritdoc/>
    public void Close(IActorRef owner)
    {
        lock (_gate)
        {
            for (var i = _sockets.Count - 1; i >= 0; i--)
            {
                _sockets[i].GiveUp(owner);
                if (!_sockets[i].IsClaimed) CloseSocket(i);
            }
        }
    }

    /// <summary>Closes every socket and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            for (var i = _sockets.Count - 1; i >= 0; i--) CloseSocket(i);
        }

        _loop?.Dispose();
    }

    private void Bind(IPEndPoint local, DatagramKind kind, IActorRef owner)
    {
        UdpSocket socket = _loop is not null ? new EpollUdpSocket(local, _settings, _loop) : new PortableUdpSocket(local, _settings);
        try
        {
            socket.Start(local, kind, owner);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _sockets.Add(socket);
    }

    private void CloseSocket(int index)
    {
        var socket = _sockets[index];
        _sockets.RemoveAt(index);
        _closed += socket.Count();
        socket.Dispose();
    }
}
