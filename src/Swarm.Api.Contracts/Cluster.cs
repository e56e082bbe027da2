namespace Swarm.Api.Contracts;

// The cluster as any of its nodes shows it. What these say is as new as the node's last read of the cluster's tables. States are words: of members "joining", "up", "draining", "down", "left"; of replicas
// "assigned", "complete", "failed", "dropping"; of storages "here", "away", "leaving", "lost"; reasons of steps "first", "repair", "move", "trim".

/// <summary>The cluster: who this node is in it, who is in it, and how it is in all.</summary>
public sealed record ClusterOverview
{
    /// <summary>The cluster's name.</summary>
    public required string Name { get; init; }

    /// <summary>This node as "host:port#generation"; absent while it has not joined.</summary>
    public string? Self { get; init; }

    /// <summary>Where other nodes reach this one.</summary>
    public required string EndPoint { get; init; }

    /// <summary>Whether this node may write: "writing", "stopping" while its session ends without having been renewed, or "none".</summary>
    public required string Session { get; init; }

    /// <summary>The end point of the member that plans placement; absent while nobody does.</summary>
    public string? Planner { get; init; }

    /// <summary>The version of the membership.</summary>
    public long Version { get; init; }

    /// <summary>False while this node has not read all of the tables: then what follows is a part.</summary>
    public bool CaughtUp { get; init; }

    /// <summary>Figures over the whole cluster.</summary>
    public required ClusterTotals Totals { get; init; }

    /// <summary>The members, ended ones that are remembered included.</summary>
    public required IReadOnlyList<ClusterMember> Items { get; init; }
}

/// <summary>Figures over all torrents and members of a cluster. Rates are sums of what members said of themselves last.</summary>
public sealed record ClusterTotals
{
    /// <summary>Members by state; states with none are absent.</summary>
    public required IReadOnlyDictionary<string, int> Members { get; init; }

    /// <summary>Torrents.</summary>
    public int Torrents { get; init; }

    /// <summary>Bytes of one copy of each, as far as lengths are known.</summary>
    public long Bytes { get; init; }

    /// <summary>Torrents that stand still on somebody's word.</summary>
    public int Paused { get; init; }

    /// <summary>Torrents with fewer complete replicas than wanted; those at storages that are lost do not count.</summary>
    public int BelowReplicas { get; init; }

    /// <summary>Torrents without any complete replica, likewise.</summary>
    public int WithoutCopy { get; init; }

    /// <summary>Torrents with a replica that failed.</summary>
    public int Failed { get; init; }

    /// <summary>Torrents that are being removed.</summary>
    public int Removing { get; init; }

    /// <summary>Connections.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Payload bytes a second received.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload bytes a second sent.</summary>
    public long UploadRate { get; init; }
}

/// <summary>Members of a cluster.</summary>
public sealed record ClusterMemberList(IReadOnlyList<ClusterMember> Items);

/// <summary>A member of a cluster. What it runs, and its rates, are what it said of itself last; absent where it has said nothing.</summary>
public sealed record ClusterMember
{
    /// <summary>Where other nodes reach it, "host:port"; its name in commands.</summary>
    public required string EndPoint { get; init; }

    /// <summary>Its generation: greater for each process that joined.</summary>
    public long Generation { get; init; }

    /// <summary>Whether it is the node that answers.</summary>
    public bool Self { get; init; }

    /// <summary>Its state.</summary>
    public required string State { get; init; }

    /// <summary>Since when, by the database's clock.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Seconds of its session that are left; 0 where it has run out.</summary>
    public double SessionSeconds { get; init; }

    /// <summary>What it is for: "storage", "planner".</summary>
    public IReadOnlyList<string> Roles { get; init => field = value ?? []; } = [];

    /// <summary>Its storage.</summary>
    public required string Storage { get; init; }

    /// <summary>What fails together with it; empty for none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Its share of torrents relative to others.</summary>
    public double Weight { get; init; }

    /// <summary>Bytes of room on its storage as it last said.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Torrents of the cluster that it runs.</summary>
    public int? Torrents { get; init; }

    /// <summary>Connections.</summary>
    public int? ConnectedPeers { get; init; }

    /// <summary>Payload bytes a second received.</summary>
    public long? DownloadRate { get; init; }

    /// <summary>Payload bytes a second sent.</summary>
    public long? UploadRate { get; init; }

    /// <summary>Replicas at its storage by state; states with none are absent.</summary>
    public required IReadOnlyDictionary<string, int> Replicas { get; init; }

    /// <summary>Where its torrents listen for peers.</summary>
    public IReadOnlyList<string> PeerEndPoints { get; init => field = value ?? []; } = [];

