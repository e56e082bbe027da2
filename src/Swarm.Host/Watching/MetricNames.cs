using System.Text;

namespace Swarm.Host.Watching;

/// <summary>The names that instruments have in Prometheus: by OpenTelemetry's rules of translation, dots as underscores and the unit at the end, so that either way of looking shows the same figures. Pure.</summary>
internal static class MetricNames
{
    /// <summary>The name of an instrument's family: <c>swarm.disk.written</c> in By is swarm_disk_written_bytes.</summary>
    public static string Of(string instrument, string? unit)
    {
        var name = new StringBuilder(instrument.Length);
        foreach (var c in instrument) name.Append(char.IsAsciiLetterOrDigit(c) || c == ':' ? c : '_');
        if (char.IsAsciiDigit(name[0])) name.Insert(0, '_');
        var suffix = UnitOf(unit);
        if (suffix.Length > 0 && !name.ToString().EndsWith($"_{suffix}", StringComparison.Ordinal)) name.Append('_').Append(suffix);
        return name.ToString();
    }

    /// <summary>A unit of UCUM in words; empty for none and for counts of things, which UCUM has in braces.</summary>
    public static string UnitOf(string? unit) => unit switch
    {
        null or "" or "1" => "",
        "By" => "bytes",
        "By/s" => "bytes_per_second",
        "s" => "seconds",
        ['{', ..] => "",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "A unit without a name in Prometheus."),
    };
}
