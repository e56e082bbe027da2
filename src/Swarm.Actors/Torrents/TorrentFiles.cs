using System.Collections.Immutable;
using Swarm.Protocol.Picking;

namespace Swarm.Actors.Torrents;

/// <summary>A torrent's files as people see them. Pure.</summary>
internal static class TorrentFiles
{
    /// <summary>One line a file, in layout order, pad files included so that places agree. A file's verified bytes are those of verified pieces.</summary>
    public static ImmutableArray<FileLine> Describe(ContentLayout layout, Bitfield verified, ImmutableArray<PiecePriority> priorities)
    {
        var lines = ImmutableArray.CreateBuilder<FileLine>(layout.Files.Length);
        for (var file = 0; file < layout.Files.Length; file++)
        {
            lines.Add(new FileLine(layout.Files[file].Path, layout.Files[file].Length, VerifiedLength(layout, file, verified), priorities[file]));
        }

        return lines.MoveToImmutable();
    }

    /// <summary>Why a file cannot be named so, one line for people, or null: it can. Paths are relative to the torrent's folder, with forward slashes.</summary>
    public static string? WhyNotRenamed(ContentLayout layout, int file, string path)
    {
        if (file < 0 || file >= layout.Files.Length || layout.Files[file].IsPad) return $"the torrent has {layout.Files.Length} files, counted from 0";
        if (layout.Files[file].SymlinkTarget is not null) return "it is a symbolic link, which is not renamed";
        if (path.Length == 0 || path.StartsWith('/') || path.Contains('\\') || path.Any(char.IsControl)) return $"'{path}' is no path below the torrent's folder";
        if (path.Split('/').Any(name => name.Length is 0 or > 255 || name is "." or "..")) return $"'{path}' is no path below the torrent's folder";
        for (var other = 0; other < layout.Files.Length; other++)
        {
            if (other == file || layout.Files[other].IsPad) continue;
            var taken = layout.Files[other].Path;
            if (string.Equals(taken, path, StringComparison.OrdinalIgnoreCase) || IsBelow(path, taken) || IsBelow(taken, path)) return $"another file of the torrent is {taken}";
        }

        return null;
    }

    private static bool IsBelow(string path, string folder) => path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.OrdinalIgnoreCase);

    private static long VerifiedLength(ContentLayout layout, int file, Bitfield verified)
    {
        if (layout.PiecesOf(file) is not var (first, last)) return 0;
        var entry = layout.Files[file];
        long length = 0;
        for (var piece = verified.NextSet(first.Value); piece >= 0 && piece <= last.Value; piece = verified.NextSet(piece + 1))
        {
            var start = layout.Geometry.PieceOffset(new PieceIndex(piece));
            length += Math.Min(start + layout.Geometry.PieceSize(new PieceIndex(piece)), entry.Offset + entry.Length) - Math.Max(start, entry.Offset);
        }

        return length;
    }
}
