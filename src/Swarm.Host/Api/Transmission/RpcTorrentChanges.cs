using System.Collections.Immutable;
using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Picking;

namespace Swarm.Host.Api.Transmission;

/// <summary>
/// The arguments of "torrent_set" as the node's changes. Limits are kept by the node as one number, 0 for none: a limit that is given without being switched on changes the one in force and
/// nothing else. What the node does not have (bandwidth groups and priorities, idle limits) is passed over.
/// </summary>
internal static class RpcTorrentChanges
{
    // Kilobytes are thousands here, as "units" says.
    private const long Kilo = 1_000;
    private const int MostFiles = 1_000_000;

    // Transmission's modes of a seeding goal: 0 as the session says, 1 its own, 2 none.
    private const int OwnGoal = 1;
    private const int NoGoal = 2;

    // The usual limit where one is switched on that was never set.
    private const long UsualKilobytes = 100;

    /// <summary>Whether the changes depend on how the torrent is now.</summary>
    public static bool NeedsDetails(RpcArguments arguments) =>
        new[] { "files_wanted", "files_unwanted", "priority_high", "priority_low", "priority_normal", "tracker_add", "tracker_remove", "tracker_replace", "download_limit", "upload_limit", "download_limited", "upload_limited" }
            .Any(arguments.Has);

    /// <summary>The changes. <paramref name="now"/>: how the torrent is at this node; null where it does not run here. <paramref name="wanted"/>: the limits that a cluster wants of it, which hold wherever it runs; null of a torrent that is this node's alone.</summary>
    /// <exception cref="RpcException">An argument makes no sense.</exception>
    /// <exception cref="ApiException">A tracker or label is refused.</exception>
    public static TorrentChanges Of(RpcArguments arguments, TorrentDetails? now, PlacedOptions? wanted) => new()
    {
        Labels = arguments.Texts("labels") is { } labels ? TorrentIntake.LabelsOf(labels) : null,
        DownloadLimit = Limit(arguments, "download_limit", "download_limited", wanted?.DownloadLimit ?? now?.Options.DownloadLimit ?? 0),
        UploadLimit = Limit(arguments, "upload_limit", "upload_limited", wanted?.UploadLimit ?? now?.Options.UploadLimit ?? 0),
        MaxConnections = arguments.Number("peer_limit") is { } peers ? (int)Math.Clamp(peers, 0, int.MaxValue) : null,
        Sequential = arguments.Flag("sequential_download"),
        FilePriorities = Files(arguments, now),
        TrackerTiers = Trackers(arguments, now),
        RatioGoal = Goal(arguments),
        QueuePosition = arguments.Number("queue_position") is { } position ? (int)Math.Clamp(position, 0, int.MaxValue) : null,
    };

    /// <summary>The files' priorities, or null where none is named.</summary>
    /// <exception cref="RpcException">A file's number is none of the torrent's.</exception>
    public static ImmutableSortedDictionary<int, PiecePriority>? Files(RpcArguments arguments, TorrentDetails? now)
    {
        var files = ImmutableSortedDictionary.CreateBuilder<int, PiecePriority>();
        var count = now is { Files.IsEmpty: false } ? now.Files.Length : MostFiles;
        // In this order: who is wanted and has a priority has the priority, and who is unwanted has none.
        Set("files_wanted", PiecePriority.Normal, keepWanted: true);
        Set("priority_normal", PiecePriority.Normal, keepWanted: false);
        Set("priority_low", PiecePriority.Low, keepWanted: false);
        Set("priority_high", PiecePriority.High, keepWanted: false);
        Set("files_unwanted", PiecePriority.Skip, keepWanted: false);
        return files.Count > 0 ? files.ToImmutable() : null;

        void Set(string name, PiecePriority priority, bool keepWanted)
        {
            if (arguments.Numbers(name) is not { } indices) return;
            // No file named is every file.
            foreach (var index in indices.Count > 0 ? indices : Enumerable.Range(0, now?.Files.Length ?? 0))
            {
                if (index < 0 || index >= count) throw new RpcException(RpcException.NoSuchFile, $"there is no file {index}");
                if (keepWanted && now?.Files[index].Priority.IsWanted == true) continue;
                files[index] = priority;
            }
        }
    }

    private static long? Limit(RpcArguments arguments, string value, string isOn, long now)
    {
        var kilobytes = arguments.Number(value);
        if (kilobytes < 0) throw new RpcException(RpcException.InvalidParameters, $"'{value}' must be 0 or more");
        return arguments.Flag(isOn) switch
        {
            false => 0,
            true => kilobytes * Kilo ?? (now > 0 ? now : UsualKilobytes * Kilo),
            null => kilobytes is not null && now > 0 ? kilobytes * Kilo : null,
        };
    }

    private static double? Goal(RpcArguments arguments)
    {
        var mode = arguments.Number("seed_ratio_mode");
        if (mode == NoGoal) return 0;
        if (arguments.Real("seed_ratio_limit") is { } ratio && mode is null or OwnGoal) return ratio;
        return mode is not null && mode != OwnGoal ? -1 : null;
    }

    private static ImmutableArray<ImmutableArray<string>>? Trackers(RpcArguments arguments, TorrentDetails? now)
    {
        if (arguments.Text("tracker_list") is { } list)
        {
            var tiers = list.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(tier => TorrentIntake.TrackersOf(tier.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
            return [.. tiers.Where(tier => tier.Length > 0)];
        }

        if (!arguments.Has("tracker_add") && !arguments.Has("tracker_remove") && !arguments.Has("tracker_replace")) return null;
        var kept = (now?.Trackers ?? []).Select(tracker => (tracker.Tier, tracker.Url)).ToList();
        Replace(arguments, kept);
        // Removed by number, the highest first, so that numbers hold.
        foreach (var id in (arguments.Numbers("tracker_remove") ?? []).OrderDescending())
        {
            if (id < 0 || id >= kept.Count) throw new RpcException(RpcException.InvalidParameters, $"there is no tracker {id}");
            kept.RemoveAt(id);
        }

        var next = kept.Count == 0 ? 0 : kept.Max(tracker => tracker.Tier) + 1;
        foreach (var url in TorrentIntake.TrackersOf(arguments.Texts("tracker_add") ?? [])) kept.Add((next++, url));
        return [.. kept.GroupBy(tracker => tracker.Tier).OrderBy(tier => tier.Key).Select(tier => tier.Select(tracker => tracker.Url).ToImmutableArray())];
    }

    // Pairs: the number of a tracker, and its new URL.
    private static void Replace(RpcArguments arguments, List<(int Tier, string Url)> trackers)
    {
        if (arguments.Raw("tracker_replace") is not { ValueKind: System.Text.Json.JsonValueKind.Array } pairs) return;
        var items = pairs.EnumerateArray().ToList();
        for (var i = 0; i + 1 < items.Count; i += 2)
        {
            if (items[i].ValueKind != System.Text.Json.JsonValueKind.Number || !items[i].TryGetInt32(out var id) || id < 0 || id >= trackers.Count) throw new RpcException(RpcException.InvalidParameters, "'tracker_replace' names a tracker that is not there");
            var url = items[i + 1].ValueKind == System.Text.Json.JsonValueKind.String ? items[i + 1].GetString()! : throw new RpcException(RpcException.InvalidParameters, "'tracker_replace' must be pairs of a number and a URL");
            trackers[id] = (trackers[id].Tier, TorrentIntake.TrackersOf([url])[0]);
        }
    }
}
