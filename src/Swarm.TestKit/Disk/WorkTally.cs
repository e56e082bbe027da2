namespace Swarm.TestKit.Disk;

/// <summary>What was done with the pieces of one torrent below one folder, over every opening and every crash.</summary>
internal sealed class WorkTally(int pieces)
{
    private readonly PieceWork[] _work = new PieceWork[pieces];

    public PieceWork this[PieceIndex piece] => _work[piece.Value];

    public void Wrote(PieceIndex piece) => _work[piece.Value] = _work[piece.Value] with { BlocksWritten = _work[piece.Value].BlocksWritten + 1 };

    public void Completed(PieceIndex piece) => _work[piece.Value] = _work[piece.Value] with { Completions = _work[piece.Value].Completions + 1 };

    public void Checked(PieceIndex piece) => _work[piece.Value] = _work[piece.Value] with { Checks = _work[piece.Value].Checks + 1 };
}
