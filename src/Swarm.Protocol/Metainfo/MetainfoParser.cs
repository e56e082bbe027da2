using System.Diagnostics.CodeAnalysis;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Parses .torrent files and info dictionaries fetched from peers (BEP 3, BEP 9). Pure; called once a torrent, where it is added or loaded.
/// What is wrong with the content refuses the torrent, with one line for people; what is wrong around it (a text for a date, a tracker nobody
/// speaks to) is left out. Bytes after the file's dictionary are accepted: makers leave a newline there.
/// Time and memory are linear in the input, which <see cref="MetainfoLimits"/> bounds.
/// </summary>
public static class MetainfoParser
{
    /// <summary>Parses a .torrent file. What is kept of <paramref name="file"/> is copied.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> file, MetainfoLimits limits, [NotNullWhen(true)] out TorrentMetainfo? metainfo, out string error)
    {
        metainfo = null;
        using var document = BencodeDocument.Parse(file.Span, limits.Bencode);
        if (!IsDictionary(document.Error, document.Root, file.Length, limits, out error)) return false;
        var root = document.Root;
        var encoding = root["encoding"u8].ToText();
        var text = new TorrentText(encoding);
        var content = new InfoParser(limits, text).TryParse(root["info"u8], root["piece layers"u8], file, out error);
        if (content is null) return false;
        metainfo = AddSources(content, root, text, limits) with
        {
            Encoding = encoding is null ? null : TorrentText.Clean(encoding),
            Comment = ReadText(root, "comment.utf-8"u8, "comment"u8, text, keepLines: true),
            CreatedBy = ReadText(root, "created by.utf-8"u8, "created by"u8, text, keepLines: false),
            CreationDate = ReadDate(root["creation date"u8]),
        };
        return true;
    }

    /// <summary>
    /// Parses an info dictionary as ut_metadata brings it (BEP 9). The caller has checked its hash; nothing may follow it.
    /// Trackers and the like are empty: the magnet link has them.
    /// </summary>
    public static bool TryParseInfo(
        ReadOnlyMemory<byte> rawInfo, MetainfoLimits limits, [NotNullWhen(true)] out TorrentMetainfo? metainfo, out string error)
    {
        metainfo = null;
        using var document = BencodeDocument.Parse(rawInfo.Span, limits.Bencode);
        if (!IsDictionary(document.Error, document.Root, rawInfo.Length, limits, out error)) return false;
        if (document.HasTrailingBytes)
        {
            error = $"info: ends at byte {document.End} of {rawInfo.Length}";
            return false;
        }

        var text = new TorrentText(encoding: null);
        var content = new InfoParser(limits, text).TryParse(document.Root, default, rawInfo, out error);
        if (content is null) return false;
        var reader = new SourceReader(text, limits);
        var withHints = content with
        {
            Similar = reader.ReadSimilar(default, document.Root["similar"u8]),
            Collections = reader.ReadCollections(default, document.Root["collections"u8]),
            UpdateUrl = reader.ReadUpdateUrl(document.Root["update-url"u8]),
        };
        metainfo = withHints with { DroppedSources = reader.Dropped };
        return true;
    }

    private static bool IsDictionary(BencodeError? problem, BencodeValue root, int length, MetainfoLimits limits, out string error)
    {
        error = problem switch
        {
            { Reason: BencodeErrorReason.TooManyBytes } => $"{length} bytes, more than the limit of {limits.MaxFileBytes} for a torrent file",
            { } malformed => $"not a torrent file: {malformed}",
            null when root.Kind != BencodeTokenKind.Dictionary => "not a torrent file: not a dictionary",
            null => "",
        };
        return error.Length == 0;
    }

    private static TorrentMetainfo AddSources(TorrentMetainfo content, BencodeValue root, TorrentText text, MetainfoLimits limits)
    {
        var reader = new SourceReader(text, limits);
        var info = root["info"u8];
        var withSources = content with
        {
            TrackerTiers = reader.ReadTrackers(root["announce-list"u8], root["announce"u8]),
            WebSeeds = reader.ReadWebSeeds(root["url-list"u8], isFolder: !content.IsSingleFile),
            Nodes = reader.ReadNodes(root["nodes"u8]),
            Similar = reader.ReadSimilar(root["similar"u8], info["similar"u8]),
            Collections = reader.ReadCollections(root["collections"u8], info["collections"u8]),
            UpdateUrl = reader.ReadUpdateUrl(info["update-url"u8]),
        };
        return withSources with { DroppedSources = reader.Dropped };
    }

    private static string? ReadText(BencodeValue root, ReadOnlySpan<byte> key, ReadOnlySpan<byte> otherKey, TorrentText text, bool keepLines)
    {
        if (!root[key].TryGetString(out var bytes) && !root[otherKey].TryGetString(out bytes)) return null;
        return TorrentText.Clean(text.Decode(bytes), keepLines);
    }

    /// <summary>Seconds since 1970; a text, a negative number or one beyond the calendar is no date.</summary>
    private static DateTimeOffset? ReadDate(BencodeValue value)
    {
        var isDate = value.TryGetInteger(out var seconds) && seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return isDate ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }
}
