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

    private readonly Entry[] _entries;
    private readonly ulong _seed;
    private readonly ulong _otherSeed;
    private readonly int _setMask;

    /// <summary>Room for <paramref name="capacity"/> addresses, rounded up to a power of two of at least eight.</summary>
    public AddressTable(int capacity, Random random)
    {
        var sets = BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (capacity + Ways - 1) / Ways));
        _entries = new Entry[sets * Ways];
        _setMask = (int)sets - 1;
        _seed = (ulong)random.NextInt64();
        _otherSeed = (ulong)random.NextInt64();
    }

    /// <summary>Addresses that were forgotten to make room.</summary>
    public long Forgotten { get; private set; }

    /// <summary>The value of an address, to be read and changed in place; a new one has the default value. Valid until the next call.</summary>
    public ref T Use(UdpAddress key, long nowTicks, out bool isNew)
    {
        var set = SetOf(key);
        ref var oldest = ref set[0];
        foreach (ref var entry in set)
        {
            if (entry.IsUsed && entry.Key == key)
            {
                isNew = false;
                entry.LastUsed = nowTicks;
                return ref entry.Value;
            }

            if (!entry.IsUsed || (oldest.IsUsed && entry.LastUsed < oldest.LastUsed)) oldest = ref entry;
        }

        if (oldest.IsUsed) Forgotten++;
        isNew = true;
        oldest = new Entry { Key = key, IsUsed = true, LastUsed = nowTicks };
        return ref oldest.Value;
    }

    /// <summary>The value of an address if it has one; this does not count as use.</summary>
    public bool TryGet(UdpAddress key, out T value)
    {
        foreach (ref var entry in SetOf(key))
        {
            if (!entry.IsUsed || entry.Key != key) continue;
            value = entry.Value;
            return true;
        }

        value = default;
        return false;
    }

    private Span<Entry> SetOf(UdpAddress key) => _entries.AsSpan(((int)NetworkOf.Hash(key, _seed, _otherSeed) & _setMask) * Ways, Ways);

    private struct Entry
    {
        public UdpAddress Key;
        public long LastUsed;
        public T Value;
        public bool IsUsed;
    }
}
