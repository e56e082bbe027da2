using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Writes the .torrent file (BEP 3, 12, 19) of a torrent whose info dictionary came by a magnet link, with the trackers and web seeds that the link added. Pure.
/// The info dictionary is taken as it was encoded, so the file's hashes are the torrent's. What stands outside of it and is for people (comment, creator, date) and a hybrid's piece layers, which no link brings, are not in it.
/// </summary>
public static class MetainfoFile
{
    /// <summary>The file's bytes.</summary>
    public static ImmutableArray<byte> Of(TorrentMetainfo metainfo)
    {
        var writer = new BencodeWriter(metainfo.RawInfo.Length + 4096).BeginDictionary();
        string[] trackers = [.. metainfo.TrackerTiers.SelectMany(static tier => tier)];
        if (trackers.Length > 0) writer.WriteText("announce"u8, trackers[0]);
        if (trackers.Length > 1)
        {
            writer.BeginList("announce-list"u8);
            foreach (var tier in metainfo.TrackerTiers.Where(static tier => tier.Length > 0)) WriteTexts(writer.BeginList(), tier);
            writer.End();
        }

        writer.WriteRaw("info"u8, metainfo.RawInfo.Span);
        if (metainfo.WebSeeds.Length > 0) WriteTexts(writer.BeginList("url-list"u8), metainfo.WebSeeds);
        return ImmutableCollectionsMarshal.AsImmutableArray(writer.End().ToArray());
    }

    private static void WriteTexts(BencodeWriter list, ImmutableArray<string> texts)
    {
        foreach (var text in texts) list.WriteText(text);
        list.End();
    }
}
