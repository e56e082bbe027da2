using Swarm.Io.Hashing;

namespace Swarm.Io.Disk;

/// <summary>
/// Whole pieces that wait to be hashed together, of all workers: whoever finds a batch due takes it, and the pieces with it. Any thread.
/// <para>Always holds: a piece that waits here is in no worker's hands, all its blocks are in memory and on disk, and its last job is still under way, so that no fence of its storage passes it.</para>
/// </summary>
internal sealed class WholePieces
{
    private readonly Lock _gate = new();
    private readonly List<PieceProgress> _pieces = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private long _oldest;

    /// <summary>None yet.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="patience">How long after it was begun a piece is hashed at the latest, however few there are.</param>
    public WholePieces(TimeProvider time, TimeSpan patience)
    {
        _time = time;
        _patience = patience;
    }

    /// <summary>How long until a batch is due for its age, or null: nothing waits.</summary>
    public TimeSpan? Left
    {
        get
        {
            lock (_gate) return _pieces.Count == 0 ? null : _patience - _time.GetElapsedTime(_oldest);
        }
    }

    /// <summary>Adds pieces; they are no longer the caller's.</summary>
    public void Add(List<PieceProgress> pieces)
    {
        lock (_gate)
        {
            foreach (var piece in pieces)
            {
                if (_pieces.Count == 0 || piece.Since < _oldest) _oldest = piece.Since;
                _pieces.Add(piece);
            }
        }
    }

    /// <summary>Takes a batch, at most as many as are hashed together, oldest first. False: none is due.</summary>
    /// <param name="batch">Where they go; empty before.</param>
    /// <param name="hurry">Whether any piece that waits is due.</param>
    public bool TryTake(List<PieceProgress> batch, bool hurry)
    {
        lock (_gate)
        {
            if (_pieces.Count == 0) return false;
            if (!hurry && _pieces.Count < Sha1Lanes.Most && _time.GetElapsedTime(_oldest) < _patience) return false;
            var count = Math.Min(_pieces.Count, Sha1Lanes.Most);
            batch.AddRange(_pieces.GetRange(0, count));
            _pieces.RemoveRange(0, count);
            _oldest = _pieces.Count == 0 ? 0 : _pieces.Min(static piece => piece.Since);
            return true;
        }
    }
}
