using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Explaining;

/// <summary>What of the node bears on each of its torrents. Rates and limits in payload bytes a second, limits 0 for none.</summary>
internal sealed record ExplanationContext
{
    /// <summary>The node's download limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>The node's upload limit.</summary>
    public long UploadLimit { get; init; }

    /// <summary>The node's share of the cluster's download limit.</summary>
    public long DownloadShare { get; init; }

    /// <summary>The node's share of the cluster's upload limit.</summary>
    public long UploadShare { get; init; }

    /// <summary>What all torrents receive.</summary>
    public long DownloadRate { get; init; }

    /// <summary>What all torrents send.</summary>
    public long UploadRate { get; init; }

    /// <summary>Nodes in the DHT's tables; null: the node has no DHT.</summary>
    public int? DhtNodes { get; init; }
}

/// <summary>All that a rule looks at.</summary>
internal sealed record Situation(TorrentDetails Torrent, ExplanationContext Node);
