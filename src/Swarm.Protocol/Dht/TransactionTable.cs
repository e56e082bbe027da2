using System.Buffers.Binary;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht;

/// <summary>What a message with a transaction id turned out to be.</summary>
public enum TransactionMatch : byte
{
    /// <summary>It answers a query of ours that is in flight; that query is over.</summary>
    Answered,

    /// <summary>There is no such query: never asked, or answered or timed out already.</summary>
    Unknown,

    /// <summary>There is one, but it was sent elsewhere: forged, or from another port. The query is still in flight.</summary>
    OtherAddress,
}

/// <summary>
/// The queries in flight of one socket, and what for: <typeparamref name="T"/> says who asked. Owned by the DHT's actor; lookups and buckets send through it. An answer must carry the query's id and come from the
/// address and port it was sent to (BEP 5). A query stalls first, when it has taken longer than answers do, and fails later: in between a late answer is welcome.
/// <para>
/// An id is four bytes: the place in the table, and a number drawn for each query, so that neither guessing nor a late answer to an earlier query hits.
/// </para>
/// Always holds: at most <see cref="TransactionSettings.MaxInFlight"/> queries, each ends once. All calls take constant time and allocate nothing. Times are TimeSpan ticks of a monotonic clock that does not go back.
/// </summary>
public sealed class TransactionTable<T>
{
    /// <summary>Bytes of an id.</summary>
    public const int IdSize = 4;

    private const int None = -1;

    private readonly Entry[] _entries;
    private readonly int[] _free;
    private readonly TransactionSettings _settings;
    private readonly Random _random;
    private int _freeCount;

    // All in flight in the order they were sent, linked through the entries; the first one that has not stalled yet.
    private int _oldest = None;
    private int _newest = None;
    private int _firstFresh = None;

    /// <summary>An empty table.</summary>
    public TransactionTable(TransactionSettings settings, Random random)
    {
        _settings = settings;
        _random = random;
        RoundTrips = new RoundTripEstimator(settings);
        _entries = new Entry[settings.MaxInFlight];
        _free = new int[settings.MaxInFlight];
        for (var slot = settings.MaxInFlight - 1; slot >= 0; slot--) _free[_freeCount++] = slot;
    }

    /// <summary>How long answers take.</summary>
    public RoundTripEstimator RoundTrips { get; }

    /// <summary>Queries in flight.</summary>
    public int Count => _entries.Length - _freeCount;

    /// <summary>Queries that were not begun because the table was full.</summary>
    public long Refused { get; private set; }

    /// <summary>Messages that answered nothing.</summary>
    public long Unmatched { get; private set; }

    /// <summary>Queries that got no answer.</summary>
    public long TimedOut { get; private set; }

    /// <summary>Begins a query and writes its id. False if too many are in flight.</summary>
    public bool TryBegin(UdpAddress address, T owner, long nowTicks, Span<byte> id)
    {
        if (_freeCount == 0)
        {
            Refused++;
            return false;
        }

        var slot = _free[--_freeCount];
        var nonce = (ushort)_random.Next(1 << 16);
        _entries[slot] = new Entry { Address = address, Owner = owner, SentAt = nowTicks, Nonce = nonce, IsInFlight = true, Earlier = _newest, Later = None };
        if (_newest == None) _oldest = slot;
        else _entries[_newest].Later = slot;
        _newest = slot;
        if (_firstFresh == None) _firstFresh = slot;
        BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)slot);
        BinaryPrimitives.WriteUInt16BigEndian(id[2..], nonce);
        return true;
    }

    /// <summary>A reply or error came: finds the query it answers, and ends that.</summary>
    public TransactionMatch TryComplete(ReadOnlySpan<byte> id, UdpAddress from, long nowTicks, out T? owner, out TimeSpan roundTrip)
    {
        owner = default;
        roundTrip = default;
        var slot = id.Length == IdSize ? BinaryPrimitives.ReadUInt16BigEndian(id) : int.MaxValue;
        var isKnown = slot < _entries.Length && _entries[slot].IsInFlight && _entries[slot].Nonce == BinaryPrimitives.ReadUInt16BigEndian(id[2..]);
        if (!isKnown || _entries[slot].Address != from)
        {
            Unmatched++;
            return isKnown ? TransactionMatch.OtherAddress : TransactionMatch.Unknown;
        }

        owner = _entries[slot].Owner;
        roundTrip = TimeSpan.FromTicks(nowTicks - _entries[slot].SentAt);
        RoundTrips.Add(roundTrip);
        Remove(slot);
        return TransactionMatch.Answered;
    }

    /// <summary>The next query that has stalled by now, told of once; it stays in flight. Call until false.</summary>
    public bool TryTakeStalled(long nowTicks, out T? owner, out UdpAddress address)
    {
        if (_firstFresh == None || nowTicks - _entries[_firstFresh].SentAt < RoundTrips.StallAfter.Ticks)
        {
            (owner, address) = (default, default);
            return false;
        }

        (owner, address) = (_entries[_firstFresh].Owner, _entries[_firstFresh].Address);
        _firstFresh = _entries[_firstFresh].Later;
        return true;
    }

    /// <summary>The next query that has failed by now; it is over. Call until false.</summary>
    public bool TryTakeTimedOut(long nowTicks, out T? owner, out UdpAddress address)
    {
        if (_oldest == None || nowTicks - _entries[_oldest].SentAt < _settings.Timeout.Ticks)
        {
            (owner, address) = (default, default);
            return false;
        }

        (owner, address) = (_entries[_oldest].Owner, _entries[_oldest].Address);
        Remove(_oldest);
        TimedOut++;
        return true;
    }

    private void Remove(int slot)
    {
        ref var entry = ref _entries[slot];
        if (_firstFresh == slot) _firstFresh = entry.Later;
        if (entry.Earlier == None) _oldest = entry.Later;
        else _entries[entry.Earlier].Later = entry.Later;
        if (entry.Later == None) _newest = entry.Earlier;
        else _entries[entry.Later].Earlier = entry.Earlier;
        entry = default;
        _free[_freeCount++] = slot;
    }

    private struct Entry
    {
        public UdpAddress Address;
        public T Owner;
        public long SentAt;
        public int Earlier;
        public int Later;
        public ushort Nonce;
        public bool IsInFlight;
    }
}
