using System.Globalization;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Flattens the "file tree" of a v2 or hybrid info dictionary into files in tree order (BEP 52, "File tree layout").
/// Owned by one parse. The walk recurses once a path element, which <see cref="MetainfoLimits.MaxPathDepth"/> bounds.
/// </summary>
internal sealed class V2FileTree(TorrentText text, MetainfoLimits limits)
{
    private readonly List<FileEntry> _files = [];
    private readonly List<string> _path = [];
    private string _error = "";

    /// <summary>The files, null with an error. <paramref name="isFolder"/> is false if the tree is one file at its root.</summary>
    public static List<FileEntry>? TryRead(BencodeValue info, TorrentText text, MetainfoLimits limits, out bool isFolder, out string error)
    {
        var tree = new V2FileTree(text, limits);
        var root = info["file tree"u8];
        var ok = root.Kind == BencodeTokenKind.Dictionary
            ? tree.WalkDirectory(root)
            : tree.Fail("missing, or not a dictionary");
        isFolder = tree._files.Count != 1 || tree._files[0].Path.Length != 1;
        error = tree._error;
        return ok ? tree._files : null;
    }

    private bool WalkDirectory(BencodeValue directory)
    {
        foreach (var entry in directory.Entries)
        {
            if (entry.Key.IsEmpty) return Fail("properties of a file beside other entries, or at the root");
            if (entry.Value.Kind != BencodeTokenKind.Dictionary) return Fail("an entry that is not a dictionary");
            if (_path.Count == limits.MaxPathDepth) return Fail($"deeper than the limit of {limits.MaxPathDepth}");
            _path.Add(text.Decode(entry.Key));
            var properties = entry.Value[""u8];
            var ok = properties.Kind == BencodeTokenKind.Dictionary ? AddFile(entry.Value, properties) : WalkDirectory(entry.Value);
            if (!ok) return false;
            _path.RemoveAt(_path.Count - 1);
        }

        return true;
    }

    private bool AddFile(BencodeValue node, BencodeValue properties)
    {
        var hasSiblings = properties.End + 1 != node.End;
        if (hasSiblings) return Fail("a file that is also a directory");
        if (_files.Count == limits.MaxFiles) return Fail($"more files than the limit of {limits.MaxFiles}");
        var file = FileEntry.Read(properties, [.. _path], text);
        if (file is null) return Fail("a file with no 'length', or a negative one");
        var hasRoot = properties["pieces root"u8].TryGetString(MerkleHash.Size, out var root);
        if (file.Length > 0 && !hasRoot) return Fail("a file without a 'pieces root' of 32 bytes");
        _files.Add(file with { IsPad = false, PiecesRoot = file.Length > 0 ? new MerkleHash(root) : null });
        return true;
    }

    private bool Fail(string reason)
    {
        var at = TorrentText.Clean(string.Join('/', _path));
        _error = string.Create(CultureInfo.InvariantCulture, $"file tree{(at.Length > 0 ? ", " + at : "")}: {reason}");
        return false;
    }
}
