using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// What is to be different in what is wanted of a torrent; a member that is null stays as it is. It is applied to the row as it is when the change is written, not to what a node saw before: so two nodes that change different members at once
/// both have their way, and of two that change the same one the later has it.
/// </summary>
public sealed record WantedChanges
{
    /// <summary>How many complete copies, 1 to <see cref="ClusterLimits.MaxReplicas"/>.</summary>
    public int? Replicas { get; init => field = value is { } replicas ? Setting.InRange(replicas, 1, ClusterLimits.MaxReplicas) : null; }

    /// <summary>Stand still everywhere, or go on.</summary>
    public bool? IsPaused { get; init; }

    /// <summary>Fetch pieces in order, or not.</summary>
    public bool? IsSequential { get; init; }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long? DownloadLimit { get; init => field = value is { } limit ? Setting.InRange(limit, 0L, long.MaxValue) : null; }

    /// <summary>Likewise for what is sent.</summary>
    public long? UploadLimit { get; init => field = value is { } limit ? Setting.InRange(limit, 0L, long.MaxValue) : null; }

    /// <summary>Forget it everywhere: true with its files, false without. Decided once: what a removal that is under way says of the files is not changed, because storages may have acted by it.</summary>
    public bool? Removal { get; init; }

    /// <summary>What is wanted after the change.</summary>
    public WantedTorrent Of(WantedTorrent wanted) => wanted with
    {
        Replicas = Replicas ?? wanted.Replicas,
        IsPaused = IsPaused ?? wanted.IsPaused,
        IsSequential = IsSequential ?? wanted.IsSequential,
        DownloadLimit = DownloadLimit ?? wanted.DownloadLimit,
        UploadLimit = UploadLimit ?? wanted.UploadLimit,
        IsRemoved = wanted.IsRemoved || Removal is not null,
        DeletesData = wanted.IsRemoved ? wanted.DeletesData : Removal ?? wanted.DeletesData,
    };
}
