using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// The piece length for a new torrent whose maker names none: the smallest power of two from 16 KiB to 16 MiB that leaves at most 2,000 pieces.
/// That is about 1,000 to 2,000 pieces: few enough that the file stays small (40 KB of hashes) and availability messages cheap, many enough
/// that peers soon have whole pieces to trade.
/// <code>
/// content up to   piece      content up to   piece
///  31.25 MiB     16 KiB        1.95 GiB      1 MiB
///   62.5 MiB     32 KiB        3.9  GiB      2 MiB
///    125 MiB     64 KiB        7.8  GiB      4 MiB
///    250 MiB    128 KiB       15.6  GiB      8 MiB
///    500 MiB    256 KiB       more          16 MiB
///   1000 MiB    512 KiB
/// </code>
/// </summary>
public static class PieceLengthChoice
{
    /// <summary>The smallest piece length that is chosen, in bytes: one block.</summary>
    public const int Smallest = PieceGeometry.BlockSize;

    /// <summary>The largest piece length that is chosen, in bytes.</summary>
    public const int Largest = 16 * 1024 * 1024;

    private const int MostPieces = 2000;

    /// <summary>The piece length in bytes for <paramref name="totalLength"/> bytes of content (≥ 1).</summary>
    public static int For(long totalLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalLength);
        var length = Smallest;
        while (length < Largest && (totalLength - 1) / length >= MostPieces) length *= 2;
        return length;
    }
}
