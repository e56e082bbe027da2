using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// Every limit of the peer wire. Lengths in bytes, times as <see cref="TimeSpan"/>. A value outside its range throws when the record is made,
/// which is at the edge of the program, so that nothing inside has to check again.
/// </summary>
public sealed record WireSettings
{
    /// <summary>The defaults, each of them reasoned at its property.</summary>
    public static WireSettings Default { get; } = new();

    /// <summary>The largest block a piece message may bring: what we ask for ourselves, 16 KiB.</summary>
    public int MaxIncomingBlockLength { get; init => field = Setting.InRange(value, 1, 1 << 20); } = PieceGeometry.BlockSize;

    /// <summary>The largest block we answer a request with. Today's clients ask for 16 KiB; 128 KiB is kind to old ones.</summary>
    public int MaxRequestLength { get; init => field = Setting.InRange(value, PieceGeometry.BlockSize, 1 << 20); } = 128 * 1024;

    /// <summary>The largest bitfield taken before the number of pieces is known; also bounds the pieces a have may name then, eight a byte.</summary>
    public int MaxEarlyBitfieldLength { get; init => field = Setting.InRange(value, 1, 16 << 20); } = 256 * 1024;

    /// <summary>The largest extended message, without length prefix and ids. 16 KiB of metadata and its header, or a long peer exchange, fit.</summary>
    public int MaxExtendedLength { get; init => field = Setting.InRange(value, 20 * 1024, 1 << 20); } = 128 * 1024;

    /// <summary>The largest message of an unknown id that is skipped; a longer one closes the connection.</summary>
    public int MaxUnknownLength { get; init => field = Setting.InRange(value, 1, 16 << 20); } = 1 << 20;

    /// <summary>How many requests of one peer wait at most; told to it as "reqq" (BEP 10).</summary>
    public int MaxQueuedUploads { get; init => field = Setting.InRange(value, 1, 10_000); } = 500;

    /// <summary>How many bytes one peer's waiting requests may ask for in sum: what the queue above holds in blocks of 16 KiB.</summary>
    public int MaxQueuedUploadBytes { get; init => field = Setting.InRange(value, 128 * 1024, int.MaxValue); } = 500 * PieceGeometry.BlockSize;

    /// <summary>Blocks handed to a link before it has sent them, at least: enough to keep a slow line busy.</summary>
    public int MinBlocksInLink { get; init => field = Setting.InRange(value, 1, 4_096); } = 16;

    /// <summary>Blocks handed to a link before it has sent them, at most: enough to keep the kernel busy at a gigabyte a second.</summary>
    public int MaxBlocksInLink { get; init => field = Setting.InRange(value, 1, 4_096); } = 256;

