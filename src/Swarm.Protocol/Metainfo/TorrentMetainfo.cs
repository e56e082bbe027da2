using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// A torrent as its metainfo describes it (BEP 3, 12, 19, 27, 47, 52), parsed, checked and with clean names. Immutable, shared freely.
/// Made by <see cref="MetainfoParser"/>; one that came from a magnet link's info dictionary has none of the fields outside of it, and its
/// owner adds what the link said: <c>metainfo with { TrackerTiers = … }</c>.
/// Always holds: at least one hash; <see cref="PieceHashes"/> exists exactly if <see cref="V1"/> does and counts the layout's pieces;
/// every <see cref="ContentFile.Path"/> is clean, unlike every other also by case, and stays below the download directory.
/// Disk paths: a single file lies at <see cref="Name"/>, the files of a folder at <see cref="Name"/>/…; that is what
/// <see cref="ContentFile.Path"/> holds. <see cref="PathInTorrent"/> gives the path without the folder.
/// </summary>
public sealed record TorrentMetainfo
{
    /// <summary>The file's or folder's name, clean and not empty: the info-hash in hex if nothing usable was given.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-1 of the info dictionary, null for a v2-only torrent.</summary>
    public required InfoHash? V1 { get; init; }

    /// <summary>SHA-256 of the info dictionary, null for a v1-only torrent.</summary>
    public required InfoHashV2? V2 { get; init; }

    /// <summary>The info dictionary exactly as it was encoded: what the hashes are over and what ut_metadata serves (BEP 9). A copy of its own.</summary>
    public required ReadOnlyMemory<byte> RawInfo { get; init; }

    /// <summary>
    /// Where the bytes lie. A v2-only torrent has pad files of our own making in it, so that each file begins on a piece (BEP 52, "piece length").
    /// </summary>
    public required ContentLayout Layout { get; init; }

    /// <summary>The v1 hashes of the pieces, null for a v2-only torrent.</summary>
    public required PieceHashes? PieceHashes { get; init; }

    /// <summary>One file without a folder, rather than a folder (of perhaps one file).</summary>
    public required bool IsSingleFile { get; init; }

    /// <summary>The hash trees of the files that are not empty, in file order; empty for a v1-only torrent (BEP 52).</summary>
    public ImmutableArray<MerkleFile> MerkleFiles { get; init; } = [];

    /// <summary>Files whose path had to be changed to be safe, with what the torrent called them.</summary>
    public ImmutableArray<RenamedFile> RenamedFiles { get; init; } = [];

    /// <summary>Peers come from the trackers only: no DHT, PEX or local discovery (BEP 27). Only the integer 1 says so.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Trackers in tiers (BEP 12), http, https and udp only, each once; "announce" alone makes one tier. May be empty.</summary>
    public ImmutableArray<ImmutableArray<string>> TrackerTiers { get; init; } = [];

    /// <summary>Web seeds (BEP 19), http and https only, escaped, ending in '/' if the torrent is a folder.</summary>
    public ImmutableArray<string> WebSeeds { get; init; } = [];

    /// <summary>DHT nodes to start from (BEP 5).</summary>
    public ImmutableArray<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>Torrents that may share files with this one (BEP 38, "similar"), from inside and outside the info dictionary.</summary>
    public ImmutableArray<InfoHash> Similar { get; init; } = [];

    /// <summary>Names of collections this belongs to (BEP 38), from inside and outside the info dictionary.</summary>
    public ImmutableArray<string> Collections { get; init; } = [];

    /// <summary>Where newer versions are announced (BEP 39), an http or https URL.</summary>
    public string? UpdateUrl { get; init; }

    /// <summary>A private tracker's mark inside the info dictionary, which makes the hash differ from the same content elsewhere.</summary>
    public string? Source { get; init; }

    /// <summary>What the maker wrote, without control characters but line breaks.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that made the file.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When the file was made, as it says.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>The encoding that the file claims for its strings; used for names that are not UTF-8.</summary>
    public string? Encoding { get; init; }

    /// <summary>Trackers, web seeds, nodes and hints that were left out: unsupported, malformed, repeated or over a limit.</summary>
    public int DroppedSources { get; init; }

    /// <summary>The hash that goes on the wire: v1 where there is one, else the first twenty bytes of v2 (BEP 52).</summary>
    public InfoHash WireHash => V1 ?? V2!.Truncated;

    /// <summary>Both v1 and v2.</summary>
    public bool IsHybrid => V1 is not null && V2 is not null;

    /// <summary>Bytes of the files a user sees: without pad files.</summary>
    public long ContentLength => Layout.Files.Sum(file => file.IsPad ? 0 : file.Length);

    /// <summary>The files a user sees, in torrent order: without pad files.</summary>
    public IEnumerable<ContentFile> VisibleFiles => Layout.Files.Where(file => !file.IsPad);

    /// <summary>A file's path without the torrent's folder; the name itself for a single file. '/' between elements.</summary>
    public string PathInTorrent(ContentFile file) => IsSingleFile ? file.Path : file.Path[(Name.Length + 1)..];
}

/// <summary>
/// The hash tree of one file of a v2 or hybrid torrent (BEP 52). <paramref name="File"/> is its index in the layout.
/// <paramref name="PieceLayer"/> holds 32 bytes a piece, checked against <paramref name="PiecesRoot"/>; it is empty if the file has only one
/// piece (then the root is its hash) or if the metainfo lacks it (then peers have it).
/// </summary>
public sealed record MerkleFile(int File, MerkleHash PiecesRoot, ReadOnlyMemory<byte> PieceLayer);

/// <summary>
/// A file that is called otherwise on disk than in the torrent. <paramref name="OriginalPath"/> is the torrent's path, elements joined with '/',
/// uncleaned: to find existing data by, never to be created or shown as it stands.
/// </summary>
public sealed record RenamedFile(int File, string OriginalPath);
