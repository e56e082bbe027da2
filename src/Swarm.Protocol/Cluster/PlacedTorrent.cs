using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>What the cluster wants of a torrent. Small: every node has all of them in memory. The .torrent file or link stands beside it in the table and is read where a replica runs.</summary>
public sealed record WantedTorrent
{
    /// <summary>Which torrent.</summary>
    public required InfoHash Torrent { get; init; }

    /// <summary>Its name as people see it where it does not run, at most <see cref="ClusterLimits.MaxNameLength"/> characters; null while nobody has said one.</summary>
    public string? Name { get; init; }

    /// <summary>How many complete copies, 1 to <see cref="ClusterLimits.MaxReplicas"/>.</summary>
    public int Replicas { get; init => field = Setting.InRange(value, 1, ClusterLimits.MaxReplicas); } = 1;

    /// <summary>Stands still everywhere.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Is to be forgotten everywhere. The row stays until every storage has done so.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>With <see cref="IsRemoved"/>: its files too.</summary>
    public bool DeletesData { get; init; }

    /// <summary>Fetch pieces in order.</summary>
    public bool IsSequential { get; init; }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long DownloadLimit { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long UploadLimit { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }

    /// <summary>Bytes of the content, 0 while it is not known.</summary>
    public long Length { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }
}

/// <summary>How a replica is. The numbers are in the table and are never used again.</summary>
public enum ReplicaState
{
    /// <summary>Its storage is to have it, and has not finished.</summary>
    Assigned = 1,

    /// <summary>Every wanted byte is there, verified.</summary>
    Complete = 2,

    /// <summary>It stands still until somebody acts; the reason says why.</summary>
    Failed = 3,

    /// <summary>Its storage is to forget it; the row goes when it has.</summary>
    Dropping = 4,
}

/// <summary>A copy of a torrent at a storage. <paramref name="IsPinned"/>: the content was its user's before it was ours, and is never taken away. <paramref name="Reason"/>: one line for people, or null.</summary>
public sealed record Replica(string Storage, ReplicaState State, bool IsPinned = false, string? Reason = null);

/// <summary>A torrent of the cluster and where it is. <paramref name="Replicas"/> are sorted by storage. <paramref name="Change"/>: the change of the tables by which it became so; it grows with every one.</summary>
public sealed record PlacedTorrent(WantedTorrent Wanted, ImmutableArray<Replica> Replicas, long Change)
{
    /// <summary>How many replicas are complete, those at storages that are lost included; without them: <see cref="SiteTable.CompleteOf"/>.</summary>
    public int CompleteReplicas => Replicas.Count(static replica => replica.State == ReplicaState.Complete);

    /// <summary>Whether nothing of it is left to be done: it was removed and no storage has it.</summary>
    public bool IsForgotten => Wanted.IsRemoved && Replicas.IsEmpty;

    /// <summary>The replica at a storage, or null.</summary>
    public Replica? At(string storage)
    {
        foreach (var replica in Replicas)
        {
            if (replica.Storage == storage) return replica;
        }

        return null;
    }

    internal PlacedTorrent With(Replica replica) =>
        this with { Replicas = [.. Replicas.Where(other => other.Storage != replica.Storage).Append(replica).OrderBy(static each => each.Storage, StringComparer.Ordinal)] };

    internal PlacedTorrent Without(string storage) => this with { Replicas = [.. Replicas.Where(other => other.Storage != storage)] };
}
