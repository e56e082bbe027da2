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

    /// <summary>Strings of one length, which stand one after the other.</summary>
    public void Strings(scoped ReadOnlySpan<byte> packed, int length)
    {
        Span<byte> head = stackalloc byte[8];
        var writer = new KrpcWriter(head);
        writer.Number(length);
        writer.Raw(":"u8);
        head = head[..writer.Written];
        var size = packed.Length / length * (head.Length + length);
        if (Overflowed || size > _destination.Length - Written)
        {
            Overflowed = true;
            return;
        }

        var room = _destination.Slice(Written, size);
        for (; packed.Length >= length; packed = packed[length..])
        {
            head.CopyTo(room);
            packed[..length].CopyTo(room[head.Length..]);
            room = room[(head.Length + length)..];
        }

        Written += size;
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
        // Lengths nearly all have one to three digits.
        if (value is >= 0 and < 1_000 && _destination.Length - Written >= 3 && !Overflowed)
        {
            var number = (int)value;
            if (number >= 100) Digit(number / 100);
            if (number >= 10) Digit(number / 10 % 10);
            Digit(number % 10);
        }
        else if (Overflowed || !Utf8Formatter.TryFormat(value, _destination[Written..], out var written)) Overflowed = true;
        else Written += written;
    }

    private void Digit(int digit) => _destination[Written++] = (byte)('0' + digit);

    private static int Digits(uint value)
    {
        var digits = 1;
        for (; value >= 10; value /= 10) digits++;
        return digits;
    }
}
