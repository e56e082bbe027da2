using Swarm.Protocol.Primitives;
using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Picking;

/// <summary>
/// Which block to ask of which peer: the heart of one torrent's download. Pure: the piece manager that owns it calls it for every message and posts what it
/// answers.
/// <para>
/// It owns what every peer has, what we have and want, the blocks of the pieces that are being fetched and the requests for them. A block goes
/// free → requested → writing → written, and the piece is verified or rejected after that; whatever fails puts it back to free. The strategy is described at
/// <see cref="BlockPicker"/>, the order of pieces at <see cref="RarityBuckets"/> and <see cref="PieceSearch"/>.
/// </para>
/// <para>
/// Always holds: an answered or released request is outstanding no longer; a block that is needed is free, requested of somebody, or on its way to the disk; a
/// verified piece is never asked for. Calls about a peer that never joined or left already, and reports about a piece that was given up in between, change
/// nothing: such messages cross on their way. A piece that does not exist is the caller's bug and throws <see cref="ArgumentOutOfRangeException"/>, so
/// that what comes from the wire must be checked before; only <see cref="BlockReceived"/> takes anything.
/// </para>
/// Cost: a have, a block received, written or released O(1); a pick is bounded as <see cref="BlockPicker"/> says; a verified piece one bit test a peer; a bit field
/// O(1) a piece. Memory: about 13 bytes a piece, one bit a piece and peer (none for peers that have all), about 24 bytes a block of a begun piece.
/// </summary>
public sealed class PiecePicker
{
    private readonly PieceGeometry _geometry;
    private readonly PickerSettings _settings;
    private readonly PieceRanking _ranking;
    private readonly PickerPeers _peers;
    private readonly BegunPieces _begun;
    private readonly BlockPicker _picker;

    /// <summary>
    /// A picker without peers. Every piece has <see cref="PiecePriority.Normal"/>. <paramref name="have"/> is what is verified already (copied); null for nothing.
    /// <paramref name="random"/> breaks ties.
    /// </summary>
    public PiecePicker(PieceGeometry geometry, PickerSettings settings, Random random, Bitfield? have = null)
    {
        if (have is not null && have.Length != geometry.PieceCount) throw new ArgumentException("The set has another number of pieces.", nameof(have));
        _geometry = geometry;
        _settings = settings;
        _ranking = new PieceRanking(geometry, have, random);
        _peers = new PickerPeers(_ranking);
        _begun = new BegunPieces(geometry, settings, _ranking);
        _picker = new BlockPicker(_ranking, _begun, settings, new PieceSearch(_ranking, settings, random), _peers.All);
    }

    /// <summary>How the torrent divides.</summary>
    public PieceGeometry Geometry => _geometry;

    /// <summary>The verified pieces. Not to be changed by the reader.</summary>
    public Bitfield Verified => _ranking.Have;

    /// <summary>Bytes of verified pieces, wanted or not.</summary>
    public long VerifiedBytes => _ranking.VerifiedBytes;

    /// <summary>Bytes of pieces that are wanted and not verified.</summary>
    public long WantedBytesLeft => _ranking.NeededBytes;

    /// <summary>Pieces that are wanted and not verified.</summary>
    public int WantedPiecesLeft => _ranking.Needed.Count;

    /// <summary>Whether everything wanted is verified.</summary>
    public bool IsFinished => _ranking.Needed.IsEmpty;

    /// <summary>Whether every piece is verified, wanted or not.</summary>
    public bool IsSeed => _ranking.Have.IsFull;

    /// <summary>Whether no block is free anywhere, though some are outstanding: peers are now asked for what others were asked for.</summary>
    public bool IsEndgame => _picker.IsEndgame;

    /// <summary>Pieces being fetched or waiting for their hash.</summary>
    public int BegunCount => _begun.Count;

    /// <summary>Requests outstanding at all peers.</summary>
    public int OutstandingRequests => _begun.Requests.Count;

