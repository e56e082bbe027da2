using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>How much of a tracker's reply is believed. Trackers are foreign: each number here bounds what one of them can make us hold.</summary>
public sealed record TrackerReplyLimits
{
    /// <summary>The values for production.</summary>
    public static TrackerReplyLimits Default { get; } = new();

    /// <summary>Bytes of an HTTP reply's body after decompression; a longer one is a failure. 1 KiB to 64 MiB.</summary>
    public int MaxReplyBytes { get; init => field = Setting.InRange(value, 1024, 64 << 20); } = 1 << 20;

    /// <summary>Peers kept of one reply; later ones are counted as skipped. 1 to 100,000.</summary>
    public int MaxPeers { get; init => field = Setting.InRange(value, 1, 100_000); } = 2000;

    /// <summary>Characters kept of a failure reason or warning. 16 to 65,536.</summary>
    public int MaxTextLength { get; init => field = Setting.InRange(value, 16, 65_536); } = 512;

    /// <summary>Bytes of a tracker id; a longer one is ignored, a part of it would be wrong. 1 to 4096.</summary>
    public int MaxTrackerIdBytes { get; init => field = Setting.InRange(value, 1, 4096); } = 256;

    /// <summary>Torrents read from one scrape reply; later ones are ignored. 1 to 100,000.</summary>
    public int MaxScrapeEntries { get; init => field = Setting.InRange(value, 1, 100_000); } = 1000;

    /// <summary>What the bencode reader may meet: a peer in the long form is nine values, a scraped torrent at most as many.</summary>
    internal BencodeLimits Bencode => new() { MaxBytes = MaxReplyBytes, MaxDepth = 16, MaxTokens = 1000 + (9 * Math.Max(MaxPeers, MaxScrapeEntries) * 2) };
}
