using System.Net;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>
/// A link whose other end is the test. Reading obeys the limit as the real one does; what is sent is handed to <see cref="OnSent"/> and <see cref="OnBlock"/> after <see cref="Latency"/>.
/// </summary>
internal sealed class FakeLink(Simulation sim, SlabLedger slabs, IPEndPoint remote) : IPeerLink
{
    private readonly Queue<byte> _inbox = new();
    private readonly Queue<BlockRequest> _blocks = new();
    private IActorRef? _owner;
    private long _quota;
    private bool _dry;
    private Slab? _slab;
    private int _position;

    public static TimeSpan Latency { get; } = TimeSpan.FromMilliseconds(1);

    public IPEndPoint Remote { get; } = remote;

    public IPEndPoint Local { get; } = new(IPAddress.Parse("10.0.0.1"), 6881);

    public IActorRef? Owner => _owner;

    public List<IActorRef> Owners { get; } = [];

    public bool IsClosed { get; private set; }

    public bool DownloadLimited { get; private set; }

    public bool UploadLimited { get; private set; }

    public long UploadQuota { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Bytes that a slab holds: messages are cut there. A change begins a new slab.</summary>
    public int SlabBytes
    {
        get;
        set
        {
            field = value;
            ReturnSlab();
        }
    } = 256 * 1024;

    /// <summary>Whether blocks stay in the link.</summary>
    public bool HoldsBlocks { get; set; }

    public bool RefusesSend { get; set; }

    public int BlocksQueued => _blocks.Count;

    public Action<byte[]> OnSent { get; set; } = _ => { };

    public Action<BlockRequest> OnBlock { get; set; } = _ => { };

    public void Start(IActorRef owner)
    {
        if (Equals(_owner, owner)) return;
        _owner = owner;
        Owners.Add(owner);
        if (IsClosed) Tell(new IPeerLink.Closed("closed before"));
        else Pump();
    }

    public bool Send(ReadOnlySpan<byte> bytes)
    {
        if (RefusesSend) return false;
        if (IsClosed) return true;
        var copy = bytes.ToArray();
        sim.Schedule(Latency, () =>
        {
            if (IsClosed) return;
            OnSent(copy);
        });
        return true;
    }

    public bool SendBlock(StorageId storage, BlockRequest block)
    {
        if (IsClosed) return true;
        _blocks.Enqueue(block);
        if (!HoldsBlocks) ReleaseBlocks();
        return true;
    }

    public void ReleaseBlocks()
    {
        while (_blocks.TryDequeue(out var block))
        {
            sim.Schedule(Latency, () =>
            {
                if (IsClosed) return;
                OnBlock(block);
                Tell(new IPeerLink.Sent(1, block.Length));
            });
        }
    }

    public bool CancelBlock(BlockRequest block) => false;

    public void Limit(TransferDirection direction, bool limited)
    {
        if (direction == TransferDirection.Upload)
        {
            UploadLimited = limited;
            return;
        }

        if (limited != DownloadLimited) _quota = 0;
        DownloadLimited = limited;
        Pump();
    }

    public void Grant(TransferDirection direction, int bytes)
    {
        if (direction == TransferDirection.Upload)
        {
            UploadQuota += bytes;
            return;
        }

        if (DownloadLimited) _quota += bytes;
        Pump();
    }

    public void Close() => Close("closed here");

    /// <summary>The other side closes, or the network fails.</summary>
    public void Close(string reason)
    {
        if (IsClosed) return;
        IsClosed = true;
        ReturnSlab();
        Tell(new IPeerLink.Closed(reason));
    }

    /// <summary>Bytes come in from the other side.</summary>
    public void Deliver(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes) _inbox.Enqueue(value);
        Pump();
    }

    public void Tell(object message) => _owner?.Tell(message, ActorRefs.NoSender);

    private void Pump()
    {
        while (_owner is not null && !IsClosed && _inbox.Count > 0)
        {
            var room = DownloadLimited ? (int)Math.Max(0, _quota) : int.MaxValue;
            if (room == 0)
            {
                if (_dry) return;
                _dry = true;
                Tell(new IPeerLink.QuotaSpent(TransferDirection.Download));
                return;
            }

            _dry = false;
            _slab ??= slabs.RentForLink(SlabBytes);
            var count = Math.Min(Math.Min(room, _inbox.Count), _slab.Buffer.Length - _position);
            for (var i = 0; i < count; i++) _slab.Buffer[_position + i] = _inbox.Dequeue();
            var slice = new SlabSlice(_slab, _position, count);
            _slab.Retain();
            _position += count;
            if (_position == _slab.Buffer.Length) ReturnSlab();
            _quota -= count;
            BytesRead += count;
            Tell(new IPeerLink.Received(slice));
        }
    }

    private void ReturnSlab()
    {
        if (_slab is { } slab) slabs.ReturnFromLink(slab);
        _slab = null;
        _position = 0;
    }
}
