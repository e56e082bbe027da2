namespace Swarm.Io.Net;

/// <summary>Datagrams that wait to be sent with one call: their bytes end to end in one pinned array, and where each one goes. One owner, one thread at a time.</summary>
internal sealed class UdpSendBatch(int capacity)
{
    /// <summary>Room for the longest datagram there is, or for many of the usual size.</summary>
    private const int ArenaBytes = 64 << 10;

    private readonly Entry[] _entries = new Entry[capacity];
    private int _used;

    /// <summary>Where the bytes lie.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(ArenaBytes, pinned: true);

    public int Count { get; private set; }

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, Count);

    /// <summary>False: no room before the others are sent.</summary>
    public bool TryAdd(UdpAddress remote, ReadOnlySpan<byte> datagram)
    {
        if (Count == _entries.Length || datagram.Length > ArenaBytes - _used) return false;
        datagram.CopyTo(Bytes.AsSpan(_used));
        _entries[Count++] = new Entry(remote, _used, datagram.Length);
        _used += datagram.Length;
        return true;
    }

    public void Clear() => Count = _used = 0;

    public readonly record struct Entry(UdpAddress Remote, int Offset, int Length);
}
