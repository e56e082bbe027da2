namespace Swarm.Actors.Ports;

/// <summary>
/// Datagrams of one kind that came together, in order of arrival: pooled, so that receiving allocates nothing. Whoever is told <see cref="Received"/> holds it and releases it exactly once;
/// until then its bytes and addresses stay as they are, afterwards they are the next batch's.
/// <para>
/// Filled by the port that made it: <see cref="Rent"/>, <see cref="Add"/>, then told. Several batches may lie over one buffer, each with datagrams of its own.
/// </para>
/// </summary>
public sealed class UdpBatch
{
    private readonly byte[] _buffer;
    private readonly Entry[] _entries;
    private readonly Action<UdpBatch> _returned;
    private IUdpSocket? _socket;
    private int _held;

    /// <summary>An empty batch for up to <paramref name="capacity"/> datagrams that lie in <paramref name="buffer"/>; <paramref name="returned"/> is called with each release.</summary>
    public UdpBatch(byte[] buffer, int capacity, Action<UdpBatch> returned)
    {
        _buffer = buffer;
        _entries = new Entry[capacity];
        _returned = returned;
        Received = new IUdp.Received(this);
    }

    /// <summary>The message that carries this batch; one for its whole life.</summary>
    public IUdp.Received Received { get; }

    /// <summary>Where the datagrams came in: the receiver's own view of the socket, so that it can answer.</summary>
    public IUdpSocket Socket => _socket ?? throw new InvalidOperationException("The batch was never filled.");

    /// <summary>Datagrams; 0 while in the pool.</summary>
    public int Count { get; private set; }

    /// <summary>Who sent datagram <paramref name="index"/>.</summary>
    public UdpAddress Remote(int index) => At(index).Remote;

    /// <summary>The bytes of datagram <paramref name="index"/>, perhaps none.</summary>
    public ReadOnlySpan<byte> Bytes(int index)
    {
        var entry = At(index);
        return _buffer.AsSpan(entry.Offset, entry.Length);
    }

    /// <summary>Takes the batch out of the pool, for what comes in at <paramref name="socket"/>.</summary>
    /// <exception cref="InvalidOperationException">It is in use.</exception>
    public void Rent(IUdpSocket socket)
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0) throw new InvalidOperationException("The batch is in use.");
        _socket = socket;
    }

    /// <summary>Adds a datagram that lies at <paramref name="offset"/> of the buffer. Before the batch is told.</summary>
    public void Add(int offset, int length, UdpAddress remote) => _entries[Count++] = new Entry(offset, length, remote);

    /// <summary>Gives the batch back to its pool.</summary>
    /// <exception cref="InvalidOperationException">It was released already.</exception>
    public void Release()
    {
        if (Interlocked.Exchange(ref _held, 0) == 0) throw new InvalidOperationException("The batch was released twice.");
        Count = 0;
        _returned(this);
    }

    private ref readonly Entry At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return ref _entries[index];
    }

    private readonly record struct Entry(int Offset, int Length, UdpAddress Remote);
}
