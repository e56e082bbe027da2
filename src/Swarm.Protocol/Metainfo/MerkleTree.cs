using System.Numerics;
using System.Security.Cryptography;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// The hash trees of v2 files (BEP 52): leaves are SHA-256 of 16 KiB blocks, each node the SHA-256 of the two below, and the tree is filled
/// to a power of two with leaves of 32 zero bytes (not the hash of zeros). Pure functions over concatenated hashes.
/// </summary>
public static class MerkleTree
{
    /// <summary>The number of layers above the leaves in which one hash covers a piece; the piece length is a power of two, ≥ 16 KiB.</summary>
    public static int PieceLayerHeight(int pieceLength) => BitOperations.Log2((uint)pieceLength / Primitives.PieceGeometry.BlockSize);

    /// <summary>The hash that fills a tree up, <paramref name="height"/> layers above the leaves: the root of 2^height zero leaves.</summary>
    public static MerkleHash PadHash(int height)
    {
        var pad = default(MerkleHash);
        for (var layer = 0; layer < height; layer++) pad = Parent(pad, pad);
        return pad;
    }

    /// <summary>
    /// The root over a whole layer: <paramref name="layer"/> holds its hashes (at least one) without the filling,
    /// <paramref name="height"/> is how far above the leaves it lies. Linear; allocates one copy of half the layer.
    /// </summary>
    public static MerkleHash Root(ReadOnlySpan<byte> layer, int height)
    {
        if (layer.Length == MerkleHash.Size) return new MerkleHash(layer);
        var hashes = LayerAbove(layer, height);
        var count = hashes.Length / MerkleHash.Size;
        for (height++; count > 1; height++)
        {
            // In place: a parent is written where its children have been read.
            count = HashPairs(hashes.AsSpan(0, count * MerkleHash.Size), hashes, height);
        }

        return new MerkleHash(hashes.AsSpan(0, MerkleHash.Size));
    }

    /// <summary>The layer above one without its filling: half as many hashes, rounded up.</summary>
    public static byte[] LayerAbove(ReadOnlySpan<byte> layer, int height)
    {
        var above = new byte[((layer.Length / MerkleHash.Size) + 1) / 2 * MerkleHash.Size];
        HashPairs(layer, above, height);
        return above;
    }

    /// <summary>The hash over two nodes.</summary>
    public static MerkleHash Parent(MerkleHash left, MerkleHash right)
    {
        Span<byte> pair = stackalloc byte[MerkleHash.Size * 2];
        left.CopyTo(pair);
        right.CopyTo(pair[MerkleHash.Size..]);
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        SHA256.HashData(pair, hash);
        return new MerkleHash(hash);
    }

    private static int HashPairs(ReadOnlySpan<byte> layer, Span<byte> above, int height)
    {
        const int Pair = MerkleHash.Size * 2;
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        var pairs = layer.Length / Pair;
        for (var i = 0; i < pairs; i++)
        {
            SHA256.HashData(layer.Slice(i * Pair, Pair), hash);
            hash.CopyTo(above[(i * MerkleHash.Size)..]);
        }

        if (layer.Length % Pair == 0) return pairs;
        Parent(new MerkleHash(layer[^MerkleHash.Size..]), PadHash(height)).CopyTo(above[(pairs * MerkleHash.Size)..]);
        return pairs + 1;
    }
}
