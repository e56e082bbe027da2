using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Turns the files of an info dictionary into a <see cref="ContentLayout"/>: clean and unlike paths, offsets, resolved links.
/// Owned by one parse. Linear in the number of path elements.
/// </summary>
internal sealed class LayoutBuilder(string name, bool isFolder, MetainfoLimits limits)
{
    private const string NamelessFile = "_";
    private const string PadDirectory = ".pad";

    private readonly PathTable _table = new();

    /// <summary>The disk paths of ordinary files by their cleaned elements joined, before renaming: what links call them.</summary>
    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly ImmutableArray<RenamedFile>.Builder _renamed = ImmutableArray.CreateBuilder<RenamedFile>();
    private bool _hasLinks;

    /// <summary>Files whose path was changed, after <see cref="Build"/>.</summary>
    public ImmutableArray<RenamedFile> Renamed => _renamed.ToImmutable();

    /// <summary>
    /// A v2-only torrent's files with the gaps between them as pad files: each file that is not empty begins on a piece
    /// (BEP 52, "piece length").
    /// </summary>
    public static List<FileEntry> Align(List<FileEntry> files, int pieceLength)
    {
        var aligned = new List<FileEntry>(files.Count * 2);
        long offset = 0;
        foreach (var file in files)
        {
            var over = offset % pieceLength;
            if (file.Length > 0 && over > 0)
            {
                aligned.Add(new FileEntry([], pieceLength - over) { IsPad = true });
                offset += pieceLength - over;
            }

            aligned.Add(file);
            offset += file.Length;
        }

        return aligned;
    }

    /// <summary>Lays the files out. Their lengths sum to the geometry's total.</summary>
    public ContentLayout Build(List<FileEntry> entries, PieceGeometry geometry)
    {
        _hasLinks = entries.Exists(entry => entry.SymlinkPath is not null);
        var elements = entries.ConvertAll(CleanPath);
        var directories = entries.ConvertAll(_ => PathTable.Root);
        for (var i = 0; i < entries.Count; i++)
        {
            if (isFolder && !entries[i].IsPad) directories[i] = EnterDirectories(elements[i]);
        }

        var files = ImmutableArray.CreateBuilder<ContentFile>(entries.Count);
        long offset = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            files.Add(new ContentFile(PathOf(i, entries[i], elements[i], directories[i]), offset, entries[i].Length)
            {
                IsPad = entries[i].IsPad,
                IsExecutable = entries[i].IsExecutable,
                IsHidden = entries[i].IsHidden,
            });
            offset += entries[i].Length;
        }

        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].SymlinkPath is { } target && !entries[i].IsPad) files[i] = files[i] with { SymlinkTarget = Resolve(target, elements[i]) };
        }

        return new ContentLayout(geometry, files.MoveToImmutable());
    }

    /// <summary>
    /// The elements that remain when each is cleaned, fewer if the whole would be too long; at least one. The very same array if nothing changes.
    /// </summary>
    private ImmutableArray<string> CleanPath(FileEntry entry)
    {
        if (entry.IsPad) return [];
        if (!isFolder) return [name];
        var path = CleanElements(entry.Path);
        if (path.IsEmpty) return [NamelessFile];
        var room = limits.MaxPathBytes - Encoding.UTF8.GetByteCount(name) - 1 - Encoding.UTF8.GetByteCount(path[^1]);
        var kept = 0;
        while (kept < path.Length - 1 && (room -= Encoding.UTF8.GetByteCount(path[kept]) + 1) >= 0) kept++;
        return kept == path.Length - 1 ? path : [.. path[..kept], path[^1]];
    }

    private static ImmutableArray<string> CleanElements(ImmutableArray<string> path)
    {
        var cleaned = ImmutableArray.CreateBuilder<string>(path.Length);
        var changed = false;
        foreach (var element in path)
        {
            var clean = PathSanitizer.CleanElement(element);
            changed |= !string.Equals(clean, element, StringComparison.Ordinal);
            if (clean.Length > 0) cleaned.Add(clean);
        }

        return changed || cleaned.Count < path.Length ? cleaned.ToImmutable() : path;
    }

    private int EnterDirectories(ImmutableArray<string> elements)
    {
        var directory = PathTable.Root;
        foreach (var element in elements.AsSpan()[..^1]) directory = _table.AddDirectory(directory, element);
        return directory;
    }

    private string PathOf(int index, FileEntry entry, ImmutableArray<string> elements, int directory)
    {
        if (entry.IsPad) return string.Create(CultureInfo.InvariantCulture, $"{name}/{PadDirectory}/{entry.Length}");
        if (!isFolder) return name;
        var fileName = _table.AddFile(directory, elements[^1]);
        var isNumbered = !ReferenceEquals(fileName, elements[^1]);
        var wanted = string.Join('/', elements.AsSpan());
        var inTorrent = isNumbered ? wanted[..^elements[^1].Length] + fileName : wanted;
        var path = $"{name}/{inTorrent}";
        if (_hasLinks && entry.SymlinkPath is null) _targets.TryAdd(wanted, path);
        if (isNumbered || elements != entry.Path) _renamed.Add(new RenamedFile(index, string.Join('/', entry.Path)));
        return path;
    }

    /// <summary>
    /// The disk path of the file or directory that a link points to, looked for from the torrent's root (BEP 47) and then from the link's own
    /// directory, as some makers write it. Null, and the link is an empty file, if this torrent has none: so no link leads outside, and none
    /// to another link. ("." and ".." leave nothing when cleaned.)
    /// </summary>
    private string? Resolve(ImmutableArray<string> target, ImmutableArray<string> link)
    {
        var clean = CleanElements(target);
        return clean.IsEmpty ? null : Find(clean) ?? Find([.. link[..^1], .. clean]);
    }

    private string? Find(ImmutableArray<string> elements)
    {
        var path = string.Join('/', elements);
        return _targets.GetValueOrDefault(path) ?? (_table.HasDirectory(elements.AsSpan()) ? $"{name}/{path}" : null);
    }
}
