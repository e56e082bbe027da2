using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Swarm.Host.Watching;

/// <summary>
/// Figures as text that Prometheus reads: its own format 0.0.4, or OpenMetrics 1.0.0, which differ in the names of counters' families, in the units and in the end. Pure.
/// </summary>
internal static class PrometheusText
{
    /// <summary>What the content type of format 0.0.4 is.</summary>
    public const string PlainType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>What the content type of OpenMetrics is.</summary>
    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private const string TotalSuffix = "_total";

    /// <summary>Format 0.0.4.</summary>
    public static string WritePlain(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families)
        {
            var name = family.Kind == MetricKind.Counter ? family.Name + TotalSuffix : family.Name;
            text.Append("# HELP ").Append(name).Append(' ').Append(family.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(KindOf(family)).Append('\n');
            WriteSeries(text, family);
        }

        return text.ToString();
    }

    /// <summary>OpenMetrics.</summary>
    public static string WriteOpenMetrics(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families)
        {
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(KindOf(family)).Append('\n');
            if (family.Unit.Length > 0) text.Append("# UNIT ").Append(family.Name).Append(' ').Append(family.Unit).Append('\n');
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(family.Help)).Append('\n');
            WriteSeries(text, family);
        }

        return text.Append("# EOF\n").ToString();
    }

    /// <summary>A number as both formats have it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string KindOf(MetricFamily family) => family.Kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };

    private static void WriteSeries(StringBuilder text, MetricFamily family)
    {
        foreach (var series in family.Series)
        {
            if (family.Kind == MetricKind.Histogram) WriteHistogram(text, family, series);
            else WriteLine(text, family.Kind == MetricKind.Counter ? family.Name + TotalSuffix : family.Name, series.Labels, null, Number(series.Value));
        }
    }

    private static void WriteHistogram(StringBuilder text, MetricFamily family, MetricSeries series)
    {
        var below = 0L;
        for (var i = 0; i < series.Buckets.Length; i++)
        {
            below += series.Buckets[i];
            WriteLine(text, family.Name + "_bucket", series.Labels, i < family.Bounds.Length ? Bound(family.Bounds[i]) : "+Inf", Number(below));
        }

        WriteLine(text, family.Name + "_sum", series.Labels, null, Number(series.Value));
        WriteLine(text, family.Name + "_count", series.Labels, null, Number(below));
    }

    // OpenMetrics has whole bounds written as "1.0", and Prometheus takes them so.
    private static string Bound(double bound) => bound == Math.Floor(bound) && Math.Abs(bound) < 1e15 ? bound.ToString("0.0", CultureInfo.InvariantCulture) : Number(bound);

    private static void WriteLine(StringBuilder text, string name, ImmutableArray<MetricLabel> labels, string? bound, string value)
    {
        text.Append(name);
        if (labels.Length > 0 || bound is not null)
        {
            var before = '{';
            foreach (var label in labels)
            {
                text.Append(before).Append(label.Name).Append("=\"").Append(Escape(label.Value)).Append('"');
                before = ',';
            }

            if (bound is not null) text.Append(before).Append("le=\"").Append(bound).Append('"');
            text.Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
