using System.Collections.Immutable;
using System.Runtime.InteropServices;
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
    private int _piecesPerTurn;
    private readonly PieceInspector _inspector;
    private int _next;
    private int _parts;
    private bool _cancelled;

    public CheckRun(DiskStorage storage, Bitfield pieces, int turnBytes)
    {
        _storage = storage;
        _pieces = pieces;
        _piecesPerTurn = Math.Max(1, turnBytes / storage.Geometry.PieceLength);
        _inspector = new PieceInspector(storage.Files);
    }

    /// <summary>How many workers take part; each has its share of few pieces.</summary>
    public void Begin(int parts)
    {
        _parts = parts;
        _piecesPerTurn = Math.Clamp((_pieces.Count + parts - 1) / parts, 1, _piecesPerTurn);
    }

    /// <summary>Hands out no more.</summary>
    public void Cancel()
    {
        lock (_gate) _cancelled = true;
    }

    /// <summary>One turn of one worker. False: there is nothing left for it, and it has taken leave.</summary>
    public bool Step(FileHasher hasher)
    {
        var pieces = Take();
        if (pieces.Count == 0) return false;
        var results = ImmutableArray.CreateBuilder<PieceResult>(pieces.Count);
        var states = new PieceState[pieces.Count];
        _inspector.Inspect(CollectionsMarshal.AsSpan(pieces), states, hasher);
        for (var i = 0; i < states.Length; i++)
        {
            if (states[i] == PieceState.Valid) _storage.Files.Found(_storage.Geometry.PieceOffset(pieces[i]), _storage.Geometry.PieceSize(pieces[i]));
            results.Add(new PieceResult(pieces[i], states[i]));
        }

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
}
