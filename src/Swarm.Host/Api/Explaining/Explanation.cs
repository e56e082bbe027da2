using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Explaining;

/// <summary>
/// Why a torrent is slow or stopped, from what is known of it at one moment: a list of rules, each of which finds one thing or nothing, with the figures it was seen by. Pure. The findings that
/// hinder most come first, and there is always one: a torrent that does what it should is said to.
/// </summary>
internal static class Explanation
{
    // In the order in which people want to know, where two hinder alike.
    private static readonly Func<Situation, Finding?>[] Rules =
    [
        StateRules.Failed,
        StateRules.Disk,
        StateRules.Queued,
        StateRules.Paused,
        StateRules.Waiting,
        StateRules.Checking,
        StateRules.Resting,
        StateRules.NothingWanted,
        PeerRules.PrivateWithoutTracker,
        PeerRules.NoPeers,
        PeerRules.NothingToGet,
        PeerRules.AllChoke,
        PeerRules.AllSnub,
        PeerRules.NoSeeds,
        PeerRules.Metadata,
        LimitRules.TorrentDownload,
        LimitRules.NodeDownload,
        LimitRules.ClusterDownload,
        LimitRules.TorrentUpload,
        LimitRules.NodeUpload,
        LimitRules.ClusterUpload,
        PeerRules.Trackers,
        PeerRules.NoDht,
        PeerRules.Unconnectable,
        PeerRules.NobodyAsks,
    ];

    /// <summary>The findings, the most hindering first; one at least.</summary>
    public static IReadOnlyList<Finding> Of(TorrentDetails torrent, ExplanationContext node)
    {
        var now = new Situation(torrent, node);
        var findings = Rules.Select(rule => rule(now)).OfType<Finding>().OrderByDescending(finding => finding.Severity).ToList();
        return findings.Count > 0 ? findings : [StateRules.AtWork(torrent)];
    }
}
