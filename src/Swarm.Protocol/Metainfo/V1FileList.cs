using System.Collections.Immutable;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Metainfo;

/// <summary>Reads the files of a v1 or hybrid info dictionary (BEP 3, "info dictionary": "length" or "files"). Pure; errors are one line.</summary>
internal static class V1FileList
{
    /// <summary>The files in torrent order, pad files included; null with an error. "files" wins over "length", as in other clients.</summary>
    public static List<FileEntry>? TryRead(BencodeValue info, string name, TorrentText text, MetainfoLimits limits, out bool isFolder, out string error)
    {
        error = "";
        var list = info["files"u8];
        isFolder = list.Kind == BencodeTokenKind.List;
        if (isFolder) return TryReadFolder(list, text, limits, out error);
        var single = FileEntry.Read(info, [name], text);
        if (single is null) error = "info: neither a 'length' nor 'files'";
        return single is null ? null : [single with { IsPad = false, SymlinkPath = null }];
    }

    private static List<FileEntry>? TryReadFolder(BencodeValue list, TorrentText text, MetainfoLimits limits, out string error)
    {
        error = "";
        var files = new List<FileEntry>();
        foreach (var item in list.Items)
        {
            if (files.Count == limits.MaxFiles)
            {
                error = $"files: more than the limit of {limits.MaxFiles}";
                return null;
            }

            var file = TryReadFile(item, text, limits, out var reason);
            if (file is null)
            {
                error = $"files[{files.Count}]: {reason}";
                return null;
            }

            files.Add(file);
        }

        return files;
    }

    private static FileEntry? TryReadFile(BencodeValue item, TorrentText text, MetainfoLimits limits, out string reason)
    {
        var path = FileEntry.ReadPath(item["path.utf-8"u8], text) ?? FileEntry.ReadPath(item["path"u8], text);
        var file = FileEntry.Read(item, path ?? ImmutableArray<string>.Empty, text);
        reason = (file, path) switch
        {
            (null, _) => "no 'length', or a negative one",
            ({ IsPad: false }, null) => "no 'path', or not a list of strings",
            (_, { Length: var depth }) when depth > limits.MaxPathDepth => $"a path of {depth} elements, more than the limit of {limits.MaxPathDepth}",
            _ => "",
        };
        return reason.Length == 0 ? file : null;
    }
}
