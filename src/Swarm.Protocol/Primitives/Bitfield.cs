using System.Numerics;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// A set of pieces, one bit a piece; the wire form has piece 0 in the highest bit of the first byte (BEP 3, "bitfield").
/// Mutable, owned by one actor; what crosses to another is <see cref="ToWire"/>'s copy. Spare bits are always zero.
/// </summary>
public sealed class Bitfield
{
    private readonly ulong[] _words;

    /// <summary>An empty set over <paramref name="length"/> pieces (≥ 0).</summary>
    public Bitfield(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _words = new ulong[(length + 63) / 64];
    }

    /// <summary>A copy.</summary>
    public Bitfield(Bitfield other)
    {
        Length = other.Length;
        Count = other.Count;
        _words = [.. other._words];
    }

    /// <summary>The number of pieces there are.</summary>
    public int Length { get; }

    /// <summary>The number of pieces in the set.</summary>
    public int Count { get; private set; }

    /// <summary>Whether every piece is in the set.</summary>
    public bool IsFull => Count == Length;

    /// <summary>Whether no piece is in the set.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The size of the wire form in bytes.</summary>
    public int WireLength => (Length + 7) / 8;

    /// <summary>The set as words of 64 pieces, piece 0 in the lowest bit of the first, for set operations over many pieces at once.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>Whether the piece is in the set. The piece must exist.</summary>
    public bool this[PieceIndex piece]
    {
        get
        {
            Check(piece);
            return (_words[piece.Value >> 6] & Mask(piece)) != 0;
        }
    }

    /// <summary>Adds a piece. False if it was there.</summary>
    public bool Add(PieceIndex piece)
    {
        Check(piece);
        ref var word = ref _words[piece.Value >> 6];
        if ((word & Mask(piece)) != 0) return false;
        word |= Mask(piece);
        Count++;
        return true;
    }

    /// <summary>Removes a piece. False if it was not there.</summary>
    public bool Remove(PieceIndex piece)
    {
        Check(piece);
        ref var word = ref _words[piece.Value >> 6];
        if ((word & Mask(piece)) == 0) return false;
        word &= ~Mask(piece);
        Count--;
        return true;
    }

    /// <summary>Adds every piece.</summary>
    public void Fill()
    {
        for (var i = 0; i < Length; i++) Add(new PieceIndex(i));
    }

    /// <summary>Removes every piece.</summary>
    public void Clear()
    {
        Array.Clear(_words);
        Count = 0;
    }

    /// <summary>The first piece at or after <paramref name="from"/> that is in the set, or -1.</summary>
    public int NextSet(int from)
    {
        for (var i = from; i < Length;)
        {
            var word = _words[i >> 6] >> (i & 63);
            if (word != 0) return i + BitOperations.TrailingZeroCount(word);
            i = (i | 63) + 1;
        }

        return -1;
    }

    /// <summary>Whether this set has a piece that <paramref name="other"/> (of the same length) lacks.</summary>
    public bool HasAnyNotIn(Bitfield other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            if ((_words[i] & ~other._words[i]) != 0) return true;
        }

        return false;
    }

    /// <summary>Whether this set has a piece that <paramref name="other"/> (of the same length) has too.</summary>
    public bool Overlaps(Bitfield other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            if ((_words[i] & other._words[i]) != 0) return true;
        }

        return false;
    }

    /// <summary>Adds every piece of <paramref name="other"/> (of the same length).</summary>
    public void UnionWith(Bitfield other)
    {
        for (var i = 0; i < _words.Length; i++) _words[i] |= other._words[i];
        Recount();
    }

    /// <summary>Keeps only the pieces that <paramref name="other"/> (of the same length) has too.</summary>
    public void IntersectWith(Bitfield other)
    {
        for (var i = 0; i < _words.Length; i++) _words[i] &= other._words[i];
        Recount();
    }

    /// <summary>Removes every piece of <paramref name="other"/> (of the same length).</summary>
    public void ExceptWith(Bitfield other)
    {
        for (var i = 0; i < _words.Length; i++) _words[i] &= ~other._words[i];
        Recount();
    }

    /// <summary>The wire form in a new array of <see cref="WireLength"/> bytes.</summary>
    public byte[] ToWire()
    {
        var wire = new byte[WireLength];
        CopyToWire(wire);
        return wire;
    }

    /// <summary>Writes the wire form to the start of <paramref name="destination"/>.</summary>
    public void CopyToWire(Span<byte> destination)
    {
        for (var i = 0; i < WireLength; i++)
        {
            destination[i] = ReverseBits((byte)(_words[i >> 3] >> ((i & 7) * 8)));
        }
    }

    /// <summary>
    /// Parses the wire form. Null if the size is wrong or a spare bit is set: both are protocol violations (BEP 3).
    /// </summary>
    public static Bitfield? FromWire(ReadOnlySpan<byte> wire, int length)
    {
        var bitfield = new Bitfield(length);
        if (wire.Length != bitfield.WireLength) return null;
        for (var i = 0; i < wire.Length; i++)
        {
            bitfield._words[i >> 3] |= (ulong)ReverseBits(wire[i]) << ((i & 7) * 8);
        }

        if (length % 64 != 0 && bitfield._words[^1] >> (length % 64) != 0) return null;
        bitfield.Recount();
        return bitfield;
    }

    private void Recount()
    {
        Count = 0;
        foreach (var word in _words) Count += BitOperations.PopCount(word);
    }

    private static byte ReverseBits(byte value) =>
        (byte)((((value * 0x80200802UL) & 0x0884422110UL) * 0x0101010101UL) >> 32);

    private static ulong Mask(PieceIndex piece) => 1UL << (piece.Value & 63);

    private void Check(PieceIndex piece) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)Length, nameof(piece));
}
