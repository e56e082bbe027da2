namespace Swarm.Protocol.Cluster;

/// <summary>The most that the tables and the messages of a cluster hold. All nodes must agree on them, so they are not settings.</summary>
public static class ClusterLimits
{
    /// <summary>Rows of the membership table, ended members included; one more may not join.</summary>
    public const int MaxMembers = 1_024;

    /// <summary>Characters of an end point, a storage, a zone, a lease, a torrent's name.</summary>
    public const int MaxNameLength = 255;

    /// <summary>Peer end points a member may name.</summary>
    public const int MaxPeerEndPoints = 8;

    /// <summary>Replicas a torrent may want.</summary>
    public const int MaxReplicas = 32;

    /// <summary>Rows of replicas a torrent may have, those that are going included.</summary>
    public const int MaxReplicaRows = 64;

    /// <summary>Suspicions kept of one member; the oldest go first.</summary>
    public const int MaxSuspicions = 16;

    /// <summary>Characters of a reason.</summary>
    public const int MaxReasonLength = 500;

    /// <summary>Rows of bans, lifted ones included; the one that is to be kept least long makes room.</summary>
    public const int MaxBans = 10_000;

    /// <summary>Addresses of peers that are kept of a torrent's links; those that came last stay.</summary>
    public const int MaxHints = 64;

    /// <summary>Bytes of a torrent's source, a .torrent file or a link.</summary>
    public const int MaxSourceBytes = 64 << 20;

    /// <summary>Bytes of one message between nodes, header included.</summary>
    public const int MaxMessageBytes = 64 << 10;

    /// <summary>Entries of a list in a message.</summary>
    public const int MaxMessageEntries = 1_000;
}
