using System.Collections.Immutable;
using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Routing;

/// <summary>
/// The tree of buckets as data: their ranges and what each last published. Immutable: the DHT's actor keeps one, makes the next from it with each publication, and may hand it to the other family's, so that
/// queries are answered from it without asking anybody. The ranges always cover the whole space and do not overlap; only the one around our own id is ever split.
/// A search costs no allocation.
/// </summary>
public sealed class RoutingTable
{
    private readonly RoutingSettings _settings;

    /// <summary>A table with one empty bucket for the whole space.</summary>
    public RoutingTable(NodeId own, AddressFamily family, RoutingSettings settings, long nowTicks) : this(own, family, settings, [BucketSnapshot.Empty(NodeIdPrefix.All, family, nowTicks)]) { }

    private RoutingTable(NodeId own, AddressFamily family, RoutingSettings settings, ImmutableArray<BucketSnapshot> buckets)
    {
        Own = own;
        Family = family;
        _settings = settings;
        Buckets = buckets;
        foreach (var bucket in buckets) Count += bucket.Nodes.Length;
    }

    /// <summary>Our own id.</summary>
    public NodeId Own { get; }

    /// <summary>The family of all nodes.</summary>
    public AddressFamily Family { get; }

    /// <summary>The buckets by their ranges.</summary>
    public ImmutableArray<BucketSnapshot> Buckets { get; }

    /// <summary>Nodes that may be handed on.</summary>
    public int Count { get; }

    /// <summary>The bucket that an id belongs to.</summary>
    public BucketSnapshot BucketOf(NodeId id) => Buckets[IndexOf(id)];

    /// <summary>Whether a crowded bucket with this range is to be split.</summary>
    public bool MaySplit(NodeIdPrefix range) => range.Contains(Own) && range.Length < _settings.MaxDepth;

    /// <summary>A bucket has published. The same table if there is no bucket with that range any more.</summary>
    public RoutingTable With(BucketSnapshot snapshot)
    {
        var index = IndexOf(snapshot.Range.First);
        return Buckets[index].Range == snapshot.Range ? new RoutingTable(Own, Family, _settings, Buckets.SetItem(index, snapshot)) : this;
    }

    /// <summary>A bucket has published, and is split as often as it takes if it is crowded and around our own id.</summary>
    public RoutingTable WithSplitting(BucketSnapshot snapshot)
    {
        var table = With(snapshot);
        while (snapshot.IsCrowded && table.MaySplit(snapshot.Range) && table.BucketOf(snapshot.Range.First) == snapshot)
        {
            var (lower, upper) = KBucket.Restore(snapshot, Family, _settings).Split();
            var halves = (Lower: lower.Snapshot(), Upper: upper.Snapshot());
            table = table.WithSplit(halves.Lower, halves.Upper);
            snapshot = halves.Upper.Range.Contains(Own) ? halves.Upper : halves.Lower;
        }

        return table;
    }

    /// <summary>The same nodes in a table around another id of ours: as many as have a place there.</summary>
    public RoutingTable WithOwn(NodeId own, long nowTicks)
    {
        var buckets = new RoutingBuckets(own, Family, _settings, nowTicks);
        foreach (var bucket in Buckets)
        {
            foreach (var contact in bucket.Nodes.AddRange(bucket.Spares)) buckets.Replied(contact, nowTicks);
        }

        return buckets.Table;
    }

    /// <summary>A bucket has been split into these two.</summary>
    /// <exception cref="ArgumentException">They are not the halves of a bucket: a caller's bug.</exception>
    public RoutingTable WithSplit(BucketSnapshot lower, BucketSnapshot upper)
    {
        var index = IndexOf(lower.Range.First);
        var whole = Buckets[index].Range;
        if (whole.Length == NodeId.Bits || whole.Half(upper: false) != lower.Range || whole.Half(upper: true) != upper.Range) throw new ArgumentException($"{lower.Range} and {upper.Range} are not the halves of {whole}.", nameof(lower));
        return new RoutingTable(Own, Family, _settings, Buckets.SetItem(index, upper).Insert(index, lower));
    }

