using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Tests.EndToEnd;
using Swarm.Tests.Host.Serve;
using Swarm.Tests.Host.Watching;

namespace Swarm.Tests.Host.Automation;

/// <summary>The daemon as a process of its own that looks after torrents by itself.</summary>
public sealed class AutomationServeTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task What_is_put_into_a_watched_folder_is_loaded_moved_and_a_program_run_for_it()
    {
        using var first = TestContent.Create(1, 32 * 1024, ("first; $(name)", 100_000));
        using var second = TestContent.Create(2, 32 * 1024, ("second", 100_000));
        await using var seed = await TestNode.StartAsync(_scratch["seed"]);
        await seed.AddAsync(first, first.SeedFolder);
        await seed.AddAsync(second, second.SeedFolder);
        var half = second.File.AsSpan(0, second.File.Length / 2).ToArray();
        _scratch.Write("watch/second.torrent", half);
        var program = Program();
        await using var daemon = Start($$"""
            swarm {
              api.content-roots = ["{{_scratch["load"]}}"]
              metrics.interval = 1 s
              watch { interval = 200 ms, folders = [{ path = "{{_scratch["watch"]}}", category = c }] }
              automation {
                interval = 200 ms
                categories = [{ name = c, completed-folder = "{{_scratch["complete"]}}" }]
                run-on-complete { enabled = true, command = ["{{program}}", "{name}", "{folder}", "{hash}", "{category}"] }
              }
            }
            """);
        await daemon.LogsAsync("Ready: ");
        using var client = new HttpClient { BaseAddress = new Uri(Regex.Match(daemon.Log, @"The API listens at (\S+)").Groups[1].Value) };

        _scratch.Write("watch/first.magnet", Encoding.UTF8.GetBytes($"magnet:?xt=urn:btih:{first.Metainfo.WireHash}&x.pe={seed.Listen}"));
        await daemon.LogsAsync("first.magnet was added");
        await daemon.LogsAsync($"first; $(name): the program has run. <first; $(name)> <{_scratch["complete"]}> <{first.Metainfo.WireHash}> <c>");
        first.ShouldBeIn(_scratch["complete"]);
        File.Exists(_scratch["watch/done/first.magnet"]).ShouldBeTrue();
        File.ReadAllBytes(_scratch["watch/second.torrent"]).ShouldBe(half, "a file that is not whole is left");

        _scratch.Write("watch/second.torrent", [.. second.File]);
        await daemon.LogsAsync("second.torrent was added");
        using var peers = await client.PostAsJsonAsync(new Uri($"/api/v1/torrents/{second.Metainfo.WireHash}/peers", UriKind.Relative), new AddPeers { Peers = [seed.Listen.ToString()] }, ApiJson.Default.AddPeers, Cancellation);
        peers.IsSuccessStatusCode.ShouldBeTrue(await peers.Content.ReadAsStringAsync(Cancellation));
        await daemon.LogsAsync("second: the program has run. ");
        second.ShouldBeIn(_scratch["complete"]);

        var preview = await client.GetFromJsonAsync(new Uri("/api/v1/automation/preview", UriKind.Relative), ApiJson.Default.AutomationPreview, Cancellation);
        preview!.Enabled.ShouldBeTrue();
        preview.Items.ShouldBeEmpty("there are neither rules nor a queue");
        var figures = PrometheusReader.Read(await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation));
        figures.Values["swarm_api_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/automation/preview\",status=\"200\"}"].ShouldBe(1);
        figures.Values.Keys.ShouldContain("swarm_torrents{state=\"seeding\"}");
        if (OperatingSystem.IsLinux()) daemon.LoadedFiles.ShouldNotContain(file => file.Contains("OpenTelemetry", StringComparison.Ordinal), "no collector is configured");

        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
        daemon.Log.ShouldNotContain(" error ");
    }

    [Fact]
    public async Task A_reload_gives_it_another_folder_to_watch_a_queue_and_a_schedule()
    {
        using var one = TestContent.Create(1, 32 * 1024, ("one", 100_000));
        using var two = TestContent.Create(2, 32 * 1024, ("two", 100_000));
        await using var daemon = Start("swarm.log.level = information");
        await daemon.LogsAsync("Ready: ");
        using var client = new HttpClient { BaseAddress = new Uri(Regex.Match(daemon.Log, @"The API listens at (\S+)").Groups[1].Value) };
        var preview = new Uri("/api/v1/automation/preview", UriKind.Relative);
        (await client.GetFromJsonAsync(preview, ApiJson.Default.AutomationPreview, Cancellation))!.Enabled.ShouldBeFalse();

        _scratch.Write("watch/one.torrent", [.. one.File]);
        _scratch.Write("watch/two.torrent", [.. two.File]);
        daemon.Configure($$"""
            swarm {
              watch { interval = 200 ms, folders = [{ path = "{{_scratch["watch"]}}" }] }
              automation { interval = 200 ms, completed-folder = "{{_scratch["elsewhere"]}}", queue { enabled = true, max-downloads = 1 } }
              schedule { time-zone = UTC, windows = [{ from = "00:00", to = "00:00", upload-limit = 3 MiB }] }
            }
            """);
        daemon.Signal("HUP");
        await daemon.LogsAsync("A changed key needs a restart: swarm.automation.completed-folder");
        await daemon.LogsAsync("By the schedule the window from 00:00 to 00:00 holds: 0 bytes a second down, 3145728 up");
        await daemon.LogsAsync("one.torrent was added");
        await daemon.LogsAsync("two.torrent was added");
        await daemon.LogsAsync(": Hold, because it ");
        (await client.GetFromJsonAsync(preview, ApiJson.Default.AutomationPreview, Cancellation))!.Enabled.ShouldBeTrue();

        daemon.Configure("swarm.automation.interval = 200 ms");
        daemon.Signal("HUP");
        await daemon.LogsAsync(": Release, because it ");
        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
    }

    private DaemonProcess Start(string configuration) =>
        DaemonProcess.Start(_scratch["swarm.conf"], configuration, ["--data", _scratch["state"], "--bind", "127.0.0.1", "--port", "0", "--no-dht", "--set", "api.listen=[\"127.0.0.1:0\"]"], []);

    // A program that shows each of its arguments by itself.
    private string Program()
    {
        var path = _scratch.Write("program", "#!/bin/sh\nprintf '<%s> <%s> <%s> <%s>\\n' \"$@\"\n"u8.ToArray());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return path;
    }
}
