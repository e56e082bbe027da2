using System.Numerics;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// A range of a file's hash tree as peers ask for it (BEP 52, "hash request"). <paramref name="BaseLayer"/> counts layers above the leaves,
/// <paramref name="Index"/> and <paramref name="Length"/> hashes in it, <paramref name="ProofLayers"/> the layers above that are to be proven.
/// </summary>
public readonly record struct HashRange(int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>The longest range that is served: BEP 52 says 512, deployed clients go to this.</summary>
    public const int MaxLength = 8192;

    /// <summary>The number of hashes that answer the range: those of the range, then the uncles on the way up that it does not contain itself.</summary>
    public int AnswerCount => Length + UncleCount;

    internal int UncleCount => Math.Max(0, ProofLayers - (BitOperations.Log2((uint)Length) - 1));

    /// <summary>
    /// Whether a tree of some height has the range: the length a power of two from 2 to <see cref="MaxLength"/>, the index a multiple of it.
    /// What comes from outside must pass this before anything else here.
    /// </summary>
    public bool IsValid(int treeHeight)
    {
        if (BaseLayer < 0 || BaseLayer >= treeHeight) return false;
        if (Length is < 2 or > MaxLength || !BitOperations.IsPow2(Length)) return false;
        if (Index < 0 || Index % Length != 0 || (long)Index + Length > 1L << (treeHeight - BaseLayer)) return false;
        return ProofLayers >= 0 && ProofLayers < treeHeight - BaseLayer;
    }
}

/// <summary>
/// The hash tree of one v2 file from its leaves up (BEP 52): answers peers' hash requests and checks their answers. Immutable.
/// Layers are kept without the hashes that only fill the tree up to a power of two, so a tree takes 64 bytes a block.
/// </summary>
public sealed class HashTree
{
    private readonly byte[][] _layers;

    /// <summary>Takes the leaves: the SHA-256 of every 16 KiB block, at least one.</summary>
    /// <exception cref="ArgumentException">No leaf, or a length that is no multiple of 32: a caller's bug.</exception>
    public HashTree(ReadOnlySpan<byte> leaves)
    {
        if (leaves.IsEmpty || leaves.Length % MerkleHash.Size != 0) throw new ArgumentException("Leaves are 32 bytes each, at least one.", nameof(leaves));
        _layers = new byte[HeightFor(leaves.Length / MerkleHash.Size) + 1][];
        _layers[0] = leaves.ToArray();
        for (var height = 1; height < _layers.Length; height++) _layers[height] = MerkleTree.LayerAbove(_layers[height - 1], height - 1);
    }

    /// <summary>Layers above the leaves, 0 for a single block.</summary>
    public int Height => _layers.Length - 1;

    /// <summary>The file's "pieces root".</summary>
    public MerkleHash Root => new(_layers[^1]);

    /// <summary>The height of a tree over some leaves (≥ 1).</summary>
    public static int HeightFor(int leafCount) => leafCount <= 1 ? 0 : BitOperations.Log2((uint)leafCount - 1) + 1;

    /// <summary>A layer without its filling: what "piece layers" holds for the height of a piece.</summary>
    public ReadOnlySpan<byte> Layer(int height) => _layers[height];

    /// <summary>
    /// Answers a request: the range, then the uncles from the lowest up, 32 bytes each. Null if the tree has no such range (answer: hash reject).
    /// </summary>
    public byte[]? TryAnswer(HashRange range)
    {
        if (!range.IsValid(Height)) return null;
        var answer = new byte[range.AnswerCount * MerkleHash.Size];
        var written = 0;
        for (var i = 0; i < range.Length; i++) Append(At(range.BaseLayer, range.Index + i));
        var (height, index) = TopOf(range);
        for (var i = 0; i < range.UncleCount; i++, height++, index /= 2) Append(At(height, index ^ 1));
        return answer;

        void Append(MerkleHash hash)
        {
            hash.CopyTo(answer.AsSpan(written));
            written += MerkleHash.Size;
        }
    }

    /// <summary>
    /// Checks a peer's answer against the root. The range must be one that was asked for, of a tree of <paramref name="height"/>; the answer
    /// must reach the root, so its proof layers must have been all there are.
    /// </summary>
    public static bool Verify(MerkleHash root, int height, HashRange range, ReadOnlySpan<byte> answer)
    {
        if (!range.IsValid(height) || answer.Length != range.AnswerCount * MerkleHash.Size) return false;
        var (top, index) = TopOf(range);
        if (top + range.UncleCount != height) return false;
        var hashed = answer[..(range.Length * MerkleHash.Size)];
        var current = MerkleTree.Root(hashed, range.BaseLayer);
        for (var rest = answer[hashed.Length..]; !rest.IsEmpty; rest = rest[MerkleHash.Size..], index /= 2)
        {
            var uncle = new MerkleHash(rest[..MerkleHash.Size]);
            current = index % 2 == 0 ? MerkleTree.Parent(current, uncle) : MerkleTree.Parent(uncle, current);
        }

        return current == root;
    }

    /// <summary>The node that spans the whole range.</summary>
    private static (int Height, int Index) TopOf(HashRange range) =>
        (range.BaseLayer + BitOperations.Log2((uint)range.Length), range.Index / range.Length);

    private MerkleHash At(int height, int index)
    {
        var start = index * MerkleHash.Size;
        return start < _layers[height].Length ? new MerkleHash(_layers[height].AsSpan(start, MerkleHash.Size)) : MerkleTree.PadHash(height);
    }
}
