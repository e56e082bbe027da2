using System.Collections.Immutable;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>Finds the key that somebody may have meant: beside the one that was written, else anywhere, by the number of letters that differ. Pure.</summary>
internal static class NearestKey
{
    /// <summary>The path of the nearest key of <paramref name="root"/>, without what is above it; null if nothing is near.</summary>
    public static string? Of(IReadOnlyList<string> written, SettingsGroup root)
    {
        var name = written[^1];
        var paths = root.Leaves().Select(leaf => leaf.Path).SelectMany(path => Enumerable.Range(1, path.Length).Select(length => path[..length])).DistinctBy(path => string.Join('.', path)).ToList();
        var beside = paths.Where(path => path.Length == written.Count && path[..^1].SequenceEqual(written.Take(written.Count - 1)));
        var nearest = Nearest(name, beside) ?? Nearest(name, paths) ?? paths.FirstOrDefault(path => path[^1].Contains(name, StringComparison.Ordinal));
        return nearest is { IsDefault: false } found ? HoconPath.Join(found) : null;
    }

    /// <summary>How many letters must be put in, taken out, changed or swapped with their neighbour to make one of the other.</summary>
    public static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= other.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                var change = one[i - 1] == other[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[one.Length, other.Length];
    }

    // A third of the letters may be wrong, and one of a short word. A word of absurd length is near to nothing.
    private static ImmutableArray<string>? Nearest(string name, IEnumerable<ImmutableArray<string>> paths)
    {
        const int longest = 100;
        if (name.Length > longest) return null;
        var near = paths.Select(path => (Path: path, Distance: Distance(name, path[^1]))).Where(entry => entry.Distance <= Math.Max(1, name.Length / 3)).ToList();
        return near.Count == 0 ? null : near.MinBy(entry => entry.Distance).Path;
    }
}
