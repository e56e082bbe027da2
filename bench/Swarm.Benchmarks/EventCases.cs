using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Io.Http;
using Swarm.Protocol.Primitives;

namespace Swarm.Benchmarks;

/// <summary>
/// How long a change takes to a subscriber of the event stream, over a real connection, under load: 100,000 torrents of which 5,000 change a second, other subscribers, and clients that ask for
/// lists all the time. Prints one JSON line: the milliseconds from the change to the line that tells it.
/// </summary>
internal static class EventCases
{
    private const int Subscribers = 20;
    private const int Askers = 2;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    // What the first requests need, the code is compiled meanwhile.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    internal static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("swarm-bench-").FullName;
        var settings = HttpApiSettings.Default with { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] };
        var catalogue = new TorrentCatalogue(settings.Catalogue, TimeProvider.System);
        foreach (var some in Enumerable.Range(0, CatalogueCases.Torrents).Chunk(1_000)) catalogue.Put([.. some.Select(number => CatalogueCases.Row(number, 0))]);
        var roots = new ContentRoots([folder]);
        using var log = new LogTail(settings.LogLines, LogLevel.Warning, TimeProvider.System);
        using var logs = LoggerFactory.Create(builder => builder.AddProvider(log));
        var services = new ApiServices
        {
            Settings = settings,
            Node = new NoNode(),
            Catalogue = catalogue,
            Roots = roots,
            Intake = new TorrentIntake(settings, roots, new HttpDownloads(HttpPortSettings.Default)),
            Log = log,
            Keys = new ApiKeys([]),
            Configuration = () => [],
            Clock = TimeProvider.System,
            Version = "bench",
        };
        await using var server = await ApiServer.StartAsync(services, logs).ConfigureAwait(false);
        await MeasureAsync(catalogue, new Uri(server.Addresses[0])).ConfigureAwait(false);
        Directory.Delete(folder);
    }

    private static async Task MeasureAsync(TorrentCatalogue catalogue, Uri address)
    {
        using var over = new CancellationTokenSource(Duration + TimeSpan.FromSeconds(5));
        using var client = new HttpClient { BaseAddress = address };
        var sent = new ConcurrentDictionary<long, long>();
        var began = Stopwatch.GetTimestamp();
        var told = new List<(long At, double Milliseconds)>();
        var lists = new List<double>();
        var tasks = new List<Task> { ChangeAsync(catalogue, sent, over.Token), FollowAsync(client, sent, told, over.Token) };
        for (var i = 1; i < Subscribers; i++) tasks.Add(FollowAsync(client, sent: null, latencies: [], over.Token));
        for (var i = 0; i < Askers; i++) tasks.Add(AskAsync(client, lists, over.Token));
        await Task.WhenAll(tasks).ConfigureAwait(false);
        var latencies = told.Where(one => Stopwatch.GetElapsedTime(began, one.At) > WarmUp).Select(one => one.Milliseconds).Order().ToList();
        lists.Sort();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            @case = "events",
            subscribers = Subscribers,
            changes = latencies.Count,
            medianMilliseconds = Math.Round(latencies[latencies.Count / 2], 1),
            p99Milliseconds = Math.Round(latencies[latencies.Count * 99 / 100], 1),
            worstMilliseconds = Math.Round(latencies[^1], 1),
            worstWithStartMilliseconds = Math.Round(told.Max(one => one.Milliseconds), 1),
            lists = lists.Count,
            listMedianMilliseconds = Math.Round(lists[lists.Count / 2], 1),
            listP99Milliseconds = Math.Round(lists[lists.Count * 99 / 100], 1),
            fullCollections = GC.CollectionCount(2),
            pausedMilliseconds = Math.Round(GC.GetTotalPauseDuration().TotalMilliseconds),
        }));
    }

    // A hundred rows every 20 ms, each with the number of its change for an upload rate.
    private static async Task ChangeAsync(TorrentCatalogue catalogue, ConcurrentDictionary<long, long> sent, CancellationToken over)
    {
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            for (var round = 1; ; round++)
            {
                await beat.WaitForNextTickAsync(over).ConfigureAwait(false);
                var rows = Enumerable.Range(0, 100).Select(i => CatalogueCases.Row(((round * 100) + i) % CatalogueCases.Torrents, round) with { UploadRate = (round * 100L) + i }).ToArray();
                var now = Stopwatch.GetTimestamp();
                foreach (var row in rows) sent[row.UploadRate] = now;
                catalogue.Put([.. rows]);
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    private static async Task FollowAsync(HttpClient client, ConcurrentDictionary<long, long>? sent, List<(long At, double Milliseconds)> latencies, CancellationToken over)
    {
        try
        {
            using var response = await client.GetAsync(new Uri("/api/v1/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, over).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(over).ConfigureAwait(false);
            await using var _ = stream.ConfigureAwait(false);
            // The other subscribers are other machines in reality: here they take what comes and do nothing with it.
            if (sent is null) await stream.CopyToAsync(Stream.Null, over).ConfigureAwait(false);
            else await MeasureAsync(stream, sent, latencies, over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    private static async Task MeasureAsync(Stream stream, ConcurrentDictionary<long, long> sent, List<(long At, double Milliseconds)> latencies, CancellationToken over)
    {
        await foreach (var told in SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize(data, ApiJson.Default.TorrentDelta)!).EnumerateAsync(over).ConfigureAwait(false))
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var item in told.Data.Changed)
            {
                if (sent.TryRemove(item.UploadRate, out var at)) latencies.Add((at, Stopwatch.GetElapsedTime(at, now).TotalMilliseconds));
            }
        }
    }

    private static async Task AskAsync(HttpClient client, List<double> times, CancellationToken over)
    {
        try
        {
            while (true)
            {
                var began = Stopwatch.GetTimestamp();
                await client.GetByteArrayAsync(new Uri("/api/v1/torrents?state=seeding&sort=-uploadRate&limit=100", UriKind.Relative), over).ConfigureAwait(false);
                lock (times) times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                await Task.Delay(50, over).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    // Lists and events ask the node nothing.
    private sealed class NoNode : INodeModel
    {
        public NodeFacts Facts { get; } = new(NodePhase.Running, DateTimeOffset.UnixEpoch, [], 0, 0);

        public Task AddAsync(NewTorrent torrent) => throw new NotSupportedException();

        public Task<string?> CommandAsync(TorrentsActor.ITorrentCommand command) => throw new NotSupportedException();

        public Task<TorrentDetails?> DetailsAsync(InfoHash torrent) => throw new NotSupportedException();

        public Task LimitAsync(long? downloadLimit, long? uploadLimit) => throw new NotSupportedException();

        public Task<IReadOnlyList<DhtStatus>> DhtAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<(IReadOnlyList<IPEndPoint> Peers, bool More)> LookUpAsync(InfoHash torrent, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public ActorsSeen Actors(string under, int limit) => throw new NotSupportedException();

        public bool RestartActor(string path) => throw new NotSupportedException();

        public void Drain() => throw new NotSupportedException();
    }
}
