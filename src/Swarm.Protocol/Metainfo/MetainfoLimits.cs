using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// What we are willing to take from a metainfo file. Sizes and counts of the content beyond a limit refuse the torrent with a one-line error;
/// trackers, web seeds and nodes beyond theirs are dropped and counted in <see cref="TorrentMetainfo.DroppedSources"/>.
/// </summary>
public sealed record MetainfoLimits
{
    /// <summary>The limits that suit a client.</summary>
    public static MetainfoLimits Default { get; } = new();

    /// <summary>Bytes of a .torrent file or of a fetched info dictionary, 1 KiB to 1 GiB. 64 MiB.</summary>
    public int MaxFileBytes { get; init => field = Setting.InRange(value, 1024, 1 << 30); } = 64 * 1024 * 1024;

    /// <summary>Bencoded values in the file, 100 to 100 million; each costs 16 bytes while parsing. 4 million.</summary>
    public int MaxTokens { get; init => field = Setting.InRange(value, 100, 100_000_000); } = 4_000_000;

    /// <summary>Pieces, 1 to 16,777,216. 2,097,152.</summary>
    public int MaxPieces { get; init => field = Setting.InRange(value, 1, 1 << 24); } = 1 << 21;

    /// <summary>Bytes of a piece, 16 KiB to 1 GiB. 512 MiB, the largest that is seen.</summary>
    public int MaxPieceLength { get; init => field = Setting.InRange(value, 16 * 1024, 1 << 30); } = 512 * 1024 * 1024;

    /// <summary>Files that a torrent lists, its pad files included, 1 to 10 million. 500,000.</summary>
    public int MaxFiles { get; init => field = Setting.InRange(value, 1, 10_000_000); } = 500_000;

    /// <summary>Elements of a file's path, 1 to 100. 64.</summary>
    public int MaxPathDepth { get; init => field = Setting.InRange(value, 1, 100); } = 64;

    /// <summary>
    /// UTF-8 bytes of a file's whole cleaned path, 1,024 to 32,768. A longer one is no error: directories nearest the file are left out until it fits.
    /// 2,048, so that it stays below Linux's 4,096 with a download directory before it.
    /// </summary>
    public int MaxPathBytes { get; init => field = Setting.InRange(value, 1024, 32_768); } = 2048;

    /// <summary>Bytes of all content, 1 to 2^60. 2^48, 256 TiB.</summary>
    public long MaxContentBytes { get; init => field = Setting.InRange(value, 1L, 1L << 60); } = 1L << 48;

    /// <summary>Trackers, web seeds, nodes, similar torrents and collections, each of them, 1 to 10,000. 200.</summary>
    public int MaxSources { get; init => field = Setting.InRange(value, 1, 10_000); } = 200;

    /// <summary>Characters of a URL, 16 to 65,536. 4,096.</summary>
    public int MaxUrlLength { get; init => field = Setting.InRange(value, 16, 65_536); } = 4096;

    /// <summary>A v2 file tree nests one dictionary a path element, in the tree, the info and the outer dictionary, with the file's own inside.</summary>
    internal BencodeLimits Bencode => new() { MaxBytes = MaxFileBytes, MaxTokens = MaxTokens, MaxDepth = MaxPathDepth + 8 };
}
