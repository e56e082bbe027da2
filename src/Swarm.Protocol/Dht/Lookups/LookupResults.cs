using System.Runtime.InteropServices;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Lookups;

/// <summary>
/// What a lookup has found besides nodes: peers, filters, an item, info-hashes. Owned by <see cref="Lookup"/>, which hands in replies of nodes that were asked. What is found can be taken while the lookup goes on.
/// Always holds: peers and info-hashes once each and within their limits; an item is checked.
/// </summary>
public sealed class LookupResults
{
    private readonly LookupRequest _request;
    private readonly LookupSettings _settings;
    private readonly AddressFilter _filter;
    private readonly IItemSignatures _signatures;
    private readonly HashSet<UdpAddress> _knownPeers = [];
    private readonly List<UdpAddress> _peers = [];
    private readonly HashSet<InfoHash> _knownSamples = [];
    private readonly List<InfoHash> _samples = [];
    private readonly ScrapeFilter _seedFilter = new();
    private readonly ScrapeFilter _peerFilter = new();
    private readonly List<UdpAddress> _unscraped = [];
    private int _peersTaken;
    private int _samplesTaken;

    internal LookupResults(LookupRequest request, LookupSettings settings, AddressFilter filter, IItemSignatures signatures)
    {
        _request = request;
        _settings = settings;
        _filter = filter;
        _signatures = signatures;
    }

    /// <summary>Peers found so far.</summary>
    public int PeerCount => _peers.Count;

    /// <summary>Info-hashes found so far.</summary>
    public int SampleCount => _samples.Count;

    /// <summary>Peers and info-hashes beyond the limits.</summary>
    public long Dropped { get; private set; }

    /// <summary>Items that did not belong under the target, or whose signature was wrong.</summary>
    public long BadItems { get; private set; }

    /// <summary>The item, of a mutable one the newest so far; null if none was found.</summary>
    public DhtItem? Item { get; private set; }

    /// <summary>How many nodes have that item (BEP 44: with more than eight it need not be put again).</summary>
    public int ItemCopies { get; private set; }

    /// <summary>Seeds and other peers, estimated from the filters of all nodes (BEP 33); null if no node sent filters or peers.</summary>
    public (double Seeds, double Peers)? Scrape { get; private set; }

    /// <summary>The peers found since the last call. Valid until the lookup receives the next reply.</summary>
    public ReadOnlySpan<UdpAddress> TakePeers()
    {
        var taken = CollectionsMarshal.AsSpan(_peers)[_peersTaken..];
        _peersTaken = _peers.Count;
        return taken;
    }

    /// <summary>The info-hashes found since the last call. Valid until the lookup receives the next reply.</summary>
    public ReadOnlySpan<InfoHash> TakeSamples()
    {
        var taken = CollectionsMarshal.AsSpan(_samples)[_samplesTaken..];
        _samplesTaken = _samples.Count;
        return taken;
    }

    /// <summary>Takes what a reply brings. False if it is a lie, and nothing else of it is to be believed.</summary>
    internal bool Take(UdpAddress from, in KrpcMessage reply)
    {
        switch (_request.Method)
        {
            case KrpcMethod.GetPeers:
                TakePeers(from, reply);
                return true;
            case KrpcMethod.SampleInfohashes:
                TakeSamples(reply.Samples);
                return true;
            case KrpcMethod.Get when !reply.Value.IsEmpty:
                if (TakeItem(reply)) return true;
                BadItems++;
                return false;
            default:
                return true;
        }
    }

    private void TakePeers(UdpAddress from, in KrpcMessage reply)
    {
        var hasFilters = !reply.PeerFilter.IsEmpty && !reply.SeedFilter.IsEmpty;
        var left = _settings.MaxPeersPerReply;
        foreach (var peer in reply.Peers)
        {
            if (left-- == 0) break;
            if (!_filter.Accepts(peer, from) || !_knownPeers.Add(peer)) continue;
            if (_peers.Count < _settings.MaxPeers)
            {
                _peers.Add(peer);
                if (_request.Scrape && !hasFilters) _unscraped.Add(peer);
            }
            else
            {
                _knownPeers.Remove(peer);
                Dropped++;
            }
        }

        if (!_request.Scrape) return;
        if (hasFilters)
        {
            _peerFilter.Add(reply.PeerFilter);
            _seedFilter.Add(reply.SeedFilter);
        }

        // Peers of nodes that know no filters are counted as peers, unless another node knows them as seeds (BEP 33, "Handling legacy responses").
        foreach (var peer in _unscraped)
        {
            if (!_seedFilter.MayContain(peer)) _peerFilter.Add(peer);
        }

        _unscraped.Clear();
        if (hasFilters || _peers.Count > 0) Scrape = (_seedFilter.Estimate, _peerFilter.Estimate);
    }

    private void TakeSamples(ReadOnlySpan<byte> samples)
    {
        for (; samples.Length >= Bytes20.Size; samples = samples[Bytes20.Size..])
        {
            var infoHash = new InfoHash(samples[..Bytes20.Size]);
            if (_samples.Count >= _settings.MaxSamples) Dropped++;
            else if (_knownSamples.Add(infoHash)) _samples.Add(infoHash);
        }
    }

    private bool TakeItem(in KrpcMessage reply)
    {
        var salt = _request.Salt.AsSpan();
        if (DhtItem.Check(reply.Value, salt) is not null) return false;
        if (reply.PublicKey.IsEmpty)
        {
            if (DhtItem.TargetOf(reply.Value) != _request.Target) return false;
            Item ??= new DhtItem([.. reply.Value], [], [], 0, []);
            ItemCopies++;
            return true;
        }

        if (reply.Sequence is not >= 0 || reply.Signature.IsEmpty || DhtItem.TargetOf(reply.PublicKey, salt) != _request.Target) return false;
        var sequence = reply.Sequence.Value;
        if (Item is { } known && known.Sequence == sequence && reply.Value.SequenceEqual(known.Value.AsSpan()))
        {
            ItemCopies++;
            return true;
        }

        if (!DhtItem.IsSigned(reply.Value, reply.PublicKey, salt, sequence, reply.Signature, _signatures)) return false;
        if (Item is not null && sequence <= Item.Sequence) return true;
        Item = new DhtItem([.. reply.Value], [.. reply.PublicKey], _request.Salt, sequence, [.. reply.Signature]);
        ItemCopies = 1;
        return true;
    }
}
