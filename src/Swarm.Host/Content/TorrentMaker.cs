using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Swarm.Host.Output;
using Swarm.Io.Disk;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Content;

/// <summary>
/// Makes a torrent of what lies at a path: looks, hashes every byte, builds the metainfo and parses it again, as others will. The same content gives the same info-hash, whoever makes it
/// and whenever, as long as the piece length, the private flag and the source are the same.
/// </summary>
internal static class TorrentMaker
{
    private const int MaxHashThreads = 8;

    /// <summary>What there is at a path.</summary>
    /// <exception cref="SwarmException">Nothing that can be shared.</exception>
    public static ContentScan Scan(string path) =>
        ContentScan.TryScan(path, out var error) ?? throw new SwarmException(TorrentText.Clean(error!.Message));

    /// <summary>Hashes the content (blocks, uses every core) and makes the file. <paramref name="recipe"/>: everything that is not found on disk.</summary>
    /// <exception cref="SwarmException">The content cannot be read, changed meanwhile, or has a name no torrent can carry.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static MadeTorrent Make(ContentScan scan, TorrentRecipe recipe, IReporter reporter, CancellationToken cancellation)
    {
        var total = scan.TotalLength;
        var pieceLength = recipe.PieceLength ?? PieceLengthChoice.For(total);
        var layout = LayoutOf(scan, pieceLength);
        var progress = new HashProgress(reporter, scan.Name, total);
        var hashes = new ContentHasher(Math.Clamp(Environment.ProcessorCount, 1, MaxHashThreads)).Hash(scan.Root, layout, progress.Advance, cancellation);
        if (hashes.Error is not null) throw new SwarmException(TorrentText.Clean(hashes.Error.Message));
        var file = new MetainfoBuilder
        {
            Name = scan.Name,
            Files = [.. scan.Files.Select(found => FileOf(scan, found))],
            PieceLength = pieceLength,
            PieceHashes = new PieceHashes(hashes.PieceHashes.AsMemory()),
            TrackerTiers = [.. recipe.Trackers.Select(tracker => ImmutableArray.Create(tracker))],
            WebSeeds = recipe.WebSeeds,
            IsPrivate = recipe.IsPrivate,
            Source = recipe.Source,
            Comment = recipe.Comment,
            CreatedBy = recipe.CreatedBy,
            CreationDate = recipe.CreationDate,
        }.Build();
        if (!MetainfoParser.TryParse(file, MetainfoLimits.Default, out var metainfo, out var error)) throw new SwarmException($"no torrent can be made of {TorrentText.Clean(scan.Root)}: {error}");
        return new MadeTorrent(metainfo, ImmutableCollectionsMarshal.AsImmutableArray(file));
    }

    /// <summary>Why the torrent's files cannot be served from where they were scanned, or null: a name that had to be changed to be safe everywhere.</summary>
    public static string? WhyNotServable(ContentScan scan, TorrentMetainfo metainfo)
    {
        if (metainfo.Name != scan.Name) return $"the name '{TorrentText.Clean(scan.Name)}' is not safe on every system; rename it to '{metainfo.Name}'";
        if (metainfo.RenamedFiles.IsEmpty) return null;
        var renamed = metainfo.RenamedFiles[0];
        return $"the name of '{TorrentText.Clean(renamed.OriginalPath)}' is not safe on every system; rename it to '{metainfo.PathInTorrent(metainfo.Layout.Files[renamed.File])}'";
    }

    private static ContentLayout LayoutOf(ContentScan scan, int pieceLength)
    {
        var files = ImmutableArray.CreateBuilder<ContentFile>(scan.Files.Length);
        long offset = 0;
        foreach (var found in scan.Files)
        {
            files.Add(new ContentFile(found.Path, offset, found.Length) { SymlinkTarget = found.LinkTarget });
            offset += found.Length;
        }

        return new ContentLayout(new PieceGeometry(offset, pieceLength), files.MoveToImmutable());
    }

    private static BuilderFile FileOf(ContentScan scan, ScannedFile found) => !scan.IsFolder
        ? new BuilderFile([], found.Length)
        : new BuilderFile([.. found.Path.Split('/')], found.Length) { IsExecutable = found.IsExecutable, LinkTarget = found.LinkTarget is { } target ? [.. target.Split('/')] : null };
}

/// <summary>What goes into a torrent besides its content. <paramref name="PieceLength"/>: null for a good one.</summary>
internal sealed record TorrentRecipe(int? PieceLength = null)
{
    public ImmutableArray<string> Trackers { get; init; } = [];

    public ImmutableArray<string> WebSeeds { get; init; } = [];

    public bool IsPrivate { get; init; }

    public string? Source { get; init; }

    public string? Comment { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? CreationDate { get; init; }
}

/// <summary>A new torrent and its file.</summary>
internal sealed record MadeTorrent(TorrentMetainfo Metainfo, ImmutableArray<byte> File);
