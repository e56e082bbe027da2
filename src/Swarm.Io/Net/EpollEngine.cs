using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Io.Net;

/// <summary>
/// Sockets over epoll (Linux): a few threads that receive, and a few that read files and send, each group on an epoll instance of its own, so that a slow disk
/// never holds up receiving. Sockets are never given to the base library's asynchronous engine, which would wake its own thread for every event.
/// </summary>
internal sealed class EpollEngine : ISocketEngine
{
    private const int ReadBatch = 64;

    private readonly EpollLoop _readers;
    private readonly EpollLoop _writers;
    private readonly int _shortPathBuffer;

    public EpollEngine(NetSettings settings)
    {
        _shortPathBuffer = settings.SendBufferBytes > 0 ? 0 : settings.ShortPathSendBufferBytes;
        _readers = new EpollLoop("swarm-receive", settings.ReadThreads, ReadBatch);

        // One ready link at a time: a thread that took several would let the others idle while it waits for a disk.
        _writers = new EpollLoop("swarm-send", settings.WriteThreads, 1);
    }

    // Links say with each call that it is not to wait. To make it the socket's own setting, the base library would hold all that it needs to wait itself: 220 bytes.
    public LinkSocket Attach(Socket socket, IPEndPoint remote) => new EpollLinkSocket(socket, remote, _readers, _writers, _shortPathBuffer);

    /// <summary>Descriptors with a handler: links, and connections on their way.</summary>
    public int Registered => _readers.Registered + _writers.Registered;

    public unsafe IDisposable? Connect(Socket socket, IPEndPoint remote, Action<SocketError> done)
    {
        if (Native.SetNonBlocking(socket.SafeHandle) < 0) throw new SocketException((int)Native.ToSocketError(Marshal.GetLastPInvokeError()));
        var address = remote.Serialize();
        SocketError error;
        fixed (byte* bytes = address.Buffer.Span)
        {
            error = Native.Connect(socket.SafeHandle, bytes, address.Size) == 0 ? SocketError.Success : Native.ToSocketError(Marshal.GetLastPInvokeError());
        }

        if (error is not (SocketError.InProgress or SocketError.Interrupted))
        {
            done(error);
            return null;
        }

        var dial = new Dial(_readers, socket, done);
        dial.Arm();
        return dial;
    }

    public void Dispose()
    {
        _readers.Dispose();
        _writers.Dispose();
    }

    /// <summary>A connection on its way: when the socket turns writable the kernel knows how it went. One that is given up is disposed of: a closed socket never turns writable.</summary>
    private sealed class Dial : IReadyHandler, IDisposable
    {
        private readonly EpollLoop _loop;
        private readonly Socket _socket;
        private readonly Action<SocketError> _done;
        private readonly long _id;

        public Dial(EpollLoop loop, Socket socket, Action<SocketError> done)
        {
            _loop = loop;
            _socket = socket;
            _done = done;
            _id = loop.Register(this);
        }

        public void Arm()
        {
            var added = false;
            if (_loop.TryArm(_socket.SafeHandle, _id, Native.EpollOut, ref added)) return;
            _loop.Unregister(_id);
            _done(SocketError.NoBufferSpaceAvailable);
        }

        public void OnReady()
        {
            const int SolSocket = 1, SoError = 4;
            _loop.Unregister(_id);
            int errno = 0, length = sizeof(int);
            try
            {
                // The link that comes of it registers the socket anew.
                _loop.Remove(_socket.SafeHandle);
                if (Native.GetSocketOption(_socket.SafeHandle, SolSocket, SoError, ref errno, ref length) < 0) errno = Marshal.GetLastPInvokeError();
            }
            catch (ObjectDisposedException)
            {
                // Given up before it came to anything; whoever did that has told so.
                return;
            }

            _done(Native.ToSocketError(errno));
        }

        public void Dispose() => _loop.Unregister(_id);
    }
}
