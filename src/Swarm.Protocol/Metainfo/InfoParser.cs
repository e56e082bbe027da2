using System.Numerics;
using System.Security.Cryptography;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Parses and checks an info dictionary, v1, v2 or hybrid (BEP 3, 27, 47, 52), into the part of <see cref="TorrentMetainfo"/> that its hash
/// covers. Owned by one parse; the first thing found wrong is the error, one line that names the key.
/// v1 keys may be unsorted or repeated (the first counts), for such torrents exist and the hash is over the bytes; a v2 dictionary must be
/// canonical (BEP 52, "infohash"), and its piece length a power of two from 16 KiB.
/// </summary>
internal sealed class InfoParser(MetainfoLimits limits, TorrentText text)
{
    private const int SupportedMetaVersion = 2;

    private string _error = "";
    private int _pieceLength;
    private bool _hasV1;
    private bool _hasV2;
    private bool _isFolder;

    /// <summary>
    /// Parses. <paramref name="info"/> is the dictionary, <paramref name="file"/> all bytes it was parsed from,
    /// <paramref name="layers"/> the "piece layers" beside it, perhaps missing. Null with an error.
    /// </summary>
    public TorrentMetainfo? TryParse(BencodeValue info, BencodeValue layers, ReadOnlyMemory<byte> file, out string error)
    {
        var metainfo = TryReadVersion(info) && TryReadPieceLength(info) ? TryReadContent(info, layers, file) : null;
        error = _error;
        return metainfo;
    }

    private bool TryReadVersion(BencodeValue info)
    {
        if (info.Kind != BencodeTokenKind.Dictionary) return Fail("info: missing, or not a dictionary");
        var version = info["meta version"u8].TryGetInteger(out var declared) ? declared : 1;
        if (version is < 1 or > SupportedMetaVersion) return Fail($"meta version: {version} is newer than this program understands");
        _hasV2 = version == SupportedMetaVersion;
        _hasV1 = !_hasV2 || info["pieces"u8].Exists;
        return !_hasV2 || info.IsCanonical || Fail("info: keys of a v2 torrent are not sorted, or occur twice");
    }

    private bool TryReadPieceLength(BencodeValue info)
    {
        if (!info["piece length"u8].TryGetInteger(out var length) || length <= 0) return Fail("piece length: missing, or not positive");
        if (length > limits.MaxPieceLength) return Fail($"piece length: {length} bytes, more than the limit of {limits.MaxPieceLength}");
        _pieceLength = (int)length;
        var isV2Length = _pieceLength >= PieceGeometry.BlockSize && BitOperations.IsPow2(_pieceLength);
        return !_hasV2 || isV2Length || Fail($"piece length: {length} is not a power of two from 16384, as v2 torrents must have");
    }

    private TorrentMetainfo? TryReadContent(BencodeValue info, BencodeValue layers, ReadOnlyMemory<byte> file)
    {
        var givenName = ReadName(info);
        if (TryReadFiles(info, givenName) is not var (entries, roots)) return null;
        if (TryMeasure(entries) is not { } geometry) return null;
        var raw = file[info.Start..info.End].ToArray();
        var pieces = _hasV1 ? TryReadPieces(info, raw, geometry) : null;
        if (_hasV1 && pieces is null) return null;
        var trees = new PieceLayers(layers, file).TryMatch(entries, roots, _pieceLength, out var layerError);
        if (trees is null)
        {
            Fail(layerError);
            return null;
        }

        InfoHash? v1 = _hasV1 ? new InfoHash(SHA1.HashData(raw)) : null;
        var v2 = _hasV2 ? new InfoHashV2(SHA256.HashData(raw)) : null;
        // A single v2 file is called what the tree calls it; the name beside it is advisory (BEP 52).
        var wantedName = _isFolder ? givenName : entries[0].Path[0];
        var name = PathSanitizer.CleanElement(wantedName);
        if (name.Length == 0) name = v1?.ToString() ?? v2!.Hex;
        var builder = new LayoutBuilder(name, _isFolder, limits);
        var layout = builder.Build(entries, geometry);
        var isRenamed = !_isFolder && !string.Equals(name, wantedName, StringComparison.Ordinal);
        return new TorrentMetainfo
        {
            Name = name,
            V1 = v1,
            V2 = v2,
            RawInfo = raw,
            Layout = layout,
            PieceHashes = pieces,
            IsSingleFile = !_isFolder,
            MerkleFiles = trees.Value,
            RenamedFiles = isRenamed ? [new RenamedFile(0, wantedName)] : builder.Renamed,
            IsPrivate = info["private"u8].TryGetInteger(out var flag) && flag == 1,
            Source = info["source"u8].TryGetString(out var source) ? TorrentText.Clean(text.Decode(source)) : null,
        };
    }

