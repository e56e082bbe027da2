using System.Collections.Immutable;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Metainfo;

/// <summary>One file as the info dictionary describes it, uncleaned: what <see cref="V1FileList"/> and <see cref="V2FileTree"/> bring out and <see cref="LayoutBuilder"/> takes.</summary>
internal sealed record FileEntry(ImmutableArray<string> Path, long Length)
{
    private const string BitCometPad = "_____padding_file_";

    public bool IsPad { get; init; }

    public bool IsExecutable { get; init; }

    public bool IsHidden { get; init; }

    /// <summary>Where a link points, null for a file (BEP 47: attribute l with a "symlink path").</summary>
    public ImmutableArray<string>? SymlinkPath { get; init; }

    /// <summary>The root of the file's hash tree, null for an empty file and in v1.</summary>
    public MerkleHash? PiecesRoot { get; init; }

    /// <summary>
    /// Reads a file's length and attributes from its dictionary (BEP 3, BEP 47). A link's length is zero whatever it says.
    /// Null if the length is missing or negative.
    /// </summary>
    public static FileEntry? Read(BencodeValue dictionary, ImmutableArray<string> path, TorrentText text)
    {
        dictionary["attr"u8].TryGetString(out var attributes);
        var symlink = attributes.Contains((byte)'l') ? ReadPath(dictionary["symlink path"u8], text) : null;
        var hasLength = dictionary["length"u8].TryGetInteger(out var length) && length >= 0;
        if (!hasLength && symlink is null) return null;
        return new FileEntry(path, symlink is null ? length : 0)
        {
            IsPad = attributes.Contains((byte)'p') || path.Any(element => element.Contains(BitCometPad, StringComparison.Ordinal)),
            IsExecutable = attributes.Contains((byte)'x'),
            IsHidden = attributes.Contains((byte)'h'),
            SymlinkPath = symlink,
        };
    }

    /// <summary>A list of strings as path elements; null if it is none.</summary>
    public static ImmutableArray<string>? ReadPath(BencodeValue list, TorrentText text)
    {
        if (list.Kind != BencodeTokenKind.List) return null;
        var path = ImmutableArray.CreateBuilder<string>();
        foreach (var item in list.Items)
        {
            if (!item.TryGetString(out var element)) return null;
            path.Add(text.Decode(element));
        }

        return path.DrainToImmutable();
    }
}
