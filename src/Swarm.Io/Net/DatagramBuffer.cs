using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// Pinned room for one batch of datagrams, each in a slot of its own, and the parts the batch falls into: one <see cref="UdpBatch"/> for each kind. Filled by one thread, which holds it until
/// it has told the parts; back in its pool when the last part is released.
/// </summary>
internal sealed class DatagramBuffer
{
    private readonly DatagramBufferPool _pool;
    private readonly UdpBatch?[] _parts = new UdpBatch?[UdpSocket.Kinds];
    private readonly int _capacity;
    private int _holders;

    public DatagramBuffer(DatagramBufferPool pool, int capacity, int slotBytes)
    {
        _pool = pool;
        _capacity = capacity;
        SlotBytes = slotBytes;
        Bytes = GC.AllocateUninitializedArray<byte>(capacity * slotBytes, pinned: true);
    }

    /// <summary>All slots, one after the other.</summary>
    public byte[] Bytes { get; }

    public int SlotBytes { get; }

    /// <summary>Datagrams that belong to somebody.</summary>
    public int Kept { get; private set; }

    /// <summary>The parts that have datagrams.</summary>
    public ReadOnlySpan<UdpBatch?> Parts => _parts;

    /// <summary>The filler takes it.</summary>
    public void Begin()
    {
        Kept = 0;
        _holders = 1;
    }

    /// <summary>Adds a datagram to the part of its kind, which goes to the claim that it had with its first.</summary>
    public void Keep(UdpClaim claim, int slot, int length, UdpAddress remote)
    {
        var part = _parts[(int)claim.Kind] ??= new UdpBatch(Bytes, _capacity, _ => Release());
        if (part.Count == 0)
        {
            part.Rent(claim);
            _holders++;
        }

        part.Add(slot * SlotBytes, length, remote);
        Kept++;
    }

    /// <summary>The filler or a part's receiver lets go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) _pool.Return(this);
    }
}

/// <summary>
/// The receive buffers of one socket, made when first needed, up to a limit, and lent last in, first out, for the last one is in the processor's cache. A reader that gets none is called
/// when one comes back. Safe from any thread.
/// </summary>
internal sealed class DatagramBufferPool(NetSettings settings, Action available)
{
    private readonly Lock _gate = new();
    private readonly Stack<DatagramBuffer> _free = new();
    private int _made;
    private bool _isWaitedFor;

    /// <summary>Buffers that somebody holds. For leak checks.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate) return _made - _free.Count;
        }
    }

    /// <summary>An empty buffer; null: none now, and <c>available</c> is called when there is, perhaps before this call has returned.</summary>
    public DatagramBuffer? TryRent()
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var buffer))
            {
                _isWaitedFor = _made == settings.DatagramBatchesInFlight;
                if (_isWaitedFor) return null;
                _made++;

                // Room for a byte more than is taken, so that a datagram that is too long is told from one that just fits; and no power of two, so that slots do not meet in the processor's cache.
                buffer = new DatagramBuffer(this, settings.DatagramBatch, (settings.MaxDatagramBytes + 64) & ~63);
            }

            buffer.Begin();
            return buffer;
        }
    }

    public void Return(DatagramBuffer buffer)
    {
        bool wake;
        lock (_gate)
        {
            _free.Push(buffer);
            (wake, _isWaitedFor) = (_isWaitedFor, false);
        }

        if (wake) available();
    }
}
