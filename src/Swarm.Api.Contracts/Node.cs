using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

// The node as a whole: what it is, how it is limited, its DHT, its actors, its log, its configuration, its health.

/// <summary>What a node is doing.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<NodePhase>))]
public enum NodePhase
{
    /// <summary>Recorded torrents are being taken up.</summary>
    Restoring,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Ending in good order.</summary>
    Draining,
}

/// <summary>The node.</summary>
public sealed record NodeView
{
    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>What it is doing.</summary>
    public required NodePhase State { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Seconds since then.</summary>
    public required long UptimeSeconds { get; init; }

    /// <summary>Where peers connect.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>Where content goes that nothing else is said of.</summary>
    public required string DefaultFolder { get; init; }

    /// <summary>The folders below which content may lie.</summary>
    public required IReadOnlyList<string> ContentRoots { get; init; }

    /// <summary>The cluster that it is a member of, or becomes one of; absent for none.</summary>
    public string? Cluster { get; init; }

    /// <summary>Torrents.</summary>
    public int Torrents { get; init; }

    /// <summary>Connections.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Payload bytes a second received.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload bytes a second sent.</summary>
    public long UploadRate { get; init; }

    /// <summary>The node's limits.</summary>
    public required NodeLimits Limits { get; init; }
}

/// <summary>Limits over all torrents: payload bytes a second, 0 for none. In a patch, what is absent is left as it is.</summary>
public sealed record NodeLimits(long? DownloadLimit, long? UploadLimit);

/// <summary>The node's DHT, a line for each address family; none where it has no DHT.</summary>
public sealed record DhtView(IReadOnlyList<DhtFamilyView> Items);

/// <summary>The DHT over one address family.</summary>
public sealed record DhtFamilyView(string Family, string NodeId, int Nodes, int GoodNodes, int Buckets, string Address);

/// <summary>Peers that the DHT knows for a hash.</summary>
public sealed record DhtLookup(string Hash, IReadOnlyList<DhtPeer> Items, bool More);

/// <summary>One peer, "address:port".</summary>
public sealed record DhtPeer(string Address);

/// <summary>Actors, parents before children, siblings by age.</summary>
public sealed record ActorList(IReadOnlyList<ActorItem> Items, long DeadLetters, long DroppedMessages, bool More);

/// <summary>An actor. <paramref name="MailboxDepth"/>: messages that wait.</summary>
public sealed record ActorItem(string Path, string Name, int Depth, string Kind, int MailboxDepth, int Restarts, string? LastFailure, DateTimeOffset? LastFailureAt, bool Stopping);

/// <summary>Restarts an actor: its supervisor decides, as if it had failed.</summary>
public sealed record RestartActor
{
    /// <summary>Its path, such as "/user/node/trackers".</summary>
    public required string Path { get; init; }
}

/// <summary>A line of the log. <paramref name="Sequence"/> counts lines of this run.</summary>
public sealed record LogLine(long Sequence, DateTimeOffset At, string Level, string Category, string Message);

/// <summary>Lines of the log, oldest first.</summary>
public sealed record LogLines(IReadOnlyList<LogLine> Items);

/// <summary>From which level on categories log. The category "*" is all that have none of their own.</summary>
public sealed record LogLevels(IReadOnlyList<LogLevelItem> Items);

/// <summary>From which level on a category logs: trace, debug, information, warning, error, critical or none.</summary>
public sealed record LogLevelItem(string Category = "*", string Level = "information");

/// <summary>The configuration in force.</summary>
public sealed record ConfigView(IReadOnlyList<ConfigItem> Items);

/// <summary>A key, its value (secrets are hidden), and where the value is from.</summary>
public sealed record ConfigItem(string Key, string Value, string Origin);

/// <summary>Whether the node is well, or ready: "ok", or what is not.</summary>
public sealed record Health(string Status);
