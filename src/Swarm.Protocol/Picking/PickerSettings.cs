using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Picking;

/// <summary>The limits of a <see cref="PiecePicker"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record PickerSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static PickerSettings Default { get; } = new();

    /// <summary>Pieces begun at a time, 1 to 65,536. At the limit peers help with begun pieces instead of beginning others.</summary>
    public int MaxBegunPieces { get; init => field = Setting.InRange(value, 1, 65_536); } = 4_096;

    /// <summary>Blocks of all begun pieces together, 1 to 4,194,304: bounds the memory of block states. One piece may always be begun.</summary>
    public int MaxBegunBlocks { get; init => field = Setting.InRange(value, 1, 4_194_304); } = 131_072;

    /// <summary>Block tables of finished pieces kept for the next ones, 0 to 65,536.</summary>
    public int MaxPooledPieces { get; init => field = Setting.InRange(value, 0, 65_536); } = 64;

    /// <summary>Entries of the rarest-first order looked at for one new piece, 1 to 1,048,576; see <see cref="CandidateScanLimit"/> for what follows.</summary>
    public int RankScanLimit { get; init => field = Setting.InRange(value, 1, 1_048_576); } = 256;

    /// <summary>Pieces compared, 1 to 1,048,576, when the first <see cref="RankScanLimit"/> of the order held nothing that the peer has: the rarest of these is taken.</summary>
    public int CandidateScanLimit { get; init => field = Setting.InRange(value, 1, 1_048_576); } = 128;

    /// <summary>Shared begun pieces compared by priority when one is chosen, 1 to 65,536; beyond it the oldest that the peer has is taken as it comes.</summary>
    public int BegunScanLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 256;

    /// <summary>Outstanding requests looked at in one pass of the endgame, 1 to 65,536.</summary>
    public int EndgameScanLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 1_024;

    /// <summary>Peers that one block may be asked of at a time in the endgame, 1 (no endgame) to 16.</summary>
    public int MaxRequestsPerBlock { get; init => field = Setting.InRange(value, 1, 16); } = 3;

    /// <summary>A peer with this many requests outstanding is given no duplicates in the endgame, 1 to 4,096.</summary>
    public int MaxEndgameRequestsPerPeer { get; init => field = Setting.InRange(value, 1, 4_096); } = 32;

    /// <summary>Until this many pieces are verified, new ones are chosen at random instead of rarest first, so that there is soon something to share; 0 to 1,024.</summary>
    public int RandomFirstPieces { get; init => field = Setting.InRange(value, 0, 1_024); } = 2;

    /// <summary>In sequential mode, pieces from the first missing one of the highest priority that are fetched in order, 1 to 65,536; what lies beyond is fetched rarest first, by peers that can begin nothing inside.</summary>
    public int SequentialWindow { get; init => field = Setting.InRange(value, 1, 65_536); } = 128;

    /// <summary>Requests of one peer that were released and may yet be answered, remembered to tell a late block from one never asked for; 0 to 65,536.</summary>
    public int LateRequestsPerPeer { get; init => field = Setting.InRange(value, 0, 65_536); } = 512;

    /// <summary>Pieces of one peer that it rejected and is not asked for again until it unchokes anew, 0 to 1,024.</summary>
    public int RejectedPiecesPerPeer { get; init => field = Setting.InRange(value, 0, 1_024); } = 16;

    /// <summary>Suggested or allowed-fast pieces looked at in one pick, 0 to 4,096.</summary>
    public int HintScanLimit { get; init => field = Setting.InRange(value, 0, 4_096); } = 64;

    /// <summary>A peer that can send a whole piece in this time is <see cref="PeerSpeed.Fast"/>; 1 s to 10 min.</summary>
    public TimeSpan WholePieceTime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(20);
}
