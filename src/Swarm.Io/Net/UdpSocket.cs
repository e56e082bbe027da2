using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// One UDP socket: a receive that waits for the first datagram, takes what else is there, up to a batch, and tells the owner once.
/// A send that fails or would have to wait drops its datagram and says so. The loop ends only when the socket is closed.
/// </summary>
internal sealed class UdpSocket : IUdpSocket, IDisposable, IThreadPoolWorkItem
{
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _operation = new();
    private readonly ImmutableArray<Datagram>.Builder _batch;
    private readonly int _batchLimit;
    private readonly int _longest;
    private long _dropped;
    private volatile bool _closed;

    /// <summary>Binds; receives nothing before <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">The address is not to be had.</exception>
    public UdpSocket(IPEndPoint local, NetSettings settings, IActorRef owner)
    {
        Owner = owner;
        _batchLimit = settings.DatagramBatch;
        _longest = settings.MaxDatagramBytes;
        _batch = ImmutableArray.CreateBuilder<Datagram>(_batchLimit);
        _socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6) _socket.DualMode = false;
            _socket.Bind(local);
            _socket.Blocking = false;
            Local = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        // One byte more than allowed, so that a longer datagram is told from one that just fits.
        _operation.SetBuffer(GC.AllocateUninitializedArray<byte>(_longest + 1, pinned: true));
        _operation.Completed += (_, _) =>
        {
            if (Take()) Execute();
        };
    }

    public IActorRef Owner { get; }

    /// <inheritdoc/>
    public IPEndPoint Local { get; }

    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public bool Send(IPEndPoint remote, ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.SendTo(datagram, SocketFlags.None, remote);
            return true;
        }
        catch (SocketException)
        {
            // Full queue, no way there, wrong family: a datagram may get lost, and this one is. The caller knows.
            Interlocked.Increment(ref _dropped);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public void Start() => Execute();

    /// <summary>Receives until nothing is there or a batch is full.</summary>
    public void Execute()
    {
        try
        {
            while (!_closed)
            {
                // Told before the next wait begins, for its end may come on another thread at once.
                if (_batch.Count == _batchLimit || (_batch.Count > 0 && _socket.Available == 0))
                {
                    var full = _batch.Count == _batchLimit;
                    Owner.Tell(new IUdp.Received(this, _batch.ToImmutable()), ActorRefs.NoSender);
                    _batch.Clear();
                    if (full)
                    {
                        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                        return;
                    }
                }

                _operation.RemoteEndPoint = new IPEndPoint(Local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
                if (_socket.ReceiveFromAsync(_operation) || !Take()) return;
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Closed meanwhile: that ends the loop.
            return;
        }
    }

    public void Dispose()
    {
        _closed = true;
        _socket.Dispose();
        _operation.Dispose();
    }

    // False: the socket is closed.
    private bool Take()
    {
        if (_closed || _operation.SocketError == SocketError.OperationAborted) return false;
        if (_operation.SocketError != SocketError.Success || _operation.BytesTransferred > _longest)
        {
            // Cut off, or news of an earlier datagram that found nobody.
            Interlocked.Increment(ref _dropped);
            return true;
        }

        var bytes = _operation.MemoryBuffer.Span[.._operation.BytesTransferred].ToArray();
        _batch.Add(new Datagram((IPEndPoint)_operation.RemoteEndPoint!, ImmutableCollectionsMarshal.AsImmutableArray(bytes)));
        return true;
    }
}
