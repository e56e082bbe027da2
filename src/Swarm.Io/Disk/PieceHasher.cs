using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Io.Hashing;

namespace Swarm.Io.Disk;

/// <summary>
/// What comes after a piece's blocks are in its file: their hash. Used by a worker's thread only.
/// <para>
/// Three ways (<see cref="HashWay"/>). <b>Together</b>: the blocks stay in memory until the piece is whole, then it waits for others (<see cref="WholePieces"/>) and is hashed in step with them; at full speed sixteen pieces take the time of
/// three or four. When there is no room for more, or one takes long, what the torrent's pieces have so far is hashed in step. A piece that is not whole within the time for it, unless it is begun so then, that finds no room all the same, or that is in the way of links without slabs, goes on alone. <b>Running</b>: a hash of its own takes what continues it, straight
/// from the slabs; a block ahead of it keeps its slab while the budget lasts, and beyond that, or while links wait for slabs, is read back when the hash gets there. <b>File</b>: where too many hashes run, or a read-back failed, it is read when it is whole.
/// </para>
/// What can fail: reading back (then the way is File; if that fails too the piece is <see cref="PieceState.Unreadable"/>).
/// Always holds: a slice is released when its bytes are hashed or let go of, and once; of a piece that waits for others one job is not counted as done until its result is told.
/// </summary>
internal sealed partial class PieceHasher : IDisposable
{
    /// <summary>Times that room is wanted for which looking for it in vain lasts.</summary>
    private const int AdvanceInterval = 16;

    private readonly DiskResources _resources;
    private readonly ILogger _logger;
    private readonly TurnReports _reports;
    private readonly FileHasher _files;
    private readonly PiecesInProgress _pieces;
    private readonly List<PieceProgress> _whole = [];
    private readonly List<PieceProgress> _batch = [];
    private readonly List<(PieceProgress Piece, int Blocks)> _advancing = [];
    private readonly PieceProgress[] _inStep = new PieceProgress[Sha1Lanes.Most];
    private readonly byte[] _hashes = new byte[Sha1Lanes.Most * Bytes20.Size];
    private readonly IncrementalHash _alone = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private LaneHasher? _lanes;
    private int _advanceLater;

    public PieceHasher(DiskResources resources, TurnReports reports, FileHasher files, PiecesInProgress pieces)
    {
        _resources = resources;
        _logger = resources.Logger;
        _reports = reports;
        _files = files;
        _pieces = pieces;
    }

    /// <summary>A piece was begun: says how it is to be hashed.</summary>
    public void Begun(PieceProgress piece)
    {
        if (!_resources.MayHashTogether(piece.Storage.Geometry.PieceLength)) GoAlone(piece, isWritten: false);
    }

    /// <summary>Takes the fresh blocks of a piece, which are in its file now; the piece is forgotten if it is whole. True: it waits for others, and one of its jobs is still under way.</summary>
    public bool Take(PieceProgress piece)
    {
        if (piece.Way == HashWay.Together && ((IsLate(piece) && !TryBegin(piece)) || !TryHoldFresh(piece))) GoAlone(piece, isWritten: true);
        if (piece.Way == HashWay.Together)
        {
            piece.ClearFresh();
            if (!piece.IsComplete) return false;
            _pieces.HandOver(piece);
            _whole.Add(piece);
            return true;
        }

        if (piece.Hash is not null) Continue(piece);
        KeepOrDropFresh(piece);
        if (piece.IsComplete) Finish(piece);
        return false;
    }

    /// <summary>Lets go of every block of a storage that is on disk and only waits for its hash, if links still wait for slabs.</summary>
    public void LetGo(DiskStorage storage)
    {
        if (!_resources.SlabsAreDry) return;
        foreach (var piece in _pieces.Of(storage))
        {
            if (piece.Way == HashWay.Together) GoAlone(piece, isWritten: false);
            for (var block = piece.Hashed; block < piece.BlockCount; block++)
            {
                if (!piece.Data(block).IsHere || piece.IsFresh(block)) continue;
                PiecesInProgress.Release(piece, block, _resources);
                Interlocked.Increment(ref _resources.Tally.BlocksLetGo);
            }
        }
    }

