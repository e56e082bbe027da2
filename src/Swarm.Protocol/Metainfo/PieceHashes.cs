using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>The SHA-1 of every piece of a v1 or hybrid torrent (BEP 3, "pieces"). Immutable; a view of the info dictionary's bytes.</summary>
public sealed class PieceHashes
{
    private readonly ReadOnlyMemory<byte> _hashes;

    /// <summary>Takes the concatenated hashes.</summary>
    /// <exception cref="ArgumentException">The length is no multiple of twenty: a caller's bug.</exception>
    public PieceHashes(ReadOnlyMemory<byte> hashes)
    {
        if (hashes.Length % Bytes20.Size != 0) throw new ArgumentException("The hashes are not a multiple of twenty bytes.", nameof(hashes));
        _hashes = hashes;
    }

    /// <summary>The number of pieces.</summary>
    public int Count => _hashes.Length / Bytes20.Size;

    /// <summary>All hashes, one after the other.</summary>
    public ReadOnlyMemory<byte> Memory => _hashes;

    /// <summary>The twenty bytes of one piece's hash. The piece must exist.</summary>
    public ReadOnlySpan<byte> this[PieceIndex piece] => _hashes.Span.Slice(piece.Value * Bytes20.Size, Bytes20.Size);
}
