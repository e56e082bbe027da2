using System.Collections.Immutable;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// One file of a torrent as it lies on disk. <paramref name="Path"/> is relative to the download directory (so it begins with the torrent's
/// folder, if it has one), already sanitised, separated by '/'. <paramref name="Offset"/> and <paramref name="Length"/> are bytes in the torrent.
/// </summary>
public sealed record ContentFile(string Path, long Offset, long Length)
{
    /// <summary>A pad file: all zeros, never on disk (BEP 47).</summary>
    public bool IsPad { get; init; }

    /// <summary>The owner may run it (BEP 47, attribute x).</summary>
    public bool IsExecutable { get; init; }

    /// <summary>Hidden where the file system knows such a thing (BEP 47, attribute h).</summary>
    public bool IsHidden { get; init; }

    /// <summary>
    /// What a symbolic link points to, or null for an ordinary file (BEP 47): the path of another file or directory of the same torrent,
    /// relative to the download directory as <see cref="Path"/> is.
    /// </summary>
    public string? SymlinkTarget { get; init; }
}

/// <summary>A run of bytes in one file: index into <see cref="ContentLayout.Files"/>, offset in that file, length.</summary>
public readonly record struct FileRegion(int File, long Offset, int Length);

/// <summary>
/// Where a torrent's bytes lie: files in torrent order and the geometry of pieces. Immutable.
/// Always holds: offsets ascend without gap or overlap, and the lengths sum to <see cref="PieceGeometry.TotalLength"/>.
/// </summary>
public sealed class ContentLayout
{
    /// <summary>Checks and takes the files.</summary>
    /// <exception cref="ArgumentException">The files leave a gap, overlap or do not sum to the geometry's length: a bug of the parser that made them.</exception>
    public ContentLayout(PieceGeometry geometry, ImmutableArray<ContentFile> files)
    {
        long offset = 0;
        foreach (var file in files)
        {
            if (file.Offset != offset || file.Length < 0) throw new ArgumentException($"File '{file.Path}' does not follow the one before it.", nameof(files));
            offset += file.Length;
        }

        if (offset != geometry.TotalLength) throw new ArgumentException("The files do not sum to the total length.", nameof(files));
        Geometry = geometry;
        Files = files;
    }

    /// <summary>How the bytes divide into pieces.</summary>
    public PieceGeometry Geometry { get; }

    /// <summary>The files in torrent order, pad files and symbolic links included.</summary>
    public ImmutableArray<ContentFile> Files { get; }

    /// <summary>The index of the file that holds the byte at <paramref name="offset"/>; empty files are never the answer.</summary>
    public int FileAt(long offset)
    {
        int low = 0, high = Files.Length - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Files[middle].Offset + Files[middle].Length <= offset) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The parts of files that a run of bytes covers, in order, added to <paramref name="regions"/>; pad files included, empty files not.</summary>
    public void RegionsOf(long offset, int length, List<FileRegion> regions)
    {
        for (var file = FileAt(offset); length > 0; file++)
        {
            var inFile = offset - Files[file].Offset;
            var count = (int)Math.Min(length, Files[file].Length - inFile);
            if (count <= 0) continue;
            regions.Add(new FileRegion(file, inFile, count));
            offset += count;
            length -= count;
        }
    }

    /// <summary>The pieces that a file touches, first and last, or null for an empty file.</summary>
    public (PieceIndex First, PieceIndex Last)? PiecesOf(int file)
    {
        var entry = Files[file];
        if (entry.Length == 0) return null;
        return (new PieceIndex((int)(entry.Offset / Geometry.PieceLength)),
            new PieceIndex((int)((entry.Offset + entry.Length - 1) / Geometry.PieceLength)));
    }
}
