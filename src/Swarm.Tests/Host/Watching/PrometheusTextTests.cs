using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Swarm.Host.Watching;

namespace Swarm.Tests.Host.Watching;

public sealed class PrometheusTextTests
{
    private static readonly ImmutableArray<MetricFamily> Families =
    [
        new("swarm_disk_written_bytes", MetricKind.Counter, "Bytes \\ and\nlines \"quoted\".", "bytes", [new MetricSeries([], 12_345_678_901)]),
        new("swarm_torrents", MetricKind.Gauge, "Torrents.", "", [new MetricSeries([new MetricLabel("state", "a\\b\"c\nd")], double.NaN), new MetricSeries([new MetricLabel("state", "x")], double.NegativeInfinity)]),
        new("swarm_wait_seconds", MetricKind.Histogram, "Waits.", "seconds", [new MetricSeries([new MetricLabel("route", "/")], 4.25) { Buckets = [2, 0, 1] }]) { Bounds = [0.5, 1] },
    ];

    [Fact]
    public void The_plain_format_is_what_prometheus_documents() => PrometheusText.WritePlain(Families).ShouldBe(
        """
        # HELP swarm_disk_written_bytes_total Bytes \\ and\nlines "quoted".
        # TYPE swarm_disk_written_bytes_total counter
        swarm_disk_written_bytes_total 12345678901
        # HELP swarm_torrents Torrents.
        # TYPE swarm_torrents gauge
        swarm_torrents{state="a\\b\"c\nd"} NaN
        swarm_torrents{state="x"} -Inf
        # HELP swarm_wait_seconds Waits.
        # TYPE swarm_wait_seconds histogram
        swarm_wait_seconds_bucket{route="/",le="0.5"} 2
        swarm_wait_seconds_bucket{route="/",le="1.0"} 2
        swarm_wait_seconds_bucket{route="/",le="+Inf"} 3
        swarm_wait_seconds_sum{route="/"} 4.25
        swarm_wait_seconds_count{route="/"} 3

        """);

    [Fact]
    public void OpenMetrics_has_its_own_names_units_and_an_end() => PrometheusText.WriteOpenMetrics(Families[..1]).ShouldBe(
        """
        # TYPE swarm_disk_written_bytes counter
        # UNIT swarm_disk_written_bytes bytes
        # HELP swarm_disk_written_bytes Bytes \\ and\nlines \"quoted\".
        swarm_disk_written_bytes_total 12345678901
        # EOF

        """);

    [Fact]
    public void The_strict_reader_reads_what_is_written()
    {
        var read = PrometheusReader.Read(PrometheusText.WritePlain(Families));
        read.Values["swarm_disk_written_bytes_total"].ShouldBe(12_345_678_901);
        read.Kinds.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("swarm.disk.written", "By", "swarm_disk_written_bytes")]
    [InlineData("swarm.written.bytes", "By", "swarm_written_bytes")]
    [InlineData("swarm.torrents.download.rate", "By/s", "swarm_torrents_download_rate_bytes_per_second")]
    [InlineData("swarm.peers", "{peer}", "swarm_peers")]
    [InlineData("9.lives-left", null, "_9_lives_left")]
    public void Instruments_get_the_names_that_a_collector_of_OpenTelemetry_gives_them(string instrument, string? unit, string name) => MetricNames.Of(instrument, unit).ShouldBe(name);

    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain;version=0.0.4;q=0.5, */*;q=0.1", false)]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("application/openmetrics-text;q=0.3,text/plain;q=0.5", false)]
    [InlineData("application/openmetrics-text;q=0", false)]
    [InlineData("no type at all", false)]
    public void OpenMetrics_is_for_who_prefers_it(string accept, bool isOpen) => MetricsEndpoint.PrefersOpenMetrics([accept]).ShouldBe(isOpen);

    [Fact]
    public void A_collector_sums_what_is_counted_and_observed_and_asks_what_observes_itself()
    {
        using var meter = new Meter("of this test");
        using var collector = new MetricCollector(meter, 100);
        var counter = meter.CreateCounter<long>("c", "{thing}", "Counted.");
        var histogram = meter.CreateHistogram("h", "s", "Observed.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        var level = 5L;
        meter.CreateObservableGauge("g", () => level, "By", "Asked.");
        meter.CreateObservableCounter("o", () => level * 10, "By", "Asked.");
        counter.Add(2, new KeyValuePair<string, object?>("b", "y"), new("a", "x"));
        counter.Add(3, new KeyValuePair<string, object?>("a", "x"), new("b", "y"));
        histogram.Record(1);
        histogram.Record(1.5);
        histogram.Record(7);
        collector.Read();
        level = 6;

        var read = collector.Read().ToDictionary(family => family.Name);
        read["c"].Series.Single().ShouldSatisfyAllConditions(one => one.Value.ShouldBe(5), one => one.Labels.ShouldBe([new MetricLabel("a", "x"), new MetricLabel("b", "y")]));
        read["g_bytes"].Series.Single().Value.ShouldBe(6);
        read["o_bytes"].Series.Single().Value.ShouldBe(60);
        read["h_seconds"].Series.Single().ShouldSatisfyAllConditions(one => one.Value.ShouldBe(9.5), one => one.Buckets.ShouldBe([1, 1, 1]));
    }

    [Fact]
    public void A_figure_beyond_the_limit_is_dropped_and_counted()
    {
        using var meter = new Meter("of this test");
        using var collector = new MetricCollector(meter, 16);
        var counter = meter.CreateCounter<long>("c");
        for (var i = 0; i < 17; i++) counter.Add(1, new KeyValuePair<string, object?>("n", i));
        counter.Add(1, new KeyValuePair<string, object?>("n", 0));

        var read = collector.Read().ToDictionary(family => family.Name);
        read["c"].Series.Length.ShouldBe(16);
        read["c"].Series.Sum(one => one.Value).ShouldBe(17);
        read["swarm_metrics_dropped"].Series.Single().Value.ShouldBe(1);
    }

    [Fact]
    public void Instruments_of_another_meter_of_the_same_name_are_not_its()
    {
        using var meter = new Meter("of this test");
        using var other = new Meter("of this test");
        using var collector = new MetricCollector(meter, 16);
        other.CreateCounter<long>("c").Add(1);
        collector.Read().Select(family => family.Name).ShouldBe(["swarm_metrics_dropped"]);
    }
}
