using System.Collections.Immutable;
using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Routing;

/// <summary>
/// What a <see cref="KBucket"/> publishes: the nodes that may be handed on, with their compact form ready to be copied into answers. Immutable, so that who answers queries reads it while the bucket goes on.
/// </summary>
public sealed class BucketSnapshot
{
    private readonly byte[] _compact;
    private readonly int _entrySize;

    internal BucketSnapshot(NodeIdPrefix range, AddressFamily family, ImmutableArray<NodeContact> nodes, ImmutableArray<NodeContact> spares, long lastChanged)
    {
        Range = range;
        Nodes = nodes;
        Spares = spares;
        LastChanged = lastChanged;
        _entrySize = EntrySize(family);
        _compact = new byte[nodes.Length * _entrySize];
        for (var i = 0; i < nodes.Length; i++) nodes[i].WriteCompact(_compact.AsSpan(i * _entrySize));
    }

    /// <summary>The ids that belong here.</summary>
    public NodeIdPrefix Range { get; }

    /// <summary>The nodes that owe no answer, by id.</summary>
    public ImmutableArray<NodeContact> Nodes { get; }

    /// <summary>The nodes that wait for a place. They are handed on to nobody, but to the two halves when the bucket is split.</summary>
    public ImmutableArray<NodeContact> Spares { get; }

    /// <summary>Whether nodes wait: the bucket around our own id is to be split then.</summary>
    public bool IsCrowded => !Spares.IsEmpty;

    /// <summary>When the bucket last changed, in ticks.</summary>
    public long LastChanged { get; }

    /// <summary>An empty bucket.</summary>
    public static BucketSnapshot Empty(NodeIdPrefix range, AddressFamily family, long nowTicks) => new(range, family, [], [], nowTicks);

    /// <summary>The compact form of a node.</summary>
    public ReadOnlySpan<byte> CompactOf(int index) => _compact.AsSpan(index * _entrySize, _entrySize);

    /// <summary>Bytes of a node's compact form.</summary>
    public static int EntrySize(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? NodeContact.CompactSizeV6 : NodeContact.CompactSizeV4;
}
