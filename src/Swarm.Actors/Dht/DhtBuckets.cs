using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;

namespace Swarm.Actors.Dht;

/// <summary>
/// The parent's side of the buckets: their actors, the table of what they have published, and what they are still to be told this turn. A part of <see cref="DhtActor"/>, called on its turns only.
/// Always holds: one child for each bucket of the table; each is told at most one <see cref="BucketActor.Heard"/> a turn; who publishes must be the child that the table has for the range.
/// </summary>
internal sealed class DhtBuckets(RoutingTable table, Func<BucketSnapshot, string, IActorRef> create, Action<IActorRef> stop)
{
    private readonly SortedDictionary<NodeIdPrefix, IActorRef> _children = [];
    private readonly SortedDictionary<NodeIdPrefix, List<BucketActor.Sighting>> _pending = [];
    private int _generation;

    /// <summary>What the buckets have published.</summary>
    public RoutingTable Table { get; private set; } = table;

    /// <summary>Makes the children that are missing, and stops those that the table has no bucket for.</summary>
    public void Populate()
    {
        foreach (var range in _children.Keys.Where(range => Table.BucketOf(range.First).Range != range).ToList())
        {
            stop(_children[range]);
            _children.Remove(range);
        }

        foreach (var bucket in Table.Buckets)
        {
            // A range comes back only around a new id of ours; the name may still be that of a child which is stopping.
            if (!_children.ContainsKey(bucket.Range)) _children.Add(bucket.Range, create(bucket, _generation == 0 ? $"bucket-{bucket.Range}" : $"bucket-{bucket.Range}-{_generation}"));
        }
    }

    /// <summary>Notes what a node did; its bucket hears of it at the next <see cref="Flush"/>.</summary>
    public void Note(NodeContact contact, BucketActor.Deed deed)
    {
        if (deed == BucketActor.Deed.Replied)
        {
            if (contact.Id == Table.Own || !Table.Admits(contact)) return;
            if (Table.NodeAt(contact.Address) is { } former && former.Id != contact.Id) Add(new BucketActor.Sighting(former, BucketActor.Deed.Left));
        }

        Add(new BucketActor.Sighting(contact, deed));
    }

    /// <summary>Tells every bucket what was noted for it.</summary>
    public void Flush()
    {
        if (_pending.Count == 0) return;
        foreach (var (range, sightings) in _pending) _children[range].Tell(new BucketActor.Heard([.. sightings]));
        _pending.Clear();
    }

    /// <summary>Time has passed for all.</summary>
    public void Beat()
    {
        foreach (var child in _children.Values) child.Tell(BucketActor.Beat.Instance);
    }

    /// <summary>A child has published. False: it is none of ours any more.</summary>
    public bool Publish(IActorRef child, BucketSnapshot snapshot)
    {
        if (!_children.TryGetValue(snapshot.Range, out var known) || !known.Equals(child)) return false;
        Table = Table.WithSplitting(snapshot);
        Populate();
        return true;
    }

    /// <summary>Hands a child that was restarted what it had published.</summary>
    public void Restore(IActorRef child, NodeIdPrefix range)
    {
        if (_children.TryGetValue(range, out var known) && known.Equals(child)) child.Tell(new BucketActor.Restore(Table.BucketOf(range.First)));
    }

    /// <summary>Our id has changed: all nodes move to buckets around the new one.</summary>
    public void Rehome(NodeId own, long nowTicks)
    {
        var noted = _pending.Values.SelectMany(sightings => sightings).ToList();
        _pending.Clear();
        _generation++;
        foreach (var child in _children.Values) stop(child);
        _children.Clear();
        Table = Table.WithOwn(own, nowTicks);
        Populate();
        foreach (var sighting in noted) Add(sighting);
    }

    private void Add(BucketActor.Sighting sighting)
    {
        var range = Table.BucketOf(sighting.Contact.Id).Range;
        if (!_pending.TryGetValue(range, out var sightings)) _pending.Add(range, sightings = []);
        sightings.Add(sighting);
    }
}
