using System.Collections.Immutable;
using Swarm.Protocol.Picking;

namespace Swarm.Actors.Torrents;

/// <summary>What to change of how a torrent is run. A member that is null is left as it is. What is changed is durable when the command is answered.</summary>
public sealed record TorrentChanges
{
    /// <summary>The name people see; empty for the torrent's own.</summary>
    public string? Name { get; init; }

    /// <summary>The category; empty for none.</summary>
    public string? Category { get; init; }

    /// <summary>All labels, instead of those it has.</summary>
    public ImmutableArray<string>? Labels { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Connections at most, 0 for the node's limit alone.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Fetch pieces in order.</summary>
    public bool? Sequential { get; init; }

    /// <summary>Priorities by place of the file in the torrent; files that are not named keep theirs. <see cref="PiecePriority.Skip"/>: not wanted.</summary>
    public ImmutableSortedDictionary<int, PiecePriority>? FilePriorities { get; init; }

    /// <summary>All trackers in tiers, instead of those it has.</summary>
    public ImmutableArray<ImmutableArray<string>>? TrackerTiers { get; init; }

    /// <summary>Stop seeding at this ratio; 0: never; negative: as the node says.</summary>
    public double? RatioGoal { get; init; }

    /// <summary>Stop seeding after this time as a complete torrent; zero: never; negative: as the node says.</summary>
    public TimeSpan? SeedTimeGoal { get; init; }

    /// <summary>Place in the queue, 0 first; beyond the end is the end.</summary>
    public int? QueuePosition { get; init; }
}
