using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Picking;

/// <summary>
/// What we have, what we want, how many peers have it, and in which order it is begun.
/// <para>
/// A piece is <em>needed</em> if it is wanted (priority above 0) and not verified, and <em>open</em> if it is needed and not begun.
/// Always holds: the open pieces, and no others, stand in the <see cref="RarityBuckets"/> of their priority under their availability, and the counts
/// of needed pieces and bytes agree with the sets. Peers that have everything add the same to every piece, so they are counted once for all
/// (<see cref="CompletePeers"/>) and change no order.
/// </para>
/// About 13 bytes a piece.
/// </summary>
internal sealed class PieceRanking
{
    private readonly PieceGeometry _geometry;
    private readonly byte[] _priority;
    private readonly ushort[] _holders;
    private readonly int[] _position;
    private readonly RarityBuckets[] _levels = new RarityBuckets[PiecePriority.Highest + 1];
    private readonly int[] _noneNeededBefore = new int[PiecePriority.Highest + 1];

    public PieceRanking(PieceGeometry geometry, Bitfield? have, Random random)
    {
        var count = geometry.PieceCount;
        _geometry = geometry;
        _priority = new byte[count];
        _holders = new ushort[count];
        _position = new int[count];
        for (var i = 0; i < _levels.Length; i++) _levels[i] = new RarityBuckets(_position);
        Have = have is null ? new Bitfield(count) : new Bitfield(have);
        Needed = new Bitfield(count);
        Open = new Bitfield(count);
        _priority.AsSpan().Fill(PiecePriority.Normal.Value);
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        random.Shuffle(order);
        foreach (var piece in order)
        {
            if (Has(piece))
            {
                VerifiedBytes += Size(piece);
                continue;
            }

            Needed.Add(new PieceIndex(piece));
            NeededBytes += Size(piece);
            SetOpen(piece, true);
        }
    }

    /// <summary>Peers that have every piece.</summary>
    public int CompletePeers { get; set; }

    public Bitfield Have { get; }

    public Bitfield Needed { get; }

    public Bitfield Open { get; }

    public long VerifiedBytes { get; private set; }

    public long NeededBytes { get; private set; }

    public int Availability(int piece) => _holders[piece] + CompletePeers;

    /// <summary>The number of peers that have the piece, without those that have everything.</summary>
    public int Holders(int piece) => _holders[piece];

    public byte Priority(int piece) => _priority[piece];

    public bool Has(int piece) => Have[new PieceIndex(piece)];

    public bool IsNeeded(int piece) => Needed[new PieceIndex(piece)];

    public bool IsOpen(int piece) => Open[new PieceIndex(piece)];

    public RarityBuckets Level(int priority) => _levels[priority];

    /// <summary>One peer more has the piece.</summary>
    public void Raise(int piece)
    {
        var before = _holders[piece];
        _holders[piece] = checked((ushort)(before + 1));
        if (IsOpen(piece)) _levels[_priority[piece]].Raise(piece, before);
    }

    /// <summary>One peer less has the piece.</summary>
    public void Lower(int piece)
    {
        var before = _holders[piece];
        _holders[piece] = checked((ushort)(before - 1));
        if (IsOpen(piece)) _levels[_priority[piece]].Lower(piece, before);
    }

    /// <summary>Puts a needed piece among those that may be begun, or takes it out.</summary>
    public void SetOpen(int piece, bool open)
    {
        var level = _levels[_priority[piece]];
        if (open)
        {
            if (Open.Add(new PieceIndex(piece))) level.Add(piece, _holders[piece]);
        }
        else if (Open.Remove(new PieceIndex(piece)))
        {
            level.Remove(piece, _holders[piece]);
        }
    }

    /// <summary>Sets the priority of a piece; a piece that becomes needed by this is open. True if whether it is needed changed.</summary>
    public bool SetPriority(int piece, byte priority)
    {
        var before = _priority[piece];
        if (before == priority) return false;
        var wasOpen = IsOpen(piece);
        SetOpen(piece, false);
        _priority[piece] = priority;
        NoteNeeded(piece);
        if (before == 0 || priority == 0) return UpdateNeeded(piece);
        if (wasOpen) SetOpen(piece, true);
        return false;
    }

    /// <summary>Marks a piece verified or missing. True if whether it is needed changed.</summary>
    public bool SetHave(int piece, bool have)
    {
        var changed = have ? Have.Add(new PieceIndex(piece)) : Have.Remove(new PieceIndex(piece));
        if (!changed) return false;
        VerifiedBytes += have ? Size(piece) : -Size(piece);
        return UpdateNeeded(piece);
    }

    /// <summary>The highest priority of any open piece, or 0 if none is open.</summary>
    public int TopOpenPriority()
    {
        var priority = (int)PiecePriority.Highest;
        while (priority > 0 && _levels[priority].Count == 0) priority--;
        return priority;
    }

    /// <summary>
    /// The first needed piece of a priority, or -1: where sequential mode begins. The search moves forward only, but for
    /// changed priorities and lost data, so that its cost is spread over the pieces.
    /// </summary>
    public int FirstNeeded(int priority)
    {
        var piece = Needed.NextSet(_noneNeededBefore[priority]);
        while (piece >= 0 && _priority[piece] != priority) piece = Needed.NextSet(piece + 1);
        _noneNeededBefore[priority] = piece >= 0 ? piece : Needed.Length;
        return piece;
    }

    private bool UpdateNeeded(int piece)
    {
        var needed = _priority[piece] > 0 && !Has(piece);
        var changed = needed ? Needed.Add(new PieceIndex(piece)) : Needed.Remove(new PieceIndex(piece));
        if (changed) NeededBytes += needed ? Size(piece) : -Size(piece);
        if (needed) NoteNeeded(piece);
        SetOpen(piece, needed);
        return changed;
    }

    private void NoteNeeded(int piece)
    {
        ref var before = ref _noneNeededBefore[_priority[piece]];
        before = Math.Min(before, piece);
    }

    private int Size(int piece) => _geometry.PieceSize(new PieceIndex(piece));
}
