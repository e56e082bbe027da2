using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>
/// The peers that others announced to us (BEP 5, announce_peer; BEP 33). Owned by the DHT's actor; tokens and addresses have been checked before.
/// <para>
/// Overflow: in a full swarm the peer that announced longest ago gives way. When there are too many swarms or peers in all, a few swarms are drawn and the one with the fewest peers goes, of equal ones the farthest from our id:
/// we are asked for what is close, and a flood of invented info-hashes displaces itself.
/// </para>
/// Always holds: no more than <see cref="DhtStorageSettings.MaxSwarms"/> swarms and <see cref="DhtStorageSettings.MaxPeers"/> peers; no swarm is empty; one peer a host and swarm. Answering allocates nothing.
/// Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class PeerStore(DhtStorageSettings settings, Random random)
{
    private readonly Dictionary<InfoHash, StoredSwarm> _byHash = [];

    // Walks and draws go over this list, never over the dictionary. A swarm that goes is replaced by the last.
    private readonly List<StoredSwarm> _swarms = [];
    private int _swept;

    /// <summary>Info-hashes that have peers.</summary>
    public int SwarmCount => _swarms.Count;

    /// <summary>Peers in all.</summary>
    public int PeerCount { get; private set; }

    /// <summary>Swarms that gave way to others.</summary>
    public long EvictedSwarms { get; private set; }

    /// <summary>Peers that gave way to others of their swarm.</summary>
    public long ReplacedPeers { get; private set; }

    /// <summary>Peers whose time was over.</summary>
    public long ExpiredPeers { get; private set; }

    /// <summary>A peer announces itself. <paramref name="own"/> is our id.</summary>
    public void Announce(InfoHash infoHash, UdpAddress peer, bool isSeed, NodeId own, long nowTicks)
    {
        if (!_byHash.TryGetValue(infoHash, out var swarm))
        {
            swarm = new StoredSwarm(infoHash, _swarms.Count);
            _byHash.Add(infoHash, swarm);
            _swarms.Add(swarm);
        }

        var capacity = Math.Min(settings.MaxPeersPerSwarm, settings.MaxPeers);
        if (swarm.Announce(peer, isSeed, nowTicks + settings.PeerLifetime.Ticks, capacity, out var replaced)) PeerCount++;
        if (replaced) ReplacedPeers++;

        // One swarm alone is never too much, so there is another to give way.
        while (_swarms.Count > settings.MaxSwarms || PeerCount > settings.MaxPeers) Evict(own, except: swarm);
    }

    /// <summary>Writes peers of a swarm in compact form, as many as fit, drawn fairly; rather no seeds if so asked. Returns the bytes, 0 if there are none.</summary>
    public int CopyPeers(InfoHash infoHash, AddressFamily family, bool noSeeds, long nowTicks, Span<byte> destination) =>
        Find(infoHash, nowTicks) is { } swarm ? swarm.Sample(family, noSeeds, random, destination) : 0;

    /// <summary>The filters of a swarm for a scrape (BEP 33); false if there are no peers.</summary>
    public bool TryGetFilters(InfoHash infoHash, long nowTicks, out ReadOnlySpan<byte> seeds, out ReadOnlySpan<byte> peers)
    {
        seeds = default;
        peers = default;
        if (Find(infoHash, nowTicks) is not { } swarm) return false;
        var filters = swarm.Filters(nowTicks, settings.FilterLifetime.Ticks);
        seeds = filters.Seeds.Bits;
        peers = filters.Peers.Bits;
        return true;
    }

    /// <summary>Seeds and other peers of a swarm.</summary>
    public (int Seeds, int Others) Count(InfoHash infoHash, long nowTicks) => Find(infoHash, nowTicks) is { } swarm ? (swarm.Seeds, swarm.Count - swarm.Seeds) : (0, 0);

    /// <summary>Drops what is over in the next <paramref name="maxSwarms"/> swarms of a round; call now and then.</summary>
    public void Sweep(long nowTicks, int maxSwarms)
    {
        for (var left = Math.Min(maxSwarms, _swarms.Count); left > 0; left--)
        {
            if (_swept >= _swarms.Count) _swept = 0;
            var swarm = _swarms[_swept++];
            Expire(swarm, nowTicks);
            if (swarm.Count == 0) _swept--;
        }
    }

    /// <summary>Draws info-hashes, each set equally likely, and writes as many as fit; returns the bytes (BEP 51).</summary>
    public int CopySample(Span<byte> destination)
    {
        var written = 0;
        for (var i = 0; i < _swarms.Count && destination.Length - written >= Bytes20.Size; i++)
        {
            Swap(i, random.Next(i, _swarms.Count));
            _swarms[i].InfoHash.Value.CopyTo(destination[written..]);
            written += Bytes20.Size;
        }

        return written;
    }

    private StoredSwarm? Find(InfoHash infoHash, long nowTicks)
    {
        if (!_byHash.TryGetValue(infoHash, out var swarm)) return null;
        Expire(swarm, nowTicks);
        return swarm.Count == 0 ? null : swarm;
    }

    private void Expire(StoredSwarm swarm, long nowTicks)
    {
        var expired = swarm.Expire(nowTicks);
        PeerCount -= expired;
        ExpiredPeers += expired;
        if (swarm.Count == 0) Remove(swarm);
    }

    private void Evict(NodeId own, StoredSwarm except)
    {
        StoredSwarm? worst = null;
        for (var i = 0; i < settings.EvictionSample || worst is null; i++)
        {
            var swarm = _swarms[random.Next(_swarms.Count)];
            if (swarm != except && (worst is null || IsWorse(swarm, worst, own))) worst = swarm;
        }

        PeerCount -= worst.Count;
        EvictedSwarms++;
        Remove(worst);
    }

    private static bool IsWorse(StoredSwarm swarm, StoredSwarm other, NodeId own)
    {
        if (swarm.Count != other.Count) return swarm.Count < other.Count;
        return new NodeId(other.InfoHash).IsCloserTo(own, new NodeId(swarm.InfoHash));
    }

    private void Remove(StoredSwarm swarm)
    {
        Swap(swarm.Order, _swarms.Count - 1);
        _swarms.RemoveAt(_swarms.Count - 1);
        _byHash.Remove(swarm.InfoHash);
    }

    private void Swap(int one, int other)
    {
        (_swarms[one], _swarms[other]) = (_swarms[other], _swarms[one]);
        (_swarms[one].Order, _swarms[other].Order) = (one, other);
    }
}