    /// <summary>At the end of a turn whose writes are told: hashes what is due.</summary>
    public void SettleDue()
    {
        HandOver();
        if (_resources.Whole.TryTake(_batch, hurry: _resources.SlabsAreDry)) HashBatch();
    }

    /// <summary>Hashes all that wait for others, of every worker.</summary>
    public void SettleAll()
    {
        HandOver();
        while (_resources.Whole.TryTake(_batch, hurry: true)) HashBatch();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lanes?.Dispose();
        _alone.Dispose();
    }

    /// <summary>Whether the piece has taken longer than is waited for it. Asked when blocks come, since nothing but a job may touch a piece.</summary>
    private bool IsLate(PieceProgress piece) => !piece.IsComplete && piece.Hashed == 0 && _resources.Time.GetElapsedTime(piece.Since) >= _resources.Settings.HashTogetherTime;

    /// <summary>Begins a late piece in step with others of its torrent, where there are enough: as with many peers, each of which brings one slowly.</summary>
    private bool TryBegin(PieceProgress piece) => TryAdvance(piece.Storage, Sha1Lanes.Worthwhile) && piece.Hashed > 0;

    /// <summary>Counts fresh blocks as held until the piece is whole, after making room, if that takes no more than hashing what the torrent's pieces have so far, or what waits.</summary>
    private bool TryHoldFresh(PieceProgress piece)
    {
        if (_resources.SlabsAreDry) return false;
        if (_resources.Together.TryHoldFresh(piece))
        {
            // Where all lanes have work, as with many peers, there is nothing to wait for: the room is for few peers that are fast, and for large pieces.
            if (_resources.Together.Bytes >= _resources.Settings.HashTogetherBytes / 3) TryAdvance(piece.Storage, Sha1Lanes.Most);
            return true;
        }

        if (TryAdvance(piece.Storage, Sha1Lanes.Worthwhile) && _resources.Together.TryHoldFresh(piece)) return true;
        if (!_resources.Whole.TryTake(_batch, hurry: true)) return false;
        HashBatch();
        return _resources.Together.TryHoldFresh(piece);
    }

    /// <summary>Hashes in step what pieces of a storage have, and lets go of it. Of no other storage: only a job of its own may touch its pieces. False: fewer than <paramref name="least"/> have anything.</summary>
    private bool TryAdvance(DiskStorage storage, int least)
    {
        // Looking at all of them is not worth it again before something can have changed.
        if (_pieces.Of(storage).Count < least || _advanceLater-- > 0) return false;
        _advancing.Clear();
        foreach (var piece in _pieces.Of(storage))
        {
            if (piece.Way == HashWay.Together && piece.BlocksToHash(isWritten: false) is var blocks and > 0) _advancing.Add((piece, blocks));
        }

        _advancing.Sort(static (a, b) => b.Blocks.CompareTo(a.Blocks));
        var did = false;
        for (var first = 0; _advancing.Count - first >= least;)
        {
            // As many as have the most blocks in common: sixteen with one each are less than eight with ten.
            var count = Enumerable.Range(least, Math.Min(_advancing.Count - first, Sha1Lanes.Most) - least + 1).MaxBy(n => n * _advancing[first + n - 1].Blocks);
            Advance(first, count, _advancing[first + count - 1].Blocks);
            first += count;
            did = true;
        }

        _advanceLater = did ? 0 : AdvanceInterval;
        return did;
    }

    private void Advance(int first, int count, int blocks)
    {
        Span<PieceProgress> pieces = _inStep.AsSpan(0, count);
        for (var i = 0; i < count; i++) pieces[i] = _advancing[first + i].Piece;
        Advance(pieces, blocks);
        pieces.Clear();
    }

    private void Advance(ReadOnlySpan<PieceProgress> pieces, int blocks)
    {
        (_lanes ??= new LaneHasher()).Advance(pieces, blocks);
        foreach (var piece in pieces)
        {
            for (var end = piece.Hashed + blocks; piece.Hashed < end; piece.Hashed++) PiecesInProgress.Release(piece, piece.Hashed, _resources);
        }
    }

