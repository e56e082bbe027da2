using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>
/// A link's socket on the base library. Waiting to read is a receive of zero bytes, which completes when there is something and holds no buffer. There is no
/// such way to wait until one can write; so the first few kilobytes of what did not go are copied and sent asynchronously, and their completion is the sign.
/// The base library resets a connection that is disposed of under an operation; so the end is a shutdown first, and the last operation's completion disposes.
/// </summary>
internal sealed class PortableLinkSocket : LinkSocket
{
    private const int CarryBytes = 4096;

    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _read = new();
    private readonly SocketAsyncEventArgs _write = new();
    private readonly Call _readable;
    private readonly Call _writable;
    private byte[]? _carrier;
    private int _carried;
    private int _carriedSent;
    private int _pending;
    private volatile bool _closed;

    public PortableLinkSocket(Socket socket, IPEndPoint remote)
        : base(remote, (IPEndPoint)socket.LocalEndPoint!)
    {
        _socket = socket;
        _readable = new Call(FinishRead);
        _writable = new Call(FinishWrite);
        _read.SetBuffer(Memory<byte>.Empty);
        _read.Completed += (_, _) => Complete(FinishRead);
        _write.Completed += (_, _) => Complete(FinishWrite);
    }

    public override int Receive(Span<byte> buffer, out SocketError error)
    {
        try
        {
            var count = _socket.Receive(buffer, SocketFlags.None, out error);
            return error == SocketError.Success ? count : 0;
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.OperationAborted;
            return 0;
        }
    }

    public override int Send(ReadOnlySpan<byte> bytes, out SocketError error)
    {
        try
        {
            // Where only a part goes the call reports both the part and WouldBlock.
            var count = _socket.Send(bytes, SocketFlags.None, out error);
            if (error == SocketError.WouldBlock && count > 0) error = SocketError.Success;
            return error == SocketError.Success ? count : 0;
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.OperationAborted;
            return 0;
        }
    }

    public override void WaitReadable()
    {
        try
        {
            Interlocked.Increment(ref _pending);
            if (_socket.ReceiveAsync(_read)) return;
            Complete(null);
            ThreadPool.UnsafeQueueUserWorkItem(_readable, preferLocal: false);
        }
        catch (ObjectDisposedException)
        {
            // The link was closed meanwhile: nobody waits any more.
            return;
        }
    }

    public override int Carry(ReadOnlySpan<byte> rest)
    {
        _carrier ??= new byte[CarryBytes];
        _carried = Math.Min(rest.Length, CarryBytes);
        _carriedSent = 0;
        rest[.._carried].CopyTo(_carrier);
        return _carried;
    }

    public override void WaitWritable()
    {
        try
        {
            _write.SetBuffer(_carrier, _carriedSent, _carried - _carriedSent);
            Interlocked.Increment(ref _pending);
            if (_socket.SendAsync(_write)) return;
            Complete(null);
            ThreadPool.UnsafeQueueUserWorkItem(_writable, preferLocal: false);
        }
        catch (ObjectDisposedException)
        {
            // The link was closed meanwhile: what was carried is dropped with the rest.
            return;
        }
    }

    public override void ScheduleWrite()
    {
        _carried = 0;
        ThreadPool.UnsafeQueueUserWorkItem(_writable, preferLocal: false);
    }

    public override void Dispose()
    {
        _closed = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Not connected any more: there is nobody to say goodbye to, and no operation that waits.
            Release();
            return;
        }

        // On Windows a shutdown does not end a receive; a close does, and does not reset.
        if (OperatingSystem.IsWindows() || Interlocked.Add(ref _pending, 0) == 0) Release();
    }

    private void Complete(Action? next)
    {
        next?.Invoke();
        if (Interlocked.Decrement(ref _pending) == 0 && _closed) Release();
    }

    private void Release()
    {
        _socket.Dispose();
        _read.Dispose();
        _write.Dispose();
    }

    private void FinishRead() => Events!.OnReadable();

    private void FinishWrite()
    {
        if (_carried == 0)
        {
            Events!.OnWritable(0, SocketError.Success);
            return;
        }

        var error = _write.SocketError;
        if (error == SocketError.Success) _carriedSent += _write.BytesTransferred;
        if (error == SocketError.Success && _carriedSent < _carried)
        {
            WaitWritable();
            return;
        }

        var carried = _carriedSent;
        _carried = 0;
        Events!.OnWritable(carried, error);
    }

    private sealed class Call(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
