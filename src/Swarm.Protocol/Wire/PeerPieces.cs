using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// Which pieces a peer has, and which it lets us fetch while it chokes us. Owned by <see cref="PeerWireState"/>.
/// A magnet link knows no piece count at first, so what arrives until <see cref="MetadataKnown"/> is kept as it came and checked then:
/// <see cref="Known"/> is null until that moment and never afterwards.
/// Always holds: before metadata at most <see cref="WireSettings.MaxEarlyBitfieldLength"/> bytes of early bits and
/// <see cref="WireSettings.MaxPeerAllowedFast"/> allowed-fast pieces are kept.
/// What can fail: a piece or a bitfield that the torrent cannot have is an error that closes the connection; a piece that is allowed fast
/// or suggested and does not exist is ignored, as other clients do.
/// </summary>
public sealed class PeerPieces
{
    private readonly WireSettings _settings;
    private readonly List<PieceIndex> _allowedFast = [];

    // Before metadata: bit i differs from _earlyAll if the peer told so. In wire order, so that a bitfield is kept as it is.
    private byte[] _early = [];
    private bool _earlyAll;
    private int _earlyBitfieldLength = -1;
    private int _earlyHighest = -1;

    /// <summary>A peer that has told nothing, on a torrent whose geometry may not be known yet.</summary>
    public PeerPieces(WireSettings settings, PieceGeometry? geometry)
    {
        _settings = settings;
        if (geometry is not null) Known = new Bitfield(geometry.PieceCount);
    }

    /// <summary>The peer's pieces, or null before metadata. To be read only.</summary>
    public Bitfield? Known { get; private set; }

    /// <summary>Whether the peer has every piece. Before metadata: whether it said so in one word.</summary>
    public bool IsSeed => Known?.IsFull ?? (_earlyAll && _earlyHighest < 0);

    /// <summary>Pieces the peer gives us even while it chokes (BEP 6), in the order it named them. It need not have them.</summary>
    public IReadOnlyList<PieceIndex> AllowedFast => _allowedFast;

    /// <summary>Whether the peer has a piece; false before metadata.</summary>
    public bool Has(PieceIndex piece) => Known is { } known && (uint)piece.Value < (uint)known.Length && known[piece];

    /// <summary>Whether the piece may be asked for while the peer chokes us.</summary>
    public bool IsAllowedFast(PieceIndex piece) => _allowedFast.Contains(piece);

    /// <summary>Replaces everything by a bitfield's payload.</summary>
    public WireError? SetBitfield(ReadOnlySpan<byte> wire)
    {
        if (Known is { } known)
        {
            var parsed = Bitfield.FromWire(wire, known.Length);
            if (parsed is null) return BadBitfield(wire.Length, known.Length);
            Known = parsed;
            return null;
        }

        if (wire.Length > _settings.MaxEarlyBitfieldLength) return new WireError(WireErrorKind.Oversized, $"a bitfield of {wire.Length} bytes");
        ResetEarly(all: false);
        _early = wire.ToArray();
        _earlyBitfieldLength = wire.Length;
        return null;
    }

    /// <summary>Replaces everything: the peer has all pieces, or none.</summary>
    public void SetAll(bool has)
    {
        ResetEarly(has);
        if (has) Known?.Fill();
        else Known?.Clear();
    }

    /// <summary>Adds or removes one piece. <paramref name="changed"/> is false if that was known. An error if the piece cannot exist.</summary>
    public WireError? Set(PieceIndex piece, bool has, out bool changed)
    {
        changed = false;
        var count = Known?.Length ?? _settings.MaxEarlyBitfieldLength * 8L;
        if ((uint)piece.Value >= count) return new WireError(WireErrorKind.InvalidRange, $"the peer speaks of piece {piece.Value}, the torrent has at most {count}");
        if (Known is { } known) changed = has ? known.Add(piece) : known.Remove(piece);
        else changed = SetEarly(piece.Value, has);
        return null;
    }

    /// <summary>Notes an allowed-fast piece. False if it is ignored: not in the torrent, known, or one too many.</summary>
    public bool AddAllowedFast(PieceIndex piece)
    {
        var count = Known?.Length ?? _settings.MaxEarlyBitfieldLength * 8L;
        if ((uint)piece.Value >= count || _allowedFast.Count >= _settings.MaxPeerAllowedFast || _allowedFast.Contains(piece)) return false;
        _allowedFast.Add(piece);
        return true;
    }

    /// <summary>The peer rejected a request for an allowed-fast piece: it is not to be asked again while choking.</summary>
    public void RemoveAllowedFast(PieceIndex piece) => _allowedFast.Remove(piece);

    /// <summary>The info dictionary is there: what was kept is checked and becomes <see cref="Known"/>.</summary>
    public WireError? MetadataKnown(PieceGeometry geometry)
    {
        if (Known is not null) return null;
        var count = geometry.PieceCount;
        Known = new Bitfield(count);
        _allowedFast.RemoveAll(piece => piece.Value >= count);
        // An empty bitfield before metadata is how some say that they have nothing.
        if (_earlyBitfieldLength > 0 && _earlyBitfieldLength != Known.WireLength) return BadBitfield(_earlyBitfieldLength, count);
        if (_earlyHighest >= count) return new WireError(WireErrorKind.InvalidRange, $"the peer spoke of piece {_earlyHighest}, the torrent has {count}");

        var wire = new byte[Known.WireLength];
        _early.AsSpan(0, Math.Min(_early.Length, wire.Length)).CopyTo(wire);
        var bits = Bitfield.FromWire(wire, count);
        if (bits is null) return BadBitfield(_earlyBitfieldLength, count);
        if (_earlyAll)
        {
            Known.Fill();
            for (var i = bits.NextSet(0); i >= 0; i = bits.NextSet(i + 1)) Known.Remove(new PieceIndex(i));
        }
        else
        {
            Known = bits;
        }

        ResetEarly(all: false);
        return null;
    }

    private bool SetEarly(int piece, bool has)
    {
        var at = piece >> 3;
        var mask = (byte)(0x80 >> (piece & 7));
        var differs = at < _early.Length && (_early[at] & mask) != 0;
        if (differs == (has != _earlyAll)) return false;
        if (at >= _early.Length) Array.Resize(ref _early, Math.Min(Math.Max(at + 1, _early.Length * 2), _settings.MaxEarlyBitfieldLength));
        _early[at] ^= mask;
        _earlyHighest = Math.Max(_earlyHighest, piece);
        return true;
    }

    private void ResetEarly(bool all)
    {
        _early = [];
        _earlyAll = all;
        _earlyBitfieldLength = -1;
        _earlyHighest = -1;
    }

    private static WireError BadBitfield(int bytes, int pieces) =>
        new(WireErrorKind.InvalidRange, $"a bitfield of {bytes} bytes does not fit {pieces} pieces, or has spare bits set");
}
