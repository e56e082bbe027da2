namespace Swarm.Protocol.Cluster;

/// <summary>
/// Who a member of the cluster is: where others reach it, as <c>host:port</c>, and the generation that the table drew when it joined. No two processes ever have the same identity: one that comes back has a greater generation, and so has one that joins anew, even if the tables were set back.
/// Ordered by end point, then generation.
/// </summary>
public readonly record struct MemberId(string EndPoint, long Generation) : IComparable<MemberId>
{
    /// <summary>Whether it names anybody; the default value does not.</summary>
    public bool IsNobody => EndPoint is null;

    /// <inheritdoc/>
    public int CompareTo(MemberId other)
    {
        var order = string.CompareOrdinal(EndPoint, other.EndPoint);
        return order == 0 ? Generation.CompareTo(other.Generation) : order;
    }

    /// <summary><c>host:port#generation</c>.</summary>
    public override string ToString() => IsNobody ? "nobody" : $"{EndPoint}#{Generation}";
}
