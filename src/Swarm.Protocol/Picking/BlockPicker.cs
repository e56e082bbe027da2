using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Picking;

/// <summary>
/// Decides what a peer is asked for. In this order, until enough is found:
/// <list type="number">
/// <item>what is kept for it: pieces that it holds, blocks in ascending order;</item>
/// <item>begun pieces that all share, the highest priority first, then the oldest (strict priority: a piece begun is finished before another is begun). A fast
/// peer leaves those at which others are at work until 3 has nothing for it, so that its own blocks come in whole pieces; but not in sequential mode, where
/// the first piece matters most;</item>
/// <item>new pieces: suggested ones, then in sequential mode those of the window, then at random for the first pieces of a torrent, else rarest first.
/// A fast peer holds what it begins. So does any peer for a piece that failed before, and a peer on parole for every piece;</item>
/// <item>pieces that others hold, from their last block downwards;</item>
/// <item>endgame: when no block is free anywhere, blocks that were asked of others, those asked of the fewest first and of these the oldest. A peer with a
/// <see cref="PickerPeer.Limit"/> has it when no piece within that can be begun any more.</item>
/// </list>
/// A peer on parole shares only when it can begin nothing, and takes no part in 4 and 5. A peer that chokes us gets only 1 to 3, and only pieces that it
/// allows. The cost of a pick is bounded by the limits in <see cref="PickerSettings"/>, the blocks found, one pass over a bit set for each piece begun, and
/// the number of peers.
/// </summary>
internal sealed class BlockPicker(PieceRanking ranking, BegunPieces begun, PickerSettings settings, PieceSearch search, List<PickerPeer> peers)
{
    private int _nextHelped;

    public bool IsSequential { get; set; }

    /// <summary>Pieces that failed their hash: each is fetched from one peer when possible.</summary>
    public HashSet<int> FailedPieces { get; } = [];

    /// <summary>Whether no block is free anywhere, though some are outstanding.</summary>
    public bool IsEndgame => ranking.Open.IsEmpty && begun.WithFreeBlocks == 0 && begun.Requests.Count > 0;

    public void Pick(PickerPeer peer, int count, in PickHints hints, List<BlockRequest> output)
    {
        var goal = output.Count + count;
        if (hints.Choked)
        {
            FromAllowedFast(peer, goal, hints, output);
            return;
        }

        if (hints.Speed == PeerSpeed.Slow && !peer.OnParole) ShareHeld(peer);
        FromHeld(peer, goal, output);
        if (peer.OnParole)
        {
            FromNew(peer, goal, hints, output);
            FromShared(peer, goal, hints, output, onlyIdle: false);
            return;
        }

        FromShared(peer, goal, hints, output, onlyIdle: hints.Speed == PeerSpeed.Fast && !IsSequential);
        FromNew(peer, goal, hints, output);
        FromShared(peer, goal, hints, output, onlyIdle: false);
        FromHeldByOthers(peer, goal, output);
        if (IsEndgame || IsEndgameFor(peer)) Duplicate(peer, goal, output);
    }

    // A peer that may be asked for some pieces only has its endgame when those come to their end, whatever is left of the others.
    private bool IsEndgameFor(PickerPeer peer) => peer.Limit is { } limit && begun.Requests.Count > 0 && !limit.Overlaps(ranking.Open);

    /// <summary>A peer that became slow gives up what it held, unless it shall be alone with it.</summary>
    private void ShareHeld(PickerPeer peer)
    {
        for (var piece = peer.Reserved.First; piece is not null;)
        {
            var next = piece.Next;
            if (!piece.IsExclusive) begun.SetHolder(piece, null);
            piece = next;
        }
    }

    private void FromAllowedFast(PickerPeer peer, int goal, in PickHints hints, List<BlockRequest> output)
    {
        for (var i = 0; i < hints.AllowedFast.Length && i < settings.HintScanLimit && output.Count < goal; i++)
        {
            var piece = hints.AllowedFast[i].Value;
            if ((uint)piece >= (uint)ranking.Open.Length || !peer.CanServe(piece)) continue;
            if (begun.Find(piece) is { } there)
            {
                if (there.Holder is null || there.Holder == peer) TakeRun(peer, there, goal, output);
            }
            else if (ranking.IsOpen(piece) && begun.CanBegin)
            {
                BeginWith(peer, piece, goal, hints.Speed, output);
            }
        }
    }

    private void FromHeld(PickerPeer peer, int goal, List<BlockRequest> output)
    {
        for (var piece = peer.Reserved.First; piece is not null && output.Count < goal;)
        {
            var next = piece.Next;
            if (peer.CanServe(piece.Piece)) TakeRun(peer, piece, goal, output);
            piece = next;
        }
    }

