using System.Collections.Immutable;
using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Routing;

/// <summary>What became of a node that answered.</summary>
public enum BucketOutcome : byte
{
    /// <summary>It was known and counts as seen.</summary>
    Refreshed,

    /// <summary>It has a place now; one that was bad, or did not follow BEP 42 where this one does, may have lost it.</summary>
    Added,

    /// <summary>The bucket is full of nodes that are no worse: it waits as a spare. A bucket around our own id is now to be split.</summary>
    Spare,

    /// <summary>No place: its host or network has enough nodes here, its id is another's, or nobody may wait.</summary>
    Refused,
}

/// <summary>
/// One k-bucket (BEP 5, "Routing Table"): the nodes of one range of ids, and spares that wait for a place. Owned by the bucket's actor, or by <see cref="RoutingBuckets"/>; it is told of what nodes did,
/// says whom to ping and when to refresh, and publishes <see cref="BucketSnapshot"/>s.
/// <para>
/// Nodes come in only when they have answered a query of ours. Who lives longest stays: a full bucket takes a newcomer only for a node that is bad, or, as BEP 42 wants it, for the youngest one whose id does not
/// conform when the newcomer's does. A bad node stays while there is no spare for it, so that an outage of our own does not empty the table, but is handed on to nobody.
/// </para>
/// Always holds: at most <see cref="RoutingSettings.BucketSize"/> nodes and <see cref="RoutingSettings.MaxSpares"/> spares, all in the range, of one family, with distinct ids and addresses; of one host and of one network no more than
/// allowed, local ones aside; spares only if the bucket is full. Every call is linear in these few. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class KBucket
{
    private readonly RoutingSettings _settings;
    private readonly AddressFamily _family;

    // By the time they came; of the spares the one seen last is at the end.
    private readonly List<BucketNode> _nodes = [];
    private readonly List<BucketNode> _spares = [];

    /// <summary>An empty bucket.</summary>
    public KBucket(NodeIdPrefix range, AddressFamily family, RoutingSettings settings, long nowTicks)
    {
        Range = range;
        _family = family;
        _settings = settings;
        LastChanged = nowTicks;
    }

    /// <summary>A bucket as it was when it published this, but for nodes that owed an answer. All count as seen when it last changed.</summary>
    public static KBucket Restore(BucketSnapshot snapshot, AddressFamily family, RoutingSettings settings)
    {
        var bucket = new KBucket(snapshot.Range, family, settings, snapshot.LastChanged);
        foreach (var contact in snapshot.Nodes) bucket._nodes.Add(new BucketNode(contact, snapshot.LastChanged));
        foreach (var contact in snapshot.Spares) bucket._spares.Add(new BucketNode(contact, snapshot.LastChanged));
        bucket.Promote();
        return bucket;
    }

    /// <summary>The ids that belong here.</summary>
    public NodeIdPrefix Range { get; }

    /// <summary>Nodes with a place.</summary>
    public int Count => _nodes.Count;

    /// <summary>Nodes that wait for a place.</summary>
    public int SpareCount => _spares.Count;

    /// <summary>Whether a newcomer waits because there is no place: the bucket around our own id is split then.</summary>
    public bool IsCrowded => _spares.Count > 0;

    /// <summary>When a node last answered, came or went (BEP 5, "last changed"), or a refresh began.</summary>
    public long LastChanged { get; private set; }

    /// <summary>Grows with everything that a snapshot shows: publish a new one when it differs.</summary>
    public long Version { get; private set; }

    /// <summary>Nodes that were refused for their host, network or id.</summary>
    public long Refused { get; private set; }

    /// <summary>Spares that gave way to newer ones.</summary>
    public long DroppedSpares { get; private set; }

    /// <summary>A node answered a query of ours. It must be in the range.</summary>
    public BucketOutcome Replied(NodeContact contact, long nowTicks)
    {
        if (contact.Address.Family != _family || !Range.Contains(contact.Id)) return Refuse();
        if (Find(contact) is { } known)
        {
            known.LastSeen = nowTicks;
            LastChanged = nowTicks;
            if (known.Failures != 0) Version++;
            known.Failures = 0;
            return BucketOutcome.Refreshed;
        }

        // The same address under another id: what we knew of it is no more. The same id at another address: only if the first is bad.
        Forget(contact.Address);
        if (Find(node => node.Id == contact.Id) is { } holder && !GiveUp(holder)) return Refuse();
        var newcomer = new BucketNode(contact, nowTicks);
        if (!newcomer.IsLocal && !(MakeRoom(node => node.Host == newcomer.Host, _settings.MaxPerHost) && MakeRoom(node => node.Network == newcomer.Network, _settings.MaxPerNetwork))) return Refuse();
        LastChanged = nowTicks;
        Version++;
        return Place(newcomer);
    }

    /// <summary>A node asked us something; it counts as seen if we know it under this id and address. Not to be called for read-only nodes (BEP 43).</summary>
    public void Queried(NodeContact contact, long nowTicks)
    {
        if (Find(contact) is { } known) known.LastSeen = nowTicks;
    }

    /// <summary>A node did not answer a query of ours. A bad one gives its place to a spare.</summary>
    public void Failed(NodeContact contact)
    {
        if (Find(contact) is not { } known) return;
        known.Failures++;
        Version++;
        if (_spares.Contains(known))
        {
            if (IsBad(known)) _spares.Remove(known);
        }
        else if (IsBad(known) && _spares.Count > 0)
        {
            _nodes.Remove(known);
            Promote();
        }
    }

    /// <summary>Forgets the node at this address, whatever its id: it was seen under another.</summary>
    public void Forget(UdpAddress address)
    {
        if (Find(node => node.Address == address) is { } known) Remove(known);
    }

    /// <summary>
    /// The node to ping now, or false: of those with a place that are not good the one not seen for longest, and none twice within <see cref="RoutingSettings.PingAgainAfter"/>. A bad one is tried again as rarely as a good one.
    /// </summary>
    public bool TryTakePing(long nowTicks, out NodeContact contact)
    {
        BucketNode? next = null;
        foreach (var node in _nodes)
        {
            var rest = IsBad(node) ? _settings.GoodFor : _settings.PingAgainAfter;
            if (StateOf(node, nowTicks) == NodeState.Good || (node.PingedAt is { } at && nowTicks - at < rest.Ticks)) continue;
            if (next is null || node.LastSeen < next.LastSeen) next = node;
        }

        contact = next?.Contact ?? default;
        if (next is not null) next.PingedAt = nowTicks;
        return next is not null;
    }

    /// <summary>Whether the bucket did not change for long, so that some id of its range should be looked for (<see cref="NodeIdPrefix.Draw"/>). If so, that counts as a change: it is told once a period.</summary>
    public bool TakeRefresh(long nowTicks)
    {
        if (nowTicks - LastChanged < _settings.RefreshAfter.Ticks) return false;
        LastChanged = nowTicks;
        return true;
    }

    /// <summary>The two halves, with all nodes and spares; spares take the places there are. This bucket is not to be used any more.</summary>
    public (KBucket Lower, KBucket Upper) Split() => (HalfOf(upper: false), HalfOf(upper: true));

    /// <summary>How a node with a place is thought of, or null if it has none.</summary>
    public NodeState? StateOf(NodeContact contact, long nowTicks) => _nodes.Find(node => node.Contact == contact) is { } node ? StateOf(node, nowTicks) : null;

    /// <summary>The nodes that owe no answer, as they are now.</summary>
    public BucketSnapshot Snapshot()
    {
        var nodes = _nodes.Where(node => node.Failures == 0).Select(node => node.Contact).OrderBy(contact => contact.Id).ToImmutableArray();
        return new BucketSnapshot(Range, _family, nodes, [.. _spares.Select(node => node.Contact)], LastChanged);
    }

    /// <summary>All nodes, those with a place first, then spares.</summary>
    internal IEnumerable<BucketNode> All => _nodes.Concat(_spares);

    private BucketOutcome Place(BucketNode newcomer)
    {
        if (_nodes.Count < _settings.BucketSize)
        {
            _nodes.Add(newcomer);
            return BucketOutcome.Added;
        }

        var bad = _nodes.Find(IsBad);
        var insecure = _settings.PreferSecureIds && newcomer.IsSecure ? _nodes.FindLast(node => !node.IsSecure) : null;
        if ((bad ?? insecure) is not { } loser) return Wait(newcomer) ? BucketOutcome.Spare : Refuse();
        _nodes.Remove(loser);
        _nodes.Add(newcomer);
        if (loser != bad) Wait(loser);
        return BucketOutcome.Added;
    }

    private bool Wait(BucketNode node)
    {
        if (_settings.MaxSpares == 0) return false;
        if (_spares.Count == _settings.MaxSpares)
        {
            _spares.Remove(_spares.Find(spare => !spare.IsSecure) ?? _spares[0]);
            DroppedSpares++;
        }

        _spares.Add(node);
        return true;
    }

    private void Promote()
    {
        while (_spares.Count > 0 && _nodes.Count < _settings.BucketSize)
        {
            var best = _spares[0];
            foreach (var spare in _spares)
            {
                if (IsBetter(spare, best)) best = spare;
            }

            _spares.Remove(best);
            _nodes.Add(best);
        }
    }

    private bool IsBetter(BucketNode node, BucketNode other)
    {
        if (_settings.PreferSecureIds && node.IsSecure != other.IsSecure) return node.IsSecure;
        return node.LastSeen > other.LastSeen;
    }

    private KBucket HalfOf(bool upper)
    {
        var half = new KBucket(Range.Half(upper), _family, _settings, LastChanged);
        half._nodes.AddRange(_nodes.Where(node => half.Range.Contains(node.Id)));
        half._spares.AddRange(_spares.Where(node => half.Range.Contains(node.Id)));
        half.Promote();
        return half;
    }

    // Whether one more node like this may be here, for which a bad one may have to go.
    private bool MakeRoom(Predicate<BucketNode> isAlike, int limit) =>
        All.Count(node => isAlike(node)) < limit || (Find(node => isAlike(node) && IsBad(node)) is { } bad && GiveUp(bad));

    private bool GiveUp(BucketNode node)
    {
        if (!IsBad(node)) return false;
        Remove(node);
        return true;
    }

    private void Remove(BucketNode node)
    {
        if (!_spares.Remove(node)) _nodes.Remove(node);
        Promote();
        Version++;
    }

    private BucketOutcome Refuse()
    {
        Refused++;
        return BucketOutcome.Refused;
    }

    private NodeState StateOf(BucketNode node, long nowTicks)
    {
        if (IsBad(node)) return NodeState.Bad;
        return node.Failures == 0 && nowTicks - node.LastSeen < _settings.GoodFor.Ticks ? NodeState.Good : NodeState.Questionable;
    }

    private bool IsBad(BucketNode node) => node.Failures >= _settings.BadAfterFailures;

    private BucketNode? Find(NodeContact contact) => Find(node => node.Contact == contact);

    private BucketNode? Find(Predicate<BucketNode> matches) => _nodes.Find(matches) ?? _spares.Find(matches);
}
