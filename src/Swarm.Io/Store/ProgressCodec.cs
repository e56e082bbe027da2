using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store;

/// <summary>
/// <see cref="ProgressRecord"/> to bytes and back, as they lie in a database.
/// <para>Version 1: a byte 1; flags (bit 0: trackers know of the completion); downloaded; uploaded; length of the bitfield and the bitfield in wire form; number of
/// files, and for each its length + 1, or 0 where it is absent, then the difference of its last write to that of the file before it, zigzag; at last the
/// CRC-32C of all that, 4 bytes, little-endian. Numbers are base-128 varints, low group first. Files of a torrent are written about the same time, so differences are short.</para>
/// <para>What cannot be read is told as null, never as an exception, and nothing is allocated on the word of a length field: progress can be had again by checking the files,
/// so a damaged record costs a check and never a torrent. An absent file keeps neither length nor time.</para>
/// </summary>
internal static class ProgressCodec
{
    private const byte Version = 1;
    private const byte CompletedTold = 1;
    internal const int ChecksumSize = 4;
    private const int LongestVarint = 10;

    /// <summary>The bytes of a record.</summary>
    public static byte[] Encode(ProgressRecord record)
    {
        var verified = record.Verified.IsDefault ? [] : record.Verified.AsSpan();
        var files = record.Files.IsDefault ? [] : record.Files.AsSpan();
        var buffer = new byte[2 + (LongestVarint * 4) + verified.Length + (files.Length * LongestVarint * 2) + ChecksumSize];
        buffer[0] = Version;
        buffer[1] = record.CompletedTold ? CompletedTold : (byte)0;
        var at = 2;
        Write(buffer, ref at, (ulong)record.Downloaded);
        Write(buffer, ref at, (ulong)record.Uploaded);
        Write(buffer, ref at, (ulong)verified.Length);
        verified.CopyTo(buffer.AsSpan(at));
        at += verified.Length;
        Write(buffer, ref at, (ulong)files.Length);
        long modified = 0;
        foreach (var file in files)
        {
            Write(buffer, ref at, file.Exists ? (ulong)file.Length + 1 : 0);
            if (!file.Exists) continue;
            Write(buffer, ref at, ZigZag(unchecked(file.ModifiedTicks - modified)));
            modified = file.ModifiedTicks;
        }

        Array.Resize(ref buffer, at + ChecksumSize);
        Seal(buffer);
        return buffer;
    }

    /// <summary>Writes the checksum of the rest into the last four bytes.</summary>
    internal static void Seal(Span<byte> record) =>
        BinaryPrimitives.WriteUInt32LittleEndian(record[^ChecksumSize..], Checksum(record[..^ChecksumSize]));

    /// <summary>Whether the last four bytes are the checksum of the rest.</summary>
    internal static bool IsSealed(ReadOnlySpan<byte> record) =>
        record.Length >= ChecksumSize && Checksum(record[..^ChecksumSize]) == BinaryPrimitives.ReadUInt32LittleEndian(record[^ChecksumSize..]);

    /// <summary>The record, or null where the bytes are damaged or of a version this program does not know.</summary>
    public static ProgressRecord? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2 + ChecksumSize || bytes[0] != Version || bytes[1] > CompletedTold) return null;
        var body = bytes[..^ChecksumSize];
        if (!IsSealed(bytes)) return null;
        var rest = body[2..];
        if (!TryReadLong(ref rest, out var downloaded) || !TryReadLong(ref rest, out var uploaded)) return null;
        if (!TryReadLong(ref rest, out var verifiedLength) || verifiedLength > rest.Length) return null;
        var verified = ImmutableArray.Create(rest[..(int)verifiedLength]);
        rest = rest[(int)verifiedLength..];
        // A file takes a byte at least, so the count is checked against what is there before anything is made for it.
        if (!TryReadLong(ref rest, out var fileCount) || fileCount > rest.Length) return null;
        var files = new FileFingerprint[(int)fileCount];
        if (!TryReadFiles(ref rest, files) || !rest.IsEmpty) return null;
        return new ProgressRecord(verified, ImmutableCollectionsMarshal.AsImmutableArray(files), downloaded, uploaded, bytes[1] == CompletedTold);
    }

    private static bool TryReadFiles(ref ReadOnlySpan<byte> rest, Span<FileFingerprint> files)
    {
        long modified = 0;
        for (var i = 0; i < files.Length; i++)
        {
            if (!TryRead(ref rest, out var lengthAndOne) || lengthAndOne > 1UL + long.MaxValue) return false;
            if (lengthAndOne == 0) continue;
            if (!TryRead(ref rest, out var difference)) return false;
            modified = unchecked(modified + UnZigZag(difference));
            files[i] = new FileFingerprint(Exists: true, (long)(lengthAndOne - 1), modified);
        }

        return true;
    }

    private static void Write(Span<byte> buffer, ref int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7) buffer[at++] = (byte)(value | 0x80);
        buffer[at++] = (byte)value;
    }

    private static bool TryReadLong(ref ReadOnlySpan<byte> rest, out long value)
    {
        var read = TryRead(ref rest, out var unsigned);
        value = (long)unsigned;
        return read && value >= 0;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var i = 0; i < LongestVarint && i < rest.Length; i++)
        {
            var group = rest[i];
            if (i == LongestVarint - 1 && group > 1) return false;
            value |= (ulong)(group & 0x7F) << (7 * i);
            if (group >= 0x80) continue;
            rest = rest[(i + 1)..];
            return true;
        }

        return false;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
