using System.Diagnostics;
using System.Text.Json;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Primitives;

namespace Swarm.Benchmarks;

/// <summary>
/// The list of 100,000 torrents: what it takes in memory, and how long each kind of question takes, from the catalogue to JSON, while a writer changes 5,000 rows a second. One JSON line a case,
/// milliseconds: the median and the worst of the rounds.
/// </summary>
internal static class CatalogueCases
{
    /// <summary>Torrents.</summary>
    public const int Torrents = 100_000;

    private const int Rounds = 40;
    private static readonly string[] Folders = [.. Enumerable.Range(0, 20).Select(number => $"/content/disk{number}")];
    private static readonly string[] Hosts = [.. Enumerable.Range(0, 50).Select(number => $"tracker{number}.example")];
    private static readonly string[] Labels = [.. Enumerable.Range(0, 30).Select(number => $"label{number}")];

    internal static void Run()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var catalogue = new TorrentCatalogue(CatalogueSettings.Default, TimeProvider.System);
        var began = Stopwatch.GetTimestamp();
        foreach (var some in Enumerable.Range(0, Torrents).Chunk(1_000)) catalogue.Put([.. some.Select(number => Row(number, 0))]);
        var milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Print(new { @case = "catalogue-fill", torrents = Torrents, milliseconds = Math.Round(milliseconds), megabytes = Math.Round(bytes / 1e6, 1), bytesATorrent = bytes / Torrents });
        using var over = new CancellationTokenSource();
        var writer = Task.Run(() => Change(catalogue, over.Token));
        var listing = new TorrentListing(catalogue);
        foreach (var sort in CatalogueOrder.Names.SelectMany(name => new[] { name, "-" + name })) Page($"sort {sort}", new TorrentQuery(null, null, null, null, null, sort, null, 1_000), listing);
        Page("first page", new TorrentQuery(null, null, null, null, null, null, null, 100), listing);
        Page("filter state", new TorrentQuery("downloading,checking", null, null, null, null, "-downloadRate", null, 100), listing);
        Page("filter label", new TorrentQuery(null, "label7", null, null, null, "name", null, 100), listing);
        Page("filter tracker", new TorrentQuery(null, null, null, "tracker7.example", null, "name", null, 100), listing);
        Page("filter text, none matches", new TorrentQuery(null, null, null, null, "no such words", "name", null, 100), listing);
        Page("filter text, many match", new TorrentQuery(null, null, null, null, "99", "name", null, 1_000), listing);
        var middle = Listed(new TorrentQuery(null, null, null, null, null, "name", null, 1_000), listing).Next;
        Page("second page by name", new TorrentQuery(null, null, null, null, null, "name", middle, 1_000), listing);
        Measure("delta of what one second changed", () =>
        {
            var delta = catalogue.Since(catalogue.Revision - 2_000);
            JsonSerializer.SerializeToUtf8Bytes(TorrentMapping.DeltaOf(delta), ApiJson.Default.TorrentDelta);
        });
        Measure("delta of one", () => JsonSerializer.SerializeToUtf8Bytes(TorrentMapping.DeltaOf(catalogue.Since(catalogue.Revision - 1)), ApiJson.Default.TorrentDelta));
        Measure("totals", () => CatalogueTotals.Of(catalogue));
        over.Cancel();
        writer.GetAwaiter().GetResult();
    }

    internal static TorrentRow Row(int number, int round)
    {
        Span<byte> hash = stackalloc byte[Bytes20.Size];
        new Random(number).NextBytes(hash);
        return new TorrentRow
        {
            Torrent = new InfoHash(hash),
            Name = $"Some.Release.Name.Of.Usual.Length.{number:D6}.x264-GROUP",
            State = (number % 50) switch
            {
                0 => TorrentState.Downloading,
                1 => TorrentState.Waiting,
                _ => TorrentState.Seeding,
            },
            Folder = Folders[number % Folders.Length],
            Labels = [Labels[number % Labels.Length]],
            TrackerHosts = Hosts[number % Hosts.Length],
            AddedTicks = DateTime.UnixEpoch.Ticks + number,
            HasMetadata = true,
            TotalLength = 1_000_000L * (number % 977),
            SelectedLength = 1_000_000L * (number % 977),
            VerifiedLength = number % 50 == 0 ? 1_000 * (number % 7) : 1_000_000L * (number % 977),
            UploadedEver = 1_000L * (number % 7_919),
            UploadRate = round * 7 % 1_000,
            DownloadRate = number % 50 == 0 ? round * 13 % 10_000 : 0,
            ConnectedPeers = number % 5,
        };
    }

    // A hundred rows every 20 ms.
    private static async Task Change(TorrentCatalogue catalogue, CancellationToken over)
    {
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var round = 1; !over.IsCancellationRequested; round++)
        {
            await beat.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false);
            catalogue.Put([.. Enumerable.Range(0, 100).Select(i => Row(((round * 100) + i) % Torrents, round))]);
        }
    }

    private static void Page(string name, TorrentQuery query, TorrentListing listing) => Measure(name, () => JsonSerializer.SerializeToUtf8Bytes(Listed(query, listing), ApiJson.Default.TorrentPage));

    // Nobody else walks, so it never waits.
    private static TorrentPage Listed(TorrentQuery query, TorrentListing listing) => listing.PageAsync(query, CancellationToken.None).GetAwaiter().GetResult();

    private static void Measure(string name, Action run)
    {
        var times = new List<double>();
        for (var round = -10; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            run();
            if (round >= 0) times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        Print(new { @case = name, medianMilliseconds = Math.Round(times[Rounds / 2], 2), worstMilliseconds = Math.Round(times[^1], 2) });
    }

    private static void Print(object line) => Console.WriteLine(JsonSerializer.Serialize(line));
}
