namespace Swarm.Protocol.Bandwidth;

/// <summary>One link (a connection) of the node, as the caller numbered it; never used twice.</summary>
public readonly record struct LinkKey(long Value);

/// <summary>What a limit holds for: 0 is the whole node, any other number a torrent, as the caller numbered it.</summary>
public readonly record struct BandwidthScope(int Value)
{
    /// <summary>The whole node.</summary>
    public static BandwidthScope Global => default;
}

/// <summary>Bytes (≥ 1) that a link may transfer now; its request is answered by this, and it asks again when they are spent.</summary>
public readonly record struct Grant(LinkKey Link, long Bytes);
