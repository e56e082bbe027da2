using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>What <see cref="WireDecoder"/> found in the stream.</summary>
public enum WireMessageKind
{
    /// <summary>A message of length zero (BEP 3).</summary>
    KeepAlive,

    /// <summary>See <see cref="MessageId.Choke"/>.</summary>
    Choke,

    /// <summary>See <see cref="MessageId.Unchoke"/>.</summary>
    Unchoke,

    /// <summary>See <see cref="MessageId.Interested"/>.</summary>
    Interested,

    /// <summary>See <see cref="MessageId.NotInterested"/>.</summary>
    NotInterested,

    /// <summary><see cref="WireMessage.Piece"/>.</summary>
    Have,

    /// <summary><see cref="WireMessage.Payload"/> is the wire form.</summary>
    Bitfield,

    /// <summary><see cref="WireMessage.Block"/>, not yet checked against the torrent.</summary>
    Request,

    /// <summary>A run of bytes of a block: <see cref="WireMessage.Block"/>, <see cref="WireMessage.BlockOffset"/>, <see cref="WireMessage.Payload"/>.</summary>
    PieceFragment,

    /// <summary>A piece message without bytes: <see cref="WireMessage.Piece"/> and <see cref="WireMessage.Begin"/>. BitComet's way to reject.</summary>
    EmptyPiece,

    /// <summary><see cref="WireMessage.Block"/>.</summary>
    Cancel,

    /// <summary><see cref="WireMessage.Port"/>.</summary>
    Port,

    /// <summary><see cref="WireMessage.Piece"/>.</summary>
    SuggestPiece,

    /// <summary>See <see cref="MessageId.HaveAll"/>.</summary>
    HaveAll,

    /// <summary>See <see cref="MessageId.HaveNone"/>.</summary>
    HaveNone,

    /// <summary><see cref="WireMessage.Block"/>.</summary>
    RejectRequest,

    /// <summary><see cref="WireMessage.Piece"/>.</summary>
    AllowedFast,

    /// <summary><see cref="WireMessage.ExtendedId"/> and, after it, <see cref="WireMessage.Payload"/>.</summary>
    Extended,

    /// <summary>An id that this decoder does not know, <see cref="WireMessage.UnknownId"/>; its payload is skipped, never kept.</summary>
    Unknown,
}

/// <summary>
/// One message, or one run of bytes of a block, as a view: <see cref="Payload"/> lies in the slab that was fed or in the decoder's carry
/// buffer, and is valid until the next call of <see cref="WireDecoder.TryRead"/>. Numbers are as they came, so a piece, a begin or a length
/// may be negative where the kind's text says "not yet checked".
/// </summary>
public readonly ref struct WireMessage
{
    private readonly int _a;
    private readonly int _b;
    private readonly int _c;
    private readonly int _d;
    private readonly int _e;

    internal WireMessage(WireMessageKind kind, int a = 0, int b = 0, int c = 0)
    {
        Kind = kind;
        _a = a;
        _b = b;
        _c = c;
    }

    internal WireMessage(WireMessageKind kind, int a, ReadOnlySpan<byte> payload)
    {
        Kind = kind;
        _a = a;
        Payload = payload;
    }

    internal WireMessage(BlockRequest block, int blockOffset, int feedOffset, ReadOnlySpan<byte> payload)
    {
        Kind = WireMessageKind.PieceFragment;
        _a = block.Piece.Value;
        _b = block.Begin;
        _c = block.Length;
        _d = blockOffset;
        _e = feedOffset;
        Payload = payload;
    }

    /// <summary>Which of the properties below mean something.</summary>
    public WireMessageKind Kind { get; }

    /// <summary>The piece of have, suggest, allowed-fast and of everything with a block.</summary>
    public PieceIndex Piece => new(_a);

    /// <summary>Bytes from the start of the piece.</summary>
    public int Begin => _b;

    /// <summary>
    /// The range of request, cancel, reject and piece. Of a fragment it is the whole block, inside the torrent if the geometry is known.
    /// </summary>
    public BlockRequest Block => new(new PieceIndex(_a), _b, _c);

    /// <summary>Of a fragment: where its bytes lie in the block.</summary>
    public int BlockOffset => _d;

    /// <summary>Of a fragment: where its bytes lie in the fed span, so that the owner of the slab can slice it.</summary>
    public int FeedOffset => _e;

    /// <summary>Of a fragment: whether it is the first of its block.</summary>
    public bool IsFirst => _d == 0;

    /// <summary>Of a fragment: whether the block ends with it.</summary>
    public bool IsLast => _d + Payload.Length == _c;

    /// <summary>The DHT port, 0 to 65535.</summary>
    public int Port => _a;

    /// <summary>The extended id, 0 for the extension handshake (BEP 10).</summary>
    public byte ExtendedId => (byte)_a;

    /// <summary>The id that was not known.</summary>
    public byte UnknownId => (byte)_a;

    /// <summary>The bytes of bitfield, extended (after its id) and of a fragment; else empty.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>How many bytes of a block this fragment brings.</summary>
    public int Count => Payload.Length;
}