    /// <summary>How much time's worth of blocks is handed to a link: what a choke does not reach any more.</summary>
    public TimeSpan UploadAhead { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)); } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many requests of ours one peer holds at most, whatever it says in "reqq".</summary>
    public int MaxOutstandingRequests { get; init => field = Setting.InRange(value, 1, 10_000); } = 500;

    /// <summary>How many are kept outstanding at least to a peer that is not snubbed: enough to hide one round trip on a slow line.</summary>
    public int MinOutstandingRequests { get; init => field = Setting.InRange(value, 1, 10_000); } = 4;

    /// <summary>What a peer's queue holds when it does not say (BEP 10 names 250).</summary>
    public int DefaultPeerQueue { get; init => field = Setting.InRange(value, 1, 10_000); } = 250;

    /// <summary>BitComet stops answering above about this many outstanding requests.</summary>
    public int BitCometPeerQueue { get; init => field = Setting.InRange(value, 1, 10_000); } = 50;

    /// <summary>How much time's worth of blocks is kept outstanding beyond the latency: rides out pauses of either side.</summary>
    public TimeSpan PipelineSlack { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)); } = TimeSpan.FromSeconds(1);

    /// <summary>How long a rate is measured before it counts.</summary>
    public TimeSpan RateWindow { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)); } = TimeSpan.FromMilliseconds(250);

    /// <summary>How many requests that were cancelled, timed out or choked away are remembered because their blocks may still come.</summary>
    public int MaxStaleRequests { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;

    /// <summary>How long a peer may bring no block at all while it owes some; then its requests go to others.</summary>
    public TimeSpan RequestTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>How long a single request may stay unanswered although other blocks come.</summary>
    public TimeSpan MaxRequestAge { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(3);

    /// <summary>How long a handshake may take from the first byte to the last.</summary>
    public TimeSpan HandshakeTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(20);

    /// <summary>After how much silence of ours a keep-alive is sent. BEP 3 says two minutes, libtorrent hangs up after two.</summary>
    public TimeSpan KeepAliveInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(60);

    /// <summary>After how much silence of the peer's the connection is closed.</summary>
    public TimeSpan IdleTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(4);

    /// <summary>How many pieces we let a choked peer fetch (BEP 6 sets k to 10). 0 sends no allowed-fast.</summary>
    public int AllowedFastCount { get; init => field = Setting.InRange(value, 0, 100); } = 10;

    /// <summary>How often a choked peer may fetch the whole of an allowed-fast piece.</summary>
    public int AllowedFastServings { get; init => field = Setting.InRange(value, 1, 100); } = 2;

    /// <summary>How many allowed-fast pieces of a peer are remembered; more are ignored.</summary>
    public int MaxPeerAllowedFast { get; init => field = Setting.InRange(value, 1, 10_000); } = 128;

    /// <summary>The span over which <see cref="FloodGuard"/> counts.</summary>
    public TimeSpan FloodWindow { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>Requests out of range, too long, or for what we never offered, a window.</summary>
    public int MaxInvalidRequests { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 50;

    /// <summary>Requests while we choke, or above the queue's bound, a window. BEP 6: it can take seconds until a peer has heard of a choke.</summary>
    public int MaxRefusedRequests { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 5_000;

    /// <summary>Blocks never asked for, a window, where BEP 6 does not demand to close at the first.</summary>
    public int MaxUnaskedBlocks { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 16;

    /// <summary>Rejects and cancels of requests that do not exist, a window. Cancels cross with blocks, so there are some.</summary>
    public int MaxUnmatched { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 5_000;

    /// <summary>Messages that say nothing new or nothing known (keep-alives, repeated states, unknown ids), a window.</summary>
    public int MaxIdleChatter { get; init => field = Setting.InRange(value, 0, 10_000_000); } = 20_000;

    /// <summary>The longest client name that is shown, in characters.</summary>
    public int MaxClientNameLength { get; init => field = Setting.InRange(value, 1, 1_000); } = 64;

    /// <summary>The largest info dictionary fetched from peers; libtorrent takes about 30 MB.</summary>
    public int MaxMetadataSize { get; init => field = Setting.InRange(value, 1, 256 << 20); } = 32 << 20;

    /// <summary>How many metadata requests one peer holds at most.</summary>
    public int MaxMetadataRequestsPerPeer { get; init => field = Setting.InRange(value, 1, 1_000); } = 4;

    /// <summary>How many peers metadata is fetched from at a time; more are left aside until one goes.</summary>
    public int MaxMetadataPeers { get; init => field = Setting.InRange(value, 1, 10_000); } = 200;

    /// <summary>How long a metadata request may stay unanswered.</summary>
    public TimeSpan MetadataRequestTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer that rejected a metadata request, or let it time out, is not asked again.</summary>
    public TimeSpan MetadataBackoff { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>How long one try at the metadata may take before another group of peers gets a turn; doubled each time that happens, six times at most.</summary>
    public TimeSpan MetadataAttemptTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>How often one peer is given the whole of our metadata before we reject (BEP 9: pieces times a factor).</summary>
    public int MetadataServings { get; init => field = Setting.InRange(value, 1, 1_000); } = 3;
}
