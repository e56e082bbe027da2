using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Swarm.Host.Watching;

/// <summary>
/// Sends metrics and traces to a collector of OpenTelemetry. The only file that names its packages, so that a node without one does not load them: <see cref="Start"/> is entered only where a collector is
/// configured. Headers, such as a key, are taken from the environment (OTEL_EXPORTER_OTLP_HEADERS), as the packages do.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    private OtlpExport(MeterProvider? metrics, TracerProvider? traces)
    {
        _metrics = metrics;
        _traces = traces;
    }

    /// <summary>Begins; null: no collector is configured.</summary>
    public static IDisposable? Start(MetricsSettings settings, string version, string? nodeName) =>
        settings.OtlpEndpoint is { } endpoint ? Begin(settings, new Uri(endpoint), version, nodeName ?? Environment.MachineName) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // What was gathered last is sent on the way; a collector that does not answer holds the end up for the packages' own limit.
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OtlpExport Begin(MetricsSettings settings, Uri endpoint, string version, string nodeName)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("swarm", serviceVersion: version, serviceInstanceId: nodeName);
        var metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(NodeMetrics.Name).AddOtlpExporter((exporter, reader) =>
        {
            Point(exporter, settings, endpoint, "v1/metrics");
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.OtlpInterval.TotalMilliseconds;
        }).Build();
        var traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(NodeMetrics.Name).AddOtlpExporter(exporter =>
        {
            Point(exporter, settings, endpoint, "v1/traces");
            exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds = (int)settings.OtlpInterval.TotalMilliseconds;
        }).Build();
        return new OtlpExport(metrics, traces);
    }

    // Over HTTP each signal has a path of its own below the collector's, which the packages add only to addresses from the environment.
    private static void Point(OtlpExporterOptions exporter, MetricsSettings settings, Uri endpoint, string path)
    {
        exporter.Protocol = settings.OtlpProtocol == OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = settings.OtlpProtocol == OtlpProtocol.Grpc ? endpoint : new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
    }
}
