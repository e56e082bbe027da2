using System.Buffers;
using System.Buffers.Binary;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// Writes peer messages, length prefix included, to a buffer that the caller sends in one go. A value without state of its own: it may be made
/// anew for every use. Whether a message is legal now is the business of <see cref="PeerWireState"/>; this writes what it is told.
/// </summary>
public readonly struct WireWriter
{
    private const int RequestSize = 17;
    private readonly IBufferWriter<byte> _output;

    /// <summary>A writer to the end of <paramref name="output"/>.</summary>
    public WireWriter(IBufferWriter<byte> output) => _output = output;

    /// <summary>Four zero bytes (BEP 3).</summary>
    public void KeepAlive()
    {
        _output.GetSpan(4)[..4].Clear();
        _output.Advance(4);
    }

    /// <summary>BEP 3.</summary>
    public void Choke() => Plain(MessageId.Choke);

    /// <summary>BEP 3.</summary>
    public void Unchoke() => Plain(MessageId.Unchoke);

    /// <summary>BEP 3.</summary>
    public void Interested() => Plain(MessageId.Interested);

    /// <summary>BEP 3.</summary>
    public void NotInterested() => Plain(MessageId.NotInterested);

    /// <summary>BEP 3.</summary>
    public void Have(PieceIndex piece) => OfPiece(MessageId.Have, piece);

    /// <summary>BEP 3. Takes <see cref="Primitives.Bitfield.WireLength"/> bytes and 5 more.</summary>
    public void Bitfield(Bitfield pieces)
    {
        var span = Begin(MessageId.Bitfield, pieces.WireLength);
        pieces.CopyToWire(span);
        _output.Advance(5 + pieces.WireLength);
    }

    /// <summary>BEP 3.</summary>
    public void Request(BlockRequest block) => OfBlock(MessageId.Request, block);

    /// <summary>BEP 3. A batch in one span.</summary>
    public void Requests(ReadOnlySpan<BlockRequest> blocks)
    {
        if (blocks.IsEmpty) return;
        var span = _output.GetSpan(blocks.Length * RequestSize);
        for (var i = 0; i < blocks.Length; i++) WriteBlock(span[(i * RequestSize)..], MessageId.Request, blocks[i]);
        _output.Advance(blocks.Length * RequestSize);
    }

    /// <summary>BEP 3.</summary>
    public void Cancel(BlockRequest block) => OfBlock(MessageId.Cancel, block);

    /// <summary>BEP 3. A piece message from memory, for links that cannot send from a file.</summary>
    public void Piece(PieceIndex piece, int begin, ReadOnlySpan<byte> bytes)
    {
        var span = _output.GetSpan(PieceHeader.Size + bytes.Length);
        PieceHeader.Write(span, new BlockRequest(piece, begin, bytes.Length));
        bytes.CopyTo(span[PieceHeader.Size..]);
        _output.Advance(PieceHeader.Size + bytes.Length);
    }

    /// <summary>BEP 5. Where our DHT node listens.</summary>
    public void Port(int port)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Begin(MessageId.Port, 2), (ushort)port);
        _output.Advance(7);
    }

    /// <summary>BEP 6.</summary>
    public void HaveAll() => Plain(MessageId.HaveAll);

    /// <summary>BEP 6.</summary>
    public void HaveNone() => Plain(MessageId.HaveNone);

    /// <summary>BEP 6.</summary>
    public void SuggestPiece(PieceIndex piece) => OfPiece(MessageId.SuggestPiece, piece);

    /// <summary>BEP 6.</summary>
    public void RejectRequest(BlockRequest block) => OfBlock(MessageId.RejectRequest, block);

    /// <summary>BEP 6.</summary>
    public void AllowedFast(PieceIndex piece) => OfPiece(MessageId.AllowedFast, piece);

    /// <summary>
    /// BEP 10. <paramref name="id"/> is 0 for the handshake, else the number that the peer gave the extension in its own "m".
    /// The payload comes in two parts, so that a header and the bytes after it (BEP 9) need not be joined first.
    /// </summary>
    public void Extended(byte id, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> more = default)
    {
        var span = Begin(MessageId.Extended, 1 + payload.Length + more.Length);
        span[0] = id;
        payload.CopyTo(span[1..]);
        more.CopyTo(span[(1 + payload.Length)..]);
        _output.Advance(6 + payload.Length + more.Length);
    }

    /// <summary>BEP 54: <paramref name="id"/> is the peer's number of lt_donthave.</summary>
    public void DontHave(byte id, PieceIndex piece)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, piece.Value);
        Extended(id, payload);
    }

    /// <summary>BEP 21 as libtorrent sends it after the handshake: <paramref name="id"/> is the peer's number of upload_only.</summary>
    public void UploadOnly(byte id, bool uploadOnly) => Extended(id, [uploadOnly ? (byte)1 : (byte)0]);

    /// <summary>Writes prefix and id; the payload's span is returned, the caller advances by 5 and its length.</summary>
    private Span<byte> Begin(MessageId id, int payloadLength)
    {
        var span = _output.GetSpan(5 + payloadLength);
        BinaryPrimitives.WriteInt32BigEndian(span, 1 + payloadLength);
        span[4] = (byte)id;
        return span.Slice(5, payloadLength);
    }

    private void Plain(MessageId id)
    {
        Begin(id, 0);
        _output.Advance(5);
    }

    private void OfPiece(MessageId id, PieceIndex piece)
    {
        BinaryPrimitives.WriteInt32BigEndian(Begin(id, 4), piece.Value);
        _output.Advance(9);
    }

    private void OfBlock(MessageId id, BlockRequest block)
    {
        WriteBlock(_output.GetSpan(RequestSize), id, block);
        _output.Advance(RequestSize);
    }

    private static void WriteBlock(Span<byte> span, MessageId id, BlockRequest block)
    {
        BinaryPrimitives.WriteInt32BigEndian(span, RequestSize - 4);
        span[4] = (byte)id;
        BinaryPrimitives.WriteInt32BigEndian(span[5..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(span[9..], block.Begin);
        BinaryPrimitives.WriteInt32BigEndian(span[13..], block.Length);
    }
}
