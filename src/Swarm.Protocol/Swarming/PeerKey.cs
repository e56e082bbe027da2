namespace Swarm.Protocol.Swarming;

/// <summary>
/// One connection of one torrent, as its owner numbered it; never used twice, so that what is remembered of a peer that left is never
/// taken for another. Ordered by number: the order in which the connections were made.
/// </summary>
public readonly record struct PeerKey(long Value) : IComparable<PeerKey>
{
    /// <inheritdoc/>
    public int CompareTo(PeerKey other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
