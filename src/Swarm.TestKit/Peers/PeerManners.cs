using System.Collections.Immutable;
using Swarm.Protocol.Wire;

namespace Swarm.TestKit.Peers;

/// <summary>
/// How a <see cref="FakePeer"/> behaves. Everything is off by default, which makes a silent stranger; the named ones are starting points, to be changed with <c>with</c> and mixed at will:
/// <c>PeerManners.Seed with { CorruptsOneIn = 3, BytesPerSecond = 20_000 }</c>.
/// </summary>
public sealed record PeerManners
{
    /// <summary>Shakes hands, has nothing, wants nothing, says nothing more.</summary>
    public static PeerManners Stranger { get; } = new() { Name = "stranger" };

    /// <summary>Has everything, unchokes everybody, answers every request.</summary>
    public static PeerManners Seed { get; } = new() { Name = "seed", HasEverything = true, Unchokes = true };

    /// <summary>Has nothing and fetches everything, checking each byte, telling what it has and giving it on.</summary>
    public static PeerManners Leecher { get; } = new() { Name = "leecher", Downloads = true, Unchokes = true };

    /// <summary>A seed that sends every block wrong.</summary>
    public static PeerManners Corrupting { get; } = Seed with { Name = "corrupting", CorruptsOneIn = 1 };

    /// <summary>Says that it has everything, and never sends a block.</summary>
    public static PeerManners NeverAnswering { get; } = Seed with { Name = "never answering", Answers = false };

    /// <summary>Says that it has everything, and rejects each request.</summary>
    public static PeerManners Liar { get; } = Seed with { Name = "liar", Answers = false, Rejects = true };

    /// <summary>A seed that sends a hundred bytes a second.</summary>
    public static PeerManners Dripping { get; } = Seed with { Name = "dripping", BytesPerSecond = 100 };

    /// <summary>Asks for blocks as fast as it can and takes no notice of anything.</summary>
    public static PeerManners Flooding { get; } = new() { Name = "flooding", FloodsRequestsPerSecond = 2_000 };

    /// <summary>Sends a message of an impossible length once it has shaken hands.</summary>
    public static PeerManners BadLengths { get; } = new() { Name = "bad lengths", SendsBadLengths = true };

    /// <summary>Answers the handshake with noise.</summary>
    public static PeerManners Garbage { get; } = new() { Name = "garbage", SendsGarbage = true };

    /// <summary>A seed whose connections end without a reason, after 2 s on average.</summary>
    public static PeerManners Fickle { get; } = Seed with { Name = "fickle", ClosesAfter = TimeSpan.FromSeconds(2) };

    /// <summary>A seed that also sends blocks that nobody asked for, and wrong ones.</summary>
    public static PeerManners Pushing { get; } = new() { Name = "pushing", HasEverything = true, PushesBlocksPerSecond = 50 };

    /// <summary>Sends a bitfield far longer than the torrent's.</summary>
    public static PeerManners HugeBitfield { get; } = new() { Name = "huge bitfield", BitfieldBytes = 1 << 20 };

    /// <summary>Takes connections, reads, and says nothing at all, not even the handshake.</summary>
    public static PeerManners Mute { get; } = new() { Name = "mute", ShakesHands = false };

    /// <summary>A seed that chokes and unchokes ten times a second.</summary>
    public static PeerManners Flapping { get; } = Seed with { Name = "flapping", FlapInterval = TimeSpan.FromMilliseconds(100) };

    /// <summary>What they are called, in reports.</summary>
    public string Name { get; init; } = "unnamed";

    /// <summary>What the handshake offers.</summary>
    public ReservedBits Bits { get; init; } = ReservedBits.Fast | ReservedBits.Extension;

    /// <summary>Whether the handshake is sent.</summary>
    public bool ShakesHands { get; init; } = true;

    /// <summary>Whether it has, and says that it has, everything.</summary>
    public bool HasEverything { get; init; }

    /// <summary>The pieces that it has, if not all; no wrong claim, see <see cref="Answers"/> for that.</summary>
    public ImmutableArray<PieceIndex> Has { get; init; } = [];

    /// <summary>Whether it unchokes who connects.</summary>
    public bool Unchokes { get; init; }

    /// <summary>Whether requests for what it has are answered with blocks.</summary>
    public bool Answers { get; init; } = true;

    /// <summary>Whether requests that are not answered are rejected (BEP 6).</summary>
    public bool Rejects { get; init; }

    /// <summary>How long it takes before a block goes out, up to 10 min.</summary>
    public TimeSpan AnswerDelay { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromMilliseconds(5);

    /// <summary>The pace of its blocks on one connection, in portions of a tenth of a second; 0 is as fast as the link.</summary>
    public int BytesPerSecond { get; init => field = Setting.InRange(value, 0, 1 << 30); }

    /// <summary>One in so many blocks is sent wrong, at random; 0 none, 1 all.</summary>
    public int CorruptsOneIn { get; init => field = Setting.InRange(value, 0, 1_000_000); }

    /// <summary>Pieces whose every block is sent wrong.</summary>
    public ImmutableArray<PieceIndex> CorruptsPieces { get; init; } = [];

    /// <summary>Whether it fetches what it has not.</summary>
    public bool Downloads { get; init; }

    /// <summary>Requests it keeps under way on a connection, 1 to 1,000.</summary>
    public int RequestsUnderWay { get; init => field = Setting.InRange(value, 1, 1_000); } = 16;

    /// <summary>Requests at random sent each second, asked or not.</summary>
    public int FloodsRequestsPerSecond { get; init => field = Setting.InRange(value, 0, 1_000_000); }

    /// <summary>Blocks of noise sent each second that nobody asked for.</summary>
    public int PushesBlocksPerSecond { get; init => field = Setting.InRange(value, 0, 10_000); }

    /// <summary>Whether a message of an impossible length follows the handshake.</summary>
    public bool SendsBadLengths { get; init; }

    /// <summary>Whether noise comes in place of the handshake.</summary>
    public bool SendsGarbage { get; init; }

    /// <summary>Bytes of the bitfield that is sent, whatever the torrent has; 0: the right ones.</summary>
    public int BitfieldBytes { get; init => field = Setting.InRange(value, 0, 1 << 24); }

    /// <summary>The mean life of a connection, exponential; zero is for ever.</summary>
    public TimeSpan ClosesAfter { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1)); }

    /// <summary>How often it changes between choking and not; zero is never.</summary>
    public TimeSpan FlapInterval { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1)); }

    /// <summary>Whether it asks for the torrent's metadata (BEP 9) and counts what it is given.</summary>
    public bool AsksMetadata { get; init; }

    /// <summary>The port of the DHT node that it says it has at its address, asked or not (BEP 5, "port"); 0: it says nothing of one.</summary>
    public int DhtPort { get; init => field = Setting.InRange(value, 0, ushort.MaxValue); }

    /// <summary>Whether it gives what it says it has, as it is, and in time: such a one may stay when a world heals.</summary>
    public bool IsHonest => ShakesHands && Answers && !SendsGarbage && !SendsBadLengths && BitfieldBytes == 0 && CorruptsOneIn == 0 && CorruptsPieces.IsEmpty && FloodsRequestsPerSecond == 0
        && PushesBlocksPerSecond == 0 && ClosesAfter == TimeSpan.Zero && FlapInterval == TimeSpan.Zero && BytesPerSecond == 0;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
