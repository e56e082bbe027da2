using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>
/// The cluster as this node sees it. <paramref name="Self"/>: who it is, nobody while it has not joined. <paramref name="Session"/>: whether it may write. <paramref name="Plans"/>: whether it plans placement for all.
/// <paramref name="Nodes"/>: what nodes said of themselves last, this one included. <paramref name="Bans"/>: whom no node deals with.
/// </summary>
public sealed record ClusterStatus(MemberId Self, SessionState Session, bool Plans, ClusterView View, ImmutableArray<NodeLine> Nodes, ImmutableArray<Ban> Bans)
{
    /// <summary>What this node may use of the cluster's limits now, payload bytes a second; 0 where the cluster has none.</summary>
    public (long Download, long Upload) Share { get; init; }

    /// <summary>How torrents are placed: by it a storage is lost, and what it had does not count.</summary>
    public PlacementSettings Placement { get; init; } = PlacementSettings.Default;
}

/// <summary>How a node was doing when it said so last.</summary>
public sealed record NodeLine(MemberId Member, ClusterMessage.NodeReport Report);

/// <summary>Where a torrent is and why. <paramref name="Complete"/>: how many replicas are complete at storages that are not lost. <paramref name="Ranked"/>: the storages that are here, the best for it first. <paramref name="Next"/>: what the planner would change next; null: nothing.</summary>
public sealed record PlacementAnswer(PlacedTorrent Torrent, int Complete, ImmutableArray<SiteLine> Ranked, PlanStep? Next);

/// <summary>A storage as placement sees it for one torrent. <paramref name="Runner"/>: who runs, or would run, it there.</summary>
public sealed record SiteLine(StorageSite Site, bool HasRoom, bool IsDesired, MemberId? Runner);

/// <summary>Published on the event stream while somebody asks for it with <see cref="RouterActor.WatchEvents"/>: a torrent's state changed at another node. Its state is the number of a <see cref="Torrents.TorrentState"/>.</summary>
public sealed record RemoteEvent(MemberId Member, ClusterEvent Event);

/// <summary>Published on the event stream with each view of the cluster, for those outside the tree who show it.</summary>
public sealed record ClusterSeen(ClusterView View);
