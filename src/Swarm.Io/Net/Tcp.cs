using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// TCP for a process: listeners, connections on their way, and the links' common stock (engine, slabs, write buffers, table).
/// Called by actors from any thread. Nothing here waits: binding a port is the longest that a call does itself.
/// </summary>
public sealed class Tcp : ITcp, IDisposable
{
    private readonly NetContext _context;
    private readonly ISocketEngine _engine;
    private readonly Lock _gate = new();
    private readonly List<(IActorRef Owner, Listener Listener)> _listeners = [];
    private readonly ConcurrentDictionary<Dial, bool> _dials = new();
    private readonly IdleHeap _idleHeap = new();
    private readonly Timer _sweep;
    private bool _disposed;

    /// <summary>Starts the engine. <paramref name="disk"/> finds the bytes of blocks that links send.</summary>
    /// <exception cref="ArgumentException">The disk is of another kind than Swarm.Io's.</exception>
    /// <exception cref="PlatformNotSupportedException">The settings ask for epoll elsewhere than on Linux.</exception>
    public Tcp(NetSettings settings, IDisk disk, ILogger<Tcp>? log = null)
        : this(settings, disk as IBlockSource ?? throw new ArgumentException("This disk cannot say where its blocks lie.", nameof(disk)), log)
    {
    }

    internal Tcp(NetSettings settings, IBlockSource blocks, ILogger<Tcp>? log = null)
    {
        _context = new NetContext(settings, blocks, log ?? NullLogger<Tcp>.Instance);
        _engine = settings.UsesEpoll ? new EpollEngine(settings) : new PortableEngine();
        _sweep = new Timer(_ => Sweep(), null, settings.SweepInterval, settings.SweepInterval);
    }

    /// <summary>The memory of received bytes.</summary>
    public SlabPool Slabs => _context.Slabs;

    /// <summary>What the links have done so far.</summary>
    public NetCounters Counters => _context.Tally.Read();

    /// <summary>Links that are open, in both directions.</summary>
    public int OpenLinks => _context.Links.Count;

    /// <summary>Connections in and out that were refused because as many were open as the settings allow.</summary>
    public long RefusedLinks => _context.Links.Refused;

    /// <inheritdoc/>
    public void Listen(IPEndPoint local, IActorRef owner)
    {
        var settings = _context.Settings;
        try
        {
            var listener = new Listener(local, settings.ListenBacklog, settings.AcceptRetryDelay, socket => Accept(socket, owner));
            lock (_gate)
            {
                if (_disposed)
                {
                    listener.Dispose();
                    return;
                }

                _listeners.Add((owner, listener));
            }

            owner.Tell(new ITcp.Listening(local, listener.Local), ActorRefs.NoSender);
            listener.Start();
        }
        catch (SocketException e)
        {
            owner.Tell(new ITcp.ListenFailed(local, NetReasons.BindFailed("listen on", local, e.SocketErrorCode)), ActorRefs.NoSender);
        }
    }

    /// <inheritdoc/>
    public void StopListening(IActorRef owner)
    {
        lock (_gate)
        {
            for (var i = _listeners.Count - 1; i >= 0; i--)
            {
                if (!_listeners[i].Owner.Equals(owner)) continue;
                _listeners[i].Listener.Dispose();
                _listeners.RemoveAt(i);
            }
        }
    }

    /// <inheritdoc/>
    public void Connect(long dial, IPEndPoint remote, IPAddress? bind, TimeSpan timeout, IActorRef replyTo)
    {
        if (!_context.Links.TryTakePlace())
        {
            replyTo.Tell(new ITcp.ConnectFailed(dial, remote, NetReasons.TooManyLinks(remote, _context.Settings.MaxLinks)), ActorRefs.NoSender);
            return;
        }

        Socket? socket = null;
        try
        {
            socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (remote.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            Configure(socket);
            if (bind is not null) socket.Bind(new IPEndPoint(bind, 0));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            _context.Links.FreePlace();
            replyTo.Tell(new ITcp.ConnectFailed(dial, remote, NetReasons.ConnectFailed(remote, e.SocketErrorCode, timeout)), ActorRefs.NoSender);
            return;
        }

        var way = new Dial(socket, remote, timeout, (ended, connected, error) => Finish(ended, connected, error, dial, replyTo));
        _dials[way] = true;
        way.Begin(_engine);
    }

    /// <summary>Stops listeners, gives up connections on their way, closes every link and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            foreach (var (_, listener) in _listeners) listener.Dispose();
            _listeners.Clear();
        }

        _sweep.Dispose();
        foreach (var (dial, _) in _dials) dial.Dispose();
        _context.Links.CloseAll();
        _engine.Dispose();
    }

    private void Configure(Socket socket)
    {
        socket.NoDelay = true;
        if (_context.Settings.ReceiveBufferBytes > 0) socket.ReceiveBufferSize = _context.Settings.ReceiveBufferBytes;
        if (_context.Settings.SendBufferBytes > 0) socket.SendBufferSize = _context.Settings.SendBufferBytes;
    }

    private void Accept(Socket socket, IActorRef owner)
    {
        if (!_context.Links.TryTakePlace())
        {
            socket.Dispose();
            return;
        }

        try
        {
            Configure(socket);
            var remote = (IPEndPoint)socket.RemoteEndPoint!;
            owner.Tell(new ITcp.Accepted(new TcpLink(_engine.Attach(socket, remote), _context)), ActorRefs.NoSender);
        }
        catch (SocketException)
        {
            // Gone before it was looked at, as if it had never come.
            socket.Dispose();
            _context.Links.FreePlace();
        }
    }

    private void Finish(Dial ended, Socket socket, SocketError error, long dial, IActorRef replyTo)
    {
        _dials.TryRemove(ended, out _);
        if (error == SocketError.Success)
        {
            replyTo.Tell(new ITcp.Connected(dial, new TcpLink(_engine.Attach(socket, ended.Remote), _context)), ActorRefs.NoSender);
            return;
        }

        _context.Links.FreePlace();
        replyTo.Tell(new ITcp.ConnectFailed(dial, ended.Remote, NetReasons.ConnectFailed(ended.Remote, error, ended.Timeout)), ActorRefs.NoSender);
    }

    private void Sweep()
    {
        _context.Links.Sweep();
        _context.Slabs.Trim();
        _context.Plans.Trim();
        _context.Blocks.Windows.Trim();
        _idleHeap.Sweep(Interlocked.Read(ref _context.Tally.BytesReceived) + Interlocked.Read(ref _context.Tally.BytesSent));
    }
}
