using Swarm.Actors.Torrents;

namespace Swarm.Host.Output;

/// <summary>A torrent's status in words. Pure.</summary>
internal static class StatusText
{
    /// <summary>What it does, how far it is, how fast, with whom: one line, without the name.</summary>
    public static string Describe(TorrentStatus status) => status.State switch
    {
        TorrentState.Loading => "loading",
        TorrentState.FetchingMetadata => $"fetching the metadata from peers, {Peers(status)}, {status.KnownPeers} known",
        TorrentState.Checking when status.CheckProgress.Total > 0 => $"checking what is on disk, {status.CheckProgress.Done} of {HumanText.Count(status.CheckProgress.Total, "piece")}",
        TorrentState.Checking => "looking at what is on disk",
        TorrentState.Downloading => $"{Amount(status)}, {Rates(status)}, {Peers(status)}{Left(status)}",
        TorrentState.Seeding => $"seeding, {HumanText.Rate(status.UploadRate)} up, {HumanText.Size(status.Uploaded)} sent, {Peers(status)}",
        TorrentState.Waiting => $"{Amount(status)}, waiting: {status.Reason}",
        TorrentState.Failed => $"failed: {status.Reason}",
        TorrentState.Stopping => "stopping",
        TorrentState.Queued => $"{Amount(status)}, queued",
        _ => "stopped",
    };

    /// <summary>Percent and bytes.</summary>
    public static string Amount(TorrentStatus status) =>
        $"{HumanText.Percent(status.VerifiedLength, status.SelectedLength)} of {HumanText.Size(status.SelectedLength)}";

    /// <summary>Down and up.</summary>
    public static string Rates(TorrentStatus status) => $"{HumanText.Rate(status.DownloadRate)} down, {HumanText.Rate(status.UploadRate)} up";

    /// <summary>Connections.</summary>
    public static string Peers(TorrentStatus status) => HumanText.Count(status.ConnectedPeers, "peer");

    private static string Left(TorrentStatus status) => status is { IsComplete: false, TimeLeft: { } left } ? $", {HumanText.Time(left)} left" : "";
}
