using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Swarm.Io.Store;

/// <summary>
/// Writes a small stored record field by field; <see cref="RecordReader"/> reads it. A version byte, then the fields, then the CRC-32C of all that, 4 bytes, little-endian. Numbers are base-128 varints,
/// low group first, signed ones zigzag; a text is the number of its UTF-8 bytes and the bytes; a text that may be missing is that number + 1, or 0.
/// </summary>
internal sealed class RecordWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public RecordWriter(byte version) => Byte(version);

    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    public void Count(int value) => Number((ulong)value);

    public void Signed(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    public void Real(double value) => Number(BinaryPrimitives.ReverseEndianness((ulong)BitConverter.DoubleToInt64Bits(value)));

    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Count(bytes.Length);
        _bytes.Write(bytes);
    }

    public void OptionalText(string? value)
    {
        if (value is null)
        {
            Count(0);
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(value);
        Count(bytes.Length + 1);
        _bytes.Write(bytes);
    }

    /// <summary>The record, sealed with its checksum.</summary>
    public byte[] Seal()
    {
        _bytes.Write(new byte[ProgressCodec.ChecksumSize]);
        var record = _bytes.WrittenSpan.ToArray();
        ProgressCodec.Seal(record);
        return record;
    }

    private void Byte(byte value) => _bytes.Write([value]);
}
