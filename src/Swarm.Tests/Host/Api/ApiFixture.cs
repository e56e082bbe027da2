using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Automation;
using Swarm.Api.Contracts;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Host.Watching;
using Swarm.Io.Http;

namespace Swarm.Tests.Host.Api;

/// <summary>The API over a fake node, on a real port of this machine, with a client for it.</summary>
internal sealed class ApiFixture : IAsyncDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ILoggerFactory _logs;
    private readonly MetricCollector _collector;
    private ApiServer? _server;

    private ApiFixture(HttpApiSettings settings, ApiKeys keys, HttpPortSettings http, ApiCluster? cluster)
    {
        Root = _scratch.Root;
        _collector = new MetricCollector(Metrics.Meter, MetricsSettings.Default.MaxSeries);
        var roots = new ContentRoots(settings.ContentRoots.IsEmpty ? [Root] : settings.ContentRoots);
        Catalogue = new TorrentCatalogue(settings.Catalogue, TimeProvider.System);
        Node = new FakeNode(Catalogue);
        Log = new LogTail(settings.LogLines, LogLevel.Information, TimeProvider.System);
        _logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(Log));
        Services = new ApiServices
        {
            Settings = settings,
            Node = Node,
            Catalogue = Catalogue,
            Roots = roots,
            Intake = new TorrentIntake(settings, roots, new HttpDownloads(http)),
            Log = Log,
            Keys = keys,
            Configuration = () => [new ConfigItem("swarm.api.port", "9110", "default"), new ConfigItem("swarm.dht.enabled", "true", "node.conf:3")],
            Clock = TimeProvider.System,
            Metrics = new ApiMetrics(Metrics, _collector),
            Preview = () => PreviewFailure is null ? Task.FromResult(Previewed) : Task.FromException<AutomationActor.Previewed?>(PreviewFailure),
            Cluster = cluster,
            Version = "1.2.3",
        };
    }

    public static HttpApiSettings Settings => HttpApiSettings.Default with { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] };

    public string Root { get; }

    public TorrentCatalogue Catalogue { get; }

    public FakeNode Node { get; }

    public LogTail Log { get; }

    public NodeMetrics Metrics { get; } = new();

    public AutomationActor.Previewed? Previewed { get; set; }

    public Exception? PreviewFailure { get; set; }

    public ApiServices Services { get; }

    public ILoggerFactory Logs => _logs;

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(100) };

    public static async Task<ApiFixture> StartAsync(HttpApiSettings? settings = null, ApiKeys? keys = null, HttpPortSettings? http = null, ApiCluster? cluster = null)
    {
        var fixture = new ApiFixture(settings ?? Settings, keys ?? new ApiKeys([]), http ?? HttpPortSettings.Default, cluster);
        fixture._server = await ApiServer.StartAsync(fixture.Services, fixture._logs);
        fixture.Client.BaseAddress = new Uri(fixture._server.Addresses[0]);
        return fixture;
    }

    public void Put(params int[] numbers) => Catalogue.Put([.. numbers.Select(number => Rows.Row(number))]);

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        using var response = await Client.GetAsync(new Uri(path, UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(type)).ShouldNotBeNull();
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string json) =>
        SendAsync(new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") });

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    public static async Task<Problem> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, body);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonSerializer.Deserialize(body, ApiJson.Default.Problem).ShouldNotBeNull();
        problem.Status.ShouldBe((int)status);
        problem.Detail.ShouldEndWith(".");
        return problem;
    }

    public Task StopServerAsync() => _server!.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _collector.Dispose();
        Metrics.Dispose();
        _logs.Dispose();
        _scratch.Dispose();
    }
}