    /// <summary>Fetches pieces in their order within <see cref="PickerSettings.SequentialWindow"/>, as for a player.</summary>
    public bool IsSequential
    {
        get => _picker.IsSequential;
        set => _picker.IsSequential = value;
    }

    /// <summary>How to treat a peer that sends at this rate, in bytes a second: <see cref="PeerSpeed.Fast"/> if it sends a piece within <see cref="PickerSettings.WholePieceTime"/>.</summary>
    public PeerSpeed SpeedOf(long bytesPerSecond) =>
        bytesPerSecond * _settings.WholePieceTime.TotalSeconds >= _geometry.PieceLength ? PeerSpeed.Fast : PeerSpeed.Slow;

    /// <summary>A peer is there; it has nothing until it says more. False if it was there already.</summary>
    public bool PeerJoined(PeerKey peer) => _peers.Join(peer);

    /// <summary>What a peer has, replacing what it had. The picker keeps <paramref name="pieces"/> and changes it.</summary>
    public void PeerBitfield(PeerKey peer, Bitfield pieces)
    {
        if (pieces.Length != _geometry.PieceCount) throw new ArgumentException("The set has another number of pieces.", nameof(pieces));
        if (_peers.Find(peer) is { } known) _peers.SetPieces(known, pieces.IsFull ? null : pieces, pieces.IsFull);
    }

    /// <summary>A peer has every piece (BEP 6, "Have All").</summary>
    public void PeerHaveAll(PeerKey peer)
    {
        if (_peers.Find(peer) is { } known) _peers.SetPieces(known, null, hasAll: true);
    }

    /// <summary>A peer got a piece. False if that is no news.</summary>
    public bool PeerHave(PeerKey peer, PieceIndex piece)
    {
        CheckExists(piece);
        return _peers.Find(peer) is { } known && _peers.Have(known, piece);
    }

    /// <summary>A peer lost a piece (BEP 54). False if that is no news. What it was asked of that piece stays outstanding until it is released.</summary>
    public bool PeerDontHave(PeerKey peer, PieceIndex piece)
    {
        CheckExists(piece);
        return _peers.Find(peer) is { } known && _peers.DontHave(known, piece);
    }

    /// <summary>A peer is gone: all that it was asked for is free again, and its pieces are that much rarer.</summary>
    public void PeerLeft(PeerKey peer)
    {
        if (_peers.Find(peer) is not { } known) return;
        _peers.Leave(known);
        ReleaseAll(known, ReleaseReason.Choked, released: null);
    }

    /// <summary>
    /// A peer chokes us: what was kept for it is shared. Its requests stay outstanding, as the fast extension has it (BEP 6); without that,
    /// <see cref="RequestsReleased"/> follows.
    /// </summary>
    public void PeerChoked(PeerKey peer)
    {
        if (_peers.Find(peer) is { } known) _begun.ReleaseHeld(known);
    }

    /// <summary>A peer stopped choking us, or has long had nothing to do: what it rejected may be asked again.</summary>
    public void PeerMayBeAsked(PeerKey peer) => _peers.Find(peer)?.ForgetRejected();

    /// <summary>Gives a peer that is suspected of bad data pieces of its own only, or trusts it again; see <see cref="SmartBan{TSender}"/>.</summary>
    public void SetParole(PeerKey peer, bool onParole)
    {
        if (_peers.Find(peer) is { } known) known.OnParole = onParole;
    }

    /// <summary>Whether a peer is inside: a replica of the same torrent, to which <see cref="SetOutside"/> does not apply.</summary>
    public void SetInside(PeerKey peer, bool isInside)
    {
        if (_peers.Find(peer) is { } known && known.IsInside != isInside) _peers.SetInside(known, isInside);
    }

