using System.Buffers.Binary;
using System.Text;

namespace Swarm.Io.Store;

/// <summary>
/// Reads what <see cref="RecordWriter"/> wrote. After the first field that is not there everything reads as nothing and <see cref="IsGood"/> is false: who uses it reads all fields and asks once, at the
/// end. Nothing is allocated on the word of a length or a count that is larger than what is left.
/// </summary>
internal ref struct RecordReader
{
    private const int LongestVarint = 10;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Begins with the first field, if the checksum is right and the version is <paramref name="version"/>.</summary>
    public RecordReader(ReadOnlySpan<byte> record, byte version)
    {
        if (record.Length <= ProgressCodec.ChecksumSize || record[0] != version || !ProgressCodec.IsSealed(record)) return;
        IsGood = true;
        _rest = record[1..^ProgressCodec.ChecksumSize];
    }

    /// <summary>Whether every field so far was there.</summary>
    public bool IsGood { get; private set; }

    /// <summary>Whether every field was there and nothing is left.</summary>
    public readonly bool IsWhole => IsGood && _rest.IsEmpty;

    public ulong Number()
    {
        ulong value = 0;
        for (var i = 0; i < LongestVarint && i < _rest.Length; i++)
        {
            var group = _rest[i];
            if (i == LongestVarint - 1 && group > 1) break;
            value |= (ulong)(group & 0x7F) << (7 * i);
            if (group >= 0x80) continue;
            _rest = _rest[(i + 1)..];
            return value;
        }

        Fail();
        return 0;
    }

    /// <summary>A number of entries, each of which takes a byte at least; or of bytes.</summary>
    public int Count()
    {
        var count = Number();
        if (count <= (ulong)_rest.Length) return (int)count;
        Fail();
        return 0;
    }

    /// <summary>A number that is not negative.</summary>
    public long Long()
    {
        var value = Number();
        if (value <= long.MaxValue) return (long)value;
        Fail();
        return 0;
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A place or a small number, up to <paramref name="greatest"/>.</summary>
    public int Small(int greatest)
    {
        var value = Number();
        if (value <= (ulong)greatest) return (int)value;
        Fail();
        return 0;
    }

    public double Real() => BitConverter.Int64BitsToDouble((long)BinaryPrimitives.ReverseEndianness(Number()));

    public string Text() => Bytes(Count());

    public string? OptionalText()
    {
        var length = Number();
        if (length == 0) return null;
        if (length - 1 <= (ulong)_rest.Length) return Bytes((int)(length - 1));
        Fail();
        return null;
    }

    private string Bytes(int length)
    {
        var text = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return text;
    }

    private void Fail()
    {
        IsGood = false;
        _rest = default;
    }
}
