using System.Text.Json;
using Swarm.Pbm;
using Swarm.Tests.Host;
using Swarm.Tests.Host.Api;
using Swarm.Tests.Host.Serve;
using HostExitCodes = Swarm.Host.ExitCodes;

namespace Swarm.Tests.Pbm;

/// <summary>pbm over real connections to <c>swarm serve</c>, a process of its own: what one says the other understands.</summary>
public sealed class RealNodeTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private string _address = "";

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_node_is_looked_at_and_steered_with_pbm_alone()
    {
        await using var daemon = DaemonProcess.Start(
            _scratch["swarm.conf"], "swarm.dht.routers = []", ["--data", _scratch["state"], "--bind", "127.0.0.1", "--port", "0", "--set", "api.listen=[\"127.0.0.1:0\"]"], []);
        _address = (await daemon.ApiAsync()).ToString();

        (await RunAsync("node", "status")).ShouldContain("running", Case.Insensitive);
        await SteerTorrentsAsync();
        (await RunAsync("actors", "tree")).ShouldContain("torrents");
        (await RunAsync("actors", "tree", "--json")).ShouldContain("/user/node/torrents");
        (await RunAsync("config", "show")).ShouldContain("swarm.api.listen");
        (await RunAsync("log", "show")).ShouldContain("Ready: listening on 127.0.0.1:");
        (await RunAsync("dht", "status")).ShouldContain("ipv4", Case.Insensitive);

        await RunAsync("node", "drain", "--yes");
        (await daemon.EndAsync()).ShouldBe(HostExitCodes.Done, daemon.Log);
        var (code, _, error) = await new PbmRun(NodeClient.Handler).RunAsync("node", "status", "--address", _address);
        code.ShouldBe(ExitCodes.Unreachable);
        error.ShouldContain("no node answers at");
    }

    private async Task SteerTorrentsAsync()
    {
        var added = Parse(await RunAsync("torrents", "add", _scratch.Write("first.torrent", TorrentFiles.Make("first.iso")), "--label", "linux", "--json"));
        var hash = added.GetProperty("hash").GetString()!;
        added.GetProperty("name").GetString().ShouldBe("first.iso");
        (await RunAsync("torrents", "list")).ShouldContain("first.iso");
        (await RunAsync("torrents", "show", hash[..8])).ShouldContain(hash);
        Parse(await RunAsync("torrents", "explain", hash, "--json")).GetProperty("sentence").GetString().ShouldNotBeNullOrEmpty();

        (await RunAsync("torrents", "pause", hash)).ShouldContain(hash[..8]);
        await BecomesAsync(hash, shown => shown.GetProperty("torrent").GetProperty("state").GetString() == "paused");
        (await RunAsync("torrents", "explain", hash)).ShouldContain("paused", Case.Insensitive);
        (await RunAsync("torrents", "resume", hash)).ShouldContain(hash[..8]);
        await BecomesAsync(hash, shown => shown.GetProperty("torrent").GetProperty("state").GetString() is not ("paused" or "stopping"));
        await RunAsync("torrents", "limit", hash, "--down", "1M");
        await BecomesAsync(hash, shown => shown.GetProperty("downloadLimit").GetInt64() > 0);

        (await RunAsync("torrents", "remove", hash, "--yes")).ShouldContain(hash[..8]);
        var (code, _, error) = await new PbmRun(NodeClient.Handler).RunAsync("torrents", "show", hash, "--address", _address);
        code.ShouldBe(ExitCodes.Failed);
        error.ShouldStartWith("pbm: ");
    }

    // The node answers a command before its lists show what came of it.
    private async Task BecomesAsync(string hash, Func<JsonElement, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (true)
        {
            var shown = Parse(await RunAsync("torrents", "show", hash, "--json"));
            if (condition(shown)) return;
            patience.IsCancellationRequested.ShouldBeFalse($"It does not become so: {shown}");
        }
    }

    private async Task<string> RunAsync(params string[] args)
    {
        var (code, text, error) = await new PbmRun(NodeClient.Handler).RunAsync([.. args, "--address", _address]);
        code.ShouldBe(ExitCodes.Done, $"pbm {string.Join(' ', args)}: {error}{text}");
        return text;
    }

    private static JsonElement Parse(string text) => JsonDocument.Parse(text.Split('\n')[0]).RootElement;
}