    /// <summary>
    /// Allows only these pieces to be asked of peers that are not inside; null: every one. What has been begun under the limit before is finished all the same: half a piece is of no use to anybody. The picker keeps
    /// <paramref name="pieces"/> and changes it.
    /// </summary>
    public void SetOutside(Bitfield? pieces)
    {
        if (pieces is not null)
        {
            var begun = new Bitfield(_ranking.Needed);
            begun.ExceptWith(_ranking.Open);
            if (_peers.Outside is { } before) begun.IntersectWith(before);
            pieces.UnionWith(begun);
        }

        _peers.Outside = pieces;
    }

    /// <summary>A piece that can be had inside is asked of nobody outside from now on, unless it is begun already.</summary>
    public void CloseOutside(PieceIndex piece)
    {
        CheckExists(piece);
        if (_ranking.IsOpen(piece.Value)) _peers.CloseOutside(piece);
    }

    /// <summary>Adds what is wanted and not verified to <paramref name="needed"/>.</summary>
    public void AddNeeded(Bitfield needed) => needed.UnionWith(_ranking.Needed);

    /// <summary>Adds all that a peer has to <paramref name="pieces"/>.</summary>
    public void AddPiecesOf(PeerKey peer, Bitfield pieces)
    {
        if (_peers.Find(peer) is not { } known) return;
        if (known.HasAll) pieces.Fill();
        else if (known.Pieces is { } had) pieces.UnionWith(had);
    }

    /// <summary>Whether the peer has every piece.</summary>
    public bool PeerIsSeed(PeerKey peer) => _peers.Find(peer) is { } known && (known.HasAll || known.Pieces is { IsFull: true });

    /// <summary>Whether the peer has the piece.</summary>
    public bool PeerHas(PeerKey peer, PieceIndex piece)
    {
        CheckExists(piece);
        return _peers.Find(peer) is { } known && known.Has(piece.Value);
    }

    /// <summary>The number of pieces the peer has.</summary>
    public int PeerPieceCount(PeerKey peer) => _peers.Find(peer) switch
    {
        null => 0,
        { HasAll: true } => _geometry.PieceCount,
        { Pieces: var pieces } => pieces?.Count ?? 0,
    };

    /// <summary>The number of peers that have the piece.</summary>
    public int Availability(PieceIndex piece) => _ranking.Availability(piece.Value);

    /// <summary>Whether the peer has a piece that is wanted and not verified, and may be asked for it. O(1), but for peers to which <see cref="SetOutside"/> applies: 64 pieces a step.</summary>
    public bool IsInteresting(PeerKey peer) => _peers.Find(peer) is { } known && _peers.IsInteresting(known);

    /// <summary>Adds the peers whose <see cref="IsInteresting"/> differs from what this call said last; to be asked after a turn of changes.</summary>
    public void TakeInterestChanges(List<InterestChange> output) => _peers.TakeInterestChanges(output);

    /// <summary>The number of requests outstanding at a peer.</summary>
    public int RequestsOf(PeerKey peer) => _peers.Find(peer)?.RequestCount ?? 0;

    /// <summary>
    /// Chooses up to <paramref name="count"/> blocks for a peer, marks them requested and adds them to <paramref name="output"/> in the order to send. Returns their number;
    /// fewer than asked for means there is nothing more for this peer now.
    /// </summary>
    public int Pick(PeerKey peer, int count, List<BlockRequest> output, scoped in PickHints hints = default)
    {
        if (count <= 0 || _peers.Find(peer) is not { } known || !_peers.IsInteresting(known)) return 0;
        var before = output.Count;
        _picker.Pick(known, count, hints, output);
        return output.Count - before;
    }

