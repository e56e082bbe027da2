using System.Collections.Immutable;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Pairs the files of a v2 or hybrid torrent with their "piece layers" (BEP 52, "metainfo files") and checks each layer against its root.
/// A layer that is there must fit; one that is missing is fetched from peers later. Layers of roots that no file has are ignored.
/// Owned by one parse. Equal files share one layer, which is checked and copied once, so the cost is linear in the file's size.
/// </summary>
internal sealed class PieceLayers
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly Dictionary<MerkleHash, Range> _byRoot = [];
    private readonly Dictionary<MerkleHash, ReadOnlyMemory<byte>> _checked = [];

    /// <summary>Takes the "piece layers" dictionary (perhaps missing) of <paramref name="file"/>.</summary>
    public PieceLayers(BencodeValue layers, ReadOnlyMemory<byte> file)
    {
        _file = file;
        foreach (var entry in layers.Entries)
        {
            if (entry.Key.Length != MerkleHash.Size || !entry.Value.TryGetString(out var hashes)) continue;
            _byRoot.TryAdd(new MerkleHash(entry.Key), (entry.Value.End - hashes.Length)..entry.Value.End);
        }
    }

    /// <summary>The trees of all files with content; null with an error if a layer does not fit its file. Indices are those of <paramref name="entries"/>.</summary>
    public ImmutableArray<MerkleFile>? TryMatch(List<FileEntry> entries, List<MerkleHash?> roots, int pieceLength, out string error)
    {
        error = "";
        var files = ImmutableArray.CreateBuilder<MerkleFile>();
        for (var i = 0; i < entries.Count; i++)
        {
            if (roots[i] is not { } root) continue;
            var layer = ReadOnlyMemory<byte>.Empty;
            if (entries[i].Length > pieceLength && !TryGetLayer(root, new PieceGeometry(entries[i].Length, pieceLength), out layer, out var reason))
            {
                error = $"piece layers, {TorrentText.Clean(string.Join('/', entries[i].Path))}: {reason}";
                return null;
            }

            files.Add(new MerkleFile(i, root, layer));
        }

        return files.DrainToImmutable();
    }

    private bool TryGetLayer(MerkleHash root, PieceGeometry geometry, out ReadOnlyMemory<byte> layer, out string reason)
    {
        reason = "";
        layer = ReadOnlyMemory<byte>.Empty;
        if (!_byRoot.TryGetValue(root, out var range)) return true;
        var hashes = _file[range];
        if (hashes.Length != (long)geometry.PieceCount * MerkleHash.Size)
        {
            reason = $"expected {geometry.PieceCount} hashes of 32 bytes, found {hashes.Length} bytes";
            return false;
        }

        if (_checked.TryGetValue(root, out layer)) return true;
        if (MerkleTree.Root(hashes.Span, MerkleTree.PieceLayerHeight(geometry.PieceLength)) != root)
        {
            reason = "the hashes do not lead to the file's 'pieces root'";
            return false;
        }

        layer = hashes.ToArray();
        _checked.Add(root, layer);
        return true;
    }
}
