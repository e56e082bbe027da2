using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Routing;

/// <summary>
/// A whole routing table in one piece: all buckets and the <see cref="Table"/> they publish to. What the bucket actors and their parent do by messages, as calls; for whoever wants a table without actors.
/// Always holds: <see cref="Table"/> shows every bucket as it is; a crowded bucket around our own id has been split.
/// Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class RoutingBuckets(NodeId own, AddressFamily family, RoutingSettings settings, long nowTicks)
{
    private readonly SortedDictionary<NodeIdPrefix, KBucket> _buckets = new() { [NodeIdPrefix.All] = new KBucket(NodeIdPrefix.All, family, settings, nowTicks) };

    /// <summary>What the buckets have published.</summary>
    public RoutingTable Table { get; private set; } = new(own, family, settings, nowTicks);

    /// <summary>The buckets by their ranges.</summary>
    public IReadOnlyCollection<KBucket> Buckets => _buckets.Values;

    /// <summary>A node answered a query of ours.</summary>
    public BucketOutcome Replied(NodeContact contact, long nowTicks)
    {
        if (contact.Id == Table.Own || !Table.Admits(contact)) return BucketOutcome.Refused;
        if (Table.NodeAt(contact.Address) is { } former && former.Id != contact.Id) Change(BucketOf(former.Id), bucket => bucket.Forget(contact.Address));
        var bucket = BucketOf(contact.Id);
        var outcome = BucketOutcome.Refused;
        Change(bucket, bucket => outcome = bucket.Replied(contact, nowTicks));
        while (bucket.IsCrowded && Table.MaySplit(bucket.Range))
        {
            Split(bucket);
            bucket = BucketOf(contact.Id);
            if (outcome == BucketOutcome.Spare && bucket.StateOf(contact, nowTicks) is not null) outcome = BucketOutcome.Added;
        }

        return outcome;
    }

    /// <summary>A node asked us something.</summary>
    public void Queried(NodeContact contact, long nowTicks) => BucketOf(contact.Id).Queried(contact, nowTicks);

    /// <summary>A node did not answer a query of ours.</summary>
    public void Failed(NodeContact contact) => Change(BucketOf(contact.Id), bucket => bucket.Failed(contact));

    /// <summary>The next node to ping; call until false.</summary>
    public bool TryTakePing(long nowTicks, out NodeContact contact)
    {
        foreach (var bucket in _buckets.Values)
        {
            if (bucket.TryTakePing(nowTicks, out contact)) return true;
        }

        contact = default;
        return false;
    }

    /// <summary>The next range to refresh; call until false.</summary>
    public bool TryTakeRefresh(long nowTicks, out NodeIdPrefix range)
    {
        foreach (var bucket in _buckets.Values)
        {
            range = bucket.Range;
            if (bucket.TakeRefresh(nowTicks)) return true;
        }

        range = default;
        return false;
    }

    private KBucket BucketOf(NodeId id) => _buckets[Table.BucketOf(id).Range];

    private void Change(KBucket bucket, Action<KBucket> change)
    {
        var before = bucket.Version;
        change(bucket);
        if (bucket.Version != before) Table = Table.With(bucket.Snapshot());
    }

    private void Split(KBucket bucket)
    {
        var (lower, upper) = bucket.Split();
        _buckets.Remove(bucket.Range);
        _buckets.Add(lower.Range, lower);
        _buckets.Add(upper.Range, upper);
        Table = Table.WithSplit(lower.Snapshot(), upper.Snapshot());
    }
}
