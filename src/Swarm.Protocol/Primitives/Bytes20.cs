using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// Twenty bytes as a value: the size of every hash and id on the BitTorrent wire. Ordered as an unsigned big-endian number.
/// Not used bare in interfaces: <see cref="InfoHash"/>, <see cref="PeerId"/> and others wrap it so that they cannot be mixed up.
/// </summary>
public readonly struct Bytes20 : IEquatable<Bytes20>, IComparable<Bytes20>
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 20;

    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    /// <summary>Takes exactly twenty bytes.</summary>
    /// <exception cref="ArgumentException">The span is not twenty bytes long: a caller's bug, lengths are checked where bytes are parsed.</exception>
    public Bytes20(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"Expected {Size} bytes, got {bytes.Length}.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _middle = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _low = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    private Bytes20(ulong high, ulong middle, uint low)
    {
        _high = high;
        _middle = middle;
        _low = low;
    }

    /// <summary>How many bits from the first on are zero, 0 to 160.</summary>
    public int LeadingZeroCount
    {
        get
        {
            if (_high != 0) return BitOperations.LeadingZeroCount(_high);
            return _middle != 0 ? 64 + BitOperations.LeadingZeroCount(_middle) : 128 + BitOperations.LeadingZeroCount(_low);
        }
    }

    /// <summary>The bit at an index from 0 (the most significant) to 159.</summary>
    public bool this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Size * 8);
            if (index < 64) return ((_high >> (63 - index)) & 1) != 0;
            return index < 128 ? ((_middle >> (127 - index)) & 1) != 0 : ((_low >> (159 - index)) & 1) != 0;
        }
    }

    /// <summary>Ones in the first <paramref name="bits"/> bits (0 to 160), zeros after.</summary>
    public static Bytes20 Mask(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, Size * 8);
        return new Bytes20(Ones(bits), Ones(bits - 64), (uint)(Ones(bits - 128) >> 32));

        static ulong Ones(int count) => count <= 0 ? 0 : ulong.MaxValue << (64 - Math.Min(64, count));
    }

    /// <summary>Writes the twenty bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>The twenty bytes in a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Parses forty hex digits of either case.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> hex, out Bytes20 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (hex.Length == Size * 2 && Convert.FromHexString(hex, bytes, out _, out var written) == System.Buffers.OperationStatus.Done && written == Size)
        {
            value = new Bytes20(bytes);
            return true;
        }

        value = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(Bytes20 other) => _high == other._high && _middle == other._middle && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Bytes20 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _middle, _low);

    /// <inheritdoc/>
    public int CompareTo(Bytes20 other)
    {
        var order = _high.CompareTo(other._high);
        if (order == 0) order = _middle.CompareTo(other._middle);
        return order == 0 ? _low.CompareTo(other._low) : order;
    }

    /// <summary>Forty lower-case hex digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Bit by bit, exclusive or.</summary>
    public static Bytes20 operator ^(Bytes20 left, Bytes20 right) => new(left._high ^ right._high, left._middle ^ right._middle, left._low ^ right._low);

    /// <summary>Bit by bit, and.</summary>
    public static Bytes20 operator &(Bytes20 left, Bytes20 right) => new(left._high & right._high, left._middle & right._middle, left._low & right._low);

    /// <summary>Bit by bit, not.</summary>
    public static Bytes20 operator ~(Bytes20 value) => new(~value._high, ~value._middle, ~value._low);

    /// <summary>Equality by value.</summary>
    public static bool operator ==(Bytes20 left, Bytes20 right) => left.Equals(right);

    /// <summary>Inequality by value.</summary>
    public static bool operator !=(Bytes20 left, Bytes20 right) => !left.Equals(right);
}
