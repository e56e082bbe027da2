using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>
/// UDP over the base library: an asynchronous receive that waits for the first datagram, and takes what else is there, up to a batch. Any system, at the price of a hand-off and some
/// allocation a datagram.
/// </summary>
internal sealed class PortableUdpSocket : UdpSocket, IThreadPoolWorkItem
{
    private readonly SocketAsyncEventArgs _operation = new();
    private readonly IPEndPoint _anybody;
    private readonly int _batchLimit;
    private DatagramBuffer? _filling;

    public PortableUdpSocket(IPEndPoint local, NetSettings settings)
        : base(local, settings)
    {
        _batchLimit = settings.DatagramBatch;
        _anybody = new IPEndPoint(local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        _operation.Completed += (_, _) =>
        {
            if (Finish()) Execute();
        };
    }

    protected override void Start() => Resume();

    public override bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram)
    {
        var sent = TrySend(remote, datagram);
        CountSent(sent ? 1 : 0, sent ? 0 : 1);
        return sent;
    }

    public override int Send(UdpSendBatch batch)
    {
        var sent = 0;
        foreach (var entry in batch.Entries)
        {
            if (TrySend(entry.Remote, batch.Bytes.AsSpan(entry.Offset, entry.Length))) sent++;
        }

        CountSent(sent, batch.Count - sent);
        return batch.Count - sent;
    }

    /// <summary>Receives until nothing is there, a batch is full or no buffer is left.</summary>
    public void Execute()
    {
        try
        {
            while (!IsClosed)
            {
                // Without a buffer another thread goes on as soon as there is one: from here on nothing is touched.
                if ((_filling ?? Buffers.TryRent()) is not { } buffer) return;
                _filling = buffer;

                // Told before the next wait begins, for its end may come on another thread at once.
                if (buffer.Kept == _batchLimit || (buffer.Kept > 0 && Socket.Available == 0))
                {
                    var full = buffer.Kept == _batchLimit;
                    _filling = null;
                    Deliver(buffer);
                    if (!full) continue;
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                _operation.RemoteEndPoint = _anybody;
                _operation.SetBuffer(buffer.Bytes, buffer.Kept * buffer.SlotBytes, buffer.SlotBytes);
                if (Socket.ReceiveFromAsync(_operation) || !Finish()) return;
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Closed meanwhile: that ends the loop.
            return;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _operation.Dispose();
    }

    protected override void Resume() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    // False: the socket is closed.
    private bool Finish()
    {
        var error = _operation.SocketError;
        if (IsClosed || error == SocketError.OperationAborted) return false;

        // A datagram longer than its slot is an error on some systems, and cut off on others.
        if (error is SocketError.Success or SocketError.MessageSize)
        {
            var length = error == SocketError.Success ? _operation.BytesTransferred : int.MaxValue;
            Take(_filling!, _filling!.Kept, length, new UdpAddress((IPEndPoint)_operation.RemoteEndPoint!));
        }
        else
        {
            CountFault();
        }

        return true;
    }

    private bool TrySend(UdpAddress remote, ReadOnlySpan<byte> datagram)
    {
        try
        {
            Socket.SendTo(datagram, SocketFlags.None, remote.ToEndPoint());
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Full queue, no way there, wrong family, closed: a datagram may get lost, and this one is. The caller knows.
            return false;
        }
    }
}
