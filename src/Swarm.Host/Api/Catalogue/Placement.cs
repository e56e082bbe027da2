using System.Collections.Immutable;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Catalogue;

/// <summary>A replica of a torrent as lists show it. <paramref name="Node"/>: the end point of who runs it, null for nobody. <paramref name="Phase"/>: what it is doing there as far as that node has said; null: unknown. <paramref name="Reason"/>: one line for people, or null.</summary>
internal sealed record PlacedReplica(string Storage, string? Node, ReplicaState State, bool IsPinned, TorrentState? Phase, string? Reason);

/// <summary>How each replica of a torrent is run, as the cluster's tables keep it. Limits: payload bytes a second, 0 for none.</summary>
internal readonly record struct PlacedOptions(bool IsSequential, long DownloadLimit, long UploadLimit)
{
    /// <summary>What is wanted of a torrent, as far as it is that.</summary>
    public static PlacedOptions Of(WantedTorrent wanted) => new(wanted.IsSequential, wanted.DownloadLimit, wanted.UploadLimit);
}

/// <summary>Where a torrent of the cluster is, as lists show it; two are equal if they show the same. <paramref name="IsHere"/>: this node itself has it.</summary>
internal sealed record Placement(int Wanted, bool IsPaused, bool IsRemoved, bool IsHere, PlacedOptions Options, ImmutableArray<PlacedReplica> Replicas)
{
    /// <summary>Complete replicas that a node runs: one at a storage where nobody is counts as none.</summary>
    public int Complete => Replicas.Count(static replica => replica is { State: ReplicaState.Complete, Node: not null });

    /// <summary>The end points of the members that run it, complete ones first, each once.</summary>
    public IEnumerable<string> Nodes => Replicas.OrderByDescending(static replica => replica.State == ReplicaState.Complete).Select(static replica => replica.Node).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Equals(Placement? other) =>
        other is not null && Wanted == other.Wanted && IsPaused == other.IsPaused && IsRemoved == other.IsRemoved && IsHere == other.IsHere && Options == other.Options && Replicas.AsSpan().SequenceEqual(other.Replicas.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Wanted, IsPaused, IsRemoved, IsHere, Options, Replicas.Length);
}
