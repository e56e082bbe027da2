using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Io.Store.Postgres;
using Swarm.Protocol.Cluster;
using Swarm.Tests.EndToEnd;
using Swarm.Tests.Host.Serve;
using Swarm.Tests.Io.Cluster;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Host.Cluster;

/// <summary>Three daemons as processes of their own on one PostgreSQL: what is wanted is on as many of them as were asked for, also after one was killed, and that one comes back under its end point.</summary>
public sealed partial class ServeClusterTests(SharedPostgres postgres) : IAsyncDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TestContent _content = TestContent.Create(7, 32 * 1024, ("one.bin", 2_000_001));
    private readonly List<DaemonProcess> _daemons = [];

    // Of loopback, where no other test listens.
    private readonly string _net = $"127.{Random.Shared.Next(20, 250).ToString(CultureInfo.InvariantCulture)}.{Random.Shared.Next(1, 250).ToString(CultureInfo.InvariantCulture)}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in _daemons) await daemon.DisposeAsync();
        _content.Dispose();
    }

    [Fact]
    public async Task What_is_wanted_is_replicated_and_repaired_when_a_process_is_killed()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var tables = PostgresClusterStore.Create(new PostgresSettings { Connection = database }, PostgresClusterSettings.Default, NullLogger.Instance, out var error).ShouldNotBeNull(error);
        for (var i = 1; i <= 3; i++) _daemons.Add(Start(i, database));
        var apis = new List<HttpClient>();
        foreach (var daemon in _daemons) apis.Add(new HttpClient { BaseAddress = await daemon.ApiAsync() });
        foreach (var api in apis) await UntilAsync(async () => (await api.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation)).StatusCode == HttpStatusCode.OK, apis.Count);
        (await tables.ViewAsync()).Members.Select(member => (member.Id.EndPoint, member.State)).ShouldBe([(At(1), MemberState.Up), (At(2), MemberState.Up), (At(3), MemberState.Up)]);

        await using var seed = await SwarmNode.StartAsync(_content.Folder("seed-data"), new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] }, NullLoggerFactory.Instance);
        await seed.AddAsync(TorrentSource.FromFile(_content.Metainfo, _content.File), new TorrentOptions { Folder = _content.SeedFolder, SeedOnly = true });
        var added = new AddTorrent { Metainfo = Convert.ToBase64String(_content.File.AsSpan()), Replicas = 2 };
        using (var response = await apis[1].PostAsJsonAsync(new Uri("/api/v1/torrents", UriKind.Relative), added, ApiJson.Default.AddTorrent, Cancellation)) response.IsSuccessStatusCode.ShouldBeTrue(await response.Content.ReadAsStringAsync(Cancellation));
        await UntilCompleteAsync(tables, apis, seed.Listen[0], (_, replicas) => replicas.Length == 2);
        // Any node tells everything of it: one that does not have it asks one that does.
        foreach (var api in apis) await UntilAsync(async () => (await api.GetAsync(new Uri($"/api/v1/torrents/{_content.Metainfo.WireHash}/pieces", UriKind.Relative), Cancellation)).StatusCode == HttpStatusCode.OK, "its pieces are not told everywhere");
        await UntilAsync(async () => (await Task.WhenAll(apis.Select(api => api.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation)))).Any(metrics => ServedCalls().IsMatch(metrics)), "no call was served");

        // The seed goes: what is repaired comes from the other replica.
        await seed.StopAsync();
        var killed = await KillOneThatHasItAsync(tables);
        await UntilAsync(async () => (await tables.ViewAsync()).Members.Single(member => member.Id.EndPoint == At(killed)).State == MemberState.Down, "it is not missed");
        await UntilCompleteAsync(tables, [], null, (_, replicas) => replicas.Count(replica => replica != At(killed)) == 2);
        foreach (var other in Enumerable.Range(1, 3).Where(i => i != killed)) _content.ShouldBeIn(Path.Combine(Folder(other), "cluster", _content.Metainfo.WireHash.ToString()));

        await ComesBackAsync(tables, killed, database);
        foreach (var api in apis) api.Dispose();
    }

    [Fact]
    public async Task A_second_process_at_an_end_point_does_not_start_and_a_stopped_one_leaves()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var tables = PostgresClusterStore.Create(new PostgresSettings { Connection = database }, PostgresClusterSettings.Default, NullLogger.Instance, out var error).ShouldNotBeNull(error);
        var first = Start(1, database);
        _daemons.Add(first);
        await first.LogsAsync("Ready: ");
        await UntilAsync(async () => (await tables.ViewAsync()).Members.Any(member => member.State == MemberState.Up), "it is not up");

        await using var second = Start(1, database, folder: Folder(9));
        (await second.EndAsync()).ShouldBe(ExitCodes.Failed);
        second.Log.ShouldContain("is it running already?");

        first.Signal("TERM");
        (await first.EndAsync()).ShouldBe(ExitCodes.Done);
        first.Log.ShouldContain("Stopped; everything is recorded");
        (await tables.ViewAsync()).Members.ShouldHaveSingleItem().IsLive.ShouldBeFalse();
    }

    // Its end point is free at once, and what it had there is found again.
    private async Task ComesBackAsync(PostgresClusterStore tables, int killed, string database)
    {
        var again = Start(killed, database);
        _daemons.Add(again);
        using var api = new HttpClient { BaseAddress = await again.ApiAsync() };
        await UntilAsync(async () => (await api.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation)).StatusCode == HttpStatusCode.OK, again.Log);
        var generations = (await tables.ViewAsync()).Members.Where(member => member.Id.EndPoint == At(killed)).ToArray();
        generations.ShouldHaveSingleItem().State.ShouldBe(MemberState.Up);
        var metrics = await api.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        metrics.ShouldContain("swarm_cluster_up");
        await UntilAsync(async () => (await api.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation)).Contains("swarm_cluster_members{state=\"up\"} 3", StringComparison.Ordinal), metrics);
    }

    private async Task<int> KillOneThatHasItAsync(PostgresClusterStore tables)
    {
        var has = (await tables.ViewAsync()).Torrents.Values.Single().Replicas[0].Storage;
        var number = Enumerable.Range(1, 3).Single(i => At(i) == has);
        _daemons[number - 1].Signal("KILL");
        await _daemons[number - 1].EndAsync();
        return number;
    }

    // A tracker would tell them of the seed.
    private async Task UntilCompleteAsync(PostgresClusterStore tables, List<HttpClient> apis, IPEndPoint? seed, Func<PlacedTorrent, string[], bool> holds) => await UntilAsync(
        async () =>
        {
            foreach (var api in apis) await api.PostAsJsonAsync(new Uri($"/api/v1/torrents/{_content.Metainfo.WireHash}/peers", UriKind.Relative), new AddPeers { Peers = [$"{seed}"] }, ApiJson.Default.AddPeers, Cancellation);
            var torrent = (await tables.ViewAsync()).Torrents.Values.Single();
            return holds(torrent, [.. torrent.Replicas.Where(replica => replica.State == ReplicaState.Complete).Select(replica => replica.Storage)]);
        },
        "it is not replicated");

    private async Task UntilAsync(Func<Task<bool>> condition, object what)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!await condition())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException($"{what}\n{string.Join("\n---\n", _daemons.Select(daemon => daemon.Log))}");
            await timer.WaitForNextTickAsync(Cancellation);
        }
    }

    [GeneratedRegex(@"^swarm_cluster_link_served_total [1-9]", RegexOptions.Multiline, 1_000)]
    private static partial Regex ServedCalls();

    private string At(int number) => $"{_net}.{number.ToString(CultureInfo.InvariantCulture)}:9120";

    private string Folder(int number) => _content.Folder($"node-{number.ToString(CultureInfo.InvariantCulture)}");

    private DaemonProcess Start(int number, string database, string? folder = null)
    {
        folder ??= Folder(number);
        return DaemonProcess.Start(
            Path.Combine(folder, "swarm.conf"),
            $$"""
            swarm {
              node { data-folder = "{{folder}}", listen = ["{{At(number).Replace(":9120", ":0", StringComparison.Ordinal)}}"] }
              net.bind = "{{At(number)[..^5]}}"
              dht.enabled = false
              api.listen = ["127.0.0.1:0"]
              store { kind = postgres, postgres.connection = "{{database}}" }
              cluster {
                enabled = true, name = test, end-point = "{{At(number)}}", secret = {{Secret}}
                membership { heartbeat-interval = 300 ms, suspect-after = 4 s, read-interval = 300 ms }
                placement { repair-delay = 2 s, round-interval = 300 ms, min-free-bytes = 0 }
                replica-interval = 200 ms, peer-interval = 1 s
              }
              metrics.interval = 1 s
            }
            """,
            [], []);
    }
}