    private void FromShared(PickerPeer peer, int goal, in PickHints hints, List<BlockRequest> output, bool onlyIdle)
    {
        while (output.Count < goal && BestShared(peer, onlyIdle) is { } piece)
        {
            // Nobody is at work on it: a fast peer finishes it alone, in order.
            var alone = IsHolder(peer, hints.Speed) || piece.IsExclusive;
            if (alone && piece.RequestedCount == 0 && piece.BlockCount > 1) begun.SetHolder(piece, peer);
            TakeRun(peer, piece, goal, output);
        }
    }

    private BegunPiece? BestShared(PickerPeer peer, bool onlyIdle)
    {
        BegunPiece? best = null;
        var budget = settings.BegunScanLimit;
        for (var piece = begun.Shared.First; piece is not null && (best is null || budget > 0); piece = piece.Next, budget--)
        {
            if (best is not null && ranking.Priority(piece.Piece) <= ranking.Priority(best.Piece)) continue;
            if ((!onlyIdle || piece.RequestedCount == 0) && peer.CanServe(piece.Piece)) best = piece;
        }

        return best;
    }

    private void FromNew(PickerPeer peer, int goal, in PickHints hints, List<BlockRequest> output)
    {
        var suggested = 0;
        while (output.Count < goal && begun.CanBegin)
        {
            var piece = NextSuggested(peer, hints.Suggested, ref suggested);
            if (piece < 0) piece = NextOpen(peer);
            if (piece < 0) return;
            BeginWith(peer, piece, goal, hints.Speed, output);
        }
    }

    private void BeginWith(PickerPeer peer, int piece, int goal, PeerSpeed speed, List<BlockRequest> output)
    {
        var started = begun.Begin(piece);
        started.IsExclusive = peer.OnParole || FailedPieces.Contains(piece);
        if (started.BlockCount > 1 && (started.IsExclusive || IsHolder(peer, speed))) begun.SetHolder(started, peer);
        TakeRun(peer, started, goal, output);
    }

    private int NextSuggested(PickerPeer peer, ReadOnlySpan<PieceIndex> suggested, ref int next)
    {
        while (next < suggested.Length && next < settings.HintScanLimit)
        {
            var piece = suggested[next++].Value;
            if ((uint)piece < (uint)ranking.Open.Length && ranking.IsOpen(piece) && peer.CanServe(piece)) return piece;
        }

        return -1;
    }

    private int NextOpen(PickerPeer peer)
    {
        if (IsSequential)
        {
            var inWindow = search.InWindow(peer);
            if (inWindow >= 0) return inWindow;
        }
        else if (ranking.Have.Count < settings.RandomFirstPieces)
        {
            return search.AtRandom(peer);
        }

        return search.Rarest(peer);
    }

    private void FromHeldByOthers(PickerPeer peer, int goal, List<BlockRequest> output)
    {
        if (output.Count >= goal || begun.WithFreeBlocks == 0) return;

        // What shall be fetched from one peer only is left alone while there is anything else to do in the torrent.
        var evenExclusive = ranking.Open.IsEmpty;
        for (var i = 0; i < peers.Count && output.Count < goal; i++)
        {
            _nextHelped = (_nextHelped + 1) % peers.Count;
            var holder = peers[_nextHelped];
            for (var piece = holder.Reserved.First; piece is not null && holder != peer && output.Count < goal;)
            {
                var next = piece.Next;
                if ((evenExclusive || !piece.IsExclusive) && peer.CanServe(piece.Piece)) TakeFromEnd(peer, piece, goal, output);
                piece = next;
            }
        }
    }

    private void Duplicate(PickerPeer peer, int goal, List<BlockRequest> output)
    {
        var requests = begun.Requests;
        if (requests.Count == peer.RequestCount) return;
        for (var copies = 1; copies < settings.MaxRequestsPerBlock; copies++)
        {
            var budget = settings.EndgameScanLimit;
            for (var request = requests.First; request >= 0 && budget-- > 0; request = requests.NextOf(request))
            {
                if (output.Count >= goal || peer.RequestCount >= settings.MaxEndgameRequestsPerPeer) return;
                var piece = requests.PieceOf(request);
                var block = requests.BlockOf(request);
                if (piece[block].Requests != copies || !peer.CanServe(piece.Piece)) continue;
                if (requests.Find(peer, piece, block) < 0) output.Add(begun.Request(peer, piece, block));
            }
        }
    }

    private void TakeRun(PickerPeer peer, BegunPiece piece, int goal, List<BlockRequest> output)
    {
        while (output.Count < goal && piece.FirstFree() is var block and >= 0) output.Add(begun.Request(peer, piece, block));
    }

    private void TakeFromEnd(PickerPeer peer, BegunPiece piece, int goal, List<BlockRequest> output)
    {
        while (output.Count < goal && piece.LastFree() is var block and >= 0) output.Add(begun.Request(peer, piece, block));
    }

    private static bool IsHolder(PickerPeer peer, PeerSpeed speed) => speed == PeerSpeed.Fast || peer.OnParole;
}
