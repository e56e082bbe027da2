using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Swarm.Io.Net;

/// <summary>
/// UDP on Linux: woken by an epoll loop, it receives a batch with one call (recvmmsg) straight into a pooled buffer, and sends a batch with one call (sendmmsg) on the sender's thread.
/// Nothing is allocated for a batch, in or out.
/// </summary>
internal sealed unsafe class EpollUdpSocket : UdpSocket, IReadyHandler
{
    private const int NoMemory = 12;
    private const int WouldBlock = 11;
    private const int Interrupted = 4;
    private const int NoBufferSpace = 105;

    private readonly EpollLoop _loop;
    private readonly SafeSocketHandle _handle;
    private readonly long _id;
    private readonly int _batchLimit;
    private bool _added;

    public EpollUdpSocket(IPEndPoint local, NetSettings settings, EpollLoop loop)
        : base(local, settings)
    {
        _loop = loop;
        _handle = Socket.SafeHandle;
        _batchLimit = settings.DatagramBatch;
        _id = loop.Register(this);
    }

    protected override void Start()
    {
        if (!TryArm()) throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
    }

    /// <summary>Takes one batch and waits for the next: others have their turn between.</summary>
    public void OnReady()
    {
        // Without a buffer it is not armed: the one that comes back does that.
        if (Buffers.TryRent() is not { } buffer) return;
        try
        {
            Receive(buffer);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: what was taken goes to nobody.
            buffer.Release();
            return;
        }

        Deliver(buffer);
        TryArm();
    }

    public override bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram)
    {
        var address = stackalloc byte[LinuxAddress.MaxSize];
        var length = LinuxAddress.Write(remote, address);
        nint result;
        try
        {
            fixed (byte* bytes = datagram)
            {
                do result = Native.SendTo(_handle, bytes, datagram.Length, Native.MsgDontWait, address, length);
                while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            }
        }
        catch (ObjectDisposedException)
        {
            result = -1;
        }

        CountSent(result < 0 ? 0 : 1, result < 0 ? 1 : 0);
        return result >= 0;
    }

    // Room on the stack is not cleared: what the kernel reads of it is written.
    [SkipLocalsInit]
    public override int Send(UdpSendBatch batch)
    {
        var entries = batch.Entries;
        var messages = stackalloc Native.MultiMessage[entries.Length];
        var vectors = stackalloc Native.IoVector[entries.Length];
        var addresses = stackalloc byte[entries.Length * LinuxAddress.MaxSize];
        var sent = 0;
        fixed (byte* bytes = batch.Bytes)
        {
            for (var i = 0; i < entries.Length; i++)
            {
                var address = addresses + (i * LinuxAddress.MaxSize);
                vectors[i] = new Native.IoVector { Address = bytes + entries[i].Offset, Length = entries[i].Length };
                messages[i] = new Native.MultiMessage { Header = new Native.MessageHeader { Name = address, NameLength = (uint)LinuxAddress.Write(entries[i].Remote, address), Vectors = vectors + i, VectorCount = 1 } };
            }

            try
            {
                sent = SendAll(messages, entries.Length);
            }
            catch (ObjectDisposedException)
            {
                // Closed meanwhile: the rest is dropped, as the counters say.
                sent = 0;
            }
        }

        CountSent(sent, entries.Length - sent);
        return entries.Length - sent;
    }

    public override void Dispose()
    {
        _loop.Unregister(_id);
        base.Dispose();
    }

    protected override void Resume() => TryArm();

    // SK_MEMINFO_DROPS: everything this socket's queue had no room for.
    protected override long KernelDrops()
    {
        const int SolSocket = 1, SoMemInfo = 55, Drops = 8;
        Span<byte> information = stackalloc byte[(Drops + 1) * sizeof(uint)];
        try
        {
            return Socket.GetRawSocketOption(SolSocket, SoMemInfo, information) == information.Length
                ? BinaryPrimitives.ReadUInt32LittleEndian(information[(Drops * sizeof(uint))..])
                : 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A kernel that does not say, or a socket that is gone.
            return 0;
        }
    }

    private bool TryArm() => _loop.TryArm(_handle, _id, Native.EpollIn, ref _added);

    [SkipLocalsInit]
    private void Receive(DatagramBuffer buffer)
    {
        var messages = stackalloc Native.MultiMessage[_batchLimit];
        var vectors = stackalloc Native.IoVector[_batchLimit];
        var addresses = stackalloc byte[_batchLimit * LinuxAddress.MaxSize];
        fixed (byte* bytes = buffer.Bytes)
        {
            for (var i = 0; i < _batchLimit; i++)
            {
                vectors[i] = new Native.IoVector { Address = bytes + (i * buffer.SlotBytes), Length = buffer.SlotBytes };
                messages[i] = new Native.MultiMessage { Header = new Native.MessageHeader { Name = addresses + (i * LinuxAddress.MaxSize), NameLength = LinuxAddress.MaxSize, Vectors = vectors + i, VectorCount = 1 } };
            }

            var count = Native.ReceiveMany(_handle, messages, (uint)_batchLimit, Native.MsgDontWait, null);
            if (count < 0 && Marshal.GetLastPInvokeError() is not (WouldBlock or Interrupted)) CountFault();
            for (var i = 0; i < count; i++) Take(buffer, i, (int)messages[i].Length, LinuxAddress.Read(addresses + (i * LinuxAddress.MaxSize)));
        }
    }

    // Returns how many went. The kernel stops at the first it cannot send and says why when it is the first of a call: that one is dropped, or all of them when the queue is full.
    private int SendAll(Native.MultiMessage* messages, int count)
    {
        var sent = 0;
        for (var next = 0; next < count;)
        {
            var went = Native.SendMany(_handle, messages + next, (uint)(count - next), Native.MsgDontWait);
            if (went > 0)
            {
                sent += went;
                next += went;
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error is WouldBlock or NoBufferSpace or NoMemory) break;
            if (error != Interrupted) next++;
        }

        return sent;
    }
}
