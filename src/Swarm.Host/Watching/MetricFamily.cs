using System.Collections.Immutable;

namespace Swarm.Host.Watching;

/// <summary>What kind a family of figures is, as Prometheus has them.</summary>
internal enum MetricKind
{
    /// <summary>Only grows while the process lives.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>How many observations fell below each of some bounds.</summary>
    Histogram,
}

/// <summary>A label of a figure: which of its family it is.</summary>
internal sealed record MetricLabel(string Name, string Value);

/// <summary>One figure of a counter or gauge, or the observations of a histogram.</summary>
/// <param name="Labels">Sorted by name; empty where the family has one figure.</param>
/// <param name="Value">Of a counter or gauge; of a histogram the sum of what was observed.</param>
internal sealed record MetricSeries(ImmutableArray<MetricLabel> Labels, double Value)
{
    /// <summary>Of a histogram: observations at or below each bound, not counting those of the bounds before; the last for those above all bounds.</summary>
    public ImmutableArray<long> Buckets { get; init; } = [];
}

/// <summary>Figures of one name.</summary>
/// <param name="Name">As Prometheus has it, with its unit, and without the "_total" that a counter's figures end in.</param>
/// <param name="Kind">What kind they are.</param>
/// <param name="Help">What they are, one line.</param>
/// <param name="Unit">What they count, as it stands in the name; empty for plain numbers.</param>
/// <param name="Series">The figures.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Help, string Unit, ImmutableArray<MetricSeries> Series)
{
    /// <summary>Of a histogram: the upper bounds, ascending, without infinity.</summary>
    public ImmutableArray<double> Bounds { get; init; } = [];
}
