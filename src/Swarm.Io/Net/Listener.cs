using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>
/// One listening socket and its accept loop, on the base library's asynchronous sockets (connections are few beside bytes). The loop survives everything but its own
/// end: without file descriptors it rests and tries again; a connection that is gone before it is accepted is passed over.
/// </summary>
internal sealed class Listener : IDisposable, IThreadPoolWorkItem
{
    private const int AcceptsPerTurn = 64;

    private readonly Socket _socket;
    private readonly Action<Socket> _accepted;
    private readonly TimeSpan _retryDelay;
    private readonly SocketAsyncEventArgs _operation = new();
    private readonly Timer _retry;
    private volatile bool _stopped;

    /// <summary>Binds and listens; accepts nothing before <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">The address is not to be had.</exception>
    public Listener(IPEndPoint local, int backlog, TimeSpan retryDelay, Action<Socket> accepted)
    {
        _accepted = accepted;
        _retryDelay = retryDelay;
        _socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // IPv4 and IPv6 each have a socket of their own, so that both may have the same port.
            if (local.AddressFamily == AddressFamily.InterNetworkV6) _socket.DualMode = false;
            _socket.Bind(local);
            _socket.Listen(backlog);
            Local = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        _retry = new Timer(_ => Execute());
        _operation.Completed += (_, _) =>
        {
            if (Take()) Execute();
        };
    }

    public IPEndPoint Local { get; }

    /// <summary>How often the process had no file descriptor left for a connection.</summary>
    public int Starved { get; private set; }

    public void Start() => Execute();

    /// <summary>Accepts until a connection has to be waited for, or others should have the thread.</summary>
    public void Execute()
    {
        try
        {
            for (var i = 0; i < AcceptsPerTurn; i++)
            {
                if (_stopped) return;
                _operation.AcceptSocket = null;
                if (_socket.AcceptAsync(_operation) || !Take()) return;
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        catch (ObjectDisposedException)
        {
            // Stopped meanwhile: that ends the loop.
            return;
        }
    }

    public void Dispose()
    {
        _stopped = true;
        try
        {
            // A thread that is inside an accept keeps the descriptor for a moment: so that nobody is taken in meanwhile.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // Not every system lets a listener be shut down.
        }

        _socket.Dispose();
        _retry.Dispose();
        _operation.Dispose();
    }

    // Handles a finished accept. False: the loop rests, or is over.
    private bool Take()
    {
        if (_stopped)
        {
            _operation.AcceptSocket?.Dispose();
            return false;
        }

        switch (_operation.SocketError)
        {
            case SocketError.Success:
                _accepted(_operation.AcceptSocket!);
                return true;
            case SocketError.OperationAborted:
                return false;
            case SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Interrupted:
                return true;
            default:
                // No descriptor or no memory: the connection stays in the kernel's queue, and a loop at full speed would not help.
                Starved++;
                _retry.Change(_retryDelay, Timeout.InfiniteTimeSpan);
                return false;
        }
    }
}
