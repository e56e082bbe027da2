using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// The state of one connection after its handshake, both ways (BEP 3, 6, 10, 21, 54): who chokes whom, who has what, what was asked for, what
/// is legal now. Owned by one <c>peer</c> actor, which feeds it every message of <see cref="WireDecoder"/>, calls it for everything we do,
/// and sends what it wrote into the <see cref="WireWriter"/>. Whatever depends on the state is written by the state, so that the two cannot
/// disagree; the actor itself writes only blocks, the port and extended messages other than donthave.
/// <para>
/// Requests of ours that come back unanswered collect in <see cref="Released"/> until the actor has passed them on and calls
/// <see cref="ClearReleased"/>. What to ask for is not decided here (piece picker), nor how much (<see cref="RequestPipeline"/>).
/// </para>
/// Always holds: with the fast extension every request of the peer's gets exactly one answer, a block or a reject; an upload waits only if the
/// peer may have it: unchoked, or allowed fast. Ticks are those of <see cref="TimeSpan"/>, from any monotonic clock, passed in.
/// What can fail: only the peer, and then the outcome is <see cref="WireOutcomeKind.Close"/>; the actor stops, and calls <see cref="Close"/>
/// for what must go to others.
/// </summary>
public sealed class PeerWireState
{
    private readonly WireSettings _settings;
    private readonly List<BlockRequest> _released = [];
    private readonly ConnectionTimes _times;
    private readonly IncomingRequests _incoming;
    private BlockArrival _arrival;
    private long _arrivalSentTicks;

    /// <summary>
    /// A connection whose handshakes are done. <paramref name="ours"/> and <paramref name="theirs"/> are the reserved bits of both;
    /// <paramref name="geometry"/> is null until the metadata is known.
    /// </summary>
    public PeerWireState(WireSettings settings, ReservedBits ours, ReservedBits theirs, PieceGeometry? geometry, long nowTicks)
    {
        _settings = settings;
        Negotiated = ours & theirs;
        Pieces = new PeerPieces(settings, geometry);
        Requests = new OutstandingRequests(settings, Fast);
        Flood = new FloodGuard(settings, nowTicks);
        _times = new ConnectionTimes(settings, nowTicks);
        _incoming = new IncomingRequests(settings, Flood, Fast, geometry);
    }

    /// <summary>The reserved bits that both sides set.</summary>
    public ReservedBits Negotiated { get; }

    /// <summary>Whether the fast extension is in force (BEP 6).</summary>
    public bool Fast => Negotiated.HasFlag(ReservedBits.Fast);

    /// <summary>Whether we choke the peer. True at the start.</summary>
    public bool AmChoking => _incoming.AmChoking;

    /// <summary>Whether we told the peer that we want its pieces. False at the start.</summary>
    public bool AmInterested { get; private set; }

    /// <summary>Whether the peer chokes us. True at the start.</summary>
    public bool PeerChoking { get; private set; } = true;

    /// <summary>Whether the peer wants our pieces. False at the start. Some clients ask without ever saying so, and are answered.</summary>
    public bool PeerInterested { get; private set; }

    /// <summary>What the peer has.</summary>
    public PeerPieces Pieces { get; }

    /// <summary>What the peer says about itself in extension handshakes.</summary>
    public PeerExtensions Extensions { get; } = new();

    /// <summary>Our requests that it has not answered.</summary>
    public OutstandingRequests Requests { get; }

    /// <summary>Its requests that wait for us.</summary>
    public UploadQueue Uploads => _incoming.Queue;

    /// <summary>What it does wrong.</summary>
    public FloodGuard Flood { get; }

    /// <summary>Requests of ours that are free for other peers, in order; to be passed on, then cleared.</summary>
    public ReadOnlySpan<BlockRequest> Released => CollectionsMarshal.AsSpan(_released);

    /// <summary>When <see cref="Tick"/> is to be called next at the latest, in ticks.</summary>
    public long NextDeadline => _times.NextDeadline(Requests);

    /// <summary>Forgets <see cref="Released"/>.</summary>
    public void ClearReleased() => _released.Clear();

