using System.Collections.Immutable;
using System.Globalization;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Picking;

namespace Swarm.Host.Api.Torrents;

/// <summary>A patch as the node's change, with every value checked.</summary>
internal static class PatchReader
{
    private const int MaxTextLength = 500;
    private const int MaxFiles = 1_000_000;

    /// <summary>The change.</summary>
    /// <exception cref="ApiException">A value is out of range.</exception>
    public static TorrentChanges Read(TorrentPatch patch)
    {
        NotNegative(patch.DownloadLimit, "downloadLimit");
        NotNegative(patch.UploadLimit, "uploadLimit");
        NotNegative(patch.MaxConnections, "maxConnections");
        NotNegative(patch.QueuePosition, "queuePosition");
        if (patch.RatioGoal is { } ratio && !double.IsFinite(ratio)) throw ApiException.BadRequest("'ratioGoal' is a number.");
        if (patch.SeedSecondsGoal is > int.MaxValue) throw ApiException.BadRequest($"'seedSecondsGoal' is at most {int.MaxValue}.");
        return new TorrentChanges
        {
            Name = Text(patch.Name, "name"),
            Category = Text(patch.Category, "category"),
            Labels = patch.Labels is null ? null : TorrentIntake.LabelsOf(patch.Labels),
            DownloadLimit = patch.DownloadLimit,
            UploadLimit = patch.UploadLimit,
            MaxConnections = patch.MaxConnections,
            Sequential = patch.Sequential,
            FilePriorities = patch.FilePriorities is null ? null : Priorities(patch.FilePriorities),
            TrackerTiers = patch.TrackerTiers is null ? null : Tiers(patch.TrackerTiers),
            RatioGoal = patch.RatioGoal,
            SeedTimeGoal = patch.SeedSecondsGoal is { } seconds ? seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds) : null,
            QueuePosition = patch.QueuePosition,
        };
    }

    private static void NotNegative(long? value, string name)
    {
        if (value < 0) throw ApiException.BadRequest($"'{name}' is 0 or more.");
    }

    private static string? Text(string? text, string name)
    {
        if (text?.Length > MaxTextLength) throw ApiException.BadRequest($"'{name}' has {text.Length} characters; at most {MaxTextLength} are taken.");
        return text is null ? null : TorrentText.Clean(text).Trim();
    }

    private static ImmutableSortedDictionary<int, PiecePriority> Priorities(IReadOnlyDictionary<string, FilePriority> priorities)
    {
        var files = ImmutableSortedDictionary.CreateBuilder<int, PiecePriority>();
        foreach (var (text, priority) in priorities)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= MaxFiles) throw ApiException.BadRequest($"'{TorrentText.Clean(text)}' is no file's place: a number from 0 on is expected.");
            files[index] = TorrentMapping.PriorityOf(priority);
        }

        return files.ToImmutable();
    }

    private static ImmutableArray<ImmutableArray<string>> Tiers(IReadOnlyList<IReadOnlyList<string>> tiers)
    {
        // Bounded as one list: a tier costs no more than a tracker.
        TorrentIntake.TrackersOf([.. tiers.SelectMany(tier => tier)]);
        return [.. tiers.Where(tier => tier.Count > 0).Select(tier => tier.ToImmutableArray())];
    }
}
