using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Swarm.Actors.Torrents;
using Swarm.Host.Watching;
using Swarm.Tests.Host.Api;

namespace Swarm.Tests.Host.Watching;

/// <summary>What reaches a collector of OpenTelemetry.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_and_traces_reach_a_collector()
    {
        await using var collector = await Collector.StartAsync();
        using var metrics = new NodeMetrics();
        var traces = new NodeTraces();
        var settings = new MetricsSettings { OtlpEndpoint = collector.Address };
        using (OtlpExport.Start(settings, "1.2.3", "this-node"))
        {
            traces.Put(Rows.Row(1) with { State = TorrentState.Downloading });
            traces.Put(Rows.Row(1) with { State = TorrentState.Seeding });
            traces.EndAll();
        }

        var sent = collector.Sent;
        sent["/v1/metrics"].ShouldContain("swarm.torrents");
        sent["/v1/metrics"].ShouldContain("this-node");
        sent["/v1/traces"].ShouldContain("torrent downloading");
        sent["/v1/traces"].ShouldContain("torrent seeding");
    }

    [Fact]
    public void Without_a_collector_there_is_nothing() => OtlpExport.Start(MetricsSettings.Default, "1.2.3", "this-node").ShouldBeNull();

    /// <summary>Takes whatever is posted.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentDictionary<string, string> _sent = new();
        private Task _serving = Task.CompletedTask;

        public string Address { get; private set; } = "";

        public IReadOnlyDictionary<string, string> Sent => _sent;

        public static Task<Collector> StartAsync()
        {
            var collector = new Collector();
            for (var attempt = 0; ; attempt++)
            {
                using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
                free.Start();
                collector.Address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
                free.Stop();
                collector._listener.Prefixes.Clear();
                collector._listener.Prefixes.Add(collector.Address + "/");
                try
                {
                    collector._listener.Start();
                    collector._serving = collector.ServeAsync();
                    return Task.FromResult(collector);
                }
                catch (HttpListenerException) when (attempt < 10)
                {
                    // Another program was quicker.
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                try
                {
                    var context = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    _sent.AddOrUpdate(context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
                    context.Response.StatusCode = 200;
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }
            }
        }
    }
}
