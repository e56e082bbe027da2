using Microsoft.Extensions.Logging;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Watching;

/// <summary>Watching as a part of the daemon: the instruments, what fills them, and, where a collector is configured, who sends them away. Made with the API, ends with it.</summary>
internal sealed class ServeWatching : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly NodeMetrics _metrics = new();
    private readonly MetricCollector _collector;
    private readonly IDisposable? _export;
    private readonly Task _sampling;
    private readonly Task _tracing;

    /// <summary>Begins to watch a node.</summary>
    public ServeWatching(SwarmNode node, TorrentCatalogue catalogue, MetricsSettings settings, string? nodeName, ILoggerFactory logs)
    {
        _collector = new MetricCollector(_metrics.Meter, settings.MaxSeries);
        _export = OtlpExport.Start(settings, typeof(ServeWatching).Assembly.GetName().Version?.ToString(3) ?? "0.0.0", nodeName);
        _sampling = new NodeSampling(node, catalogue, _metrics, settings.Interval, TimeProvider.System, logs.CreateLogger("Swarm.Metrics")).RunAsync(_over.Token);
        _tracing = _export is null ? Task.CompletedTask : TraceAsync(node, _over.Token);
    }

    /// <summary>For the API.</summary>
    public ApiMetrics Api => new(_metrics, _collector);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _sampling.ConfigureAwait(false);
        await _tracing.ConfigureAwait(false);
        _export?.Dispose();
        _collector.Dispose();
        _metrics.Dispose();
        _over.Dispose();
    }

    private static async Task TraceAsync(SwarmNode node, CancellationToken cancellation)
    {
        var traces = new NodeTraces();
        using var feed = node.FollowRows();
        try
        {
            while (await feed.ReadAsync(cancellation).ConfigureAwait(false) is { } changes)
            {
                foreach (var torrent in changes.Removed) traces.Remove(torrent);
                foreach (var row in changes.Rows) traces.Put(row);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Who serves has ended.
        }

        traces.EndAll();
    }
}
