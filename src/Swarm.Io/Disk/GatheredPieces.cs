namespace Swarm.Io.Disk;

/// <summary>
/// The pieces of one worker with blocks that are not written yet, the bytes of those, and since when there are any. Used by the worker's thread only.
/// <para>Always holds: <see cref="Bytes"/> is the sum of the pieces' fresh bytes; a piece is listed once.</para>
/// </summary>
internal sealed class GatheredPieces
{
    private static readonly Comparison<PieceProgress> ByOffset = static (a, b) =>
        a.Storage.Id.Value.CompareTo(b.Storage.Id.Value) is var order and not 0 ? order : a.Piece.Value.CompareTo(b.Piece.Value);

    private readonly List<PieceProgress> _pieces = [];
    private readonly List<PieceProgress> _taken = [];
    private readonly TimeProvider _time;
    private long _since;

    public GatheredPieces(TimeProvider time) => _time = time;

    /// <summary>Bytes gathered.</summary>
    public long Bytes { get; private set; }

    /// <summary>Since the first of what is gathered came; zero without any.</summary>
    public TimeSpan Age => _pieces.Count == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_since);

    /// <summary>How long what is gathered may stay, or null: there is none.</summary>
    public TimeSpan? Left => _pieces.Count == 0 ? null : _pieces[0].Storage.Batching.Hold - Age;

    /// <summary>A block was taken into a piece.</summary>
    public void Add(PieceProgress piece, int bytes)
    {
        if (_pieces.Count == 0) _since = _time.GetTimestamp();
        Bytes += bytes;
        if (piece.FreshCount == 1) _pieces.Add(piece);
    }

    /// <summary>Takes one piece out, which is about to be written.</summary>
    public void Remove(PieceProgress piece)
    {
        if (_pieces.Remove(piece)) Bytes -= piece.FreshBytes;
    }

    /// <summary>Takes the pieces out that are to be written now: all, or all but those that may wait for more. In order of storage and offset where the device has a head; as they came where not. Valid until the next call.</summary>
    public List<PieceProgress> Take(Predicate<PieceProgress> mayWait)
    {
        _taken.Clear();
        var kept = 0;
        var isOrdered = false;
        for (var i = 0; i < _pieces.Count; i++)
        {
            var piece = _pieces[i];
            if (mayWait(piece))
            {
                _pieces[kept++] = piece;
                continue;
            }

            Bytes -= piece.FreshBytes;
            isOrdered |= piece.Storage.Batching.HasOneWorker;
            _taken.Add(piece);
        }

        _pieces.RemoveRange(kept, _pieces.Count - kept);
        if (isOrdered) _taken.Sort(ByOffset);
        return _taken;
    }
}
