using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Swarm.Actors.Cluster;
using Swarm.Actors.Dht;
using Swarm.Actors.Store;
using Swarm.Host.Api.Torrents;
using Swarm.Host.Cluster;
using Swarm.Host.Watching;
using Swarm.Io.Disk;
using Swarm.Io.Net;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Architecture;
using Swarm.Tests.Host.Api;

namespace Swarm.Tests.Host.Watching;

/// <summary>/metrics over HTTP, what it has, and that the dashboard asks for nothing else.</summary>
public sealed partial class MetricsEndpointTests
{
    private static readonly NodeFigures Figures = new()
    {
        Disk = new DiskCounters(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
        Net = new NetCounters(1, 2, 3, 4, 5, 6, 7),
        Udp = new UdpCounters(1, 2, 3, 4, 5, 6, 7),
        Store = new StoreActor.Counters(1, 2, 3, 4, 5, 6),
        Dht = [new DhtStatus { Family = AddressFamily.InterNetwork, Id = default, Nodes = 42, Answered = [1, 2, 3, 4, 5] }, new DhtStatus { Family = AddressFamily.InterNetworkV6, Id = default }],
        Cluster = new ClusterFigures(
            MemberState.Up, SessionState.Writing, Plans: true, Members: [0, 1, 2, 3, 4, 5], Replicas: [0, 9, 8, 7, 6], Torrents: 20, Short: 3, Lost: 1, Bans: 2,
            new ClusterActor.LinkCounters(1, 2, 3, ImmutableSortedDictionary<ClusterRefusal, long>.Empty.Add(ClusterRefusal.Version, 4)), new TableActor.Counters(1, 2, 3, 4), new LinkCounting().Read(5)),
        Actors = [new ActorFigures("PeerActor", 3, 4, 2, 1)],
        DeadLetters = 5,
        Restarts = 6,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_torrents_by_state_and_requests_by_route_to_a_strict_reader()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2, 3);
        api.Metrics.Take(Figures, CatalogueTotals.Of(api.Catalogue));
        await api.Client.GetAsync(new Uri("/api/v1/torrents/0000000000000000000000000000000000000000", UriKind.Relative), Cancellation);
        await api.Client.GetAsync(new Uri("/no/such?thing", UriKind.Relative), Cancellation);

        using var response = await api.Client.GetAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        var read = PrometheusReader.Read(await response.Content.ReadAsStringAsync(Cancellation));

        read.Values.Where(value => value.Key.StartsWith("swarm_torrents{", StringComparison.Ordinal)).Sum(value => value.Value).ShouldBe(3);
        read.Values["swarm_dht_nodes{family=\"ipv4\"}"].ShouldBe(42);
        read.Values["swarm_cluster_members{state=\"draining\"}"].ShouldBe(3);
        read.Values["swarm_cluster_replicas{state=\"failed\"}"].ShouldBe(7);
        read.Values["swarm_cluster_session{state=\"writing\"}"].ShouldBe(1);
        read.Values["swarm_cluster_torrents_short"].ShouldBe(3);
        read.Values["swarm_cluster_messages_refused_total{reason=\"version\"}"].ShouldBe(4);
        read.Values["swarm_disk_queued_bytes"].ShouldBe(Figures.Disk!.QueuedBytes);
        read.Values["swarm_actors_mailbox_longest{kind=\"PeerActor\"}"].ShouldBe(2);
        read.Values["swarm_api_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/torrents/{hash}\",status=\"404\"}"].ShouldBe(1);
        read.Values["swarm_api_request_duration_seconds_count{method=\"GET\",route=\"none\",status=\"404\"}"].ShouldBe(1);
        read.Values["swarm_process_resident_memory_bytes"].ShouldBeGreaterThan(1_000_000);
    }

    [Fact]
    public async Task OpenMetrics_is_given_to_who_asks_for_it()
    {
        await using var api = await ApiFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        using var response = await api.Client.SendAsync(request, Cancellation);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldEndWith("\n# EOF\n");
    }

    [Fact]
    public async Task Beyond_loopback_it_takes_a_key()
    {
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { TrustLoopback = false });
        (await api.Client.GetAsync(new Uri("/metrics", UriKind.Relative), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public void The_dashboard_asks_only_for_figures_that_there_are()
    {
        using var metrics = new NodeMetrics();
        using var collector = new MetricCollector(metrics.Meter, 1_000);
        metrics.Take(Figures, new CatalogueTotals());
        metrics.Answered("/", "GET", 200, TimeSpan.FromSeconds(1));
        var read = PrometheusReader.Read(PrometheusText.WritePlain(collector.Read()));
        var known = read.Values.Keys.Select(key => key.Split('{')[0]).ToHashSet(StringComparer.Ordinal);
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "packaging", "grafana", "swarm.json")));

        var queries = Strings(dashboard.RootElement, "expr").ToList();
        queries.Count.ShouldBeGreaterThan(15);
        foreach (var query in queries)
        {
            var names = MetricName().Matches(query).Select(match => match.Value).ToList();
            names.ShouldNotBeEmpty(query);
            names.Except(known).ShouldBeEmpty(query);
        }
    }

    [Fact]
    public void The_guide_names_only_figures_that_there_are()
    {
        using var metrics = new NodeMetrics();
        using var collector = new MetricCollector(metrics.Meter, 1_000);
        metrics.Take(Figures, new CatalogueTotals());
        metrics.Answered("/", "GET", 200, TimeSpan.FromSeconds(1));
        var known = PrometheusReader.Read(PrometheusText.WritePlain(collector.Read())).Values.Keys.Select(key => key.Split('{')[0]).ToHashSet(StringComparer.Ordinal);

        var named = MetricName().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"))).Select(match => match.Value).ToList();
        named.Count.ShouldBeGreaterThan(10);
        named.Except(known).ShouldBeEmpty();
    }

    private static IEnumerable<string> Strings(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == name && member.Value.ValueKind == JsonValueKind.String ? [member.Value.GetString()!] : Strings(member.Value, name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Strings(item, name)),
        _ => [],
    };

    [GeneratedRegex(@"\bswarm_[a-z0-9_]+", RegexOptions.None, 1_000)]
    private static partial Regex MetricName();
}
