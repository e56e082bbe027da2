using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Explaining;

/// <summary>What a torrent's state says by itself.</summary>
internal static class StateRules
{
    // What the system's and the node's own sentences on disks have in common.
    private static readonly string[] DiskWords = ["disk", "space", "permission", "read-only", "no such file", "not found", "input/output", "i/o", "storage", "file", "folder", "denied"];

    /// <summary>It failed, and not for the disk.</summary>
    public static Finding? Failed(Situation now) => now.Torrent.Row is { State: TorrentState.Failed } row && !SpeaksOfDisk(row.Reason)
        ? Findings.Of("failed", FindingSeverity.Stops, $"It has failed: {row.Reason ?? "no reason is known"}.", "Mend the cause, then resume it.", ("reason", row.Reason ?? ""))
        : null;

    /// <summary>The disk does not do what is asked of it.</summary>
    public static Finding? Disk(Situation now) => now.Torrent.Row is { State: TorrentState.Failed or TorrentState.Waiting } row && SpeaksOfDisk(row.Reason)
        ? Findings.Of(
            "disk", FindingSeverity.Stops, $"Its storage is in trouble: {row.Reason}.",
            row.State == TorrentState.Failed ? "Mend the storage, then resume the torrent; recheck it if files were lost." : "It goes on by itself when the storage is well again.",
            ("reason", row.Reason!), ("folder", row.Folder))
        : null;

    /// <summary>The queue holds it back.</summary>
    public static Finding? Queued(Situation now) => now.Torrent.Row is { State: TorrentState.Queued, QueuePosition: var position }
        ? Findings.Of("queued", FindingSeverity.Stops, position < 0 ? "It waits in the queue, without a place of its own." : $"It waits in the queue, at place {position}.", "Raise the number of active torrents (swarm.automation.queue), move it up in the queue, or resume it. 'automation preview' says what the queue does.", ("position", position))
        : null;

    /// <summary>Somebody paused it.</summary>
    public static Finding? Paused(Situation now) =>
        now.Torrent.Row is { State: TorrentState.Stopped } row && !SpeaksOfDisk(row.Reason)
            ? Findings.Of("paused", FindingSeverity.Stops, row.Reason is null ? "It is paused." : $"It is paused: {row.Reason}.", "Resume it.", ("reason", row.Reason ?? ""))
            : null;

    /// <summary>It stands still for a reason that can pass.</summary>
    public static Finding? Waiting(Situation now) =>
        now.Torrent.Row is { State: TorrentState.Waiting } row && !SpeaksOfDisk(row.Reason)
            ? Findings.Of("waiting", FindingSeverity.Stops, row.Reason is null ? "It waits." : $"It waits: {row.Reason}.", "It goes on by itself when the reason has passed.", ("reason", row.Reason ?? ""))
            : null;

    /// <summary>Its data is being hashed.</summary>
    public static Finding? Checking(Situation now)
    {
        if (now.Torrent.Row.State != TorrentState.Checking) return null;
        var (done, total) = now.Torrent.Status.CheckProgress;
        return Findings.Of(
            "checking", FindingSeverity.Stops, $"Its data on disk is being checked, {done} of {total} pieces so far; until then nothing is fetched or served.", null, ("checkedPieces", done), ("piecesToCheck", total));
    }

    /// <summary>It is being taken up or laid down.</summary>
    public static Finding? Resting(Situation now) => now.Torrent.Row.State switch
    {
        TorrentState.Loading => Findings.Of("loading", FindingSeverity.Stops, "It is being taken up; what is recorded of it is read.", null),
        TorrentState.Stopping => Findings.Of("stopping", FindingSeverity.Stops, "It is being stopped; trackers are told and state is saved.", null),
        _ => null,
    };

    /// <summary>No file is wanted.</summary>
    public static Finding? NothingWanted(Situation now) => now.Torrent.Row is { HasMetadata: true, SelectedLength: 0, TotalLength: > 0 } && !Findings.StandsStill(now.Torrent)
        ? Findings.Of("nothing-wanted", FindingSeverity.Stops, "None of its files is wanted.", "Give a file a priority.", ("totalBytes", now.Torrent.Row.TotalLength))
        : null;

    /// <summary>Nothing hinders it.</summary>
    public static Finding AtWork(TorrentDetails torrent)
    {
        var row = torrent.Row;
        var sentence = row.State == TorrentState.Seeding
            ? $"It is complete and seeds to {HumanText.Count(torrent.Peers.Count(peer => peer.UploadRate > 0), "peer")}, {HumanText.Rate(row.UploadRate)}."
            : $"It is at work: {HumanText.Count(torrent.Peers.Count(peer => peer.DownloadRate > 0), "peer")} send {HumanText.Rate(row.DownloadRate)}, and nothing on this node holds them back.";
        return Findings.Of(
            "at-work", FindingSeverity.Note, sentence, null,
            ("connectedPeers", row.ConnectedPeers), ("connectedSeeds", row.ConnectedSeeds), ("downloadRate", row.DownloadRate), ("uploadRate", row.UploadRate));
    }

    private static bool SpeaksOfDisk(string? reason) => reason is not null && Array.Exists(DiskWords, word => reason.Contains(word, StringComparison.OrdinalIgnoreCase));
}
