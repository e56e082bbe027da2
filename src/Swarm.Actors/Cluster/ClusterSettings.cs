using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>What a node of a cluster sees of the world besides what every node does.</summary>
public sealed record ClusterPorts(IClusterStore Store, INodeLink Link, ISpace Space);

/// <summary>How a node takes part in a cluster.</summary>
public sealed record ClusterSettings
{
    /// <summary>The cluster's name: nodes of others are not heard.</summary>
    public required string Name { get; init; }

    /// <summary>Where other nodes reach this one, as <c>host:port</c>. Nobody else may ever listen there while this process runs: it is what proves that a predecessor is gone.</summary>
    public required string EndPoint { get; init; }

    /// <summary>What it says of itself. Peer end points are filled in when they are known.</summary>
    public required MemberTraits Traits { get; init; }

    /// <summary>The absolute folder below which each placed torrent has a folder of its own.</summary>
    public required string Folder { get; init; }

    /// <summary>The address of this node that peers of other nodes dial, with the port it listens at; null: where it listens, if that is one address.</summary>
    public string? PeerAddress { get; init; }

    /// <summary>How members watch each other.</summary>
    public MembershipSettings Membership { get; init; } = MembershipSettings.Default;

    /// <summary>How torrents are placed.</summary>
    public PlacementSettings Placement { get; init; } = PlacementSettings.Default;

    /// <summary>How replicas that fetch the same torrent divide it. All nodes should have the same.</summary>
    public OutsideFetchSettings OutsideFetch { get; init; } = OutsideFetchSettings.Default;

    /// <summary>How limits are divided.</summary>
    public QuotaSettings Quota { get; init; } = QuotaSettings.Default;

    /// <summary>How bans are shared.</summary>
    public BanSettings Bans { get; init; } = BanSettings.Default;

    /// <summary>Payload bytes a second that all nodes together may receive, 0 for no limit. All nodes should have the same.</summary>
    public long DownloadLimit { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }

    /// <summary>Payload bytes a second that all nodes together may send, 0 for no limit.</summary>
    public long UploadLimit { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }

    /// <summary>How long a ban of a peer that lied holds for all nodes, 1 s to 365 days.</summary>
    public TimeSpan BanTime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)); } = TimeSpan.FromHours(1);

    /// <summary>Commands for the tables that may wait, 1 to 1,000,000; one more fails at once.</summary>
    public int TableQueueLimit { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 20_000;

    /// <summary>Commands in one batch, 1 to 10,000.</summary>
    public int TableBatchLimit { get; init => field = Setting.InRange(value, 1, 10_000); } = 1_000;

    /// <summary>Changed torrents in one read, 1 to 100,000.</summary>
    public int ReadLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 2_000;

    /// <summary>How long the row of a forgotten torrent stays at least, in database time, 1 min to 365 days. A node that was away for longer reads all torrents anew, so this is a matter of cost and not of safety.</summary>
    public TimeSpan ForgottenRetention { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)); } = TimeSpan.FromDays(7);

    /// <summary>Rows of forgotten torrents that are purged at once, 1 to 100,000; the rest goes with the next round of the planner.</summary>
    public int PurgeLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;

    /// <summary>From one look at what is to be run here to the next, 50 ms to 1 min.</summary>
    public TimeSpan ReplicaInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(1);

    /// <summary>Torrents that are being started here at a time, 1 to 10,000: read from the tables, recorded, and looked at on disk. One that takes over ten seconds makes room for the next.</summary>
    public int MaxStarting { get; init => field = Setting.InRange(value, 1, 10_000); } = 256;

    /// <summary>How long a replica that failed is left alone before it is tried again, 1 s to 1 day. One whose start was refused, because another process has not given it back for instance, is tried after a quarter of it, and has failed when it was refused for so long.</summary>
    public TimeSpan RetryDelay { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromSeconds(60);

    /// <summary>How often replicas that are not complete are told of each other anew, 1 s to 1 h.</summary>
    public TimeSpan PeerInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>From one report of a node to the others to the next, 100 ms to 10 min.</summary>
    public TimeSpan ReportInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long somebody who adds a torrent waits for it to be durable and replicated, 1 s to 7 days.</summary>
    public TimeSpan CommandPatience { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)); } = TimeSpan.FromMinutes(5);

    /// <summary>Commands that may wait in one node's router, 1 to 1,000,000; one more is refused at once.</summary>
    public int MaxWaitingCommands { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;

    /// <summary>Events that wait to be told to other nodes, 1 to <see cref="ClusterLimits.MaxMessageEntries"/>; the oldest goes first, and is counted.</summary>
    public int MaxWaitingEvents { get; init => field = Setting.InRange(value, 1, ClusterLimits.MaxMessageEntries); } = 200;

    /// <summary>How long a node that stops waits for the tables to say so, 100 ms to 1 min.</summary>
    public TimeSpan LeaveTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(5);
}
