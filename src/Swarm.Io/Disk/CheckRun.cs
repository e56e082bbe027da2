using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// One check of a storage, shared by the workers that take part: hands out runs of pieces in ascending order, so that the disk is read
/// forward, and reports their results as they come. A worker takes one run a turn and lets other storages' jobs in between.
/// A cancelled check (its storage is being closed) hands out nothing more; its last message is marked all the same.
/// </summary>
internal sealed class CheckRun
{
    private readonly Lock _gate = new();
    private readonly DiskStorage _storage;
    private readonly Bitfield _pieces;
    private readonly int _piecesPerTurn;
    private readonly Lazy<Bytes20> _zeroPieceHash;
    private int _next;
    private int _parts;
    private bool _cancelled;

    public CheckRun(DiskStorage storage, Bitfield pieces, int turnBytes)
    {
        _storage = storage;
        _pieces = pieces;
        _piecesPerTurn = Math.Max(1, turnBytes / storage.Geometry.PieceLength);
        _zeroPieceHash = new Lazy<Bytes20>(() => HashOfZeros(storage.Geometry.PieceLength));
    }

    /// <summary>How many workers take part.</summary>
    public void Begin(int parts) => _parts = parts;

    /// <summary>Hands out no more.</summary>
    public void Cancel()
    {
        lock (_gate) _cancelled = true;
    }

    /// <summary>One turn of one worker. False: there is nothing left for it, and it has taken leave.</summary>
    public bool Step(BlockReader reader, IncrementalHash hash)
    {
        var pieces = Take();
        if (pieces.Count == 0) return false;
        var results = ImmutableArray.CreateBuilder<PieceResult>(pieces.Count);
        foreach (var piece in pieces) results.Add(new PieceResult(piece, Look(piece, reader, hash)));
        _storage.Tell(new IDisk.Checked(_storage.Id, results.MoveToImmutable(), Finished: false));
        return true;
    }

    /// <summary>A worker is through. True for the last one, which has told the final message.</summary>
    public bool Leave()
    {
        if (Interlocked.Decrement(ref _parts) > 0) return false;
        _storage.Tell(new IDisk.Checked(_storage.Id, [], Finished: true));
        return true;
    }

    private static Bytes20 HashOfZeros(int length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var zeros = new byte[Math.Min(length, 64 << 10)];
        for (; length > 0; length -= zeros.Length) hash.AppendData(zeros, 0, Math.Min(length, zeros.Length));
        return new Bytes20(hash.GetHashAndReset());
    }

    private List<PieceIndex> Take()
    {
        var taken = new List<PieceIndex>(Math.Min(_piecesPerTurn, 64));
        lock (_gate)
        {
            while (!_cancelled && taken.Count < _piecesPerTurn && (_next = _pieces.NextSet(_next)) >= 0) taken.Add(new PieceIndex(_next++));
            if (_next < 0) _next = _pieces.Length;
        }

        return taken;
    }

    private PieceState Look(PieceIndex piece, BlockReader reader, IncrementalHash hash)
    {
        var files = _storage.Files;
        var size = _storage.Geometry.PieceSize(piece);
        var offset = _storage.Geometry.PieceOffset(piece);
        var expected = files.Spec.PieceHashes.Span.Slice(piece.Value * Bytes20.Size, Bytes20.Size);
        switch (reader.Probe(files, offset, size))
        {
            case DataPresence.Missing: return PieceState.Absent;
            case DataPresence.Incomplete: return PieceState.Invalid;
            case DataPresence.Unreadable: return PieceState.Unreadable;
            case DataPresence.Hole:
                // A sparse copy keeps zeros as holes: what reads as the right zeros is right, though there is nothing to read.
                var zeros = size == _storage.Geometry.PieceLength ? _zeroPieceHash.Value : HashOfZeros(size);
                return zeros == new Bytes20(expected) ? PieceState.Valid : PieceState.Absent;
        }

        var error = reader.Append(files, offset, size, hash);
        Span<byte> actual = stackalloc byte[Bytes20.Size];
        hash.GetHashAndReset(actual);
        if (error is null) return actual.SequenceEqual(expected) ? PieceState.Valid : PieceState.Invalid;

        // It was there a moment ago: cut or removed while it was read.
        return error.Kind == DiskErrorKind.NotFound ? PieceState.Invalid : PieceState.Unreadable;
    }
}
