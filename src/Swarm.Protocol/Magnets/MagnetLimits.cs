using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Magnets;

/// <summary>What we are willing to take from a magnet link. A link that is too long is refused; entries beyond a count are left out.</summary>
public sealed record MagnetLimits
{
    /// <summary>The limits that suit a client.</summary>
    public static MagnetLimits Default { get; } = new();

    /// <summary>Characters of a link, 64 to 1,048,576. 65,536.</summary>
    public int MaxLength { get; init => field = Setting.InRange(value, 64, 1 << 20); } = 65_536;

    /// <summary>Trackers, web seeds, peers, DHT nodes and other sources, each of them, 1 to 10,000. 200.</summary>
    public int MaxSources { get; init => field = Setting.InRange(value, 1, 10_000); } = 200;

    /// <summary>Ranges of selected files, 1 to 100,000. 10,000.</summary>
    public int MaxRanges { get; init => field = Setting.InRange(value, 1, 100_000); } = 10_000;

    /// <summary>The highest index of a selected file, 0 to 10 million. 499,999: the files that a torrent may have. A range beyond it is left out.</summary>
    public int MaxFileIndex { get; init => field = Setting.InRange(value, 0, 10_000_000); } = 499_999;
}