    /// <summary>Takes one message. Answers that cannot wait (rejects) are written to <paramref name="output"/>.</summary>
    public WireOutcome Receive(in WireMessage message, WireWriter output, long nowTicks)
    {
        _times.Received(nowTicks);
        if (message.Kind == WireMessageKind.PieceFragment) return Fragment(message, nowTicks);
        return message.Kind switch
        {
            WireMessageKind.Choke => Choke(nowTicks),
            WireMessageKind.Unchoke => Unchoke(nowTicks),
            WireMessageKind.Interested => Interested(true, nowTicks),
            WireMessageKind.NotInterested => Interested(false, nowTicks),
            WireMessageKind.Have => Have(message.Piece, has: true, nowTicks),
            WireMessageKind.Bitfield or WireMessageKind.HaveAll or WireMessageKind.HaveNone => AllPieces(message, nowTicks),
            WireMessageKind.Request => _incoming.Request(message.Block, output, nowTicks),
            WireMessageKind.Cancel => _incoming.Cancel(message.Block, output, nowTicks),
            WireMessageKind.RejectRequest => Fast ? Reject(message.Piece, message.Begin, nowTicks) : NotNegotiated("reject"),
            WireMessageKind.EmptyPiece => Reject(message.Piece, message.Begin, nowTicks),
            WireMessageKind.SuggestPiece => Fast ? Suggest(message.Piece, nowTicks) : NotNegotiated("suggest"),
            WireMessageKind.AllowedFast => Fast ? AllowedFast(message.Piece, nowTicks) : NotNegotiated("allowed-fast"),
            WireMessageKind.Port when message.Port != 0 => new WireOutcome(WireOutcomeKind.DhtPort) { Port = message.Port },
            WireMessageKind.Extended => Extended(message, nowTicks),
            _ => Chatter(nowTicks),
        };
    }

    /// <summary>The info dictionary is there. The peer's pieces, kept unchecked so far, are checked.</summary>
    public WireOutcome MetadataKnown(PieceGeometry geometry)
    {
        if (Pieces.Known is not null) return default;
        _incoming.MetadataKnown(geometry);
        return Pieces.MetadataKnown(geometry) is { } error ? WireOutcome.Close(error) : new WireOutcome(WireOutcomeKind.PiecesReplaced);
    }

    /// <summary>
    /// The first thing we say about our pieces, once and before anything else but the extension handshake: have-all, have-none or bitfield
    /// (BEP 6), or without the fast extension a bitfield or nothing. Null if we do not know the torrent yet.
    /// </summary>
    public void AnnouncePieces(Bitfield? pieces, WireWriter output) => _incoming.AnnouncePieces(pieces, output);

    /// <summary>We have a piece now, so that it need not be allowed fast. False, and nothing written, if the peer was told.</summary>
    public bool AnnounceHave(PieceIndex piece, WireWriter output)
    {
        Pieces.RemoveAllowedFast(piece);
        return _incoming.AnnounceHave(piece, output);
    }

    /// <summary>
    /// We have a piece no more (BEP 54): the peer is told if it takes lt_donthave, requests that wait are rejected, later ones refused.
    /// </summary>
    public void AnnounceDontHave(PieceIndex piece, WireWriter output)
    {
        if (!_incoming.Withdraw(piece, output)) return;
        if (Extensions.IdOf(ExtensionId.DontHave) is var id and not 0) output.DontHave(id, piece);
    }

    /// <summary>Lets the peer fetch these pieces while choked (BEP 6), at most <see cref="WireSettings.AllowedFastCount"/>. Nothing without the fast extension.</summary>
    public void GrantAllowedFast(ReadOnlySpan<PieceIndex> pieces, WireWriter output) => _incoming.GrantAllowedFast(pieces, output);

    /// <summary>
    /// Chokes the peer. With the fast extension what waits is rejected after the choke, so that it is not asked again, except what is allowed
    /// fast; without, it is dropped.
    /// </summary>
    public void ChokePeer(WireWriter output) => _incoming.Choke(output);

    /// <summary>Unchokes the peer.</summary>
    public void UnchokePeer(WireWriter output) => _incoming.Unchoke(output);

    /// <summary>Tells the peer whether we want its pieces, if that changed.</summary>
    public void SetInterested(bool interested, WireWriter output)
    {
        if (AmInterested == interested) return;
        AmInterested = interested;
        if (interested) output.Interested();
        else output.NotInterested();
    }

    /// <summary>A request taken from <see cref="Uploads"/> could not be answered with its block (disk error, piece gone).</summary>
    public void RefuseTaken(BlockRequest block, WireWriter output)
    {
        if (Fast) output.RejectRequest(block);
    }

    /// <summary>Whether this piece may be asked for now: unchoked, or allowed fast.</summary>
    public bool MayRequest(PieceIndex piece) => Pieces.Has(piece) && (!PeerChoking || Pieces.IsAllowedFast(piece));

