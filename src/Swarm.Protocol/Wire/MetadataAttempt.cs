using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>A piece of a failed attempt and who sent it, kept as a hash until the truth is known.</summary>
internal readonly record struct MetadataSuspect(int Peer, int Piece, Bytes20 Hash);

/// <summary>
/// One try at fetching metadata of one size: which pieces are there, from whom, and which are asked for. Owned by
/// <see cref="MetadataAssembly"/>. Memory grows with pieces that came, not with the size that was claimed.
/// </summary>
internal sealed class MetadataAttempt
{
    private const int Nobody = -1;

    private readonly byte[]?[] _pieces;
    private readonly int[] _from;
    private readonly long[] _askedAt;
    private readonly Dictionary<int, int> _askedOf = [];
    private int _firstMissing;

    public MetadataAttempt(int size, int? only, long nowTicks)
    {
        Size = size;
        Only = only;
        BeganTicks = nowTicks;
        _pieces = new byte[]?[MetadataMessage.PieceCount(size)];
        _from = new int[_pieces.Length];
        _askedAt = new long[_pieces.Length];
        Array.Fill(_from, Nobody);
    }

    /// <summary>The size that is believed.</summary>
    public int Size { get; }

    /// <summary>The one peer that is asked, or null for all of this size.</summary>
    public int? Only { get; }

    public long BeganTicks { get; }

    public int PieceCount => _pieces.Length;

    public int Received { get; private set; }

    public bool IsWhole => Received == _pieces.Length;

    /// <summary>A piece that is neither there nor asked for, or -1.</summary>
    public int NextMissing()
    {
        while (_firstMissing < _pieces.Length && _from[_firstMissing] != Nobody) _firstMissing++;
        return _firstMissing < _pieces.Length ? _firstMissing : -1;
    }

    public void Ask(int piece, int peer, long nowTicks)
    {
        _from[piece] = peer;
        _askedAt[piece] = nowTicks;
        _askedOf[peer] = AskedOf(peer) + 1;
    }

    /// <summary>Whether this piece is asked of this peer and not there.</summary>
    public bool IsAsked(int piece, int peer) => (uint)piece < (uint)_pieces.Length && _from[piece] == peer && _pieces[piece] is null;

    /// <summary>How many requests a peer has not answered.</summary>
    public int AskedOf(int peer) => _askedOf.GetValueOrDefault(peer);

    public int LengthOf(int piece) => Math.Min(MetadataMessage.PieceSize, Size - (piece * MetadataMessage.PieceSize));

    public void Take(int piece, ReadOnlySpan<byte> bytes)
    {
        _pieces[piece] = bytes.ToArray();
        _askedOf[_from[piece]]--;
        Received++;
    }

    /// <summary>What was asked of a peer is free for others.</summary>
    public void Release(int peer)
    {
        for (var i = 0; i < _pieces.Length; i++)
        {
            if (IsAsked(i, peer)) Free(i);
        }
    }

    /// <summary>Frees the first piece that was asked for before a time, and tells of whom. False if there is none.</summary>
    public bool TryExpire(long askedBeforeTicks, out int peer)
    {
        for (var i = 0; i < _pieces.Length; i++)
        {
            if (_from[i] == Nobody || _pieces[i] is not null || _askedAt[i] > askedBeforeTicks) continue;
            peer = _from[i];
            Free(i);
            return true;
        }

        peer = Nobody;
        return false;
    }

    /// <summary>When the oldest unanswered request was made, or null.</summary>
    public long? OldestTicks()
    {
        long? oldest = null;
        for (var i = 0; i < _pieces.Length; i++)
        {
            if (_from[i] != Nobody && _pieces[i] is null && (oldest is null || _askedAt[i] < oldest)) oldest = _askedAt[i];
        }

        return oldest;
    }

    /// <summary>The whole, of <see cref="Size"/> bytes.</summary>
    public byte[] Join()
    {
        var whole = new byte[Size];
        for (var i = 0; i < _pieces.Length; i++) _pieces[i].AsSpan().CopyTo(whole.AsSpan(i * MetadataMessage.PieceSize));
        return whole;
    }

    /// <summary>Whether all pieces came from one peer, and which.</summary>
    public bool IsFromOnePeer(out int peer)
    {
        peer = _from[0];
        return !_from.AsSpan().ContainsAnyExcept(peer);
    }

    /// <summary>Each piece's sender and hash.</summary>
    public IEnumerable<MetadataSuspect> Suspects()
    {
        for (var i = 0; i < _pieces.Length; i++) yield return new MetadataSuspect(_from[i], i, new Bytes20(SHA1.HashData(_pieces[i].AsSpan())));
    }

    private void Free(int piece)
    {
        _askedOf[_from[piece]]--;
        _from[piece] = Nobody;
        _firstMissing = Math.Min(_firstMissing, piece);
    }
}
