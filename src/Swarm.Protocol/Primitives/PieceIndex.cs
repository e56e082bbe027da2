namespace Swarm.Protocol.Primitives;

/// <summary>The number of a piece in its torrent, from 0. A type of its own so that it is never a block's number.</summary>
public readonly record struct PieceIndex(int Value) : IComparable<PieceIndex>
{
    /// <inheritdoc/>
    public int CompareTo(PieceIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>The number of a 16 KiB block in its piece, from 0.</summary>
public readonly record struct BlockIndex(int Value) : IComparable<BlockIndex>
{
    /// <inheritdoc/>
    public int CompareTo(BlockIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A range of a piece as peers ask for it: <paramref name="Begin"/> and <paramref name="Length"/> in bytes (BEP 3, "request").</summary>
public readonly record struct BlockRequest(PieceIndex Piece, int Begin, int Length);
