using Swarm.Protocol.Primitives;
using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Picking;

/// <summary>
/// What the picker knows of one peer: what it has, what it was asked for, and two bounded memories, of pieces it rejected and of requests
/// that were released and may yet be answered; the oldest entry gives way.
/// </summary>
internal sealed class PickerPeer(PeerKey key, int order)
{
    private List<int>? _rejected;
    private List<(int Piece, int Block)>? _late;
    private int _nextRejected;
    private int _nextLate;

    public PeerKey Key { get; } = key;

    /// <summary>Where it stands in the picker's list of peers.</summary>
    public int Order { get; set; } = order;

    /// <summary>It has every piece, and none of them is counted in <see cref="Pieces"/>.</summary>
    public bool HasAll { get; set; }

    /// <summary>What it has, or null if it has nothing or everything.</summary>
    public Bitfield? Pieces { get; set; }

    /// <summary>How many needed pieces <see cref="Pieces"/> holds.</summary>
    public int NeededPieces { get; set; }

    /// <summary>What the caller was last told about our interest.</summary>
    public bool ReportedInterest { get; set; }

    /// <summary>It waits in the list of peers whose interest may have changed.</summary>
    public bool InterestMayHaveChanged { get; set; }

    /// <summary>It sent part of a piece that failed: it gets pieces for itself, so that the next failure convicts or clears it.</summary>
    public bool OnParole { get; set; }

    /// <summary>It is one of us: a replica of the same torrent, to which no limit holds.</summary>
    public bool IsInside { get; set; }

    /// <summary>The only pieces that may be asked of it; null: every one. Shared by all peers that it holds for.</summary>
    public Bitfield? Limit { get; set; }

    /// <summary>It is gone; begun pieces may still name it as their holder.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Head of its requests in the <see cref="RequestTable"/>, or -1.</summary>
    public int FirstRequest { get; set; } = -1;

    public int RequestCount { get; set; }

    /// <summary>Begun pieces with free blocks that are kept for this peer.</summary>
    public BegunList Reserved { get; } = new();

    public bool Has(int piece) => HasAll || (Pieces is { } pieces && pieces[new PieceIndex(piece)]);

    /// <summary>Whether the piece may be asked of it now.</summary>
    public bool CanServe(int piece) => Has(piece) && (Limit is not { } limit || limit[new PieceIndex(piece)]) && _rejected?.Contains(piece) != true;

    public void RememberRejected(int piece, int limit)
    {
        if (_rejected?.Contains(piece) != true) Remember(ref _rejected, ref _nextRejected, piece, limit);
    }

    public void ForgetRejected()
    {
        _rejected?.Clear();
        _nextRejected = 0;
    }

    public void RememberLate(int piece, int block, int limit) => Remember(ref _late, ref _nextLate, (piece, block), limit);

    /// <summary>Whether the block was once asked of it and released; it is forgotten with that.</summary>
    public bool ForgetLate(int piece, int block)
    {
        var at = _late?.IndexOf((piece, block)) ?? -1;
        if (at < 0) return false;
        _late![at] = (-1, -1);
        return true;
    }

    private static void Remember<T>(ref List<T>? ring, ref int next, T entry, int limit)
    {
        if (limit == 0) return;
        ring ??= [];
        if (ring.Count < limit)
        {
            ring.Add(entry);
            return;
        }

        ring[next] = entry;
        next = (next + 1) % limit;
    }
}
