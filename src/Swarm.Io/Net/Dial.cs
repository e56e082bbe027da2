using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>One connection on its way out: comes to an end exactly once, by the engine, by its timeout or by being given up.</summary>
internal sealed class Dial : IDisposable
{
    private readonly Socket _socket;
    private readonly Action<Dial, Socket, SocketError> _done;
    private readonly Timer _timer;
    private IDisposable? _way;
    private int _ended;

    /// <summary><paramref name="done"/> gets the socket: connected with Success, otherwise disposed of already.</summary>
    public Dial(Socket socket, IPEndPoint remote, TimeSpan timeout, Action<Dial, Socket, SocketError> done)
    {
        Remote = remote;
        Timeout = timeout;
        _socket = socket;
        _done = done;
        _timer = new Timer(_ => End(SocketError.TimedOut));
    }

    public IPEndPoint Remote { get; }

    public TimeSpan Timeout { get; }

    public void Begin(ISocketEngine engine)
    {
        _timer.Change(Timeout, System.Threading.Timeout.InfiniteTimeSpan);
        try
        {
            Interlocked.Exchange(ref _way, engine.Connect(_socket, Remote, End));

            // It may have ended before there was anything to let go of.
            if (Volatile.Read(ref _ended) != 0) LetGo();
        }
        catch (ObjectDisposedException)
        {
            End(SocketError.TimedOut);
        }
        catch (SocketException e)
        {
            End(e.SocketErrorCode);
        }
    }

    /// <summary>Gives up.</summary>
    public void Dispose() => End(SocketError.OperationAborted);

    private void End(SocketError error)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        _timer.Dispose();
        if (error != SocketError.Success) _socket.Dispose();
        LetGo();
        _done(this, _socket, error);
    }

    private void LetGo() => Interlocked.Exchange(ref _way, null)?.Dispose();
}
