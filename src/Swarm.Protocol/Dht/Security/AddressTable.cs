using System.Numerics;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// A small value for each of the addresses seen lately, in memory of a fixed size. An address has a place in one set of eight; when its set is full the address of the set that was not used for longest is forgotten.
/// Which set is drawn from seeds, so nobody can aim at another's. Never allocates after its making. Owned by one caller.
/// </summary>
internal sealed class AddressTable<T> where T : struct
{
    private const int Ways = 8;

    // Apart from the rest, so that a search commonly touches two lines of the processor's cache: the hashes of a set, 0 for a free place, and the entry it is.
    private readonly ulong[] _hashes;
    private readonly Entry[] _entries;
    private readonly ulong _seed;
    private readonly ulong _otherSeed;
    private readonly int _setMask;

    /// <summary>Room for <paramref name="capacity"/> addresses, rounded up to a power of two of at least eight.</summary>
    public AddressTable(int capacity, Random random)
    {
        var sets = BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (capacity + Ways - 1) / Ways));
        _entries = new Entry[sets * Ways];
        _hashes = new ulong[sets * Ways];
        _setMask = (int)sets - 1;
        _seed = (ulong)random.NextInt64();
        _otherSeed = (ulong)random.NextInt64();
    }

    /// <summary>Addresses that were forgotten to make room.</summary>
    public long Forgotten { get; private set; }

    /// <summary>The value of an address, to be read and changed in place; a new one has the default value. Valid until the next call.</summary>
    public ref T Use(UdpAddress key, long nowTicks, out bool isNew)
    {
        var hash = HashOf(key);
        var at = Find(key, hash);
        isNew = at < 0;
        if (isNew)
        {
            at = Place(hash);
            _hashes[at] = hash;
            _entries[at] = new Entry { Key = key };
        }

        ref var entry = ref _entries[at];
        entry.LastUsed = nowTicks;
        return ref entry.Value;
    }

    /// <summary>The value of an address if it has one; this does not count as use.</summary>
    public bool TryGet(UdpAddress key, out T value)
    {
        var at = Find(key, HashOf(key));
        value = at < 0 ? default : _entries[at].Value;
        return at >= 0;
    }

    private ulong HashOf(UdpAddress key) => NetworkOf.Hash(key, _seed, _otherSeed) | 1;

    // The lowest bit is that of every used place.
    private int SetOf(ulong hash) => ((int)(hash >> 1) & _setMask) * Ways;

    private int Find(UdpAddress key, ulong hash)
    {
        var set = SetOf(hash);
        var hashes = _hashes.AsSpan(set, Ways);
        for (var way = 0; way < hashes.Length; way++)
        {
            if (hashes[way] == hash && _entries[set + way].Key == key) return set + way;
        }

        return -1;
    }

    // A free place of the set, or that of the address that was not used for longest.
    private int Place(ulong hash)
    {
        var set = SetOf(hash);
        var oldest = set;
        for (var at = set; at < set + Ways; at++)
        {
            if (_hashes[at] == 0) return at;
            if (_entries[at].LastUsed < _entries[oldest].LastUsed) oldest = at;
        }

        Forgotten++;
        return oldest;
    }

    private struct Entry
    {
        public UdpAddress Key;
        public long LastUsed;
        public T Value;
    }
}
