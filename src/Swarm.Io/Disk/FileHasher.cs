using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Swarm.Actors.Ports;
using Swarm.Io.Hashing;

namespace Swarm.Io.Disk;

/// <summary>
/// Hashes what is on disk: runs of bytes into a running hash, or whole pieces, several in step where that is faster (<see cref="Sha1Lanes"/>). Owned by one thread.
/// Pieces in step are read a part of each in turn; so that a disk is read forward all the same, the system is told first what will be read.
/// </summary>
internal sealed class FileHasher : IDisposable
{
    /// <summary>Bytes read of a piece before the next one's turn: all parts together stay in the second-level cache, or nearly.</summary>
    private const int PartBytes = 64 << 10;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly byte[] _buffer;
    private readonly nint[] _addresses = new nint[Sha1Lanes.Most];
    private Sha1Lanes? _lanes;
    private byte[] _parts = [];

    /// <summary>Hashes what a reader reads.</summary>
    /// <param name="reader">Reads the files.</param>
    /// <param name="bufferBytes">Bytes read at once of a piece that is hashed alone.</param>
    public FileHasher(BlockReader reader, int bufferBytes)
    {
        Reader = reader;
        _buffer = GC.AllocateUninitializedArray<byte>(bufferBytes, pinned: true);
    }

    /// <summary>What it reads with.</summary>
    public BlockReader Reader { get; }

    /// <summary>Feeds a run of bytes to a running hash.</summary>
    public DiskError? Append(StorageFiles files, long offset, int length, IncrementalHash hash)
    {
        while (length > 0)
        {
            var part = _buffer.AsSpan(0, Math.Min(length, _buffer.Length));
            if (Reader.Read(files, offset, part) is { } error) return error;
            hash.AppendData(part);
            offset += part.Length;
            length -= part.Length;
        }

        return null;
    }

    /// <summary>Hashes a run of bytes. After a failure <paramref name="hash"/> says nothing.</summary>
    public DiskError? Hash(StorageFiles files, long offset, int length, Span<byte> hash)
    {
        DiskError? error = null;
        try
        {
            error = Append(files, offset, length, _hash);
        }
        finally
        {
            _hash.GetHashAndReset(hash);
        }

        return error;
    }

    /// <summary>Hashes whole pieces.</summary>
    /// <param name="files">Where they lie.</param>
    /// <param name="pieces">Which, ascending; as many as the caller likes.</param>
    /// <param name="hashes">Twenty bytes for each.</param>
    /// <param name="errors">Why there is no hash of a piece, or null, for each.</param>
    public void Hash(StorageFiles files, ReadOnlySpan<PieceIndex> pieces, Span<byte> hashes, Span<DiskError?> errors)
    {
        var geometry = files.Layout.Geometry;
        while (pieces.Length > 0)
        {
            var count = CountInStep(geometry, pieces);
            if (count > 1) HashInStep(files, pieces[..count], hashes, errors);
            else errors[0] = Hash(files, geometry.PieceOffset(pieces[0]), geometry.PieceSize(pieces[0]), hashes[..Bytes20.Size]);
            pieces = pieces[count..];
            hashes = hashes[(count * Bytes20.Size)..];
            errors = errors[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hash.Dispose();
        _lanes?.Dispose();
    }

    /// <summary>How many of the first pieces are hashed in step: all of one length, so a shorter last one is left over; or one.</summary>
    private static int CountInStep(PieceGeometry geometry, ReadOnlySpan<PieceIndex> pieces)
    {
        var count = Math.Min(pieces.Length, Sha1Lanes.Most);
        if (geometry.PieceSize(pieces[count - 1]) != geometry.PieceLength) count--;
        return LaneHasher.IsWorthwhile(count, 1) ? count : 1;
    }

    private void HashInStep(StorageFiles files, ReadOnlySpan<PieceIndex> pieces, Span<byte> hashes, Span<DiskError?> errors)
    {
        var geometry = files.Layout.Geometry;
        var lanes = _lanes ??= new Sha1Lanes();
        if (_parts.Length == 0) _parts = GC.AllocateUninitializedArray<byte>(Sha1Lanes.Most * PartBytes, pinned: true);
        errors[..pieces.Length].Clear();
        foreach (var piece in pieces) Reader.Announce(files, geometry.PieceOffset(piece), geometry.PieceLength);
        for (var lane = 0; lane < pieces.Length; lane++) _addresses[lane] = Marshal.UnsafeAddrOfPinnedArrayElement(_parts, lane * PartBytes);
        lanes.Begin();
        var rest = 0;
        for (var offset = 0; offset < geometry.PieceLength; offset += PartBytes)
        {
            var length = Math.Min(PartBytes, geometry.PieceLength - offset);
            for (var lane = 0; lane < pieces.Length; lane++)
            {
                errors[lane] ??= Reader.Read(files, geometry.PieceOffset(pieces[lane]) + offset, _parts.AsSpan(lane * PartBytes, length));
            }

            lanes.Append(_addresses.AsSpan(0, pieces.Length), length / Sha1Lanes.BlockBytes);
            rest = length % Sha1Lanes.BlockBytes;
        }

        var tail = ((geometry.PieceLength - 1) % PartBytes) + 1 - rest;
        for (var lane = 0; lane < pieces.Length; lane++)
        {
            lanes.Finish(lane, _parts.AsSpan((lane * PartBytes) + tail, rest), geometry.PieceLength, hashes.Slice(lane * Bytes20.Size, Bytes20.Size));
        }
    }
}
