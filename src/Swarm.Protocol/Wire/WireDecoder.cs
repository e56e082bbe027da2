using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// Turns the byte stream of one connection into messages: the hot path of every download.
/// <code>
/// var position = 0;
/// while (decoder.TryRead(slab, ref position, out var message)) { ... }
/// if (decoder.Error is { } error) { ... close ... }
/// </code>
/// Owned by one connection, fed in stream order after the handshake. The bytes of a block are never copied or kept: they are yielded as
/// fragments that point into the fed span, so a block may straddle any number of feeds. Every other message is yielded in place when it lies
/// whole in the span, and is gathered in a carry buffer when it does not.
/// Always holds: a length prefix is checked against what its id may have before a byte of its payload is kept; the carry buffer grows with
/// bytes that came, not with bytes that were promised; after false without an error, the whole feed is consumed; the caller may stop after
/// any message and go on later with the same span and position.
/// What can fail: any violation sets <see cref="Error"/>, after which nothing more is read; the connection is to be closed.
/// </summary>
public sealed class WireDecoder
{
    private const int LengthSize = 4;
    private const int HeaderSize = 5;

    /// <summary>A carry buffer above this size is given back after its message: connections are many and such messages are rare.</summary>
    private const int KeptCarrySize = 512;

    /// <summary>What is made for the first message that is cut: most are shorter. A connection that never had one holds no buffer.</summary>
    private const int LeastCarrySize = 64;

    private readonly WireSettings _settings;
    private PieceGeometry? _geometry;

    private BlockRequest _block;
    private int _blockOffset;
    private int _skip;

    private byte[] _carry = [];
    private int _carried;

    /// <summary>A decoder at the first byte after a handshake.</summary>
    public WireDecoder(WireSettings settings) => _settings = settings;

    /// <summary>Why the connection must be closed, or null.</summary>
    public WireError? Error { get; private set; }

    /// <summary>How many messages of unknown ids were skipped.</summary>
    public long UnknownMessages { get; private set; }

    /// <summary>Whether the stream stands between two messages: a connection that ends here was not cut.</summary>
    public bool IsAtBoundary => _blockOffset == _block.Length && _skip == 0 && _carried == 0;

    /// <summary>From here on, bitfields must have the torrent's size, and blocks must lie inside it.</summary>
    public void MetadataKnown(PieceGeometry geometry) => _geometry = geometry;

    /// <summary>
    /// Reads the next message from <paramref name="feed"/> at <paramref name="position"/>, and moves the position behind what was consumed.
    /// False if the feed is used up or <see cref="Error"/> is set.
    /// </summary>
    public bool TryRead(ReadOnlySpan<byte> feed, ref int position, out WireMessage message)
    {
        message = default;
        if (_blockOffset < _block.Length) return TryContinueBlock(feed, ref position, out message);
        if (_skip > 0) Skip(feed.Length, ref position);
        if (position >= feed.Length || Error is not null) return false;
        if (_carried > 0) return TryGather(feed, ref position, out message);

        var rest = feed[position..];
        var needed = NeededBytes(rest);
        if (needed < 0) return false;
        if (rest.Length < needed)
        {
            Carry(rest);
            position = feed.Length;
            return false;
        }

        position += needed;
        return Decode(rest[..needed], feed, ref position, out message);
    }

    /// <summary>The next fragment of the block that has begun.</summary>
    private bool TryContinueBlock(ReadOnlySpan<byte> feed, ref int position, out WireMessage message)
    {
        var count = Math.Min(_block.Length - _blockOffset, feed.Length - position);
        if (count <= 0)
        {
            message = default;
            return false;
        }

        message = new WireMessage(_block, _blockOffset, position, feed.Slice(position, count));
        _blockOffset += count;
        position += count;
        return true;
    }

    private void Skip(int length, ref int position)
    {
        var count = Math.Min(_skip, length - position);
        _skip -= count;
        position += count;
    }

    /// <summary>Completes the message that began in an earlier feed. Its header may be cut too, so what it needs is asked anew after each part.</summary>
    private bool TryGather(ReadOnlySpan<byte> feed, ref int position, out WireMessage message)
    {
        message = default;
        while (true)
        {
            var needed = NeededBytes(_carry.AsSpan(0, _carried));
            if (needed < 0) return false;
            if (_carried == needed) break;
            var count = Math.Min(needed - _carried, feed.Length - position);
            if (count == 0) return false;
            Carry(feed.Slice(position, count));
            position += count;
        }

        var whole = _carry.AsSpan(0, _carried);
        _carried = 0;
        // The message points into the buffer, which stays alive through it; the decoder itself lets a large one go.
        if (_carry.Length > KeptCarrySize) _carry = [];
        return Decode(whole, feed, ref position, out message);
    }

    private void Carry(ReadOnlySpan<byte> bytes)
    {
        var total = _carried + bytes.Length;
        if (total > _carry.Length) Array.Resize(ref _carry, (int)Math.Max(Math.Max(total, LeastCarrySize), Math.Min(_carry.Length * 2L, Array.MaxLength)));
        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried = total;
    }

    /// <summary>
    /// How many bytes must be there to decode: of a piece or an unknown message only the header, of others all. While the header is cut, how
    /// many it takes to know more. Negative after an error. <paramref name="start"/> begins with a length prefix.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NeededBytes(ReadOnlySpan<byte> start)
    {
        if (start.Length < LengthSize) return LengthSize;
        var length = BinaryPrimitives.ReadUInt32BigEndian(start);
        if (length == 0) return LengthSize;
        if (start.Length < HeaderSize) return HeaderSize;
        var id = (MessageId)start[LengthSize];
        if (!CheckLength(id, length)) return -1;
        if (id == MessageId.Piece) return PieceHeader.Size;
        return IsKnown(id) ? LengthSize + (int)length : HeaderSize;
    }

