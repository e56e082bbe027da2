using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Says of a piece on disk what it is, reading it only if there is something to read. Used by several threads at once, each with a reader
/// and a hash of its own.
/// </summary>
internal sealed class PieceInspector
{
    private readonly StorageFiles _files;
    private readonly Lazy<Bytes20> _zeroPieceHash;

    public PieceInspector(StorageFiles files)
    {
        _files = files;
        _zeroPieceHash = new Lazy<Bytes20>(() => HashOfZeros(files.Layout.Geometry.PieceLength));
    }

    /// <summary>Compares a piece with its hash.</summary>
    public PieceState Inspect(PieceIndex piece, BlockReader reader, IncrementalHash hash)
    {
        var geometry = _files.Layout.Geometry;
        var size = geometry.PieceSize(piece);
        var offset = geometry.PieceOffset(piece);
        var expected = _files.Spec.PieceHashes.Span.Slice(piece.Value * Bytes20.Size, Bytes20.Size);
        switch (reader.Probe(_files, offset, size))
        {
            case DataPresence.Missing: return PieceState.Absent;
            case DataPresence.Incomplete: return PieceState.Invalid;
            case DataPresence.Unreadable: return PieceState.Unreadable;
            case DataPresence.Hole:
                // A sparse copy keeps zeros as holes: what reads as the right zeros is right, though there is nothing to read.
                var zeros = size == geometry.PieceLength ? _zeroPieceHash.Value : HashOfZeros(size);
                return zeros == new Bytes20(expected) ? PieceState.Valid : PieceState.Absent;
        }

        var error = reader.Append(_files, offset, size, hash);
        Span<byte> actual = stackalloc byte[Bytes20.Size];
        hash.GetHashAndReset(actual);
        if (error is null)
        {
            if (!actual.SequenceEqual(expected)) return PieceState.Invalid;
            _files.MarkFound(offset, size);
            return PieceState.Valid;
        }

        // It was there a moment ago: cut or removed while it was read.
        return error.Kind == DiskErrorKind.NotFound ? PieceState.Invalid : PieceState.Unreadable;
    }

    private static Bytes20 HashOfZeros(int length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var zeros = new byte[Math.Min(length, 64 << 10)];
        for (; length > 0; length -= zeros.Length) hash.AppendData(zeros, 0, Math.Min(length, zeros.Length));
        return new Bytes20(hash.GetHashAndReset());
    }
}
