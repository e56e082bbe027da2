using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>Another replica of a torrent: its storage, whether the tables call it complete, and where whoever runs it listens for peers (none: nobody runs it now).</summary>
public sealed record ReplicaPeer(string Storage, bool IsComplete, ImmutableArray<IPEndPoint> EndPoints)
{
    /// <summary>Whether both say the same.</summary>
    public bool Equals(ReplicaPeer? other) => other is not null && Storage == other.Storage && IsComplete == other.IsComplete && EndPoints.SequenceEqual(other.EndPoints);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Storage, IsComplete);
}

/// <summary>
/// What one replica of a torrent is told of the others: who they are, how the pieces are divided among those that fetch them at the same time, and whether this one speaks for all to the trackers of a private torrent.
/// Told anew whenever it changes; compared by what it says.
/// </summary>
public sealed record ReplicaGroup
{
    /// <summary>Which torrent: what the division follows from, at every node alike.</summary>
    public required InfoHash Torrent { get; init; }

    /// <summary>This replica's storage.</summary>
    public required string Self { get; init; }

    /// <summary>The others, by storage; those that are being dropped are none.</summary>
    public ImmutableArray<ReplicaPeer> Others { get; init; } = [];

    /// <summary>How the fetching is divided.</summary>
    public OutsideFetchSettings Fetching { get; init; } = OutsideFetchSettings.Default;

    /// <summary>Whether this replica is the one that announces a private torrent to its trackers. Of a torrent that is not private every replica does, whatever this says.</summary>
    public bool IsAnnouncer { get; init; } = true;

    /// <summary>Whether both say the same.</summary>
    public bool Equals(ReplicaGroup? other) => other is not null && Torrent == other.Torrent && Self == other.Self && IsAnnouncer == other.IsAnnouncer && Fetching == other.Fetching && Others.SequenceEqual(other.Others);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Torrent, Self, Others.Length, IsAnnouncer);

    /// <summary>
    /// Who of a torrent's replicas announces it while it is private: the first by rank of those that are complete and run by somebody, else of those that are run and have not failed; null: none. The same at every node with the same view.
    /// A tracker that counts by passkey sees one client at one address at a time, and another only when that one is gone or is no replica any more.
    /// </summary>
    public static string? AnnouncerOf(PlacedTorrent placed, Func<string, bool> isRun)
    {
        string? best = null;
        var bestRank = (IsComplete: false, Score: 0UL);
        foreach (var replica in placed.Replicas)
        {
            if (replica.State is ReplicaState.Dropping or ReplicaState.Failed || !isRun(replica.Storage)) continue;
            var rank = (replica.State == ReplicaState.Complete, ClusterHash.Combine(ClusterHash.Of(placed.Wanted.Torrent), ClusterHash.Of(replica.Storage)));
            if (best is not null && rank.CompareTo(bestRank) <= 0) continue;
            best = replica.Storage;
            bestRank = rank;
        }

        return best;
    }
}
