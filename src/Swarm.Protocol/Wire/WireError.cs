namespace Swarm.Protocol.Wire;

/// <summary>What kind of violation ends a connection; for counting. The words are in <see cref="WireError.Reason"/>.</summary>
public enum WireErrorKind
{
    /// <summary>The stream does not begin with BitTorrent's protocol name.</summary>
    NotBitTorrent,

    /// <summary>A length prefix that its message id cannot have.</summary>
    BadLength,

    /// <summary>A length prefix above the limit of its message id.</summary>
    Oversized,

    /// <summary>A piece or a range that the torrent does not have.</summary>
    InvalidRange,

    /// <summary>A message that is not legal at this time or was not negotiated.</summary>
    Illegal,

    /// <summary>A block that was never asked for (BEP 6: MUST close).</summary>
    UnaskedBlock,

    /// <summary>Too much of something that is tolerated in small numbers.</summary>
    Flood,

    /// <summary>Nothing came for too long.</summary>
    Idle,
}

/// <summary>Why a connection must be closed: a value, never an exception, because the other side may send anything. Allocated once, at the end.</summary>
/// <param name="Kind">For counting.</param>
/// <param name="Reason">For people: what came and what was expected, one line, no bytes of the peer's quoted.</param>
public sealed record WireError(WireErrorKind Kind, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Reason}";
}