    /// <summary>The version of the messages between nodes that it speaks.</summary>
    public int MessageVersion { get; init; }
}

/// <summary>Named leases.</summary>
public sealed record ClusterLeaseList(IReadOnlyList<ClusterLease> Items);

/// <summary>A named lease. <paramref name="Held"/>: the session of its holder runs, so nobody else may take it.</summary>
public sealed record ClusterLease(string Name, string Holder, long Generation, long Token, bool Held);

/// <summary>A command was taken: what is wanted stands in the cluster's tables. <paramref name="Complete"/>: the torrent's complete replicas then, 0 for what is no torrent's.</summary>
public sealed record ClusterAccepted(string Subject, int Complete);

/// <summary>Adds a torrent to the cluster. Exactly one of <see cref="Source"/> and <see cref="Metainfo"/> is given. One that is there gets the number of replicas and is otherwise left as it is.</summary>
public sealed record PlaceTorrent
{
    /// <summary>A magnet link, a bare info-hash, or the http(s) URL of a .torrent file, which the node fetches.</summary>
    public string? Source { get; init; }

    /// <summary>The .torrent file itself, in base64.</summary>
    public string? Metainfo { get; init; }

    /// <summary>Complete copies that are wanted, 1 to 32; absent: what the node is configured with.</summary>
    public int? Replicas { get; init; }

    /// <summary>Answer only when so many replicas are complete; 0: when it is durable.</summary>
    public int Acknowledged { get; init; }

    /// <summary>Seconds to wait at most; absent: what the node is configured with.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Stands still everywhere until it is resumed.</summary>
    public bool Paused { get; init; }

    /// <summary>Fetch pieces in order.</summary>
    public bool Sequential { get; init; }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long UploadLimit { get; init; }
}

/// <summary>A torrent is in the cluster, durably.</summary>
public sealed record TorrentPlaced(string Hash, string Name, int Replicas, int Complete, bool WasThere);

/// <summary>How many complete copies of a torrent are wanted.</summary>
public sealed record SetReplicas
{
    /// <summary>1 to 32.</summary>
    public required int Replicas { get; init; }
}

/// <summary>A page of the cluster's torrents and where they are.</summary>
public sealed record PlacementPage
{
    /// <summary>The torrents, in the order asked for.</summary>
    public required IReadOnlyList<PlacementItem> Items { get; init; }

    /// <summary>How many the filter lets through, on all pages.</summary>
    public required int Matches { get; init; }

    /// <summary>What to give as "cursor" for the next page; absent on the last one.</summary>
    public string? Next { get; init; }

    /// <summary>The catalogue's revision that the page has seen at least.</summary>
    public required long Revision { get; init; }
}

/// <summary>What changed in the list of the cluster's torrents after a revision; used like <see cref="TorrentDelta"/>.</summary>
public sealed record PlacementDelta
{
    /// <summary>The revision this leads to: the next "since".</summary>
    public required long Revision { get; init; }

    /// <summary>Torrents that are new or changed, oldest change first.</summary>
    public required IReadOnlyList<PlacementItem> Changed { get; init; }

    /// <summary>Hashes of torrents that are gone, or not the cluster's any more.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>True: the revision asked from is too old. Load the list anew.</summary>
    public bool Resync { get; init; }

    /// <summary>True: there is more at once; ask again from <see cref="Revision"/>.</summary>
    public bool More { get; init; }
}

