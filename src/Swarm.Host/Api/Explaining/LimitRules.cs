using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Explaining;

/// <summary>Limits that are reached: a rate within a tenth of its limit is held by it.</summary>
internal static class LimitRules
{
    /// <summary>The torrent's download limit.</summary>
    public static Finding? TorrentDownload(Situation now) =>
        Findings.Wants(now.Torrent) ? Reached("limit-download", "Its own download limit", now.Torrent.Options.DownloadLimit, now.Torrent.Row.DownloadRate) : null;

    /// <summary>The node's download limit.</summary>
    public static Finding? NodeDownload(Situation now) =>
        Findings.Wants(now.Torrent) ? Reached("limit-node-download", "The node's download limit", now.Node.DownloadLimit, now.Node.DownloadRate) : null;

    /// <summary>The node's share of the cluster's download limit.</summary>
    public static Finding? ClusterDownload(Situation now) =>
        Findings.Wants(now.Torrent) ? Reached("limit-cluster-download", "The node's share of the cluster's download limit", now.Node.DownloadShare, now.Node.DownloadRate) : null;

    /// <summary>The torrent's upload limit.</summary>
    public static Finding? TorrentUpload(Situation now) =>
        now.Torrent.Row.State == TorrentState.Seeding ? Reached("limit-upload", "Its own upload limit", now.Torrent.Options.UploadLimit, now.Torrent.Row.UploadRate) : null;

    /// <summary>The node's upload limit.</summary>
    public static Finding? NodeUpload(Situation now) =>
        now.Torrent.Row.State == TorrentState.Seeding ? Reached("limit-node-upload", "The node's upload limit", now.Node.UploadLimit, now.Node.UploadRate) : null;

    /// <summary>The node's share of the cluster's upload limit.</summary>
    public static Finding? ClusterUpload(Situation now) =>
        now.Torrent.Row.State == TorrentState.Seeding ? Reached("limit-cluster-upload", "The node's share of the cluster's upload limit", now.Node.UploadShare, now.Node.UploadRate) : null;

    private static Finding? Reached(string code, string whose, long limit, long rate) => limit > 0 && rate >= limit - (limit / 10)
        ? Findings.Of(code, FindingSeverity.Slows, $"{whose} of {HumanText.Rate(limit)} is reached.", "Raise the limit.", ("limit", limit), ("rate", rate))
        : null;
}
