using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Picking;

namespace Swarm.Actors.Torrents;

/// <summary>
/// How a torrent is to be run: what its user wants of it. Recorded with the torrent and the same after a restart, but for what is of one run only: <see cref="Peers"/>, <see cref="Hints"/>, <see cref="Group"/>, <see cref="Recheck"/> and
/// <see cref="TrustExisting"/>. Changed by <see cref="TorrentChanges"/>.
/// </summary>
public sealed record TorrentOptions
{
    /// <summary>What <see cref="RatioGoal"/> is where the node's own goal holds.</summary>
    public const double NodeRatioGoal = -1;

    /// <summary>The last place in the queue.</summary>
    public const int LastQueuePosition = int.MaxValue - 1;

    /// <summary>The absolute folder the content lies below.</summary>
    public required string Folder { get; init; }

    /// <summary>Peers to try at once, besides those that trackers name. Of this run only.</summary>
    public ImmutableArray<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Peers that a link of the torrent named, where the link is not what it is added by. Of this run only.</summary>
    public ImmutableArray<HostEndPoint> Hints { get; init; } = [];

    /// <summary>Its replicas elsewhere in the cluster, as far as they are known at the start; null: it has none. Of this run only, and changed by <see cref="TorrentsActor.SetGroup"/>.</summary>
    public ReplicaGroup? Group { get; init; }

    /// <summary>Trackers besides the torrent's own, each a tier of its own.</summary>
    public ImmutableArray<string> Trackers { get; init; } = [];

    /// <summary>All trackers in tiers, instead of the torrent's own and <see cref="Trackers"/>; null: those.</summary>
    public ImmutableArray<ImmutableArray<string>>? TrackerTiers { get; init; }

    /// <summary>Patterns (* and ?) over paths inside the torrent; a file that none matches is not wanted. Empty: all are wanted.</summary>
    public ImmutableArray<string> Select { get; init; } = [];

    /// <summary>How much files are wanted, by their place in the torrent; of files that are not named <see cref="Select"/> decides.</summary>
    public ImmutableSortedDictionary<int, PiecePriority> FilePriorities { get; init; } = ImmutableSortedDictionary<int, PiecePriority>.Empty;

    /// <summary>Files that are called otherwise on disk than in the torrent, by their place in it: paths relative to <see cref="Folder"/>, with forward slashes.</summary>
    public ImmutableSortedDictionary<int, string> RenamedFiles { get; init; } = ImmutableSortedDictionary<int, string>.Empty;

    /// <summary>Fetch pieces in order, for watching while it loads.</summary>
    public bool Sequential { get; init; }

    /// <summary>Hash everything on disk first, and fetch and overwrite what does not match. Of this run only.</summary>
    public bool Recheck { get; init; }

    /// <summary>Serve what is there; it is an error if anything is missing, and nothing is ever written.</summary>
    public bool SeedOnly { get; init; }

    /// <summary>The caller has just hashed the whole content: believe it if the files have the right lengths. Of this run only.</summary>
    public bool TrustExisting { get; init; }

    /// <summary>How files get their size.</summary>
    public FileAllocation Allocation { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long UploadLimit { get; init; }

    /// <summary>Connections at most, 0 for the node's limit alone.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Stand still until it is resumed.</summary>
    public bool Paused { get; init; }

    /// <summary>Stand still until the queue releases it, or its user resumes it.</summary>
    public bool Queued { get; init; }

    /// <summary>Whether its user or the queue has it stand still.</summary>
    public bool StandsStill => Paused || Queued;

    /// <summary>The name people see; empty for the torrent's own.</summary>
    public string Name { get; init; } = "";

    /// <summary>The category it is filed under, or null.</summary>
    public string? Category { get; init; }

    /// <summary>Labels, sorted, without repetition.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>Stop seeding at this ratio; 0: never; negative: as the node says.</summary>
    public double RatioGoal { get; init; } = NodeRatioGoal;

    /// <summary>Stop seeding after this time as a complete torrent; zero: never; negative: as the node says.</summary>
    public TimeSpan SeedTimeGoal { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Place in the queue, 0 first; -1 for none of its own: after all that have one, by age.</summary>
    public int QueuePosition { get; init; } = -1;

    /// <summary>These options with changes applied. Labels are sorted, and repeated ones taken once.</summary>
    public TorrentOptions With(TorrentChanges changes) => this with
    {
        Name = changes.Name ?? Name,
        Category = changes.Category is null ? Category : changes.Category.Length == 0 ? null : changes.Category,
        Labels = changes.Labels is { } labels ? [.. labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : Labels,
        DownloadLimit = changes.DownloadLimit ?? DownloadLimit,
        UploadLimit = changes.UploadLimit ?? UploadLimit,
        MaxConnections = changes.MaxConnections ?? MaxConnections,
        Sequential = changes.Sequential ?? Sequential,
        FilePriorities = changes.FilePriorities is null ? FilePriorities : FilePriorities.SetItems(changes.FilePriorities),
        TrackerTiers = changes.TrackerTiers ?? TrackerTiers,
        RatioGoal = changes.RatioGoal ?? RatioGoal,
        SeedTimeGoal = changes.SeedTimeGoal ?? SeedTimeGoal,
        QueuePosition = Math.Min(changes.QueuePosition ?? QueuePosition, LastQueuePosition),
    };
}