    /// <summary>
    /// A block came from a peer. If accepted, the peers that were asked for it too are added to <paramref name="cancels"/>; their requests have ended.
    /// Takes any request, also invalid ones.
    /// </summary>
    public BlockOutcome BlockReceived(PeerKey peer, BlockRequest block, List<PeerRequest> cancels)
    {
        if (!_geometry.TryBlockOf(block, out var index)) return BlockOutcome.Invalid;
        if (_peers.Find(peer) is not { } sender) return BlockOutcome.Unrequested;
        var (piece, number) = (block.Piece.Value, index.Value);
        var begun = _begun.Find(piece);
        if (begun is null || _begun.Requests.Find(sender, begun, number) < 0)
        {
            if (!sender.ForgetLate(piece, number)) return BlockOutcome.Unrequested;
            if (begun is null && (!_ranking.IsOpen(piece) || !_begun.CanBegin)) return BlockOutcome.Duplicate;
            begun ??= _begun.Begin(piece);
            if (begun[number].State > BlockState.Requested) return BlockOutcome.Duplicate;
        }

        _begun.Receive(begun, number, sender, cancels);
        return BlockOutcome.Accepted;
    }

    /// <summary>The disk has a block. True if that was the last of its piece: verify it.</summary>
    public bool BlockWritten(PieceIndex piece, BlockIndex block)
    {
        if (BegunWith(piece, block) is not { } begun || begun[block.Value].State != BlockState.Writing) return false;
        _begun.SetState(begun, block.Value, BlockState.Written);
        return begun.AllWritten;
    }

    /// <summary>The disk could not take a block: it is free again.</summary>
    public void BlockFailed(PieceIndex piece, BlockIndex block)
    {
        if (BegunWith(piece, block) is not { } begun || begun[block.Value].State < BlockState.Writing) return;
        _begun.SetState(begun, block.Value, BlockState.Free);
        if (begun.IsUntouched) _begun.Close(begun, []);
    }

    /// <summary>Whether every block of a piece has been received, though perhaps not all are written.</summary>
    public bool IsReceived(PieceIndex piece) => _begun.Find(piece.Value) is { AllReceived: true };

    /// <summary>Adds who sent the blocks of a begun piece that are here, in the order of blocks.</summary>
    public void SendersOf(PieceIndex piece, List<BlockSender> senders)
    {
        if (_begun.Find(piece.Value) is not { } begun) return;
        for (var i = 0; i < begun.BlockCount; i++)
        {
            if (begun[i].State >= BlockState.Writing) senders.Add(new BlockSender(new BlockIndex(i), begun[i].Sender));
        }
    }

    /// <summary>
    /// We have a piece: its hash is right, or a check found it. Requests for it that are still outstanding end and are added to <paramref name="cancels"/>. False if we had it.
    /// </summary>
    public bool PieceVerified(PieceIndex piece, List<PeerRequest> cancels)
    {
        CheckExists(piece);
        if (_ranking.Has(piece.Value)) return false;
        if (_ranking.SetHave(piece.Value, true)) _peers.NeededChanged(piece.Value);
        if (_begun.Find(piece.Value) is { } begun) _begun.Close(begun, cancels);
        _picker.FailedPieces.Remove(piece.Value);
        return true;
    }

    /// <summary>
    /// A piece failed its hash: its senders are added to <paramref name="senders"/> block by block, all its blocks are free again, and it will be fetched from one peer alone if
    /// possible. Outstanding requests for it end, into <paramref name="cancels"/>. False if it is not begun.
    /// </summary>
    public bool PieceRejected(PieceIndex piece, List<BlockSender> senders, List<PeerRequest> cancels)
    {
        CheckExists(piece);
        if (_begun.Find(piece.Value) is not { } begun) return false;
        SendersOf(piece, senders);
        _picker.FailedPieces.Add(piece.Value);
        _begun.Close(begun, cancels);
        return true;
    }

    /// <summary>A piece that was verified is not there (a check, lost data): it is fetched again if wanted. False if we did not have it.</summary>
    public bool WeDontHave(PieceIndex piece)
    {
        CheckExists(piece);
        if (!_ranking.Has(piece.Value)) return false;
        if (_ranking.SetHave(piece.Value, false)) _peers.NeededChanged(piece.Value);
        return true;
    }

