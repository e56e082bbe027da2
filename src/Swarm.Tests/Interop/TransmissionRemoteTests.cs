using System.Diagnostics;
using System.Net;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>Debian's transmission-remote, as people type it, against the API of a real node.</summary>
[Collection(nameof(RealClients))]
public sealed class TransmissionRemoteTests(InstalledClients installed)
{
    [Fact]
    public async Task A_torrent_is_added_listed_looked_at_limited_stopped_started_and_removed()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var seed = await SwarmPeer.StartAsync(scenario, IPAddress.Parse("127.0.0.9"), "seed");
        await seed.SeedAsync(content);
        var service = await SwarmService.StartAsync(scenario);
        var file = Path.Combine(scenario.Root, "content.torrent");
        await File.WriteAllBytesAsync(file, [.. content.File], TestContext.Current.CancellationToken);
        var remote = new Remote(installed.Require("transmission-remote", "transmission-cli"), scenario.Root, service.Port);

        (await remote.RunAsync("-a", file, "-w", service.Root)).ShouldContain("success");
        (await remote.RunAsync("-l")).ShouldContain(content.Metainfo.Name);
        (await remote.RunAsync("-t", "1", "-i")).ShouldContain(content.Metainfo.WireHash.ToString());

        // The tool has no way to name a peer.
        await service.ConnectAsync(content.Metainfo.WireHash, seed.EndPoint);
        await Poll.UntilAsync(async () => (await remote.RunAsync("-t", "1", "-i")).Contains("Percent Done: 100%", StringComparison.Ordinal), "everything is there", Scenario.Patience);
        content.ShouldBeIn(service.Root);
        (await remote.RunAsync("-t", "1", "-f")).ShouldContain("100%");
        (await remote.RunAsync("-t", "1", "-ip")).ShouldContain("Address");

        (await remote.RunAsync("-t", "1", "-d", "100", "-u", "50")).ShouldContain("success");
        var limited = await remote.RunAsync("-t", "1", "-i");
        limited.ShouldContain("Download Limit: 100 kB/s");
        limited.ShouldContain("Upload Limit: 50 kB/s");
        (await remote.RunAsync("-d", "700")).ShouldContain("success");
        (await remote.RunAsync("-si")).ShouldContain("Download speed limit: 700 kB/s");
        (await remote.RunAsync("-st")).ShouldContain("CURRENT SESSION");

        (await remote.RunAsync("-t", "1", "-S")).ShouldContain("success");
        await remote.ShowsAsync("Stopped");
        (await remote.RunAsync("-t", "1", "-s")).ShouldContain("success");
        await remote.ShowsAsync("Idle", "Seeding");
        (await remote.RunAsync("-t", "1", "-v")).ShouldContain("success");
        (await remote.RunAsync("-t", content.Metainfo.WireHash.ToString(), "--remove-and-delete")).ShouldContain("success");
        (await remote.RunAsync("-l")).ShouldNotContain(content.Metainfo.Name);
        Directory.EnumerateFileSystemEntries(service.Root).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_refused_is_told_to_who_typed_it()
    {
        await using var scenario = new Scenario();
        var service = await SwarmService.StartAsync(scenario);
        var remote = new Remote(installed.Require("transmission-remote", "transmission-cli"), scenario.Root, service.Port);

        (await remote.RunAsync("-a", "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a", "-w", "/etc")).ShouldContain("content root");
        (await remote.RunAsync("-a", "magnet:?dn=nothing")).ShouldContain("refused");
    }

    // The tool, run once a command.
    private sealed class Remote(string program, string folder, int port)
    {
        public async Task<string> RunAsync(params string[] arguments)
        {
            var start = new ProcessStartInfo(program, [$"127.0.0.1:{port}", .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            start.Environment["LC_ALL"] = "C.UTF-8";
            using var process = Process.Start(start)!;
            using var patience = new CancellationTokenSource(Scenario.Patience);
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            var text = await output + await errors;
            TestContext.Current.TestOutputHelper?.WriteLine($"$ transmission-remote {string.Join(' ', arguments)}\n{text}");
            return text;
        }

        public Task ShowsAsync(params string[] states) => Poll.UntilAsync(async () =>
        {
            var list = await RunAsync("-l");
            return states.Any(state => list.Contains(state, StringComparison.Ordinal));
        }, string.Join(" or ", states), Scenario.Patience);
    }
}
