using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

// Torrents as lists show them, and the answers that carry lists: pages and differences. Lengths in bytes, rates in payload bytes a second, moments in UTC, progress from 0 to 1.

/// <summary>What a torrent is doing.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TorrentPhase>))]
public enum TorrentPhase
{
    /// <summary>Being taken up: what is recorded is read.</summary>
    Loading,

    /// <summary>A magnet link's info dictionary is being fetched.</summary>
    FetchingMetadata,

    /// <summary>Data on disk is being hashed.</summary>
    Checking,

    /// <summary>Pieces are wanted.</summary>
    Downloading,

    /// <summary>Everything wanted is there, and it is served.</summary>
    Seeding,

    /// <summary>Standing still for a reason that can pass by itself, such as a full disk.</summary>
    Waiting,

    /// <summary>Standing still until somebody acts.</summary>
    Failed,

    /// <summary>Telling trackers, saving state.</summary>
    Stopping,

    /// <summary>At rest until somebody lets it go on, because somebody or a rule said so.</summary>
    Paused,

    /// <summary>At rest until the queue lets it go on; nobody has paused it.</summary>
    Queued,
}

/// <summary>A torrent as lists show it.</summary>
public sealed record TorrentItem
{
    /// <summary>Its hash on the wire: 40 hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>Its name as people see it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is doing.</summary>
    public required TorrentPhase State { get; init; }

    /// <summary>Why it stands still, one line; absent unless it does.</summary>
    public string? Reason { get; init; }

    /// <summary>The folder its content lies below.</summary>
    public required string Folder { get; init; }

    /// <summary>The category it is filed under.</summary>
    public string? Category { get; init; }

    /// <summary>Labels, sorted.</summary>
    public IReadOnlyList<string> Labels { get; init => field = value ?? []; } = [];

    /// <summary>The hosts of its trackers, sorted.</summary>
    public IReadOnlyList<string> TrackerHosts { get; init => field = value ?? []; } = [];

    /// <summary>When it was added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When the last wanted piece was verified.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When payload last moved.</summary>
    public DateTimeOffset? ActiveAt { get; init; }

    /// <summary>Whether the info dictionary is known; lengths are 0 until it is.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>Whether the torrent forbids the DHT and the exchange of peers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Bytes of the whole torrent.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes of the wanted pieces.</summary>
    public long SelectedBytes { get; init; }

    /// <summary>Bytes of the wanted pieces that are verified.</summary>
    public long VerifiedBytes { get; init; }

    /// <summary>Verified over wanted, 0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Payload bytes received in all runs.</summary>
    public long DownloadedBytes { get; init; }

    /// <summary>Payload bytes sent in all runs.</summary>
    public long UploadedBytes { get; init; }

    /// <summary>Download rate.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Upload rate.</summary>
    public long UploadRate { get; init; }

    /// <summary>Seconds to completion at the present rate; absent where nothing moves or nothing is missing.</summary>
    public long? SecondsLeft { get; init; }

    /// <summary>Sent over wanted bytes.</summary>
    public double Ratio { get; init; }

    /// <summary>Connections.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Connections to peers that have everything.</summary>
    public int ConnectedSeeds { get; init; }

    /// <summary>Place in the queue, 0 first; absent for one that the queue does not hold back.</summary>
    public int? QueuePosition { get; init; }

    /// <summary>Where it is in the cluster; absent for a torrent of this node alone.</summary>
    public TorrentPlacement? Placement { get; init; }

    /// <summary>The catalogue's revision at which it changed last.</summary>
    public long Revision { get; init; }
}

/// <summary>A page of torrents.</summary>
public sealed record TorrentPage
{
    /// <summary>The torrents, in the order asked for.</summary>
    public required IReadOnlyList<TorrentItem> Items { get; init; }

    /// <summary>How many torrents the filter lets through, on all pages.</summary>
    public required int Matches { get; init; }

    /// <summary>What to give as "cursor" for the next page; absent on the last one.</summary>
    public string? Next { get; init; }

    /// <summary>The catalogue's revision that the page has seen at least: what to give as "since" to learn what changed after it.</summary>
    public required long Revision { get; init; }
}

/// <summary>What changed in the list of torrents after a revision.</summary>
public sealed record TorrentDelta
{
    /// <summary>The revision this leads to: the next "since".</summary>
    public required long Revision { get; init; }

    /// <summary>Torrents that are new or changed, oldest change first.</summary>
    public required IReadOnlyList<TorrentItem> Changed { get; init; }

    /// <summary>Hashes of torrents that are gone.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>True: the revision asked from is too old, or of another run of the node. Forget everything and take this from the beginning.</summary>
    public bool Resync { get; init; }

    /// <summary>True: there is more at once; ask again from <see cref="Revision"/>.</summary>
    public bool More { get; init; }
}

/// <summary>Figures over all torrents.</summary>
public sealed record Statistics
{
    /// <summary>Torrents.</summary>
    public int Torrents { get; init; }

    /// <summary>Torrents by what they do; states with none are absent.</summary>
    public required IReadOnlyDictionary<string, int> ByState { get; init; }

    /// <summary>Payload bytes a second received.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload bytes a second sent.</summary>
    public long UploadRate { get; init; }

    /// <summary>Payload bytes received in all runs, of the torrents that are there.</summary>
    public long DownloadedBytes { get; init; }

    /// <summary>Payload bytes sent in all runs, of the torrents that are there.</summary>
    public long UploadedBytes { get; init; }

    /// <summary>Connections.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>The catalogue's revision.</summary>
    public long Revision { get; init; }

    /// <summary>Subscribers to the event stream.</summary>
    public int Subscribers { get; init; }

    /// <summary>Bytes of managed memory in use.</summary>
    public long MemoryBytes { get; init; }
}
