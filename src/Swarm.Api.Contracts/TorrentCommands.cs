using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

// What is asked of torrents. A hash in these is the whole hash, or a beginning of at least 6 digits that only one torrent has.

/// <summary>Adds a torrent. Exactly one of <see cref="Source"/> and <see cref="Metainfo"/> is given.</summary>
public sealed record AddTorrent
{
    /// <summary>A magnet link, a bare info-hash, or the http(s) URL of a .torrent file, which the node fetches.</summary>
    public string? Source { get; init; }

    /// <summary>The .torrent file itself, in base64.</summary>
    public string? Metainfo { get; init; }

    /// <summary>The folder its content lies below: absolute, inside a content root of the node; absent for the node's default.</summary>
    public string? Folder { get; init; }

    /// <summary>Stands still until it is resumed.</summary>
    public bool Paused { get; init; }

    /// <summary>Fetch pieces in order.</summary>
    public bool Sequential { get; init; }

    /// <summary>Hash what lies on disk first, and fetch and overwrite what does not match.</summary>
    public bool Recheck { get; init; }

    /// <summary>The category, or none.</summary>
    public string? Category { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyList<string> Labels { get; init => field = value ?? []; } = [];

    /// <summary>Trackers besides the torrent's own.</summary>
    public IReadOnlyList<string> Trackers { get; init => field = value ?? []; } = [];

    /// <summary>Peers to try at once, "address:port".</summary>
    public IReadOnlyList<string> Peers { get; init => field = value ?? []; } = [];

    /// <summary>Patterns (* and ?) over paths inside the torrent; a file that none matches is not wanted. Empty: all are wanted.</summary>
    public IReadOnlyList<string> Select { get; init => field = value ?? []; } = [];

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long UploadLimit { get; init; }

    /// <summary>At a member of a cluster: how many nodes are to have it, 0 for this one alone; absent: as the node is configured. A node without a cluster takes 0 only.</summary>
    public int? Replicas { get; init; }

    /// <summary>For this node alone, the same as 0 replicas.</summary>
    public bool Local { get; init; }

    /// <summary>Added to a cluster: answer only when so many replicas are complete; absent or 0: when it is durable.</summary>
    public int Acknowledged { get; init; }

    /// <summary>Added to a cluster: seconds to wait for that at most; absent: as the node is configured.</summary>
    public int? TimeoutSeconds { get; init; }
}

/// <summary>A torrent was added, or was there already.</summary>
public sealed record TorrentAdded(string Hash, string Name, bool WasThere);

/// <summary>The torrents a command is for: all of <see cref="Hashes"/>.</summary>
public sealed record TorrentSelection
{
    /// <summary>Hashes, or beginnings of them; at most 1,000.</summary>
    public required IReadOnlyList<string> Hashes { get; init; }
}

/// <summary>Removes torrents.</summary>
public sealed record RemoveTorrents
{
    /// <summary>Hashes, or beginnings of them; at most 1,000.</summary>
    public required IReadOnlyList<string> Hashes { get; init; }

    /// <summary>Delete their files too.</summary>
    public bool DeleteData { get; init; }
}

/// <summary>Moves the content of torrents below another folder.</summary>
public sealed record MoveTorrents
{
    /// <summary>Hashes, or beginnings of them; at most 1,000.</summary>
    public required IReadOnlyList<string> Hashes { get; init; }

    /// <summary>The folder, absolute, inside a content root of the node.</summary>
    public required string Folder { get; init; }

    /// <summary>False: the content is there already. Absent: true.</summary>
    public bool? MoveData { get; init; }
}

/// <summary>Changes how torrents are run: one's own resource is patched with <see cref="TorrentPatch"/> alone, several at once with this.</summary>
public sealed record PatchTorrents
{
    /// <summary>Hashes, or beginnings of them; at most 1,000.</summary>
    public required IReadOnlyList<string> Hashes { get; init; }

    /// <summary>What to change.</summary>
    public required TorrentPatch Change { get; init; }
}

/// <summary>How much a file is wanted.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<FilePriority>))]
public enum FilePriority
{
    /// <summary>Not wanted.</summary>
    Skip,

    /// <summary>After the others.</summary>
    Low,

    /// <summary>Like most.</summary>
    Normal,

    /// <summary>Before the others.</summary>
    High,
}

/// <summary>What to change of how a torrent is run. A member that is absent is left as it is.</summary>
public sealed record TorrentPatch
{
    /// <summary>The name people see; empty for the torrent's own.</summary>
    public string? Name { get; init; }

    /// <summary>The category; empty for none.</summary>
    public string? Category { get; init; }

    /// <summary>All labels, instead of those it has.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Payload bytes a second, 0 for no limit.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Connections at most, 0 for the node's limit alone.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Fetch pieces in order.</summary>
    public bool? Sequential { get; init; }

    /// <summary>Priorities by the file's place in the torrent, 0 first; files that are not named keep theirs.</summary>
    public IReadOnlyDictionary<string, FilePriority>? FilePriorities { get; init; }

    /// <summary>All trackers in tiers, instead of those it has.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? TrackerTiers { get; init; }

    /// <summary>Stop seeding at this ratio; 0: never; negative: as the node says.</summary>
    public double? RatioGoal { get; init; }

    /// <summary>Stop seeding so many seconds after completion; 0: never; negative: as the node says.</summary>
    public long? SeedSecondsGoal { get; init; }

    /// <summary>Place in the queue, 0 first; beyond the end is the end.</summary>
    public int? QueuePosition { get; init; }
}

/// <summary>Names a file of a torrent anew.</summary>
public sealed record RenameFile
{
    /// <summary>The new path inside the torrent's folder, with forward slashes.</summary>
    public required string Path { get; init; }
}

/// <summary>Tries peers.</summary>
public sealed record AddPeers
{
    /// <summary>Peers, "address:port"; at most 200.</summary>
    public required IReadOnlyList<string> Peers { get; init; }
}

/// <summary>What came of a command for several torrents, one line for each named.</summary>
public sealed record CommandReport(IReadOnlyList<CommandResult> Items);

/// <summary>What came of a command for one torrent: <paramref name="Detail"/> says why it was not done.</summary>
public sealed record CommandResult(string Hash, bool Done, string? Detail);
