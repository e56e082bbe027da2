namespace Swarm.Protocol.Cluster;

/// <summary>What the tables of a cluster count, besides what the membership table does. None ever becomes smaller.</summary>
public sealed record ClusterNumbers
{
    /// <summary>Nothing has happened yet.</summary>
    public static ClusterNumbers None { get; } = new();

    /// <summary>The number of the last change of a torrent.</summary>
    public long LastChange { get; init; }

    /// <summary>The number of the last change of a ban.</summary>
    public long LastBan { get; init; }

    /// <summary>The last token that was given.</summary>
    public long LastToken { get; init; }

    /// <summary>The greatest change whose row was purged; 0: none was.</summary>
    public long PurgedTo { get; init; }

    /// <summary>Where the mark stands: what was forgotten by this change or an earlier one had been forgotten at <see cref="MarkedTicks"/>.</summary>
    public long MarkedChange { get; init; }

    /// <summary>When the mark was set, by the database's clock; 0: there is none yet.</summary>
    public long MarkedTicks { get; init; }
}
