namespace Swarm.Protocol.Primitives;

/// <summary>
/// How a torrent's bytes divide into pieces and blocks. Immutable; every other class asks here instead of computing.
/// The last piece, and the last block of it, may be short.
/// </summary>
public sealed record PieceGeometry
{
    /// <summary>The unit of a request: 16 KiB (BEP 3; larger requests are refused by today's clients).</summary>
    public const int BlockSize = 16 * 1024;

    /// <summary>Divides <paramref name="totalLength"/> bytes (≥ 1) into pieces of <paramref name="pieceLength"/> bytes (≥ 1).</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is not positive, or there would be more than <see cref="int.MaxValue"/> pieces.</exception>
    public PieceGeometry(long totalLength, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceLength);
        var pieces = ((totalLength - 1) / pieceLength) + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pieces, int.MaxValue, nameof(totalLength));
        TotalLength = totalLength;
        PieceLength = pieceLength;
        PieceCount = (int)pieces;
        BlocksPerPiece = ((pieceLength - 1) / BlockSize) + 1;
    }

    /// <summary>All bytes of the torrent, pad files included.</summary>
    public long TotalLength { get; }

    /// <summary>Bytes of every piece but the last.</summary>
    public int PieceLength { get; }

    /// <summary>The number of pieces, ≥ 1.</summary>
    public int PieceCount { get; }

    /// <summary>The number of blocks of every piece but the last.</summary>
    public int BlocksPerPiece { get; }

    /// <summary>Whether the piece exists.</summary>
    public bool Contains(PieceIndex piece) => (uint)piece.Value < (uint)PieceCount;

    /// <summary>Bytes of a piece.</summary>
    public int PieceSize(PieceIndex piece) =>
        piece.Value == PieceCount - 1 ? (int)(TotalLength - ((long)piece.Value * PieceLength)) : PieceLength;

    /// <summary>Where a piece begins in the torrent's bytes.</summary>
    public long PieceOffset(PieceIndex piece) => (long)piece.Value * PieceLength;

    /// <summary>The number of blocks in a piece.</summary>
    public int BlocksIn(PieceIndex piece) => ((PieceSize(piece) - 1) / BlockSize) + 1;

    /// <summary>Bytes of a block.</summary>
    public int BlockLength(PieceIndex piece, BlockIndex block) =>
        Math.Min(BlockSize, PieceSize(piece) - (block.Value * BlockSize));

    /// <summary>A block as the request that fetches it.</summary>
    public BlockRequest RequestFor(PieceIndex piece, BlockIndex block) =>
        new(piece, block.Value * BlockSize, BlockLength(piece, block));

    /// <summary>Whether a range lies within its piece and is not empty: what any request from outside must pass.</summary>
    public bool IsValid(BlockRequest range) =>
        Contains(range.Piece) && range.Begin >= 0 && range.Length > 0 && (long)range.Begin + range.Length <= PieceSize(range.Piece);

    /// <summary>Whether a range is exactly one block, and which: what we ask for ourselves.</summary>
    public bool TryBlockOf(BlockRequest range, out BlockIndex block)
    {
        block = new BlockIndex(range.Begin / BlockSize);
        return IsValid(range) && range.Begin % BlockSize == 0 && range.Length == BlockLength(range.Piece, block);
    }
}
