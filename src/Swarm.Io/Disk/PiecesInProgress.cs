namespace Swarm.Io.Disk;

/// <summary>
/// One worker's pieces in progress, of all storages. Used by its thread only.
/// <para>Always holds: a piece is one storage's until it is forgotten or handed over; a record that is idle refers to nothing.</para>
/// </summary>
internal sealed class PiecesInProgress
{
    /// <summary>Idle records kept; a piece in progress needs one.</summary>
    private const int MaxIdle = 64;

    private readonly int _worker;
    private readonly DiskResources _resources;
    private readonly Stack<PieceProgress> _idle = new();
    private PieceProgress? _last;

    public PiecesInProgress(int worker, DiskResources resources)
    {
        _worker = worker;
        _resources = resources;
    }

    /// <summary>A piece in progress, or null: nothing came of it.</summary>
    public PieceProgress? Find(DiskStorage storage, PieceIndex index)
    {
        if (_last is { } last && last.Piece == index && ReferenceEquals(last.Storage, storage)) return last;
        return storage.PiecesOf(_worker).TryGetValue(index.Value, out var piece) ? _last = piece : null;
    }

    /// <summary>All of a storage that are in progress here.</summary>
    public Dictionary<int, PieceProgress>.ValueCollection Of(DiskStorage storage) => storage.PiecesOf(_worker).Values;

    /// <summary>Begins a piece that is not in progress.</summary>
    public PieceProgress Begin(DiskStorage storage, PieceIndex index)
    {
        if (!_idle.TryPop(out var piece)) piece = new PieceProgress();
        piece.Begin(storage, index, _resources.Time.GetTimestamp());
        storage.PiecesOf(_worker).Add(index.Value, piece);
        return _last = piece;
    }

    /// <summary>Lets go of a piece and all it holds.</summary>
    public void Forget(PieceProgress piece)
    {
        HandOver(piece);
        End(piece);
    }

    /// <summary>Makes a piece the caller's, who <see cref="End"/>s it here or at another worker's.</summary>
    public void HandOver(PieceProgress piece)
    {
        piece.Storage.PiecesOf(_worker).Remove(piece.Piece.Value);
        if (ReferenceEquals(_last, piece)) _last = null;
    }

    /// <summary>Lets go of what a piece that was handed over holds, and keeps the record for the next.</summary>
    public void End(PieceProgress piece)
    {
        Release(piece, _resources);
        piece.End();
        if (_idle.Count < MaxIdle) _idle.Push(piece);
    }

    /// <summary>Lets go of what a piece holds in memory.</summary>
    public static void Release(PieceProgress piece, DiskResources resources)
    {
        for (var block = piece.Hashed; block < piece.BlockCount; block++)
        {
            if (piece.Data(block).IsHere) Release(piece, block, resources);
        }

        piece.ClearFresh();
        if (piece.Hash is not { } hash) return;
        resources.Hashes.Return(hash, isReset: false);
        piece.HashBy(null);
    }

    /// <summary>Lets go of a block that is in memory.</summary>
    public static void Release(PieceProgress piece, int block, DiskResources resources)
    {
        ref var data = ref piece.Data(block);
        if (!piece.IsFresh(block)) resources.BudgetOf(piece.Way).Free(data.First, data.Second);
        data.First.Release();
        data.Second.Release();
        data = default;
    }
}
