using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>Kinds of messages between nodes, by their numbers on the wire. A number is never used again.</summary>
public enum ClusterMessageKind
{
    /// <summary><see cref="ClusterMessage.Ping"/>.</summary>
    Ping = 1,

    /// <summary><see cref="ClusterMessage.Pong"/>.</summary>
    Pong = 2,

    /// <summary><see cref="ClusterMessage.Changed"/>.</summary>
    Changed = 3,

    /// <summary><see cref="ClusterMessage.NodeReport"/>.</summary>
    NodeReport = 4,

    /// <summary><see cref="ClusterMessage.Bans"/>.</summary>
    Bans = 5,

    /// <summary><see cref="ClusterMessage.Quota"/>.</summary>
    Quota = 6,

    /// <summary><see cref="ClusterMessage.Subscribe"/>.</summary>
    Subscribe = 7,

    /// <summary><see cref="ClusterMessage.Events"/>.</summary>
    Events = 8,

    /// <summary><see cref="ClusterMessage.Replan"/>.</summary>
    Replan = 9,
}

/// <summary>
/// What nodes tell each other: a closed set. Nothing of it is needed for safety, which is the tables' business; every one may be lost, come twice or late. Rates in payload bytes a second.
/// </summary>
public abstract record ClusterMessage
{
    private ClusterMessage() { }

    /// <summary>Are you there? For one identity: a process of a later generation at the same end point does not answer. <paramref name="Version"/>, <paramref name="Change"/>: how new the sender's view is; the latter since message version 2, else 0.</summary>
    public sealed record Ping(long TargetGeneration, long Sequence, long Version, long Change) : ClusterMessage;

    /// <summary>I am. <paramref name="Sequence"/> is the ping's.</summary>
    public sealed record Pong(long Sequence, long Version, long Change) : ClusterMessage;

    /// <summary>The tables have changed: look.</summary>
    public sealed record Changed(long Version, long Change) : ClusterMessage;

    /// <summary>How the sender is doing. Demands: what it could use of a limit that is shared.</summary>
    public sealed record NodeReport(int Torrents, int Peers, long DownloadRate, long UploadRate, long DownloadDemand, long UploadDemand) : ClusterMessage;

    /// <summary>Addresses to have no dealings with.</summary>
    public sealed record Bans(ImmutableArray<Ban> Entries) : ClusterMessage;

    /// <summary>The receiver's share of the cluster's limits for so long; -1: no limit.</summary>
    public sealed record Quota(long Download, long Upload, TimeSpan Lasting) : ClusterMessage;

    /// <summary>Tell me your events for so long.</summary>
    public sealed record Subscribe(TimeSpan Lasting) : ClusterMessage;

    /// <summary>What happened at the sender.</summary>
    public sealed record Events(ImmutableArray<ClusterEvent> Entries) : ClusterMessage;

    /// <summary>To whoever plans: look at every torrent now. Older programs do not know it, and look when they would have anyway.</summary>
    public sealed record Replan : ClusterMessage;
}

/// <summary>A torrent changed its state at a node. <paramref name="State"/> is the number of the state as the node's program has it; <paramref name="Reason"/> one line for people, or empty.</summary>
public sealed record ClusterEvent(InfoHash Torrent, int State, string Reason);

/// <summary>What stands before every message. <paramref name="Cluster"/>: a hash of the cluster's name. <paramref name="Version"/>: the sender's version of the messages.</summary>
public readonly record struct ClusterHeader(int Version, ulong Cluster, MemberId Sender);
