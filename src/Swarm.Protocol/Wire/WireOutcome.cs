using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>What a message meant, for the actor around <see cref="PeerWireState"/>.</summary>
public enum WireOutcomeKind
{
    /// <summary>Nothing that anyone has to do.</summary>
    None,

    /// <summary>Close the connection: <see cref="WireOutcome.Error"/>.</summary>
    Close,

    /// <summary>The peer chokes us. Without the fast extension our requests are in <see cref="PeerWireState.Released"/> now.</summary>
    Choked,

    /// <summary>The peer lets us ask.</summary>
    Unchoked,

    /// <summary>The peer wants pieces from us.</summary>
    BecameInterested,

    /// <summary>The peer wants no pieces any more.</summary>
    BecameUninterested,

    /// <summary>The peer has <see cref="WireOutcome.Piece"/> now.</summary>
    PieceGained,

    /// <summary>The peer has <see cref="WireOutcome.Piece"/> no more (BEP 54). Requests for it may be in <see cref="PeerWireState.Released"/>.</summary>
    PieceLost,

    /// <summary>The peer told all it has in one word, and it is more than nothing: <see cref="PeerWireState.Pieces"/>, empty before.</summary>
    PiecesReplaced,

    /// <summary>A request waits in <see cref="PeerWireState.Uploads"/>.</summary>
    RequestQueued,

    /// <summary>A request was refused: a reject was written if the fast extension is in force, else nothing is said.</summary>
    RequestRefused,

    /// <summary>A request that waited was taken back by the peer.</summary>
    RequestCancelled,

    /// <summary>Bytes of <see cref="WireOutcome.Block"/>: <see cref="WireOutcome.Arrival"/> says whether they are wanted.</summary>
    BlockFragment,

    /// <summary>The peer rejected our request for <see cref="WireOutcome.Block"/>; it is in <see cref="PeerWireState.Released"/>.</summary>
    RequestRejected,

    /// <summary>The peer suggests <see cref="WireOutcome.Piece"/> (BEP 6).</summary>
    Suggested,

    /// <summary>The peer gives us <see cref="WireOutcome.Piece"/> even while it chokes us (BEP 6).</summary>
    AllowedFastGained,

    /// <summary>The peer's DHT node listens on <see cref="WireOutcome.Port"/>, 1 to 65535 (BEP 5).</summary>
    DhtPort,

    /// <summary>An extension handshake was taken over into <see cref="PeerWireState.Extensions"/>.</summary>
    ExtensionsChanged,

    /// <summary>The peer's wish for pieces at all changed: <see cref="PeerExtensions.UploadOnly"/>.</summary>
    UploadOnlyChanged,

    /// <summary>The message's payload is one of ut_metadata (BEP 9).</summary>
    Metadata,

    /// <summary>The message's payload is one of ut_pex (BEP 11).</summary>
    PeerExchange,

    /// <summary>Only from <see cref="PeerWireState.Tick"/>: some requests were not answered in time; they are in <see cref="PeerWireState.Released"/>.</summary>
    RequestsTimedOut,

    /// <summary>Only from <see cref="PeerWireState.Tick"/>: the peer owes blocks and brings none; all requests are in <see cref="PeerWireState.Released"/>.</summary>
    Snubbed,
}

/// <summary>The one thing a message, or a tick, amounts to. A value; nothing is allocated but the error that ends a connection.</summary>
public readonly record struct WireOutcome(WireOutcomeKind Kind)
{
    /// <summary>Of <see cref="WireOutcomeKind.Close"/>: why.</summary>
    public WireError? Error { get; init; }

    /// <summary>Of what concerns a range.</summary>
    public BlockRequest Block { get; init; }

    /// <summary>Of what concerns a piece.</summary>
    public PieceIndex Piece { get; init; }

    /// <summary>Of <see cref="WireOutcomeKind.BlockFragment"/>.</summary>
    public BlockArrival Arrival { get; init; }

    /// <summary>
    /// Of the last fragment of an expected block: when it was asked for, in ticks; else 0. For <see cref="RequestPipeline.BlockArrived"/>.
    /// </summary>
    public long SentTicks { get; init; }

    /// <summary>Of <see cref="WireOutcomeKind.DhtPort"/>.</summary>
    public int Port { get; init; }

    /// <summary>The outcome that closes the connection.</summary>
    public static WireOutcome Close(WireError error) => new(WireOutcomeKind.Close) { Error = error };
}
