using System.Collections.Immutable;
using System.Globalization;

namespace Swarm.Protocol.Magnets;

/// <summary>File indices from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
public readonly record struct FileRange(int First, int Last);

/// <summary>
/// The files a magnet link asks for (BEP 53, "so"). Immutable; ranges ascend, without overlap, and never touch each other.
/// Empty means that nothing was selected and everything is wanted.
/// </summary>
public sealed class FileSelection
{
    private FileSelection(ImmutableArray<FileRange> ranges) => Ranges = ranges;

    /// <summary>No selection.</summary>
    public static FileSelection Everything { get; } = new([]);

    /// <summary>The ranges in order.</summary>
    public ImmutableArray<FileRange> Ranges { get; }

    /// <summary>Whether nothing was selected, so that everything is wanted.</summary>
    public bool IsEverything => Ranges.IsEmpty;

    /// <summary>Puts ranges in order and joins those that touch. Each must have 0 ≤ First ≤ Last.</summary>
    public static FileSelection Of(IEnumerable<FileRange> ranges)
    {
        var joined = ImmutableArray.CreateBuilder<FileRange>();
        foreach (var range in ranges.OrderBy(range => range.First))
        {
            ArgumentOutOfRangeException.ThrowIfNegative(range.First, nameof(ranges));
            ArgumentOutOfRangeException.ThrowIfLessThan(range.Last, range.First, nameof(ranges));
            var touches = joined.Count > 0 && range.First <= (long)joined[^1].Last + 1;
            if (touches) joined[^1] = joined[^1] with { Last = Math.Max(joined[^1].Last, range.Last) };
            else joined.Add(range);
        }

        return joined.Count == 0 ? Everything : new FileSelection(joined.DrainToImmutable());
    }

    /// <summary>Whether the file with this index is wanted.</summary>
    public bool IsWanted(int file)
    {
        if (IsEverything) return true;
        int low = 0, high = Ranges.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Ranges[middle].Last < file) low = middle + 1;
            else high = middle;
        }

        return low < Ranges.Length && Ranges[low].First <= file;
    }

    /// <summary>As in a link: <c>0,2,4,6-8</c>.</summary>
    public override string ToString() => string.Join(',', Ranges.Select(Format));

    /// <summary>Adds the ranges of one "so" value; what is malformed or beyond a limit is left out.</summary>
    internal static void Parse(ReadOnlySpan<char> text, MagnetLimits limits, List<FileRange> ranges)
    {
        foreach (var part in text.Split(','))
        {
            if (ranges.Count == limits.MaxRanges) return;
            var item = text[part];
            var dash = item.IndexOf('-');
            var firstText = dash < 0 ? item : item[..dash];
            var lastText = dash < 0 ? item : item[(dash + 1)..];
            if (TryIndex(firstText, limits, out var first) && TryIndex(lastText, limits, out var last) && first <= last)
            {
                ranges.Add(new FileRange(first, last));
            }
        }
    }

    private static bool TryIndex(ReadOnlySpan<char> text, MagnetLimits limits, out int index) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index <= limits.MaxFileIndex;

    private static string Format(FileRange range) =>
        range.First == range.Last
            ? range.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}");
}
