namespace Swarm.Protocol.Picking;

/// <summary>
/// Pieces of one priority, ordered by how many peers have them, in one array cut into buckets.
/// <para>
/// Always holds: <c>_order[.._count]</c> is sorted by availability; <c>_ends[a]</c> is the number of pieces with an availability of at most
/// <c>a</c>, so that bucket <c>a</c> is the slice from <c>_ends[a - 1]</c> to <c>_ends[a]</c>; and <c>position[piece]</c> is where a piece
/// stands. One peer more or less moves a piece over one boundary, by one swap: O(1). A piece that comes or goes shifts one piece in
/// each bucket behind its own: O(highest availability), once in a piece's life.
/// </para>
/// The order within a bucket means nothing; whoever picks starts at a random place of it. The array of positions is shared among the buckets of all
/// priorities, since a piece stands in one of them at most.
/// </summary>
internal sealed class RarityBuckets(int[] position)
{
    private int[] _order = [];
    private int[] _ends = new int[8];
    private int _highest = -1;

    /// <summary>The number of pieces.</summary>
    public int Count { get; private set; }

    /// <summary>The pieces, rarest first.</summary>
    public ReadOnlySpan<int> Order => _order.AsSpan(0, Count);

    /// <summary>The end, in <see cref="Order"/>, of the pieces with this availability.</summary>
    public int EndOf(int availability) => availability > _highest ? Count : _ends[availability];

    /// <summary>Takes in a piece that is in none.</summary>
    public void Add(int piece, int availability)
    {
        Reach(availability);
        if (Count == _order.Length) Array.Resize(ref _order, Math.Max(16, Count * 2));
        var hole = Count++;
        for (var a = _highest; a > availability; a--)
        {
            var start = _ends[a - 1];
            if (start < hole) Put(_order[start], hole);
            hole = start;
            _ends[a]++;
        }

        _ends[availability]++;
        Put(piece, hole);
    }

    /// <summary>Lets go of a piece that is here.</summary>
    public void Remove(int piece, int availability)
    {
        var hole = position[piece];
        for (var a = availability; a <= _highest; a++)
        {
            var last = --_ends[a];
            if (last > hole) Put(_order[last], hole);
            hole = last;
        }

        Count--;
    }

    /// <summary>One peer more has the piece; <paramref name="availability"/> is the number before.</summary>
    public void Raise(int piece, int availability)
    {
        Reach(availability + 1);
        var last = --_ends[availability];
        Swap(piece, last);
    }

    /// <summary>One peer less has the piece; <paramref name="availability"/> is the number before, at least 1.</summary>
    public void Lower(int piece, int availability)
    {
        var first = _ends[availability - 1]++;
        Swap(piece, first);
    }

    private void Swap(int piece, int target)
    {
        Put(_order[target], position[piece]);
        Put(piece, target);
    }

    private void Put(int piece, int at)
    {
        _order[at] = piece;
        position[piece] = at;
    }

    private void Reach(int availability)
    {
        if (availability <= _highest) return;
        if (availability >= _ends.Length) Array.Resize(ref _ends, Math.Max(availability + 1, _ends.Length * 2));
        _ends.AsSpan(_highest + 1, availability - _highest).Fill(Count);
        _highest = availability;
    }
}
