namespace Swarm.Protocol.Primitives;

/// <summary>
/// A place in the id space of the DHT (BEP 5): a node's id, an info-hash that is looked for, the target of an item. Two places are as far apart as the number that
/// is the exclusive or of both: symmetric, and for each target no two ids are equally far.
/// </summary>
public readonly record struct NodeId(Bytes20 Value) : IComparable<NodeId>
{
    /// <summary>Bits of an id.</summary>
    public const int Bits = Bytes20.Size * 8;

    /// <summary>Takes exactly twenty bytes.</summary>
    public NodeId(ReadOnlySpan<byte> bytes) : this(new Bytes20(bytes)) { }

    /// <summary>The place of an info-hash.</summary>
    public NodeId(InfoHash infoHash) : this(infoHash.Value) { }

    /// <summary>An id drawn evenly from all.</summary>
    public static NodeId Create(Random random)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        random.NextBytes(bytes);
        return new NodeId(bytes);
    }

    /// <summary>How far the other is: smaller is closer, 0 is the same.</summary>
    public Bytes20 DistanceTo(NodeId other) => Value ^ other.Value;

    /// <summary>How many bits from the first on are the same, 0 to <see cref="Bits"/>.</summary>
    public int CommonPrefixLength(NodeId other) => DistanceTo(other).LeadingZeroCount;

    /// <summary>Whether this is closer to <paramref name="target"/> than <paramref name="other"/> is.</summary>
    public bool IsCloserTo(NodeId target, NodeId other) => DistanceTo(target).CompareTo(other.DistanceTo(target)) < 0;

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <summary>Forty lower-case hex digits.</summary>
    public override string ToString() => Value.ToString();
}
