using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Says of pieces on disk what they are, reading only what there is to read. Used by several threads at once, each with a hasher of its own.
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

    /// <summary>Compares pieces with their hashes.</summary>
    /// <param name="pieces">Which, ascending.</param>
    /// <param name="states">What they are, for each.</param>
    /// <param name="hasher">The calling thread's.</param>
    public void Inspect(ReadOnlySpan<PieceIndex> pieces, Span<PieceState> states, FileHasher hasher)
    {
        var toRead = new List<PieceIndex>(pieces.Length);
        for (var i = 0; i < pieces.Length; i++)
        {
            if (StateUnread(pieces[i], hasher.Reader) is { } state) states[i] = state;
            else toRead.Add(pieces[i]);
        }

        var hashes = new byte[toRead.Count * Bytes20.Size];
        var errors = new DiskError?[toRead.Count];
        hasher.Hash(_files, CollectionsMarshal.AsSpan(toRead), hashes, errors);
        for (int i = 0, read = 0; read < toRead.Count; i++)
        {
            if (pieces[i] != toRead[read]) continue;
            states[i] = StateOf(toRead[read], hashes.AsSpan(read * Bytes20.Size, Bytes20.Size), errors[read]);
            read++;
        }
    }

    /// <summary>What a piece is if that can be said without reading it, or null.</summary>
    private PieceState? StateUnread(PieceIndex piece, BlockReader reader)
    {
        var geometry = _files.Layout.Geometry;
        var size = geometry.PieceSize(piece);
        switch (reader.Probe(_files, geometry.PieceOffset(piece), size))
        {
            case DataPresence.Missing: return PieceState.Absent;
            case DataPresence.Incomplete: return PieceState.Invalid;
            case DataPresence.Unreadable: return PieceState.Unreadable;
            case DataPresence.Hole:
                // A sparse copy keeps zeros as holes: what reads as the right zeros is right, though there is nothing to read.
                var zeros = size == geometry.PieceLength ? _zeroPieceHash.Value : HashOfZeros(size);
                return zeros == new Bytes20(_files.HashOf(piece)) ? PieceState.Valid : PieceState.Absent;
            default: return null;
        }
    }

    private PieceState StateOf(PieceIndex piece, ReadOnlySpan<byte> hash, DiskError? error)
    {
        if (error is null) return _files.Compare(piece, hash);

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