    /// <summary>A piece that was begun in step, and cannot have a running hash therefore: what it has is hashed so; if that leaves blocks that wait for others, it is read when it is whole.</summary>
    private void GoAloneFrom(PieceProgress piece, bool isWritten)
    {
        if (piece.BlocksToHash(isWritten) is var blocks and > 0) Advance([piece], blocks);
        var rest = false;
        for (var block = piece.Hashed; block < piece.BlockCount; block++)
        {
            if (!piece.Data(block).IsHere || (!isWritten && piece.IsFresh(block))) continue;
            rest = true;
            PiecesInProgress.Release(piece, block, _resources);
        }

        if (rest) piece.HashBy(null);
    }

    /// <summary>From here on the piece has a running hash, which takes what is there, or is read when it is whole. Blocks ahead of it that do not fit its budget are let go of.</summary>
    /// <param name="piece">One that is hashed together so far.</param>
    /// <param name="isWritten">Whether its fresh blocks are in its file; else they are left as they are.</param>
    private void GoAlone(PieceProgress piece, bool isWritten)
    {
        if (piece.Hashed > 0)
        {
            GoAloneFrom(piece, isWritten);
            return;
        }

        var running = _resources.Hashes.TryRent();
        if (running is null) Interlocked.Increment(ref _resources.Tally.PiecesWithoutRunningHash);
        for (var block = 0; block < piece.BlockCount && piece.HaveCount > 0; block++)
        {
            ref var data = ref piece.Data(block);
            if (!data.IsHere || piece.IsFresh(block)) continue;
            if (running is not null && block == piece.Hashed)
            {
                Append(running, data);
                piece.Hashed++;
            }
            else if (running is not null && _resources.Reorder.TryHold(data.First, data.Second))
            {
                _resources.Together.Free(data.First, data.Second);
                continue;
            }

            PiecesInProgress.Release(piece, block, _resources);
        }

        piece.HashBy(running);
    }

    private static void Append(IncrementalHash hash, BlockData data)
    {
        hash.AppendData(data.First.Span);
        if (data.Second.Length > 0) hash.AppendData(data.Second.Span);
    }

    /// <summary>Feeds the running hash as far as there are blocks without a gap, from memory, or from the file where they were dropped.</summary>
    private void Continue(PieceProgress piece)
    {
        while (piece.Hashed < piece.BlockCount && piece.Has(piece.Hashed))
        {
            ref var data = ref piece.Data(piece.Hashed);
            if (data.IsHere)
            {
                Append(piece.Hash!, data);
                PiecesInProgress.Release(piece, piece.Hashed, _resources);
                piece.Hashed++;
                continue;
            }

            if (ReadBack(piece)) continue;
            GiveUpHash(piece);
            return;
        }
    }

    /// <summary>Without a running hash nothing need stay in memory: the piece is read when it is complete.</summary>
    private void GiveUpHash(PieceProgress piece)
    {
        for (var block = piece.Hashed; block < piece.BlockCount; block++)
        {
            if (piece.Data(block).IsHere) PiecesInProgress.Release(piece, block, _resources);
        }

        _resources.Hashes.Return(piece.Hash!, isReset: false);
        piece.HashBy(null);
    }

    private bool ReadBack(PieceProgress piece)
    {
        var end = piece.Hashed + 1;
        while (end < piece.BlockCount && piece.Has(end) && !piece.Data(end).IsHere) end++;
        var start = piece.Hashed * PieceGeometry.BlockSize;
        var length = Math.Min(end * PieceGeometry.BlockSize, piece.Storage.Geometry.PieceSize(piece.Piece)) - start;
        if (_files.Append(piece.Storage.Files, piece.Storage.Geometry.PieceOffset(piece.Piece) + start, length, piece.Hash!) is not null) return false;
        Interlocked.Add(ref _resources.Tally.BytesReadBack, length);
        piece.Hashed = end;
        return true;
    }

