using System.Collections.Immutable;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Output;

/// <summary>What <c>show --json</c> prints: lengths in bytes, hashes in lower-case hex, paths inside the torrent with '/'. What is not known is null or empty.</summary>
internal sealed record ShownTorrent
{
    public string? Name { get; init; }

    public string? InfoHashV1 { get; init; }

    public string? InfoHashV2 { get; init; }

    public int? PieceLength { get; init; }

    public int? Pieces { get; init; }

    /// <summary>The sum of the files that are listed.</summary>
    public long? TotalLength { get; init; }

    public bool? Private { get; init; }

    /// <summary>Without pad files.</summary>
    public ImmutableArray<ShownFile> Files { get; init; } = [];

    public ImmutableArray<ImmutableArray<string>> Trackers { get; init; } = [];

    public ImmutableArray<string> WebSeeds { get; init; } = [];

    public string? Comment { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? CreationDate { get; init; }

    public string? Source { get; init; }

    public static ShownTorrent Of(TorrentMetainfo metainfo) => new()
    {
        Name = metainfo.Name,
        InfoHashV1 = metainfo.V1?.ToString(),
        InfoHashV2 = metainfo.V2?.Hex,
        PieceLength = metainfo.Layout.Geometry.PieceLength,
        Pieces = metainfo.Layout.Geometry.PieceCount,
        TotalLength = metainfo.ContentLength,
        Private = metainfo.IsPrivate,
        Files = [.. metainfo.VisibleFiles.Select(file => new ShownFile(metainfo.PathInTorrent(file), file.Length))],
        Trackers = metainfo.TrackerTiers,
        WebSeeds = metainfo.WebSeeds,
        Comment = metainfo.Comment,
        CreatedBy = metainfo.CreatedBy,
        CreationDate = metainfo.CreationDate,
        Source = metainfo.Source,
    };

    /// <summary>Every tracker of a link is a tier of its own (BEP 9 has no tiers).</summary>
    public static ShownTorrent Of(MagnetLink magnet) => new()
    {
        Name = magnet.DisplayName,
        InfoHashV1 = magnet.V1?.ToString(),
        InfoHashV2 = magnet.V2?.Hex,
        TotalLength = magnet.ExactLength,
        Trackers = [.. magnet.Trackers.Select(tracker => ImmutableArray.Create(tracker))],
        WebSeeds = magnet.WebSeeds,
    };
}

/// <summary>A file of a torrent that is shown.</summary>
internal sealed record ShownFile(string Path, long Length);
