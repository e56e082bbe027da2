using System.Text;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// All ids that begin with the same bits: the range of a k-bucket. The whole space has the length 0; each prefix shorter than an id is the union of its two halves, and two prefixes
/// overlap only if one contains the other. Ordered by their first id, the longer range first.
/// </summary>
public readonly record struct NodeIdPrefix : IComparable<NodeIdPrefix>
{
    /// <summary>The first <paramref name="length"/> bits (0 to 160) of an id.</summary>
    public NodeIdPrefix(NodeId id, int length)
    {
        First = new NodeId(id.Value & Bytes20.Mask(length));
        Length = length;
    }

    /// <summary>The whole space.</summary>
    public static NodeIdPrefix All => default;

    /// <summary>The least id of the range.</summary>
    public NodeId First { get; }

    /// <summary>How many bits the ids share.</summary>
    public int Length { get; }

    /// <summary>Whether the id is in the range.</summary>
    public bool Contains(NodeId id) => First.CommonPrefixLength(id) >= Length;

    /// <summary>Whether all ids of the other range are in this one.</summary>
    public bool Contains(NodeIdPrefix other) => other.Length >= Length && Contains(other.First);

    /// <summary>The half whose next bit is 0, or the one whose next bit is 1. Only for a length below 160.</summary>
    public NodeIdPrefix Half(bool upper)
    {
        var bit = Bytes20.Mask(Length + 1) ^ Bytes20.Mask(Length);
        return new NodeIdPrefix(upper ? new NodeId(First.Value ^ bit) : First, Length + 1);
    }

    /// <summary>The distance from the target to the closest id that could be in the range.</summary>
    public Bytes20 DistanceTo(NodeId target) => First.DistanceTo(target) & Bytes20.Mask(Length);

    /// <summary>An id drawn evenly from the range.</summary>
    public NodeId Draw(Random random) => new(First.Value ^ (NodeId.Create(random).Value & ~Bytes20.Mask(Length)));

    /// <inheritdoc/>
    public int CompareTo(NodeIdPrefix other)
    {
        var order = First.CompareTo(other.First);
        return order == 0 ? Length.CompareTo(other.Length) : order;
    }

    /// <summary>The bits as digits and a star: <c>0110*</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Length + 1);
        for (var bit = 0; bit < Length; bit++) text.Append(First.Value[bit] ? '1' : '0');
        return text.Append('*').ToString();
    }
}
