using System.Collections.Immutable;
using System.IO.Enumeration;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Turns patterns into the files and pieces that are wanted. Pure. A pattern is matched, ignoring case, against a file's path inside the torrent ('/' between elements), against its
/// path with the torrent's folder in front, and against its bare name; '*' stands for any characters, '/' included, '?' for one.
/// </summary>
public static class SelectedFiles
{
    /// <summary>For each file of the layout, whether it is wanted. Patterns win over what the magnet link selects (BEP 53). Pad files are never wanted for themselves.</summary>
    public static ImmutableArray<bool> WantedFiles(TorrentMetainfo metainfo, ImmutableArray<string> patterns, FileSelection? selection) =>
        [.. metainfo.Layout.Files.Select((file, index) => !file.IsPad && (patterns.IsDefaultOrEmpty ? selection?.IsWanted(index) != false : patterns.Any(pattern => Matches(metainfo, file, pattern))))];

    /// <summary>The pieces that hold a byte of a wanted file.</summary>
    public static Bitfield WantedPieces(ContentLayout layout, ImmutableArray<bool> wantedFiles)
    {
        var wanted = new Bitfield(layout.Geometry.PieceCount);
        for (var file = 0; file < wantedFiles.Length; file++)
        {
            if (!wantedFiles[file] || layout.PiecesOf(file) is not var (first, last)) continue;
            for (var piece = first.Value; piece <= last.Value; piece++) wanted.Add(new PieceIndex(piece));
        }

        return wanted;
    }

    private static bool Matches(TorrentMetainfo metainfo, ContentFile file, string pattern) =>
        FileSystemName.MatchesSimpleExpression(pattern, metainfo.PathInTorrent(file))
        || FileSystemName.MatchesSimpleExpression(pattern, file.Path)
        || FileSystemName.MatchesSimpleExpression(pattern, file.Path.AsSpan(file.Path.LastIndexOf('/') + 1));
}