    /// <summary>
    /// Sends requests. What may not be asked for (choked meanwhile, not there, asked for already, table full) comes back in
    /// <see cref="Released"/>. Returns how many were sent.
    /// </summary>
    public int SendRequests(ReadOnlySpan<BlockRequest> blocks, WireWriter output, long nowTicks)
    {
        var sent = 0;
        foreach (var block in blocks)
        {
            if (MayRequest(block.Piece) && Requests.TryAdd(block, nowTicks))
            {
                output.Request(block);
                sent++;
            }
            else if (!Requests.Contains(block.Piece, block.Begin))
            {
                _released.Add(block);
            }
        }

        return sent;
    }

    /// <summary>Takes a request of ours back, because the block came from elsewhere (BEP 3, "endgame"). False if it was not waited for.</summary>
    public bool SendCancel(BlockRequest block, WireWriter output, long nowTicks)
    {
        if (!Requests.Cancel(block.Piece, block.Begin, nowTicks)) return false;
        output.Cancel(block);
        return true;
    }

    /// <summary>Something was handed to the link: the next keep-alive is due so much later.</summary>
    public void Sent(long nowTicks) => _times.Sent(nowTicks);

    /// <summary>Keep-alives, the idle verdict, and requests that are not answered in time.</summary>
    public WireOutcome Tick(WireWriter output, long nowTicks)
    {
        if (_times.IdleError(nowTicks) is { } error) return WireOutcome.Close(error);
        if (_times.KeepAliveIsDue(nowTicks))
        {
            output.KeepAlive();
            _times.Sent(nowTicks);
        }

        if (_times.BlocksAreOverdue(Requests, nowTicks))
        {
            Requests.ReleaseAll(nowTicks, _released);
            return new WireOutcome(WireOutcomeKind.Snubbed);
        }

        var before = _released.Count;
        Requests.ReleaseOlder(nowTicks - _settings.MaxRequestAge.Ticks, nowTicks, _released);
        return new WireOutcome(_released.Count > before ? WireOutcomeKind.RequestsTimedOut : WireOutcomeKind.None);
    }

    /// <summary>The connection is gone: all our requests are in <see cref="Released"/>.</summary>
    public void Close() => Requests.Close(_released);

    private WireOutcome Fragment(in WireMessage message, long nowTicks)
    {
        if (message.IsFirst)
        {
            _arrival = Requests.BeginArrival(message.Block, out _arrivalSentTicks);
            if (_arrival == BlockArrival.Unasked && UnaskedError(nowTicks) is { } error) return WireOutcome.Close(error);
        }

        if (_arrival == BlockArrival.Expected) _times.BlockReceived(nowTicks);
        if (message.IsLast) Requests.EndArrival();
        return new WireOutcome(WireOutcomeKind.BlockFragment)
        {
            Block = message.Block,
            Piece = message.Piece,
            Arrival = _arrival,
            SentTicks = message.IsLast ? _arrivalSentTicks : 0,
        };
    }

    /// <summary>BEP 6 demands to close at once; but where stale requests had to be forgotten, we cannot be sure that it was never asked for.</summary>
    private WireError? UnaskedError(long nowTicks)
    {
        var flood = Flood.Note(Misbehaviour.UnaskedBlock, nowTicks);
        return Fast && Requests.Forgotten == 0 ? new WireError(WireErrorKind.UnaskedBlock, "a block came that was never asked for") : flood;
    }

    private WireOutcome Choke(long nowTicks)
    {
        if (PeerChoking) return Chatter(nowTicks);
        PeerChoking = true;
        // With the fast extension requests live on until each is answered (BEP 6).
        if (!Fast) Requests.ReleaseAll(nowTicks, _released);
        return new WireOutcome(WireOutcomeKind.Choked);
    }

    private WireOutcome Unchoke(long nowTicks)
    {
        if (!PeerChoking) return Chatter(nowTicks);
        PeerChoking = false;
        return new WireOutcome(WireOutcomeKind.Unchoked);
    }

    private WireOutcome Interested(bool interested, long nowTicks)
    {
        if (PeerInterested == interested) return Chatter(nowTicks);
        PeerInterested = interested;
        return new WireOutcome(interested ? WireOutcomeKind.BecameInterested : WireOutcomeKind.BecameUninterested);
    }

