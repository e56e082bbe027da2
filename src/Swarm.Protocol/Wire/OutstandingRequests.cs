using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>What a block that begins to arrive is to us.</summary>
public enum BlockArrival
{
    /// <summary>Asked for and waited for.</summary>
    Expected,

    /// <summary>Asked for, then cancelled, timed out or choked away: waste, unless nobody else has brought it yet. Never a reason to close.</summary>
    Late,

    /// <summary>Never asked for.</summary>
    Unasked,
}

/// <summary>What a reject of the peer's answers.</summary>
public enum RejectMatch
{
    /// <summary>A request that was waited for; it is free for others now.</summary>
    Outstanding,

    /// <summary>A request that had been given up already.</summary>
    Stale,

    /// <summary>No request.</summary>
    Unknown,
}

/// <summary>
/// Our requests that one peer has not answered, in the order they were sent. Owned by <see cref="PeerWireState"/>.
/// A request is <i>outstanding</i> until its block, its reject, or the end of our patience; then, if an answer may still come, it is
/// <i>stale</i>, and how many such answers may come is counted, because a block may be asked for, cancelled and asked for again before
/// the first answer is there (BEP 6: one answer for each request).
/// Always holds: at most <see cref="Capacity"/> are outstanding; at most <see cref="WireSettings.MaxStaleRequests"/> blocks are stale, the
/// oldest is forgotten first and counted in <see cref="Forgotten"/>; at most one block is arriving, because messages do not interleave.
/// </summary>
public sealed class OutstandingRequests
{
    private readonly BlockTable _live = new();
    private readonly BlockTable _stale = new();
    private readonly WireSettings _settings;
    private readonly bool _everyRequestIsAnswered;
    private BlockRequest? _arriving;

    /// <summary>None outstanding. <paramref name="everyRequestIsAnswered"/> is whether the fast extension is in force (BEP 6).</summary>
    public OutstandingRequests(WireSettings settings, bool everyRequestIsAnswered)
    {
        _settings = settings;
        _everyRequestIsAnswered = everyRequestIsAnswered;
    }

    /// <summary>The bound of <see cref="Count"/>.</summary>
    public int Capacity => _settings.MaxOutstandingRequests;

    /// <summary>How many requests are waited for, the one whose block is arriving included.</summary>
    public int Count => _live.Count + (_arriving is null ? 0 : 1);

    /// <summary>How many given-up blocks may still come.</summary>
    public int StaleCount => _stale.Count;

    /// <summary>How many stale requests were forgotten for want of room: while it is above zero, an unasked block may have been asked for.</summary>
    public long Forgotten { get; private set; }

    /// <summary>When the oldest outstanding request was sent, or null if there is none.</summary>
    public long? OldestTicks => _live.First == BlockTable.None ? null : _live.AddedAt(_live.First);

    /// <summary>Whether this block is waited for.</summary>
    public bool Contains(PieceIndex piece, int begin) => _live.Find(piece, begin) != BlockTable.None || IsArriving(piece, begin);

    /// <summary>Notes a request as sent. False if the table is full or the block is already waited for: it must not be sent then.</summary>
    public bool TryAdd(BlockRequest block, long nowTicks) =>
        Count < Capacity && !IsArriving(block.Piece, block.Begin) && _live.TryAdd(block, nowTicks, 0, out _);

    /// <summary>
    /// The first bytes of a block are here. An expected block counts as arriving until <see cref="EndArrival"/>.
    /// <paramref name="sentTicks"/> is when it was asked for, for the latency.
    /// </summary>
    public BlockArrival BeginArrival(BlockRequest block, out long sentTicks)
    {
        sentTicks = 0;
        var live = _live.Find(block.Piece, block.Begin);
        if (live != BlockTable.None && _live[live].Length == block.Length)
        {
            sentTicks = _live.AddedAt(live);
            _live.Remove(live);
            _arriving = block;
            return BlockArrival.Expected;
        }

        var stale = _stale.Find(block.Piece, block.Begin);
        if (stale == BlockTable.None || _stale[stale].Length != block.Length) return BlockArrival.Unasked;
        AnswerStale(stale);
        return BlockArrival.Late;
    }

