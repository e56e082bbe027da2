using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// The side of <see cref="PeerWireState"/> that answers: what we offered the peer, whether we choke it, and which of its requests wait.
/// A request is served only for a piece that was announced on this connection, so a peer can ask for nothing it was not told of.
/// With the fast extension every refused request is rejected; without it is dropped in silence, as BEP 3 has no word for it.
/// </summary>
internal sealed class IncomingRequests
{
    private readonly WireSettings _settings;
    private readonly FloodGuard _flood;
    private readonly bool _fast;
    private List<BlockRequest>? _dropped;
    private List<(PieceIndex Piece, long BytesLeft)>? _granted;
    private PieceGeometry? _geometry;

    // All or none, as with most connections of a seed, need no set.
    private Bitfield? _announced;
    private bool _announcedAll;

    public IncomingRequests(WireSettings settings, FloodGuard flood, bool fast, PieceGeometry? geometry)
    {
        _settings = settings;
        _flood = flood;
        _fast = fast;
        Queue = new UploadQueue(settings);
        _geometry = geometry;
    }

    public bool AmChoking { get; private set; } = true;

    public UploadQueue Queue { get; }

    public void MetadataKnown(PieceGeometry geometry) => _geometry = geometry;

    public void AnnouncePieces(Bitfield? pieces, WireWriter output)
    {
        if (pieces is null || pieces.IsEmpty)
        {
            if (_fast) output.HaveNone();
            return;
        }

        if (_fast && pieces.IsFull) output.HaveAll();
        else output.Bitfield(pieces);
        _announcedAll = pieces.IsFull;
        _announced = _announcedAll ? null : new Bitfield(pieces);
    }

    public bool AnnounceHave(PieceIndex piece, WireWriter output)
    {
        if (_geometry is null || _announcedAll || !(_announced ??= new Bitfield(_geometry.PieceCount)).Add(piece)) return false;
        output.Have(piece);
        return true;
    }

    /// <summary>False if the piece was not announced.</summary>
    public bool Withdraw(PieceIndex piece, WireWriter output)
    {
        if (_announcedAll) AnnouncedOneByOne();
        if (_announced?.Remove(piece) != true) return false;
        Drop(kept => kept != piece, output);
        return true;
    }

    public void GrantAllowedFast(ReadOnlySpan<PieceIndex> pieces, WireWriter output)
    {
        if (!_fast || _geometry is null) return;
        foreach (var piece in pieces)
        {
            if (_granted?.Count >= _settings.AllowedFastCount || GrantOf(piece) >= 0) continue;
            (_granted ??= []).Add((piece, (long)_geometry.PieceSize(piece) * _settings.AllowedFastServings));
            output.AllowedFast(piece);
        }
    }

    public void Choke(WireWriter output)
    {
        if (AmChoking) return;
        AmChoking = true;
        output.Choke();
        Drop(piece => GrantOf(piece) >= 0, output);
    }

    public void Unchoke(WireWriter output)
    {
        if (!AmChoking) return;
        AmChoking = false;
        output.Unchoke();
    }

    public WireOutcome Request(BlockRequest block, WireWriter output, long nowTicks)
    {
        if (_geometry?.IsValid(block) != true || block.Length > _settings.MaxRequestLength || !(_announcedAll || _announced?[block.Piece] == true))
            return Refuse(Misbehaviour.InvalidRequest, block, output, nowTicks);
        var grant = AmChoking ? GrantOf(block.Piece) : -1;
        // Allowed fast is for starting up, not for fetching the same piece for ever while choked.
        if (AmChoking && (grant < 0 || _granted![grant].BytesLeft < block.Length)) return Refuse(Misbehaviour.RefusedRequest, block, output, nowTicks);
        switch (Queue.Add(block, nowTicks))
        {
            case UploadAdmission.Queued:
                if (grant >= 0) _granted![grant] = (block.Piece, _granted[grant].BytesLeft - block.Length);
                return new WireOutcome(WireOutcomeKind.RequestQueued) { Block = block, Piece = block.Piece };
            case UploadAdmission.Duplicate:
                // The one that waits will be answered; a reject now would be taken for its answer.
                return _flood.Note(Misbehaviour.RefusedRequest, nowTicks) is { } error ? WireOutcome.Close(error) : default;
            default:
                return Refuse(Misbehaviour.RefusedRequest, block, output, nowTicks);
        }
    }

    public WireOutcome Cancel(BlockRequest block, WireWriter output, long nowTicks)
    {
        // What is not waiting is being sent, or was answered: that was or will be its one answer (BEP 6).
        if (!Queue.Remove(block)) return _flood.Note(Misbehaviour.Unmatched, nowTicks) is { } error ? WireOutcome.Close(error) : default;
        if (_fast) output.RejectRequest(block);
        return new WireOutcome(WireOutcomeKind.RequestCancelled) { Block = block, Piece = block.Piece };
    }

    private WireOutcome Refuse(Misbehaviour kind, BlockRequest block, WireWriter output, long nowTicks)
    {
        if (_flood.Note(kind, nowTicks) is { } error) return WireOutcome.Close(error);
        if (_fast) output.RejectRequest(block);
        return new WireOutcome(WireOutcomeKind.RequestRefused) { Block = block, Piece = block.Piece };
    }

    private void AnnouncedOneByOne()
    {
        _announced = new Bitfield(_geometry!.PieceCount);
        _announced.Fill();
        _announcedAll = false;
    }

    private int GrantOf(PieceIndex piece)
    {
        for (var i = 0; i < (_granted?.Count ?? 0); i++)
        {
            if (_granted![i].Piece == piece) return i;
        }

        return -1;
    }

    private void Drop(Func<PieceIndex, bool> keep, WireWriter output)
    {
        if (Queue.Count == 0) return;
        (_dropped ??= []).Clear();
        Queue.DropAll(keep, _dropped);
        if (!_fast) return;
        foreach (var block in _dropped) output.RejectRequest(block);
    }
}
