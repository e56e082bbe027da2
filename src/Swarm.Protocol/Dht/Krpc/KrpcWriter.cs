using System.Buffers.Text;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>Appends bencoding to a caller's span. With too little room nothing more is written and <see cref="Overflowed"/> stays true: no half message can leave unnoticed.</summary>
internal ref struct KrpcWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written.</summary>
    public int Written { get; private set; }

    /// <summary>Whether something did not fit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>The bytes written, or 0 if something did not fit.</summary>
    public readonly int Result => Overflowed ? 0 : Written;

    /// <summary>Bytes of a string of this length with its head: <c>3:abc</c> is 5.</summary>
    public static int SizeOf(int length) => Digits((uint)length) + 1 + length;

    /// <summary>Bytes as they stand.</summary>
    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        if (Overflowed || !bytes.TryCopyTo(_destination[Written..])) Overflowed = true;
        else Written += bytes.Length;
    }

    /// <summary>A key and a string.</summary>
    public void String(scoped ReadOnlySpan<byte> encodedKey, scoped ReadOnlySpan<byte> value)
    {
        Raw(encodedKey);
        String(value);
    }

    /// <summary>A string.</summary>
    public void String(scoped ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        Raw(":"u8);
        Raw(value);
    }

    /// <summary>A key and an integer.</summary>
    public void Integer(scoped ReadOnlySpan<byte> encodedKey, long value)
    {
        Raw(encodedKey);
        Raw("i"u8);
        Number(value);
        Raw("e"u8);
    }

    private void Number(long value)
    {
        if (Overflowed || !Utf8Formatter.TryFormat(value, _destination[Written..], out var written)) Overflowed = true;
        else Written += written;
    }

    private static int Digits(uint value)
    {
        var digits = 1;
        for (; value >= 10; value /= 10) digits++;
        return digits;
    }
}
