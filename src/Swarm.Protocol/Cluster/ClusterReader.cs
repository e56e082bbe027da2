using System.Buffers.Binary;
using System.Text;

namespace Swarm.Protocol.Cluster;

/// <summary>Reads the fields of a message one after the other, big-endian. After the first field that is not there, or is not what it should be, everything reads as empty and <see cref="IsBroken"/> holds; so what reads checks once, at the end.</summary>
internal ref struct ClusterReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);
    private ReadOnlySpan<byte> _left = bytes;

    public bool IsBroken { get; private set; }

    public readonly int Left => _left.Length;

    public ushort UInt16() => Take(2, out var field) ? BinaryPrimitives.ReadUInt16BigEndian(field) : (ushort)0;

    public uint UInt32() => Take(4, out var field) ? BinaryPrimitives.ReadUInt32BigEndian(field) : 0;

    public ulong UInt64() => Take(8, out var field) ? BinaryPrimitives.ReadUInt64BigEndian(field) : 0;

    /// <summary>A number that is not negative.</summary>
    public long Count()
    {
        var value = unchecked((long)UInt64());
        if (value >= 0) return value;
        IsBroken = true;
        return 0;
    }

    /// <summary>A time in milliseconds, up to 49 days.</summary>
    public TimeSpan Time() => TimeSpan.FromMilliseconds(UInt32());

    /// <summary>A length, then so many bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int most)
    {
        int length = UInt16();
        if (length <= most && Take(length, out var field)) return field;
        IsBroken = true;
        return default;
    }

    /// <summary>A text of at most so many characters; what is no UTF-8 becomes U+FFFD, and so do control characters, for it is shown to people.</summary>
    public string Text(int most)
    {
        var text = Strict.GetString(Bytes(most * 3));
        if (text.Length > most) IsBroken = true;
        return IsBroken ? "" : string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++) to[i] = char.IsControl(from[i]) ? '\uFFFD' : from[i];
        });
    }

    public bool Take(int length, out ReadOnlySpan<byte> field)
    {
        if (IsBroken || _left.Length < length)
        {
            IsBroken = true;
            field = default;
            return false;
        }

        field = _left[..length];
        _left = _left[length..];
        return true;
    }
}
