using System.Numerics;
using Swarm.Protocol.Primitives;
using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Picking;

/// <summary>
/// The peers of a torrent, what each has, and whether we are interested in it.
/// <para>
/// Always holds: each peer's <see cref="PickerPeer.NeededPieces"/> is the size of the intersection of its pieces with those needed; availability
/// is the sum of all peers' sets; peers that have everything are counted once for all and are not touched when a piece is.
/// </para>
/// A have costs O(1); a piece that is needed no longer costs one bit test a peer; a bit field costs O(1) a piece that it adds or takes away.
/// </summary>
internal sealed class PickerPeers(PieceRanking ranking)
{
    // Looked up by key, never walked; walks go over the list, whose order only the calls decide.
    private readonly Dictionary<PeerKey, PickerPeer> _byKey = [];
    private readonly List<PickerPeer> _interestMayHaveChanged = [];

    public List<PickerPeer> All { get; } = [];

    /// <summary>The only pieces that may be asked of peers that are not inside; null: every one.</summary>
    public Bitfield? Outside
    {
        get;
        set
        {
            field = value;
            foreach (var peer in All) Limit(peer);
        }
    }

    public PickerPeer? Find(PeerKey key) => _byKey.GetValueOrDefault(key);

    public bool Join(PeerKey key)
    {
        var peer = new PickerPeer(key, All.Count);
        if (!_byKey.TryAdd(key, peer)) return false;
        All.Add(peer);
        Limit(peer);
        return true;
    }

    public void SetInside(PickerPeer peer, bool isInside)
    {
        peer.IsInside = isInside;
        Limit(peer);
    }

    public void Leave(PickerPeer peer)
    {
        SetPieces(peer, null, hasAll: false);
        peer.HasLeft = true;
        _byKey.Remove(peer.Key);
        var last = All[^1];
        All[peer.Order] = last;
        last.Order = peer.Order;
        All.RemoveAt(All.Count - 1);
    }

    /// <summary>Replaces what the peer has.</summary>
    public void SetPieces(PickerPeer peer, Bitfield? pieces, bool hasAll)
    {
        if (peer.HasAll) ranking.CompletePeers--;
        else Count(peer.Pieces, -1);
        peer.Pieces = pieces is { IsEmpty: true } ? null : pieces;
        peer.HasAll = hasAll;
        if (hasAll) ranking.CompletePeers++;
        else Count(pieces, 1);
        peer.NeededPieces = CountNeeded(pieces);
        NoteInterest(peer);
    }

    public bool Have(PickerPeer peer, PieceIndex piece)
    {
        if (peer.HasAll) return false;
        peer.Pieces ??= new Bitfield(ranking.Have.Length);
        if (!peer.Pieces.Add(piece)) return false;
        ranking.Raise(piece.Value);
        if (ranking.IsNeeded(piece.Value) && (++peer.NeededPieces == 1 || peer.Limit is not null)) NoteInterest(peer);
        return true;
    }

    public bool DontHave(PickerPeer peer, PieceIndex piece)
    {
        if (peer.HasAll)
        {
            var pieces = new Bitfield(ranking.Have.Length);
            pieces.Fill();
            SetPieces(peer, pieces, hasAll: false);
        }

        if (peer.Pieces is null || !peer.Pieces.Remove(piece)) return false;
        ranking.Lower(piece.Value);
        if (ranking.IsNeeded(piece.Value) && (--peer.NeededPieces == 0 || peer.Limit is not null)) NoteInterest(peer);
        return true;
    }

    /// <summary>A piece is needed from now on, or no longer.</summary>
    public void NeededChanged(int piece)
    {
        var needed = ranking.IsNeeded(piece);
        var first = ranking.Needed.Count == (needed ? 1 : 0);
        foreach (var peer in All)
        {
            if (peer.HasAll)
            {
                if (first || peer.Limit is not null) NoteInterest(peer);
            }
            else if (peer.Has(piece))
            {
                peer.NeededPieces += needed ? 1 : -1;
                if (peer.NeededPieces == (needed ? 1 : 0) || peer.Limit is not null) NoteInterest(peer);
            }
        }
    }

    /// <summary>Many pieces changed: counts anew.</summary>
    public void RecountNeeded()
    {
        foreach (var peer in All)
        {
            peer.NeededPieces = CountNeeded(peer.Pieces);
            NoteInterest(peer);
        }
    }

    public bool IsInteresting(PickerPeer peer) => peer.Limit is { } limit ? OffersWithin(peer, limit) : peer.HasAll ? !ranking.Needed.IsEmpty : peer.NeededPieces > 0;

    public void TakeInterestChanges(List<InterestChange> output)
    {
        foreach (var peer in _interestMayHaveChanged)
        {
            peer.InterestMayHaveChanged = false;
            var interested = IsInteresting(peer);
            if (peer.HasLeft || interested == peer.ReportedInterest) continue;
            peer.ReportedInterest = interested;
            output.Add(new InterestChange(peer.Key, interested));
        }

        _interestMayHaveChanged.Clear();
    }

    /// <summary>A piece may not be asked of peers outside any more.</summary>
    public void CloseOutside(PieceIndex piece)
    {
        if (Outside?.Remove(piece) != true) return;
        foreach (var peer in All)
        {
            if (peer.Limit is not null) NoteInterest(peer);
        }
    }

    private void Limit(PickerPeer peer)
    {
        peer.Limit = peer.IsInside ? null : Outside;
        NoteInterest(peer);
    }

    // Whoever is interested takes a place at the other side, and one who asks for nothing would take it from another replica.
    private bool OffersWithin(PickerPeer peer, Bitfield limit)
    {
        if (!peer.HasAll && peer.Pieces is null) return false;
        var needed = ranking.Needed.Words;
        var allowed = limit.Words;
        var theirs = peer.HasAll ? needed : peer.Pieces!.Words;
        for (var i = 0; i < needed.Length; i++)
        {
            if ((needed[i] & allowed[i] & theirs[i]) != 0) return true;
        }

        return false;
    }

    private void NoteInterest(PickerPeer peer)
    {
        if (peer.InterestMayHaveChanged) return;
        peer.InterestMayHaveChanged = true;
        _interestMayHaveChanged.Add(peer);
    }

    private void Count(Bitfield? pieces, int change)
    {
        if (pieces is null) return;
        for (var piece = pieces.NextSet(0); piece >= 0; piece = pieces.NextSet(piece + 1))
        {
            if (change > 0) ranking.Raise(piece);
            else ranking.Lower(piece);
        }
    }

    private int CountNeeded(Bitfield? pieces)
    {
        if (pieces is null) return 0;
        var theirs = pieces.Words;
        var needed = ranking.Needed.Words;
        var count = 0;
        for (var i = 0; i < theirs.Length; i++) count += BitOperations.PopCount(theirs[i] & needed[i]);
        return count;
    }
}