    /// <summary>Fresh blocks the hash did not take: kept for it while the budget lasts and no link waits for a slab.</summary>
    private void KeepOrDropFresh(PieceProgress piece)
    {
        var isDry = _resources.SlabsAreDry;
        for (var block = piece.NextFresh(0); block >= 0; block = piece.NextFresh(block + 1))
        {
            ref var data = ref piece.Data(block);
            if (!data.IsHere) continue;
            if (!isDry && piece.Hash is not null && _resources.Reorder.TryHold(data.First, data.Second)) continue;
            Interlocked.Increment(ref (isDry ? ref _resources.Tally.BlocksLetGo : ref _resources.Tally.BlocksOverReorderBudget));
            PiecesInProgress.Release(piece, block, _resources);
        }

        piece.ClearFresh();
    }

    private void Finish(PieceProgress piece)
    {
        var storage = piece.Storage;
        var index = piece.Piece;
        Span<byte> actual = stackalloc byte[Bytes20.Size];
        DiskError? error = null;
        if (piece.Hash is { } running)
        {
            running.GetHashAndReset(actual);
            _resources.Hashes.Return(running, isReset: true);
            piece.HashBy(null);
        }
        else
        {
            var size = storage.Geometry.PieceSize(index);
            error = _files.Hash(storage.Files, storage.Geometry.PieceOffset(index), size, actual);
            Interlocked.Add(ref _resources.Tally.BytesReadBack, size);
        }

        _pieces.Forget(piece);
        _reports.Result(storage, index, error is null ? storage.Files.Compare(index, actual) : PieceState.Unreadable);
    }

    /// <summary>Gives the whole pieces of this turn to be hashed with those of other workers. Not before the turn's writes are told: a result may come from another worker's thread, and comes after them.</summary>
    private void HandOver()
    {
        if (_whole.Count == 0) return;
        _resources.Whole.Add(_whole);
        _whole.Clear();
    }

    /// <summary>Hashes the batch and notes the results, in step where that is faster, else one piece after the other.</summary>
    private void HashBatch()
    {
        var done = 0;
        try
        {
            var together = CountTogether();
            if (together > 0)
            {
                (_lanes ??= new LaneHasher()).Finish(CollectionsMarshal.AsSpan(_batch)[..together], _hashes);
                Interlocked.Add(ref _resources.Tally.PiecesHashedTogether, together);
            }

            for (; done < _batch.Count; done++)
            {
                var hash = _hashes.AsSpan(done * Bytes20.Size, Bytes20.Size);
                if (done >= together) HashOne(_batch[done], hash);
                End(_batch[done], _batch[done].Storage.Files.Compare(_batch[done].Piece, hash));
            }
        }
        catch (Exception e)
        {
            LogUnexpected(e);
            _alone.GetHashAndReset();
            for (; done < _batch.Count; done++) End(_batch[done], PieceState.Unreadable);
        }

        _batch.Clear();
    }

    /// <summary>How many of the batch, which are the first then, are hashed in step: all where that is faster, else those that were begun so.</summary>
    private int CountTogether()
    {
        long bytes = 0, longest = 0;
        foreach (var piece in _batch)
        {
            bytes += piece.UnhashedBytes;
            longest = Math.Max(longest, piece.UnhashedBytes);
        }

        if (LaneHasher.IsWorthwhile(bytes, longest)) return _batch.Count;
        _batch.Sort(static (a, b) => b.Hashed.CompareTo(a.Hashed));
        return _batch.Count(static piece => piece.Hashed > 0);
    }

    private void HashOne(PieceProgress piece, Span<byte> hash)
    {
        for (var block = 0; block < piece.BlockCount; block++) Append(_alone, piece.Data(block));
        _alone.GetHashAndReset(hash);
    }

    private void End(PieceProgress piece, PieceState state)
    {
        var storage = piece.Storage;
        var index = piece.Piece;
        _pieces.End(piece);
        _reports.Done(storage);
        _reports.Result(storage, index, state);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Hashing pieces failed in a way that was not foreseen.")]
    private partial void LogUnexpected(Exception exception);
}