/// <summary>A torrent of the cluster and where it is.</summary>
public sealed record PlacementItem
{
    /// <summary>Its hash.</summary>
    public required string Hash { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is doing, taken together.</summary>
    public required TorrentPhase State { get; init; }

    /// <summary>Bytes of its content, 0 while that is not known.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Complete copies that are wanted.</summary>
    public int Wanted { get; init; }

    /// <summary>Complete copies there are, at storages that a node has now.</summary>
    public int Complete { get; init; }

    /// <summary>Stands still everywhere on somebody's word.</summary>
    public bool Paused { get; init; }

    /// <summary>Is being removed everywhere.</summary>
    public bool Removing { get; init; }

    /// <summary>Its pieces are fetched in order.</summary>
    public bool Sequential { get; init; }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Payload bytes a second at each replica, 0 for no limit.</summary>
    public long UploadLimit { get; init; }

    /// <summary>The end points of the members that run it.</summary>
    public IReadOnlyList<string> Nodes { get; init => field = value ?? []; } = [];

    /// <summary>Its replicas, by storage.</summary>
    public IReadOnlyList<ReplicaItem> Replicas { get; init => field = value ?? []; } = [];

    /// <summary>The catalogue's revision at which it changed last.</summary>
    public long Revision { get; init; }
}

/// <summary>
/// A replica. <paramref name="Node"/>: the end point of the member that runs it; absent: nobody is there. <paramref name="Phase"/>: what it is doing there, as that node said last; absent: it has said nothing since this node listens. <paramref name="Reason"/>: why it
/// stands still.
/// </summary>
public sealed record ReplicaItem(string Storage, string State, string? Node, TorrentPhase? Phase, bool Pinned, string? Reason);

/// <summary>What lists of torrents say of one that is the cluster's. <paramref name="Here"/>: it runs at the node that answers, which then knows its rates and peers; else the row is what the cluster knows of it.</summary>
public sealed record TorrentPlacement(int Wanted, int Complete, bool Here, IReadOnlyList<ReplicaItem> Replicas);

/// <summary>Where a torrent of the cluster is and why, and what happens next. <paramref name="Items"/>: the storages that are here, the best for it first.</summary>
public sealed record PlacementExplained(PlacementItem Torrent, IReadOnlyList<RankedStorage> Items, string Next, PlanItem? Step);

/// <summary>What storages should have and have, and what is moving.</summary>
public sealed record PlacementView
{
    /// <summary>Torrents, and bytes of one copy of each.</summary>
    public int Torrents { get; init; }

    /// <summary>Bytes of one copy of each torrent, as far as lengths are known.</summary>
    public long Bytes { get; init; }

    /// <summary>Torrents with fewer complete replicas than wanted; those at storages that are lost do not count.</summary>
    public int BelowReplicas { get; init; }

    /// <summary>Torrents without any complete replica, likewise.</summary>
    public int WithoutCopy { get; init; }

    /// <summary>Copies that are being made.</summary>
    public int CopiesUnderWay { get; init; }

    /// <summary>Bytes of those copies, whole.</summary>
    public long BytesUnderWay { get; init; }

    /// <summary>Steps that the planner would take next, by reason; those with none are absent.</summary>
    public required IReadOnlyDictionary<string, int> Next { get; init; }

    /// <summary>The storages, by name.</summary>
    public required IReadOnlyList<StorageItem> Items { get; init; }
}

/// <summary>A storage: the replicas it should have if nothing stood in the way, and those it has.</summary>
public sealed record StorageItem
{
    /// <summary>Its name.</summary>
    public required string Storage { get; init; }

    /// <summary>How it is.</summary>
    public required string State { get; init; }

    /// <summary>Its zone.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Its weight; 0 where nobody who had it is remembered.</summary>
    public double Weight { get; init; }

    /// <summary>Bytes of room as last said.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Replicas it should have.</summary>
    public int Wanted { get; init; }

    /// <summary>Bytes of those.</summary>
    public long WantedBytes { get; init; }

    /// <summary>Complete replicas it has.</summary>
    public int Complete { get; init; }

    /// <summary>Bytes of those.</summary>
    public long CompleteBytes { get; init; }

    /// <summary>Replicas that are being made there.</summary>
    public int Assigned { get; init; }

    /// <summary>Bytes of those, whole.</summary>
    public long AssignedBytes { get; init; }

    /// <summary>Replicas that failed there.</summary>
    public int Failed { get; init; }

    /// <summary>Replicas it is to forget.</summary>
    public int Dropping { get; init; }
}

/// <summary>What the planner would do next about placement, in all and the first steps; nothing is done by asking. It takes only so many at a time.</summary>
public sealed record RebalancePlan
{
    /// <summary>Steps by reason; those with none are absent.</summary>
    public required IReadOnlyDictionary<string, int> Steps { get; init; }

    /// <summary>Bytes that copies among them would take.</summary>
    public long CopyBytes { get; init; }

    /// <summary>Copies under way already.</summary>
    public int CopiesUnderWay { get; init; }

    /// <summary>A copy is begun only to rebalance while fewer than this are under way; 0: never.</summary>
    public int MaxMoves { get; init; }

    /// <summary>Such copies begun a minute at most.</summary>
    public int MovesPerMinute { get; init; }

    /// <summary>The first steps, by hash.</summary>
    public required IReadOnlyList<PlanItem> Items { get; init; }

    /// <summary>There are more steps than these.</summary>
    public bool More { get; init; }

    /// <summary>The planner was told to look at every torrent now.</summary>
    public bool Told { get; init; }
}

/// <summary>What one node asks of another about a torrent that runs there: the body of a call. Members may come; who does not know one passes over it.</summary>
public sealed record NodeQuestion(string Hash);