    /// <summary>Whether the table has a place for a node as far as its host is concerned: too many ids of one host and it could stand everywhere. Local addresses are exempt.</summary>
    public bool Admits(NodeContact contact)
    {
        if (AddressFilter.IsLocal(contact.Address)) return true;
        var (host, others) = (NetworkOf.Host(contact.Address), 0);
        foreach (var bucket in Buckets)
        {
            foreach (var node in bucket.Nodes)
            {
                if (node != contact && node.Address != contact.Address && NetworkOf.Host(node.Address) == host) others++;
            }
        }

        return others < _settings.MaxPerHost;
    }

    /// <summary>The node at this address, if there is one.</summary>
    public NodeContact? NodeAt(UdpAddress address)
    {
        foreach (var bucket in Buckets)
        {
            foreach (var node in bucket.Nodes)
            {
                if (node.Address == address) return node;
            }
        }

        return null;
    }

    /// <summary>Fills <paramref name="closest"/> (at most <see cref="RoutingSettings.MostClosest"/>) with the nodes closest to the target, the closest first; returns how many.</summary>
    public int FindClosest(NodeId target, Span<NodeContact> closest)
    {
        Span<Place> places = stackalloc Place[Math.Min(closest.Length, RoutingSettings.MostClosest)];
        var found = Select(target, places);
        for (var i = 0; i < found; i++) closest[i] = Buckets[places[i].Bucket].Nodes[places[i].Index];
        return found;
    }

    /// <summary>Writes the compact form of the <paramref name="count"/> (at most <see cref="RoutingSettings.MostClosest"/>) nodes closest to the target, the closest first; returns the bytes.</summary>
    public int CopyClosest(NodeId target, int count, Span<byte> destination)
    {
        var entrySize = BucketSnapshot.EntrySize(Family);
        Span<Place> places = stackalloc Place[Math.Min(Math.Min(count, destination.Length / entrySize), RoutingSettings.MostClosest)];
        var found = Select(target, places);
        for (var i = 0; i < found; i++) Buckets[places[i].Bucket].CompactOf(places[i].Index).CopyTo(destination[(i * entrySize)..]);
        return found * entrySize;
    }

    private int Select(NodeId target, Span<Place> places)
    {
        if (places.IsEmpty) return 0;
        // The target's own bucket first: with it most others can be passed over, for nothing in them can be closer than their range is.
        var home = IndexOf(target);
        var found = Offer(home, target, places, 0);
        for (var bucket = 0; bucket < Buckets.Length; bucket++)
        {
            if (bucket == home) continue;
            if (found == places.Length && Buckets[bucket].Range.DistanceTo(target).CompareTo(places[^1].Distance) >= 0) continue;
            found = Offer(bucket, target, places, found);
        }

        return found;
    }

    private int Offer(int bucket, NodeId target, Span<Place> places, int found)
    {
        var nodes = Buckets[bucket].Nodes;
        for (var index = 0; index < nodes.Length; index++)
        {
            var distance = nodes[index].Id.DistanceTo(target);
            if (found == places.Length && distance.CompareTo(places[^1].Distance) >= 0) continue;
            var at = found == places.Length ? found - 1 : found++;
            for (; at > 0 && distance.CompareTo(places[at - 1].Distance) < 0; at--) places[at] = places[at - 1];
            places[at] = new Place(distance, bucket, index);
        }

        return found;
    }

    // The last bucket that begins at or before the id.
    private int IndexOf(NodeId id)
    {
        var (low, high) = (0, Buckets.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Buckets[middle].Range.First.CompareTo(id) <= 0) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private readonly record struct Place(Bytes20 Distance, int Bucket, int Index);
}
