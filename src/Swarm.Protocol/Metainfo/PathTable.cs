namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Gives every file of one torrent a path that no other has, also where case does not count, and never the path of a directory.
/// Owned by one parse. Directories are entered first, all of them; then files in torrent order, so that the later of two is renamed
/// ("bar.1.txt") and the result depends on nothing but the torrent.
/// Names are cleaned elements. Each name tried is either free or belongs to a file entered before under the very same stem and number,
/// so entering all files takes linear time, whatever their names.
/// </summary>
internal sealed class PathTable
{
    /// <summary>The directory that all paths start in.</summary>
    public const int Root = 0;

    /// <summary>Room for a dot and the number of a renamed file in an element of the longest kind.</summary>
    private const int NumberBytes = 12;

    private const int File = -1;

    /// <summary>By directory and case-folded name: another directory's number, or <see cref="File"/>.</summary>
    private readonly Dictionary<(int Directory, string Folded), int> _entries = [];
    private readonly Dictionary<(int Directory, string Folded), int> _lastNumber = [];
    private int _directories = 1;

    /// <summary>Enters a directory, or finds it. Its number.</summary>
    public int AddDirectory(int parent, string name)
    {
        var key = (parent, Fold(name));
        if (_entries.TryGetValue(key, out var number)) return number;
        number = _directories++;
        _entries.Add(key, number);
        return number;
    }

    /// <summary>Enters a file. Its name: <paramref name="name"/>, or with a number if that is taken.</summary>
    public string AddFile(int directory, string name)
    {
        if (_entries.TryAdd((directory, Fold(name)), File)) return name;
        var (stem, extension) = PathSanitizer.SplitExtension(PathSanitizer.Shorten(name, PathSanitizer.MaxElementBytes - NumberBytes));
        var counter = (directory, Fold($"{stem}/{extension}"));
        var number = _lastNumber.GetValueOrDefault(counter);
        string candidate;
        do
        {
            number++;
            candidate = $"{stem}.{number}{extension}";
        }
        while (!_entries.TryAdd((directory, Fold(candidate)), File));

        _lastNumber[counter] = number;
        return candidate;
    }

    /// <summary>Whether there is a directory at some elements from the root, at least one.</summary>
    public bool HasDirectory(ReadOnlySpan<string> elements)
    {
        var directory = Root;
        foreach (var element in elements)
        {
            if (!_entries.TryGetValue((directory, Fold(element)), out directory) || directory == File) return false;
        }

        return directory != Root;
    }

    private static string Fold(string name) => name.ToLowerInvariant();
}