    /// <summary>A request is outstanding no longer, though the block did not come. False if it was not outstanding.</summary>
    public bool RequestReleased(PeerKey peer, BlockRequest block, ReleaseReason reason)
    {
        if (!_geometry.TryBlockOf(block, out var index) || _peers.Find(peer) is not { } known) return false;
        if (_begun.Find(block.Piece.Value) is not { } begun) return false;
        var request = _begun.Requests.Find(known, begun, index.Value);
        if (request < 0) return false;
        ReleaseOne(known, request, reason);
        return true;
    }

    /// <summary>All requests of a peer are outstanding no longer; they are added to <paramref name="released"/>. What was kept for the peer is shared.</summary>
    public void RequestsReleased(PeerKey peer, ReleaseReason reason, List<BlockRequest> released)
    {
        if (_peers.Find(peer) is { } known) ReleaseAll(known, reason, released);
    }

    /// <summary>What a piece's priority is.</summary>
    public PiecePriority PriorityOf(PieceIndex piece) => new(_ranking.Priority(piece.Value));

    /// <summary>
    /// Sets the priority of a piece. A begun piece that is not wanted any more is given up with what was received of it, its requests are added to <paramref name="cancels"/>.
    /// </summary>
    public void SetPriority(PieceIndex piece, PiecePriority priority, List<PeerRequest> cancels)
    {
        CheckExists(piece);
        if (ChangePriority(piece.Value, priority, cancels)) _peers.NeededChanged(piece.Value);
    }

    /// <summary>Sets the priorities of all pieces, as <see cref="SetPriority"/> does for one.</summary>
    public void SetPriorities(ReadOnlySpan<PiecePriority> priorities, List<PeerRequest> cancels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(priorities.Length, _geometry.PieceCount);
        var changed = false;
        for (var i = 0; i < priorities.Length; i++) changed |= ChangePriority(i, priorities[i], cancels);
        if (changed) _peers.RecountNeeded();
    }

    /// <summary>The parts, for tests that check what must always hold.</summary>
    internal (PieceRanking Ranking, PickerPeers Peers, BegunPieces Begun) Parts => (_ranking, _peers, _begun);

    private bool ChangePriority(int piece, PiecePriority priority, List<PeerRequest> cancels)
    {
        var begun = priority.IsWanted ? null : _begun.Find(piece);
        var changed = _ranking.SetPriority(piece, priority.Value);
        if (begun is not null) _begun.Close(begun, cancels);
        return changed;
    }

    private void ReleaseAll(PickerPeer peer, ReleaseReason reason, List<BlockRequest>? released)
    {
        while (peer.FirstRequest is var request and >= 0)
        {
            released?.Add(_geometry.RequestFor(new PieceIndex(_begun.Requests.PieceOf(request).Piece), new BlockIndex(_begun.Requests.BlockOf(request))));
            ReleaseOne(peer, request, reason);
        }

        _begun.ReleaseHeld(peer);
    }

    private void ReleaseOne(PickerPeer peer, int request, ReleaseReason reason)
    {
        var begun = _begun.Requests.PieceOf(request);
        var (piece, block) = (begun.Piece, _begun.Requests.BlockOf(request));
        _begun.Release(request);
        if (begun.Holder == peer) _begun.SetHolder(begun, null);
        if (reason == ReleaseReason.TimedOut) peer.RememberLate(piece, block, _settings.LateRequestsPerPeer);
        if (reason == ReleaseReason.Rejected) peer.RememberRejected(piece, _settings.RejectedPiecesPerPeer);
    }

    private BegunPiece? BegunWith(PieceIndex piece, BlockIndex block) =>
        _begun.Find(piece.Value) is { } begun && (uint)block.Value < (uint)begun.BlockCount ? begun : null;

    private void CheckExists(PieceIndex piece) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)_geometry.PieceCount, nameof(piece));
}
