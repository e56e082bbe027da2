using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Swarm.Host.Watching;

/// <summary>
/// Gathers what the instruments of one meter say, for who comes to read it. Owns the sums of counters and histograms since it was made; gauges and whatever observes itself are asked at each reading.
/// Any thread.
/// <para>Always holds: an instrument has at most <see cref="MetricsSettings.MaxSeries"/> figures; what would be one more is dropped and counted.</para>
/// </summary>
internal sealed class MetricCollector : IDisposable
{
    private const string DroppedName = "swarm_metrics_dropped";

    private readonly Lock _gate = new();
    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, Figures> _figures = new(StringComparer.Ordinal);
    private readonly int _maxSeries;
    private long _dropped;

    /// <summary>Follows the meter from now on.</summary>
    public MetricCollector(Meter meter, int maxSeries)
    {
        _maxSeries = maxSeries;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            var figures = new Figures(instrument);
            lock (_gate) _figures.Add(figures.Name, figures);
            listener.EnableMeasurementEvents(instrument, figures);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, figures) => Take((Figures)figures!, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, figures) => Take((Figures)figures!, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, figures) => Take((Figures)figures!, value, tags));
        _listener.Start();
    }

    /// <summary>All figures as they are, by name.</summary>
    public ImmutableArray<MetricFamily> Read()
    {
        lock (_gate)
        {
            foreach (var figures in _figures.Values.Where(figures => figures.IsObserved)) figures.Series.Clear();
        }

        _listener.RecordObservableInstruments();
        lock (_gate)
        {
            var dropped = new MetricFamily(DroppedName, MetricKind.Counter, "Measurements that made one series too many of their family.", "", [new MetricSeries([], _dropped)]);
            return [.. _figures.Values.Select(figures => figures.Read()).Append(dropped).OrderBy(family => family.Name, StringComparer.Ordinal)];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Take(Figures figures, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelsOf(tags);
        var key = string.Join('\n', labels.Select(label => $"{label.Name}={label.Value}"));
        lock (_gate)
        {
            if (!figures.Series.TryGetValue(key, out var one))
            {
                if (figures.Series.Count >= _maxSeries)
                {
                    _dropped++;
                    return;
                }

                one = new One(labels, figures.Bounds.Length);
                figures.Series.Add(key, one);
            }

            figures.Add(one, value);
        }
    }

    private static ImmutableArray<MetricLabel> LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty) return [];
        var labels = ImmutableArray.CreateBuilder<MetricLabel>(tags.Length);
        foreach (var (name, value) in tags) labels.Add(new MetricLabel(MetricNames.Of(name, null), Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? ""));
        labels.Sort((x, y) => string.CompareOrdinal(x.Name, y.Name));
        return labels.MoveToImmutable();
    }

    /// <summary>What one instrument said, by labels.</summary>
    private sealed class Figures
    {
        private readonly Instrument _instrument;
        private readonly MetricKind _kind;

        public Figures(Instrument instrument)
        {
            _instrument = instrument;
            Name = MetricNames.Of(instrument.Name, instrument.Unit);
            var made = instrument.GetType().GetGenericTypeDefinition();
            _kind = made == typeof(Counter<>) || made == typeof(ObservableCounter<>) ? MetricKind.Counter : made == typeof(Histogram<>) ? MetricKind.Histogram : MetricKind.Gauge;
            if (_kind == MetricKind.Histogram) Bounds = [.. ((Histogram<double>)instrument).Advice?.HistogramBucketBoundaries ?? []];
        }

        public string Name { get; }

        public bool IsObserved => _instrument.IsObservable;

        public ImmutableArray<double> Bounds { get; } = [];

        public SortedDictionary<string, One> Series { get; } = new(StringComparer.Ordinal);

        public void Add(One one, double value)
        {
            if (_kind == MetricKind.Histogram)
            {
                var bucket = Bounds.BinarySearch(value);
                one.Buckets[bucket >= 0 ? bucket : ~bucket]++;
            }

            // What observes itself tells the whole, anything else what is new.
            one.Value = IsObserved || _kind == MetricKind.Gauge ? value : one.Value + value;
        }

        public MetricFamily Read()
        {
            var series = Series.Values.Select(one => new MetricSeries(one.Labels, one.Value) { Buckets = _kind == MetricKind.Histogram ? [.. one.Buckets] : [] });
            return new MetricFamily(Name, _kind, _instrument.Description ?? "", MetricNames.UnitOf(_instrument.Unit), [.. series]) { Bounds = Bounds };
        }
    }

    /// <summary>One figure.</summary>
    private sealed class One(ImmutableArray<MetricLabel> labels, int bounds)
    {
        public ImmutableArray<MetricLabel> Labels { get; } = labels;

        public long[] Buckets { get; } = new long[bounds + 1];

        public double Value { get; set; }
    }
}