    private string ReadName(BencodeValue info)
    {
        if (info["name.utf-8"u8].TryGetString(out var name) || info["name"u8].TryGetString(out name)) return text.Decode(name);
        return "";
    }

    /// <summary>The files to lay out, and beside each the root of its hash tree, if it has one.</summary>
    private (List<FileEntry> Entries, List<MerkleHash?> Roots)? TryReadFiles(BencodeValue info, string name)
    {
        var error = "";
        var v2Folder = false;
        var tree = _hasV2 ? V2FileTree.TryRead(info, text, limits, out v2Folder, out error) : null;
        _isFolder = v2Folder;
        var list = _hasV1 && error.Length == 0 ? V1FileList.TryRead(info, name, text, limits, out _isFolder, out error) : null;
        if (error.Length > 0)
        {
            Fail(error);
            return null;
        }

        if (list is not null) return WithRoots(list, tree);
        var aligned = LayoutBuilder.Align(tree!, _pieceLength);
        return (aligned, aligned.ConvertAll(file => file.PiecesRoot));
    }

    /// <summary>
    /// Gives the v1 files the roots of their twins in the v2 tree. Both must describe the same files in the same order, each on a piece
    /// boundary (BEP 52, "Upgrade Path"); pad files are only in the list, with or without one after the last file.
    /// </summary>
    private (List<FileEntry> Entries, List<MerkleHash?> Roots)? WithRoots(List<FileEntry> list, List<FileEntry>? tree)
    {
        var roots = new List<MerkleHash?>(list.Count);
        long offset = 0;
        var next = 0;
        foreach (var file in list)
        {
            MerkleHash? root = null;
            if (tree is not null && !file.IsPad)
            {
                var twin = next < tree.Count ? tree[next++] : null;
                var agrees = twin is not null && twin.Length == file.Length && twin.Path.SequenceEqual(file.Path, StringComparer.Ordinal);
                if (!agrees || (file.Length > 0 && offset % _pieceLength != 0))
                {
                    Fail($"file tree: does not describe the same files as the v1 list, from {TorrentText.Clean(string.Join('/', file.Path))}");
                    return null;
                }

                root = twin!.PiecesRoot;
            }

            roots.Add(root);
            offset = unchecked(offset + file.Length);
        }

        if (tree is null || next == tree.Count) return (list, roots);
        Fail($"file tree: has {tree.Count} files, the v1 list {next}");
        return null;
    }

    private PieceGeometry? TryMeasure(List<FileEntry> entries)
    {
        long total = 0;
        foreach (var file in entries)
        {
            if (file.Length > limits.MaxContentBytes - total)
            {
                Fail($"the content is larger than the limit of {limits.MaxContentBytes} bytes");
                return null;
            }

            total += file.Length;
        }

        var pieces = ((total - 1) / _pieceLength) + 1;
        if (total == 0) Fail("the content is empty");
        else if (pieces > limits.MaxPieces) Fail($"{pieces} pieces, more than the limit of {limits.MaxPieces}");
        return _error.Length > 0 ? null : new PieceGeometry(total, _pieceLength);
    }

    private PieceHashes? TryReadPieces(BencodeValue info, ReadOnlyMemory<byte> raw, PieceGeometry geometry)
    {
        var pieces = info["pieces"u8];
        if (!pieces.TryGetString(out var hashes))
        {
            Fail("pieces: missing, or not a string");
            return null;
        }

        var expected = (long)geometry.PieceCount * Bytes20.Size;
        if (hashes.Length != expected)
        {
            var found = hashes.Length % Bytes20.Size == 0 ? $"{hashes.Length / Bytes20.Size}" : $"{hashes.Length} bytes";
            Fail($"pieces: expected {geometry.PieceCount} hashes for {geometry.TotalLength} bytes in pieces of {geometry.PieceLength}, found {found}");
            return null;
        }

        var end = pieces.End - info.Start;
        return new PieceHashes(raw[(end - hashes.Length)..end]);
    }

    private bool Fail(string error)
    {
        _error = error;
        return false;
    }
}
