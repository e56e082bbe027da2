using Swarm.Protocol.Primitives;
using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Picking;

/// <summary>How a peer is given work.</summary>
public enum PeerSpeed
{
    /// <summary>Shares its pieces with others: alone it would keep a piece unfinished for too long.</summary>
    Slow,

    /// <summary>Gets whole pieces, so that their blocks arrive in order and one sender answers for each.</summary>
    Fast,
}

/// <summary>What the caller knows of a peer at the moment of a pick; the default is an unchoked slow peer without hints.</summary>
public readonly ref struct PickHints
{
    /// <summary>How the peer is given work; see <see cref="PiecePicker.SpeedOf"/>.</summary>
    public PeerSpeed Speed { get; init; }

    /// <summary>The peer chokes us: only <see cref="AllowedFast"/> pieces may be asked for (BEP 6, "Allowed Fast").</summary>
    public bool Choked { get; init; }

    /// <summary>Pieces the peer allows while it chokes us.</summary>
    public ReadOnlySpan<PieceIndex> AllowedFast { get; init; }

    /// <summary>Pieces the peer suggests, taken before rarer ones (BEP 6, "Suggest Piece").</summary>
    public ReadOnlySpan<PieceIndex> Suggested { get; init; }
}

/// <summary>What became of a block that a peer sent.</summary>
public enum BlockOutcome
{
    /// <summary>New data: write it, then report <see cref="PiecePicker.BlockWritten"/> or <see cref="PiecePicker.BlockFailed"/>.</summary>
    Accepted,

    /// <summary>It was asked for, but is no longer needed: waste, and nobody's fault.</summary>
    Duplicate,

    /// <summary>It was never asked of this peer (or so long ago that it is forgotten): a violation if it repeats.</summary>
    Unrequested,

    /// <summary>It is no block of this torrent.</summary>
    Invalid,
}

/// <summary>Why a request is outstanding no longer.</summary>
public enum ReleaseReason
{
    /// <summary>The peer refused it (BEP 6, "Reject Request"): the piece is not asked of it again until <see cref="PiecePicker.PeerMayBeAsked"/>.</summary>
    Rejected,

    /// <summary>The peer choked us, which drops what it was asked (BEP 3, without the fast extension).</summary>
    Choked,

    /// <summary>It took too long, or was cancelled: the block may still arrive and is then welcome.</summary>
    TimedOut,
}

/// <summary>A request that is outstanding at a peer: what a cancel needs.</summary>
public readonly record struct PeerRequest(PeerKey Peer, BlockRequest Request);

/// <summary>Who sent a block of a piece.</summary>
public readonly record struct BlockSender(BlockIndex Block, PeerKey Sender);

/// <summary>A peer has something that we want, or no longer has: send interested or not interested (BEP 3).</summary>
public readonly record struct InterestChange(PeerKey Peer, bool Interested);
