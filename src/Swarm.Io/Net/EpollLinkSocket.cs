using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Io.Net;

/// <summary>
/// A link's socket on two epoll loops: one for each direction.
/// <para>
/// On a short path (<see cref="IsShort"/>) the kernel's send queue is bounded. Left to itself the kernel lets it grow to megabytes, which the receiver takes at once and which a path of microseconds never needs: the bytes then fall out of the
/// processor's cache between the copy in and the copy out, and pacing cuts the queue up by timers. A path that was short and grows long keeps the bound.
/// </para>
/// </summary>
internal sealed unsafe class EpollLinkSocket : LinkSocket
{
    private const int SolSocket = 1;
    private const int SoSendBuffer = 7;

    private readonly Socket _socket;
    private readonly int _shortPathBuffer;
    private readonly SafeSocketHandle _handle;
    private readonly Direction _read;
    private readonly Direction _write;

    /// <summary>Takes over a socket. <paramref name="shortPathBuffer"/>: bytes of its send queue on a short path; 0: as the kernel likes.</summary>
    public EpollLinkSocket(Socket socket, IPEndPoint remote, EpollLoop readers, EpollLoop writers, int shortPathBuffer)
        : base(remote, LocalOf(socket, remote))
    {
        _socket = socket;
        _shortPathBuffer = shortPathBuffer;
        _handle = socket.SafeHandle;
        _read = new Direction(this, readers, Native.EpollIn | Native.EpollRemoteClosed);
        _write = new Direction(this, writers, Native.EpollOut);
    }

    public override int Receive(Span<byte> buffer, out SocketError error)
    {
        fixed (byte* bytes = buffer)
        {
            nint count;
            do count = Native.Receive(_handle, bytes, buffer.Length, Native.MsgDontWait);
            while (count < 0 && Marshal.GetLastPInvokeError() == 4);
            return Outcome(count, out error);
        }
    }

    public override int Send(ReadOnlySpan<byte> bytes, out SocketError error)
    {
        fixed (byte* start = bytes)
        {
            nint count;
            do count = Native.Send(_handle, start, bytes.Length, Native.MsgDontWait | Native.MsgNoSignal);
            while (count < 0 && Marshal.GetLastPInvokeError() == 4);
            return Outcome(count, out error);
        }
    }

    public override bool SendsVectors => true;

    public override int Send(ReadOnlySpan<Native.IoVector> vectors, out SocketError error)
    {
        fixed (Native.IoVector* start = vectors)
        {
            var message = new Native.MessageHeader { Vectors = start, VectorCount = vectors.Length };
            nint count;
            do count = Native.SendMessage(_handle, &message, Native.MsgDontWait | Native.MsgNoSignal);
            while (count < 0 && Marshal.GetLastPInvokeError() == 4);
            return Outcome(count, out error);
        }
    }

    public override void FitSendBuffer()
    {
        // The kernel counts what it keeps beside the bytes as well, and so takes twice what it is told.
        var half = _shortPathBuffer / 2;
        if (half > 0 && IsShort()) _ = Native.SetSocketOption(_handle, SolSocket, SoSendBuffer, ref half, sizeof(int));
    }

    public override void WaitReadable() => _read.Arm();

    public override int Carry(ReadOnlySpan<byte> rest) => 0;

    public override void WaitWritable() => _write.Arm();

    public override void ScheduleWrite() => _write.Arm();

    public override void Dispose()
    {
        _read.Unregister();
        _write.Unregister();
        _socket.Dispose();
    }

    // The least round trip that the kernel has seen, tcp_info.tcpi_min_rtt in microseconds, is below 250: this machine, or one beside it.
    private bool IsShort()
    {
        const int Tcp = 6, Info = 11, LeastRoundTrip = 148, ShortMicroseconds = 250;
        var info = stackalloc byte[LeastRoundTrip + sizeof(uint)];
        var length = LeastRoundTrip + sizeof(uint);
        return Native.GetSocketOption(_handle, Tcp, Info, info, ref length) == 0 && length == LeastRoundTrip + sizeof(uint) && *(uint*)(info + LeastRoundTrip) < ShortMicroseconds;
    }

    private static int Outcome(nint count, out SocketError error)
    {
        error = count >= 0 ? SocketError.Success : Native.ToSocketError(Marshal.GetLastPInvokeError());
        return (int)Math.Max(0, count);
    }

    // The base library knows no local address of a socket it did not connect itself.
    private static IPEndPoint LocalOf(Socket socket, IPEndPoint remote)
    {
        var address = new SocketAddress(remote.AddressFamily);
        var length = address.Size;
        fixed (byte* bytes = address.Buffer.Span)
        {
            if (Native.GetSocketName(socket.SafeHandle, bytes, ref length) < 0) return new IPEndPoint(remote.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        }

        return (IPEndPoint)remote.Create(address);
    }

    private sealed class Direction : IReadyHandler, IThreadPoolWorkItem
    {
        private readonly EpollLinkSocket _owner;
        private readonly EpollLoop _loop;
        private readonly uint _events;
        private readonly long _id;
        private bool _added;

        public Direction(EpollLinkSocket owner, EpollLoop loop, uint events)
        {
            _owner = owner;
            _loop = loop;
            _events = events;
            _id = loop.Register(this);
        }

        public void Arm()
        {
            if (!_loop.TryArm(_owner._handle, _id, _events, ref _added)) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        // The kernel cannot watch the socket: the link is lost.
        public void Execute() => _owner.Events!.OnWritable(0, SocketError.NoBufferSpaceAvailable);

        public void Unregister() => _loop.Unregister(_id);

        public void OnReady()
        {
            if (this == _owner._read) _owner.Events!.OnReadable();
            else _owner.Events!.OnWritable(0, SocketError.Success);
        }
    }
}
