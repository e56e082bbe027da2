using Swarm.Host;

namespace Swarm.Tests.Host.Serve;

/// <summary>The daemon as a process of its own, as a service manager sees it: signals, notifications, exit codes, the log.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task It_tells_its_manager_when_it_is_ready_and_when_it_stops()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "swarm.log.level = debug");
        (await manager.NextAsync("READY=1")).ShouldContain("STATUS=listening on 127.0.0.1:");
        daemon.Signal("TERM");
        (await manager.NextAsync("STOPPING=1")).ShouldContain("EXTEND_TIMEOUT_USEC=35000000");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
        daemon.Log.ShouldContain("Stopped; everything is recorded");
    }

    [Fact]
    public async Task It_is_fed_to_the_watchdog_while_the_node_answers()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "", ("WATCHDOG_USEC", "200000"));
        await manager.NextAsync("READY=1");
        await manager.NextAsync("WATCHDOG=1");
        await manager.NextAsync("WATCHDOG=1");
        daemon.Signal("INT");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task A_hangup_reads_the_configuration_again()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "swarm.net.upload-limit = 1 MiB");
        await manager.NextAsync("READY=1");

        daemon.Configure("swarm { net.upload-limit = 2 MiB, log.level = debug, net.max-waiting-dials = 7 }");
        daemon.Signal("HUP");
        (await manager.NextAsync("RELOADING=1")).ShouldMatch(@"RELOADING=1\nMONOTONIC_USEC=\d+");
        await manager.NextAsync("READY=1");
        await daemon.LogsAsync("The configuration is reloaded; 2 keys changed: swarm.log.level, swarm.net.upload-limit");
        await daemon.LogsAsync("A changed key needs a restart: swarm.net.max-waiting-dials");

        daemon.Configure("swarm { net.upload-limt = 3 MiB }");
        daemon.Signal("HUP");
        await manager.NextAsync("READY=1");
        await daemon.LogsAsync("The configuration is not reloaded, because of an error: ");
        await daemon.LogsAsync("did you mean 'swarm.net.upload-limit'?");

        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task A_wrong_configuration_ends_it_with_every_error()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "swarm.net.x = 1\nswarm.dht.max-lookups = y");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Configuration);
        daemon.Log.ShouldContain("swarm.conf:1:1: 'swarm.net.x' is no known key");
        daemon.Log.ShouldContain("swarm.conf:2:25: 'swarm.dht.max-lookups' is 'y'");
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_it_with_one_line()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, $"swarm.node.listen = [\"{taken.LocalEndpoint}\"]");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Failed);
        daemon.Log.ShouldContain("swarm: ");
        daemon.Log.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task The_log_goes_to_a_file_that_may_be_rotated()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        var file = _scratch["swarm.log"];
        await using var daemon = Start(manager, $"swarm.log {{ file = \"{file}\", format = json }}");
        await manager.NextAsync("READY=1");
        File.Move(file, file + ".1");
        daemon.Signal("HUP");
        await manager.NextAsync("READY=1");
        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
        File.ReadAllText(file + ".1").ShouldContain("\"category\":\"Swarm.Serve\",\"event\":\"LogReady\",\"message\":\"Ready: listening on 127.0.0.1:");
        File.ReadAllText(file).ShouldContain("Stopped; everything is recorded");
        daemon.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task Its_api_is_there_says_when_it_is_ready_and_ends_it()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "swarm {}");
        using var client = new HttpClient { BaseAddress = await daemon.ApiAsync() };

        (await client.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        (await client.GetStringAsync(new Uri("/api/v1/actors", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldContain("/user/node/torrents");
        (await client.GetStringAsync(new Uri("/api/v1/config?under=swarm.api.listen", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldContain("127.0.0.1:0");
        (await client.PostAsync(new Uri("/api/v1/node/drain", UriKind.Relative), null, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);

        (await daemon.EndAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task The_first_key_is_on_standard_error_once_and_in_no_log()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        var file = _scratch["swarm.log"];
        await using var daemon = DaemonProcess.Start(
            _scratch["swarm.conf"], $"swarm {{ log.file = \"{file}\", api.listen = [\"0.0.0.0:0\"] }}", ["--data", _scratch["state"], "--bind", "127.0.0.1", "--port", "0", "--no-dht"], [("NOTIFY_SOCKET", manager.Path)]);
        await daemon.LogsAsync("the API key 'first-run'");
        await manager.NextAsync("READY=1");
        var key = System.Text.RegularExpressions.Regex.Match(daemon.Log, @"swarm_\S+").Value;
        var port = new Uri(System.Text.RegularExpressions.Regex.Match(File.ReadAllText(file), @"The API listens at (\S+)").Groups[1].Value).Port;
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);

        var log = await client.GetStringAsync(new Uri("/api/v1/log", UriKind.Relative), TestContext.Current.CancellationToken);
        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);

        log.ShouldContain("'first-run' was made");
        log.ShouldNotContain(key);
        File.ReadAllText(file).ShouldNotContain(key);
        daemon.Log.Split(key).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_hangup_makes_it_know_new_keys_and_forget_removed_ones()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "swarm.api.authentication = always");
        await manager.NextAsync("READY=1");
        using var client = new HttpClient { BaseAddress = await daemon.ApiAsync() };
        var key = (await Invocation.RunAsync("key", "new", "me", "--scope", "viewer", "--data", _scratch["state"])).Out.Trim();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        (await StatusAsync()).ShouldBe(System.Net.HttpStatusCode.Unauthorized);

        await HangUpAsync();
        (await StatusAsync()).ShouldBe(System.Net.HttpStatusCode.OK);

        var file = _scratch["state/api-keys.json"];
        var kept = File.ReadAllText(file);
        File.WriteAllText(file, "[{");
        await HangUpAsync();
        await daemon.LogsAsync("The API keys are not read again, those before hold: ");
        (await StatusAsync()).ShouldBe(System.Net.HttpStatusCode.OK);
        File.WriteAllText(file, kept);

        (await Invocation.RunAsync("key", "remove", "me", "--data", _scratch["state"])).ExitCode.ShouldBe(ExitCodes.Done);
        await HangUpAsync();
        (await StatusAsync()).ShouldBe(System.Net.HttpStatusCode.Unauthorized);

        async Task<System.Net.HttpStatusCode> StatusAsync()
        {
            using var response = await client.GetAsync(new Uri("/api/v1/node", UriKind.Relative), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }

        async Task HangUpAsync()
        {
            daemon.Signal("HUP");
            await manager.NextAsync("RELOADING=1");
            await manager.NextAsync("READY=1");
        }
    }

    private DaemonProcess Start(FakeManager manager, string configuration, params (string Name, string Value)[] environment) =>
        DaemonProcess.Start(_scratch["swarm.conf"], configuration, ["--data", _scratch["state"], "--bind", "127.0.0.1", "--port", "0", "--no-dht", "--set", "api.listen=[\"127.0.0.1:0\"]"], [("NOTIFY_SOCKET", manager.Path), .. environment]);
}