    private bool Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> feed, ref int position, out WireMessage message)
    {
        message = default;
        if (bytes.Length == LengthSize)
        {
            message = new WireMessage(WireMessageKind.KeepAlive);
            return true;
        }

        var id = (MessageId)bytes[LengthSize];
        switch (id)
        {
            case MessageId.Piece:
                return DecodePiece(bytes, feed, ref position, out message);
            case MessageId.Choke: message = new WireMessage(WireMessageKind.Choke); return true;
            case MessageId.Unchoke: message = new WireMessage(WireMessageKind.Unchoke); return true;
            case MessageId.Interested: message = new WireMessage(WireMessageKind.Interested); return true;
            case MessageId.NotInterested: message = new WireMessage(WireMessageKind.NotInterested); return true;
            case MessageId.HaveAll: message = new WireMessage(WireMessageKind.HaveAll); return true;
            case MessageId.HaveNone: message = new WireMessage(WireMessageKind.HaveNone); return true;
            case MessageId.Have: message = new WireMessage(WireMessageKind.Have, Int(bytes, 0)); return true;
            case MessageId.SuggestPiece: message = new WireMessage(WireMessageKind.SuggestPiece, Int(bytes, 0)); return true;
            case MessageId.AllowedFast: message = new WireMessage(WireMessageKind.AllowedFast, Int(bytes, 0)); return true;
            case MessageId.Request: message = Range(WireMessageKind.Request, bytes); return true;
            case MessageId.Cancel: message = Range(WireMessageKind.Cancel, bytes); return true;
            case MessageId.RejectRequest: message = Range(WireMessageKind.RejectRequest, bytes); return true;
            case MessageId.Port:
                message = new WireMessage(WireMessageKind.Port, BinaryPrimitives.ReadUInt16BigEndian(bytes[HeaderSize..]));
                return true;
            case MessageId.Bitfield: message = new WireMessage(WireMessageKind.Bitfield, 0, bytes[HeaderSize..]); return true;
            case MessageId.Extended:
                message = new WireMessage(WireMessageKind.Extended, bytes[HeaderSize], bytes[(HeaderSize + 1)..]);
                return true;
            default:
                _skip = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes) - 1;
                UnknownMessages++;
                message = new WireMessage(WireMessageKind.Unknown, (int)id);
                return true;
        }
    }

    private bool DecodePiece(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> feed, ref int position, out WireMessage message)
    {
        message = default;
        var block = new BlockRequest(new PieceIndex(Int(bytes, 0)), Int(bytes, 1), (int)BinaryPrimitives.ReadUInt32BigEndian(bytes) - 9);
        if (block.Length == 0)
        {
            message = new WireMessage(WireMessageKind.EmptyPiece, block.Piece.Value, block.Begin);
            return true;
        }

        if (block.Piece.Value < 0 || block.Begin < 0 || _geometry?.IsValid(block) == false)
        {
            Error = new WireError(WireErrorKind.InvalidRange, $"a block of {block.Length} bytes at {block.Begin} of piece {block.Piece} is outside the torrent");
            return false;
        }

        _block = block;
        _blockOffset = 0;
        return TryContinueBlock(feed, ref position, out message);
    }

    /// <summary>Whether a message of this id may have this length (id and payload, at least 1). Sets the error if not.</summary>
    private bool CheckLength(MessageId id, uint length)
    {
        var (min, max) = LengthRange(id);
        if (length >= min && length <= max) return true;
        Error = length > max && max > min
            ? new WireError(WireErrorKind.Oversized, $"a message of id {(byte)id} is {length} bytes long, at most {max} are allowed")
            : new WireError(WireErrorKind.BadLength, $"a message of id {(byte)id} is {length} bytes long, expected {(min == max ? "" : "at least ")}{min}");
        return false;
    }

    private (uint Min, uint Max) LengthRange(MessageId id)
    {
        switch (id)
        {
            case MessageId.Piece:
                return (9, 9 + (uint)_settings.MaxIncomingBlockLength);
            case <= MessageId.NotInterested or MessageId.HaveAll or MessageId.HaveNone:
                return (1, 1);
            case MessageId.Have or MessageId.SuggestPiece or MessageId.AllowedFast:
                return (5, 5);
            case MessageId.Request or MessageId.Cancel or MessageId.RejectRequest:
                return (13, 13);
            case MessageId.Port:
                return (3, 3);
            case MessageId.Bitfield when _geometry is not null:
                var exact = 1 + ((uint)_geometry.PieceCount + 7) / 8;
                return (exact, exact);
            case MessageId.Bitfield:
                return (1, 1 + (uint)_settings.MaxEarlyBitfieldLength);
            case MessageId.Extended:
                return (2, 2 + (uint)_settings.MaxExtendedLength);
            default:
                return (1, 1 + (uint)_settings.MaxUnknownLength);
        }
    }

    private static bool IsKnown(MessageId id) =>
        id is <= MessageId.Port or (>= MessageId.SuggestPiece and <= MessageId.AllowedFast) or MessageId.Extended;

    private static WireMessage Range(WireMessageKind kind, ReadOnlySpan<byte> bytes) => new(kind, Int(bytes, 0), Int(bytes, 1), Int(bytes, 2));

    private static int Int(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadInt32BigEndian(bytes[(HeaderSize + (index * 4))..]);
}
