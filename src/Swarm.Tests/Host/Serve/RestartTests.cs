using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Tests.Host.Api;

namespace Swarm.Tests.Host.Serve;

/// <summary>What a daemon that ends while torrents are added to it, in good order or not, has after the next start.</summary>
public sealed class RestartTests : IDisposable
{
    private const int Adders = 4;
    private const int AddedBefore = 40;

    private readonly Scratch _scratch = new();
    private readonly ConcurrentDictionary<string, string> _asked = new();
    private readonly ConcurrentDictionary<string, string> _acknowledged = new();
    private readonly TaskCompletionSource _underLoad = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("TERM", ExitCodes.Done)]
    [InlineData("KILL", 137)]
    public async Task What_was_acknowledged_is_whole_after_an_end_in_the_middle_of_additions(string signal, int exitCode)
    {
        await using (var daemon = Start("swarm.drain-timeout = 80 s"))
        {
            using var client = new HttpClient { BaseAddress = await daemon.ApiAsync() };
            using var over = new CancellationTokenSource();
            var adding = Enumerable.Range(0, Adders).Select(adder => Task.Run(() => AddAsync(client, adder, over.Token))).ToArray();
            // Where additions fail before that, their errors are the test's.
            await await Task.WhenAny(_underLoad.Task, Task.WhenAll(adding));
            daemon.Signal(signal);
            (await daemon.EndAsync()).ShouldBe(exitCode, daemon.Log);
            await over.CancelAsync();
            await Task.WhenAll(adding);
        }

        _acknowledged.Count.ShouldBeGreaterThanOrEqualTo(AddedBefore);
        await using var again = Start("swarm {}");
        using var after = new HttpClient { BaseAddress = await again.ApiAsync() };
        var there = await ListAsync(after);
        _acknowledged.Keys.Except(there.Keys).ShouldBeEmpty("an acknowledged torrent is lost");
        there.Values.Except(_asked.Values).ShouldBeEmpty("there is a torrent that nobody added");
        foreach (var (hash, name) in there) await ShouldBeWholeAsync(after, hash, name);
        again.Signal("TERM");
        (await again.EndAsync()).ShouldBe(ExitCodes.Done, again.Log);
    }

    [Fact]
    public async Task A_drain_that_takes_longer_than_its_limit_ends_at_the_limit_and_says_so()
    {
        await using var tracker = new SilentAtGoodbye();
        await using var daemon = Start($$"""swarm { drain-timeout = 1 s, node.public-only = false, torrent { stop-timeout = 5 minutes, announce.stop-timeout = 5 minutes } }""");
        using var client = new HttpClient { BaseAddress = await daemon.ApiAsync() };
        var hash = (await PostAsync(client, [.. Encoding.ASCII.GetBytes($"d8:announce{tracker.Url.Length}:{tracker.Url}"), .. TorrentFiles.Make("waits")[1..]], CancellationToken.None))!.Hash;
        await tracker.Greeted;

        daemon.Signal("TERM");

        // The goodbye is waited for, for minutes were it not for the limit; a daemon that is not ended by it is not waited for so long here.
        await tracker.Goodbye;
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Failed, daemon.Log);
        daemon.Log.ShouldContain("Not everything could be recorded within 00:00:01");
        await using var again = Start("swarm {}");
        using var after = new HttpClient { BaseAddress = await again.ApiAsync() };
        await ShouldBeWholeAsync(after, hash, "waits");
    }

    private static async Task<TorrentAdded?> PostAsync(HttpClient client, byte[] file, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-bittorrent") } };
        using var response = await client.PostAsync(new Uri("/api/v1/torrents/file", UriKind.Relative), content, cancellation);
        if (response.StatusCode != HttpStatusCode.Created) return null;
        return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellation), ApiJson.Default.TorrentAdded);
    }

    private static async Task<Dictionary<string, string>> ListAsync(HttpClient client)
    {
        var found = new Dictionary<string, string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = JsonSerializer.Deserialize(await client.GetByteArrayAsync(new Uri($"/api/v1/torrents?limit=1000{cursor}", UriKind.Relative)), ApiJson.Default.TorrentPage)!;
            foreach (var item in page.Items) found.Add(item.Hash, item.Name);
            cursor = page.Next is { } next ? $"&cursor={Uri.EscapeDataString(next)}" : null;
        }

        return found;
    }

    private static async Task ShouldBeWholeAsync(HttpClient client, string hash, string name)
    {
        using var response = await client.GetAsync(new Uri($"/api/v1/torrents/{hash}", UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        var details = JsonDocument.Parse(text).RootElement;
        details.GetProperty("pieceCount").GetInt32().ShouldBe(1, text);
        details.GetProperty("fileCount").GetInt32().ShouldBe(1, text);
        details.GetProperty("torrent").GetProperty("name").GetString().ShouldBe(name);
        details.GetProperty("torrent").GetProperty("totalBytes").GetInt64().ShouldBe(16);
        details.GetProperty("torrent").GetProperty("state").GetString().ShouldNotBe("failed", text);
    }

    // Adds until the daemon does not take any more.
    private async Task AddAsync(HttpClient client, int adder, CancellationToken over)
    {
        for (var number = 0; ; number++)
        {
            var name = $"torrent-{adder}-{number}";
            _asked[name] = name;
            try
            {
                if (await PostAsync(client, TorrentFiles.Make(name), over) is not { } added) return;
                _acknowledged[added.Hash] = name;
                if (_acknowledged.Count >= AddedBefore) _underLoad.TrySetResult();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // It ends: this one may be there or not.
                return;
            }
        }
    }

    private DaemonProcess Start(string configuration) =>
        DaemonProcess.Start(_scratch["swarm.conf"], configuration, ["--data", _scratch["state"], "--bind", "127.0.0.1", "--port", "0", "--no-dht", "--set", "api.listen=[\"127.0.0.1:0\"]"], []);
}