    private WireOutcome Have(PieceIndex piece, bool has, long nowTicks)
    {
        if (Pieces.Set(piece, has, out var changed) is { } error) return WireOutcome.Close(error);
        if (!changed) return Chatter(nowTicks);
        if (Pieces.Known is null) return default;
        if (!has && !Fast) Requests.ReleasePiece(piece, nowTicks, _released);
        return new WireOutcome(has ? WireOutcomeKind.PieceGained : WireOutcomeKind.PieceLost) { Piece = piece };
    }

    /// <summary>
    /// BEP 3 and 6 want this as the first message. But a peer that learns the metadata late (magnet link) says it late, as libtorrent does, and
    /// aria2 sends its bitfield again instead of many haves. So it may come at any time, and replaces what was said before.
    /// </summary>
    private WireOutcome AllPieces(in WireMessage message, long nowTicks)
    {
        if (message.Kind != WireMessageKind.Bitfield && !Fast) return NotNegotiated("have-all or have-none");
        var wasEmpty = Pieces.Known?.IsEmpty != false;
        if (message.Kind != WireMessageKind.Bitfield) Pieces.SetAll(message.Kind == WireMessageKind.HaveAll);
        else if (Pieces.SetBitfield(message.Payload) is { } error) return WireOutcome.Close(error);
        if (wasEmpty && Pieces.Known?.IsEmpty != false) return Chatter(nowTicks);
        return new WireOutcome(WireOutcomeKind.PiecesReplaced);
    }

    private WireOutcome Reject(PieceIndex piece, int begin, long nowTicks)
    {
        switch (Requests.Reject(piece, begin, out var block))
        {
            case RejectMatch.Outstanding:
                // Otherwise the picker would ask for the same piece again and again while we are choked.
                if (PeerChoking) Pieces.RemoveAllowedFast(piece);
                _released.Add(block);
                return new WireOutcome(WireOutcomeKind.RequestRejected) { Block = block, Piece = piece };
            case RejectMatch.Stale:
                return default;
            default:
                return Tolerate(Misbehaviour.Unmatched, nowTicks);
        }
    }

    private WireOutcome Suggest(PieceIndex piece, long nowTicks) =>
        Pieces.Known is { } known && (uint)piece.Value < (uint)known.Length
            ? new WireOutcome(WireOutcomeKind.Suggested) { Piece = piece }
            : Chatter(nowTicks);

    private WireOutcome AllowedFast(PieceIndex piece, long nowTicks) =>
        Pieces.AddAllowedFast(piece) ? new WireOutcome(WireOutcomeKind.AllowedFastGained) { Piece = piece } : Chatter(nowTicks);

    private WireOutcome Extended(in WireMessage message, long nowTicks)
    {
        if (!Negotiated.HasFlag(ReservedBits.Extension)) return Chatter(nowTicks);
        switch ((ExtensionId)message.ExtendedId)
        {
            case ExtensionId.Handshake:
                if (ExtensionHandshake.Parse(message.Payload, _settings) is not { } handshake) return Chatter(nowTicks);
                Extensions.Apply(handshake);
                return new WireOutcome(WireOutcomeKind.ExtensionsChanged);
            case ExtensionId.Metadata:
                return new WireOutcome(WireOutcomeKind.Metadata);
            case ExtensionId.PeerExchange:
                return new WireOutcome(WireOutcomeKind.PeerExchange);
            case ExtensionId.DontHave when message.Payload.Length == 4:
                return Have(new PieceIndex(BinaryPrimitives.ReadInt32BigEndian(message.Payload)), has: false, nowTicks);
            case ExtensionId.UploadOnly when message.Payload.Length == 1:
                var uploadOnly = message.Payload[0] != 0;
                if (Extensions.UploadOnly == uploadOnly) return Chatter(nowTicks);
                Extensions.UploadOnly = uploadOnly;
                return new WireOutcome(WireOutcomeKind.UploadOnlyChanged);
            default:
                return Chatter(nowTicks);
        }
    }

    private WireOutcome Chatter(long nowTicks) => Tolerate(Misbehaviour.IdleChatter, nowTicks);

    private WireOutcome Tolerate(Misbehaviour kind, long nowTicks) => Flood.Note(kind, nowTicks) is { } error ? WireOutcome.Close(error) : default;

    private static WireOutcome NotNegotiated(string what) =>
        WireOutcome.Close(new WireError(WireErrorKind.Illegal, $"{what} came, but the fast extension was not negotiated"));
}
