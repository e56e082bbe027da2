using System.Globalization;
using System.Text.RegularExpressions;

namespace Swarm.Tests.Host.Watching;

/// <summary>A strict reader of Prometheus' text format 0.0.4: a line out of its order, a name or escape that is none, a figure twice, or a histogram that does not add up throws.</summary>
internal sealed partial class PrometheusReader
{
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private string _family = "";

    private PrometheusReader() { }

    /// <summary>The families' kinds by name.</summary>
    public IReadOnlyDictionary<string, string> Kinds => _kinds;

    /// <summary>All figures, by name and labels as they are written.</summary>
    public IReadOnlyDictionary<string, double> Values => _values;

    public static PrometheusReader Read(string text)
    {
        if (!text.EndsWith('\n')) throw new FormatException("The last line is not ended.");
        var reader = new PrometheusReader();
        foreach (var line in text[..^1].Split('\n')) reader.Line(line);
        reader.CheckHistograms();
        return reader;
    }

    private void Line(string line)
    {
        if (Help().Match(line) is { Success: true } help)
        {
            _family = help.Groups["name"].Value;
            if (_kinds.ContainsKey(_family)) throw new FormatException($"The family {_family} comes twice.");
            if (EscapesInHelp().Replace(help.Groups["text"].Value, "").Contains('\\')) throw new FormatException($"A wrong escape: {line}");
        }
        else if (Type().Match(line) is { Success: true } type)
        {
            if (type.Groups["name"].Value != _family) throw new FormatException($"A type after another family's help: {line}");
            if (!_kinds.TryAdd(_family, type.Groups["kind"].Value)) throw new FormatException($"The type of {_family} comes twice.");
        }
        else if (Sample().Match(line) is { Success: true } sample)
        {
            TakeSample(sample, line);
        }
        else
        {
            throw new FormatException($"No line of the format: {line}");
        }
    }

    private void TakeSample(Match sample, string line)
    {
        var name = sample.Groups["name"].Value;
        if (!_kinds.TryGetValue(_family, out var kind)) throw new FormatException($"A figure before its family's type: {line}");
        if (kind == "histogram" ? name != _family + "_bucket" && name != _family + "_sum" && name != _family + "_count" : name != _family) throw new FormatException($"A figure outside its family: {line}");
        if (kind == "counter" && !name.EndsWith("_total", StringComparison.Ordinal)) throw new FormatException($"A counter that does not end in _total: {line}");
        var text = sample.Groups["value"].Value;
        var value = text switch { "+Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) };
        if (kind == "counter" && value < 0) throw new FormatException($"A negative counter: {line}");
        if (!_values.TryAdd(name + sample.Groups["labels"].Value, value)) throw new FormatException($"A figure twice: {line}");
    }

    private void CheckHistograms()
    {
        foreach (var family in _kinds.Where(kind => kind.Value == "histogram").Select(kind => kind.Key))
        {
            foreach (var group in _values.Where(value => value.Key.StartsWith(family + "_bucket", StringComparison.Ordinal)).GroupBy(value => Le().Replace(value.Key[(family.Length + 7)..], "")))
            {
                var counts = group.Select(bucket => bucket.Value).ToList();
                if (!counts.Order().SequenceEqual(counts)) throw new FormatException($"The buckets of {family} do not grow.");
                var labels = group.Key == "{}" ? "" : group.Key;
                if (counts[^1] != _values[family + "_count" + labels]) throw new FormatException($"The last bucket of {family} is not its count.");
            }
        }
    }

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<text>.+)$", RegexOptions.None, 1_000)]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<kind>counter|gauge|histogram)$", RegexOptions.None, 1_000)]
    private static partial Regex Type();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{[a-zA-Z_][a-zA-Z0-9_]*=""(?:[^""\\\n]|\\[\\""n])*""(?:,[a-zA-Z_][a-zA-Z0-9_]*=""(?:[^""\\\n]|\\[\\""n])*"")*\})? (?<value>[^ ]+)$", RegexOptions.None, 1_000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\\[\\n]", RegexOptions.None, 1_000)]
    private static partial Regex EscapesInHelp();

    [GeneratedRegex(@",?le=""[^""]*""", RegexOptions.None, 1_000)]
    private static partial Regex Le();
}
