using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Picking;

/// <summary>
/// The pieces that are being fetched, with their blocks and the requests for them.
/// <para>
/// Always holds: a begun piece is needed and not open; a piece without any block asked for or received is not begun; a begun piece with free blocks
/// stands in its holder's list if it has one, else in <see cref="Shared"/>, and <see cref="WithFreeBlocks"/> counts both kinds; a request
/// in <see cref="Requests"/> belongs to a block in state requested.
/// </para>
/// </summary>
internal sealed class BegunPieces(PieceGeometry geometry, PickerSettings settings, PieceRanking ranking)
{
    // Looked up by piece, never walked: the order of a dictionary would reach the requests.
    private readonly Dictionary<int, BegunPiece> _byPiece = [];
    private readonly Stack<BegunPiece> _pool = new();
    private int _blocks;

    public RequestTable Requests { get; } = new();

    /// <summary>Pieces with free blocks that any peer may take.</summary>
    public BegunList Shared { get; } = new();

    /// <summary>The number of begun pieces with free blocks, shared or held.</summary>
    public int WithFreeBlocks { get; private set; }

    public int Count => _byPiece.Count;

    public bool CanBegin =>
        Count == 0 || (Count < settings.MaxBegunPieces && _blocks + geometry.BlocksPerPiece <= settings.MaxBegunBlocks);

    public BegunPiece? Find(int piece) => _byPiece.GetValueOrDefault(piece);

    /// <summary>Begins an open piece. The caller takes a block of it at once.</summary>
    public BegunPiece Begin(int piece)
    {
        ranking.SetOpen(piece, false);
        if (!_pool.TryPop(out var begun)) begun = new BegunPiece(geometry.BlocksPerPiece);
        begun.Reset(piece, geometry.BlocksIn(new PieceIndex(piece)));
        _byPiece.Add(piece, begun);
        _blocks += begun.BlockCount;
        Place(begun, atEnd: true);
        return begun;
    }

    /// <summary>Asks the peer for a block: a free one, or in the endgame one that others were asked for too.</summary>
    public BlockRequest Request(PickerPeer peer, BegunPiece begun, int block)
    {
        if (begun[block].State == BlockState.Free) SetState(begun, block, BlockState.Requested);
        Requests.Add(peer, begun, block);
        return geometry.RequestFor(new PieceIndex(begun.Piece), new BlockIndex(block));
    }

    /// <summary>Takes a request back; the block is free again if nobody else was asked, and a piece left untouched is open again.</summary>
    public void Release(int request)
    {
        var begun = Requests.PieceOf(request);
        var block = Requests.BlockOf(request);
        Requests.Remove(request);
        if (begun[block].Requests > 0) return;
        SetState(begun, block, BlockState.Free);
        if (begun.IsUntouched) Close(begun);
    }

    /// <summary>A block is here: every request for it ends, and those of others than <paramref name="sender"/> are added to <paramref name="cancels"/>.</summary>
    public void Receive(BegunPiece begun, int block, PickerPeer sender, List<PeerRequest> cancels)
    {
        EndRequests(begun, block, sender, cancels);
        begun[block].Sender = sender.Key;
        SetState(begun, block, BlockState.Writing);
        if (begun.AllReceived) begun.Holder = null;
    }

    /// <summary>Changes a block's state and keeps the piece in the list where it belongs.</summary>
    public void SetState(BegunPiece begun, int block, BlockState state)
    {
        var hadFree = begun.FreeCount > 0;
        begun.Set(block, state);
        if (begun.FreeCount > 0 == hadFree) return;
        if (hadFree) Unlist(begun);
        else Place(begun, atEnd: false);
    }

    /// <summary>Gives the free blocks to one peer, or with null to all.</summary>
    public void SetHolder(BegunPiece begun, PickerPeer? holder)
    {
        if (begun.Holder == holder) return;
        begun.Holder = holder;
        if (begun.List is null) return;
        Unlist(begun);
        Place(begun, atEnd: holder is not null);
    }

    /// <summary>Gives up what is kept for a peer, so that others can take it.</summary>
    public void ReleaseHeld(PickerPeer peer)
    {
        while (peer.Reserved.First is { } begun) SetHolder(begun, null);
    }

    /// <summary>Forgets the blocks of a piece. Requests still outstanding are added to <paramref name="cancels"/>. The piece is open again if it is needed.</summary>
    public void Close(BegunPiece begun, List<PeerRequest> cancels)
    {
        if (begun.RequestedCount > 0)
        {
            for (var block = 0; block < begun.BlockCount; block++) EndRequests(begun, block, null, cancels);
        }

        Close(begun);
    }

    private void Close(BegunPiece begun)
    {
        if (begun.List is not null) Unlist(begun);
        begun.Holder = null;
        _byPiece.Remove(begun.Piece);
        _blocks -= begun.BlockCount;
        if (ranking.IsNeeded(begun.Piece)) ranking.SetOpen(begun.Piece, true);
        if (_pool.Count < settings.MaxPooledPieces) _pool.Push(begun);
    }

    private void EndRequests(BegunPiece begun, int block, PickerPeer? sender, List<PeerRequest> cancels)
    {
        while (begun[block].FirstRequest is var request and >= 0)
        {
            var peer = Requests.PeerOf(request);
            Requests.Remove(request);
            if (peer == sender) continue;
            peer.RememberLate(begun.Piece, block, settings.LateRequestsPerPeer);
            cancels.Add(new PeerRequest(peer.Key, geometry.RequestFor(new PieceIndex(begun.Piece), new BlockIndex(block))));
        }
    }

    private void Place(BegunPiece begun, bool atEnd)
    {
        if (begun.Holder is { HasLeft: true }) begun.Holder = null;
        var list = begun.Holder?.Reserved ?? Shared;

        // What comes back is older than what was begun since, and shall be finished first.
        if (atEnd) list.AddLast(begun);
        else list.AddFirst(begun);
        WithFreeBlocks++;
    }

    private void Unlist(BegunPiece begun)
    {
        begun.List!.Remove(begun);
        WithFreeBlocks--;
    }
}
