using Swarm.Actors.Ports;
using Swarm.Io.Disk;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Content;

/// <summary>Whether a recorded torrent still describes what lies at a path, so that it need not be hashed again. Pure but for a look at the files' lengths and times.</summary>
internal static class RecordedContent
{
    /// <summary>The recorded torrent, if everything of it was verified and exactly its files are there, each with the length and last write it had then; else null.</summary>
    public static MadeTorrent? IfUnchanged(TorrentRecord record, ProgressRecord? progress, ContentScan scan)
    {
        if (progress is null || !MetainfoParser.TryParse(record.Metainfo.AsMemory(), MetainfoLimits.Default, out var metainfo, out _)) return null;
        var layout = metainfo.Layout;
        if (metainfo.PieceHashes is null || metainfo.IsSingleFile == scan.IsFolder || progress.Files.Length != layout.Files.Length) return null;
        if (Bitfield.FromWire(progress.Verified.AsSpan(), layout.Geometry.PieceCount) is not { IsFull: true }) return null;
        var expected = metainfo.VisibleFiles.Select(metainfo.PathInTorrent).Order(StringComparer.Ordinal);
        if (!expected.SequenceEqual(scan.Files.Select(file => file.Path).Order(StringComparer.Ordinal), StringComparer.Ordinal)) return null;
        for (var i = 0; i < layout.Files.Length; i++)
        {
            var file = layout.Files[i];
            if (file.IsPad || file.SymlinkTarget is not null) continue;
            var found = new FileInfo(Path.Join(record.Folder, file.Path));
            if (!found.Exists || progress.Files[i] != new FileFingerprint(true, found.Length, found.LastWriteTimeUtc.Ticks)) return null;
        }

        return new MadeTorrent(metainfo, record.Metainfo);
    }
}