    /// <summary>The last bytes of the block are here.</summary>
    public void EndArrival() => _arriving = null;

    /// <summary>
    /// The peer rejected a request. If every request is answered, answers come in order, so an older one that is still due is meant first;
    /// otherwise the older one will hardly be answered any more.
    /// </summary>
    public RejectMatch Reject(PieceIndex piece, int begin, out BlockRequest block)
    {
        var stale = _stale.Find(piece, begin);
        var live = _live.Find(piece, begin);
        if (stale != BlockTable.None && (_everyRequestIsAnswered || live == BlockTable.None))
        {
            block = _stale[stale];
            AnswerStale(stale);
            return RejectMatch.Stale;
        }

        if (live == BlockTable.None)
        {
            block = default;
            return RejectMatch.Unknown;
        }

        block = _live[live];
        _live.Remove(live);
        return RejectMatch.Outstanding;
    }

    /// <summary>We no longer want it. False if it is not waited for or already arriving: no cancel must be sent then.</summary>
    public bool Cancel(PieceIndex piece, int begin, long nowTicks)
    {
        var live = _live.Find(piece, begin);
        if (live == BlockTable.None) return false;
        MakeStale(live, nowTicks);
        return true;
    }

    /// <summary>Gives up everything but the block that is arriving; what was given up is added to <paramref name="released"/> in order of sending.</summary>
    public void ReleaseAll(long nowTicks, List<BlockRequest> released)
    {
        for (var slot = _live.First; slot != BlockTable.None; slot = _live.First)
        {
            released.Add(_live[slot]);
            MakeStale(slot, nowTicks);
        }
    }

    /// <summary>Gives up the requests for one piece (BEP 54 without the fast extension).</summary>
    public void ReleasePiece(PieceIndex piece, long nowTicks, List<BlockRequest> released)
    {
        for (var slot = _live.First; slot != BlockTable.None;)
        {
            var next = _live.Next(slot);
            if (_live[slot].Piece == piece)
            {
                released.Add(_live[slot]);
                MakeStale(slot, nowTicks);
            }

            slot = next;
        }
    }

    /// <summary>Gives up what was sent before <paramref name="sentBeforeTicks"/>.</summary>
    public void ReleaseOlder(long sentBeforeTicks, long nowTicks, List<BlockRequest> released)
    {
        for (var slot = _live.First; slot != BlockTable.None && _live.AddedAt(slot) < sentBeforeTicks; slot = _live.First)
        {
            released.Add(_live[slot]);
            MakeStale(slot, nowTicks);
        }
    }

    /// <summary>The connection is gone: everything waited for, the arriving block included, is added to <paramref name="released"/>.</summary>
    public void Close(List<BlockRequest> released)
    {
        if (_arriving is { } arriving) released.Add(arriving);
        _arriving = null;
        for (var slot = _live.First; slot != BlockTable.None; slot = _live.First)
        {
            released.Add(_live[slot]);
            _live.Remove(slot);
        }
    }

    /// <summary>Copies the outstanding requests in order of sending, without the arriving one.</summary>
    public void CopyTo(List<BlockRequest> destination)
    {
        for (var slot = _live.First; slot != BlockTable.None; slot = _live.Next(slot)) destination.Add(_live[slot]);
    }

    private bool IsArriving(PieceIndex piece, int begin) => _arriving is { } block && block.Piece == piece && block.Begin == begin;

    private void MakeStale(int live, long nowTicks)
    {
        var block = _live[live];
        _live.Remove(live);
        if (_stale.TryAdd(block, nowTicks, 1, out var slot))
        {
            if (_stale.Count <= _settings.MaxStaleRequests) return;
            _stale.Remove(_stale.First);
            Forgotten++;
        }
        else
        {
            _stale.Tag(slot)++;
        }
    }

    private void AnswerStale(int slot)
    {
        if (--_stale.Tag(slot) == 0) _stale.Remove(slot);
    }
}
