using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Torrents;

/// <summary>What may be asked of a torrent's options. Pure.</summary>
internal static class TorrentChangeRules
{
    /// <summary>Labels of a torrent, and characters of a name, category or label.</summary>
    public const int MaxLabels = 256;

    /// <inheritdoc cref="MaxLabels"/>
    public const int MaxText = 1_024;

    /// <summary>Trackers of a torrent.</summary>
    public const int MaxTrackers = 1_024;

    /// <summary>Why changes are refused, one line for people, or null. <paramref name="files"/>: how many the torrent has, null where that is not known yet.</summary>
    public static string? WhyRefused(TorrentChanges changes, int? files)
    {
        if (changes.DownloadLimit < 0 || changes.UploadLimit < 0) return "a limit cannot be negative; 0 is none";
        if (changes.MaxConnections < 0) return "the number of connections cannot be negative; 0 is the node's limit";
        if (changes.QueuePosition < -1) return "a place in the queue is 0 or more";
        if (changes.RatioGoal is { } ratio && !double.IsFinite(ratio)) return "the ratio is not a number";
        if (changes.Name?.Length > MaxText || changes.Category?.Length > MaxText) return $"a name has {MaxText} characters at most";
        if (changes.Labels is { } labels && (labels.Length > MaxLabels || labels.Any(label => label.Length is 0 or > MaxText))) return $"a torrent has {MaxLabels} labels at most, of 1 to {MaxText} characters each";
        if (changes.FilePriorities is { Count: > 0 } priorities)
        {
            if (files is null) return "its files are not known yet";
            if (priorities.Keys.First() < 0 || priorities.Keys.Last() >= files) return $"the torrent has {files} files, counted from 0";
        }

        if (changes.TrackerTiers is not { } tiers) return null;
        if (tiers.Sum(tier => tier.Length) > MaxTrackers) return $"a torrent has {MaxTrackers} trackers at most";
        return tiers.SelectMany(tier => tier).FirstOrDefault(url => !TrackerUrl.TryParse(url, out _)) is { } bad ? $"{bad} is no tracker's address" : null;
    }
}
