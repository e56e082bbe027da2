using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>
/// The peers that announced themselves under one info-hash, one a host (BEP 33, "Changed announce accounting"). Owned by <see cref="PeerStore"/>.
/// Always holds: at most the capacity given with each announce; the order has no meaning, so that a sample can be drawn by swapping.
/// </summary>
internal sealed class StoredSwarm(InfoHash infoHash, int order)
{
    private Peer[] _peers = new Peer[1];
    private ScrapeFilter? _seedFilter;
    private ScrapeFilter? _peerFilter;
    private long _filtersMadeAt;

    // Before this no peer's time is over.
    private long _nextExpiry = long.MaxValue;

    public InfoHash InfoHash { get; } = infoHash;

    /// <summary>Its place in the store's list.</summary>
    public int Order { get; set; } = order;

    public int Count { get; private set; }

    public int Seeds { get; private set; }

    /// <summary>Adds a peer or brings it up to date. True if there is one more now; <paramref name="replaced"/> says whether another host lost its place.</summary>
    public bool Announce(UdpAddress peer, bool isSeed, long expiresAt, int capacity, out bool replaced)
    {
        replaced = false;
        var (at, oldest) = (-1, 0);
        for (var i = 0; i < Count && at < 0; i++)
        {
            if (_peers[i].Address.IsSameHost(peer)) at = i;
            else if (_peers[i].ExpiresAt < _peers[oldest].ExpiresAt) oldest = i;
        }

        var isMore = at < 0 && Count < capacity;
        replaced = at < 0 && !isMore;
        if (replaced) at = oldest;
        _nextExpiry = Math.Min(_nextExpiry, expiresAt);
        if (isMore)
        {
            if (Count == _peers.Length) Array.Resize(ref _peers, Math.Min(capacity, Count * 2));
            at = Count++;
        }

        if (_peers[at].IsSeed) Seeds--;
        if (isSeed) Seeds++;
        _peers[at] = new Peer { Address = peer, ExpiresAt = expiresAt, IsSeed = isSeed };
        (isSeed ? _seedFilter : _peerFilter)?.Add(peer);
        return isMore;
    }

    /// <summary>Drops the peers whose time is over; returns how many.</summary>
    public int Expire(long nowTicks)
    {
        if (nowTicks < _nextExpiry) return 0;
        var before = Count;
        _nextExpiry = long.MaxValue;
        for (var i = Count - 1; i >= 0; i--)
        {
            if (_peers[i].ExpiresAt > nowTicks)
            {
                _nextExpiry = Math.Min(_nextExpiry, _peers[i].ExpiresAt);
                continue;
            }

            if (_peers[i].IsSeed) Seeds--;
            _peers[i] = _peers[--Count];
            _peers[Count] = default;
        }

        return before - Count;
    }

    /// <summary>
    /// Writes peers of a family in compact form, as many as fit, each set of them equally likely; without seeds if there are others enough (BEP 33, "noseed"). Returns the bytes.
    /// </summary>
    public int Sample(AddressFamily family, bool noSeeds, Random random, Span<byte> destination)
    {
        // One number from the node's generator begins a sequence of its own, for a draw of a hundred peers.
        var draws = new SplitMix((ulong)random.NextInt64());
        var written = Draw(family, wantsSeeds: noSeeds ? false : null, ref draws, destination);
        return noSeeds ? written + Draw(family, wantsSeeds: true, ref draws, destination[written..]) : written;
    }

    /// <summary>The filters of BEP 33, at most <paramref name="lifetimeTicks"/> old.</summary>
    public (ScrapeFilter Seeds, ScrapeFilter Peers) Filters(long nowTicks, long lifetimeTicks)
    {
        if (_seedFilter is not null && _peerFilter is not null && nowTicks - _filtersMadeAt < lifetimeTicks) return (_seedFilter, _peerFilter);
        (_seedFilter ??= new ScrapeFilter()).Clear();
        (_peerFilter ??= new ScrapeFilter()).Clear();
        _filtersMadeAt = nowTicks;
        foreach (ref var peer in _peers.AsSpan(0, Count)) (peer.IsSeed ? _seedFilter : _peerFilter).Add(peer.Address);
        return (_seedFilter, _peerFilter);
    }

    // Draws one after the other from those not drawn yet, which stand behind (Fisher and Yates).
    private int Draw(AddressFamily family, bool? wantsSeeds, ref SplitMix draws, Span<byte> destination)
    {
        var written = 0;
        var size = family == AddressFamily.InterNetworkV6 ? UdpAddress.CompactSizeV6 : UdpAddress.CompactSizeV4;
        var peers = _peers.AsSpan(0, Count);
        var isIPv4 = family == AddressFamily.InterNetwork;
        for (var i = 0; i < peers.Length && destination.Length - written >= size; i++)
        {
            ref var here = ref peers[i];
            ref var other = ref peers[i + draws.Below(peers.Length - i)];
            (here, other) = (other, here);
            if (here.Address.IsIPv4 == isIPv4 && (wantsSeeds is null || wantsSeeds == here.IsSeed)) written += here.Address.WriteCompact(destination[written..]);
        }

        return written;
    }

    /// <summary>Steele, Lea and Flood's SplitMix64: well-spread numbers, not secret ones.</summary>
    private struct SplitMix
    {
        private ulong _state;

        public SplitMix(ulong seed) => _state = seed;

        /// <summary>A number from 0 to one less than <paramref name="bound"/>; for bounds of a few thousand each as likely as the others but for one part in 2^50.</summary>
        public int Below(int bound)
        {
            _state += 0x9e37_79b9_7f4a_7c15;
            var mixed = (_state ^ (_state >> 30)) * 0xbf58_476d_1ce4_e5b9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d0_49bb_1331_11eb;
            return (int)Math.BigMul(mixed ^ (mixed >> 31), (ulong)bound, out _);
        }
    }

    private struct Peer
    {
        public UdpAddress Address;
        public long ExpiresAt;
        public bool IsSeed;
    }
}
