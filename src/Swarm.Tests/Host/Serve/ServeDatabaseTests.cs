using Swarm.Host;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Host.Serve;

/// <summary>The daemon as a process of its own where its database is away at the start.</summary>
public sealed class ServeDatabaseTests : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private PostgresServer _server = null!;
    private string _database = "";

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync();
        _database = await _server.CreateDatabaseAsync();
        await _server.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task It_waits_tells_its_manager_why_and_is_ready_when_the_database_is()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "5 m");
        var told = await manager.NextAsync("STATUS=waiting for the database: Nothing listens");
        told.ShouldContain("\nEXTEND_TIMEOUT_USEC=300000000");
        await daemon.LogsAsync("The start waits for it");
        await _server.StartAsync();
        await manager.NextAsync("READY=1");
        daemon.Log.ShouldContain("The database is there");
        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task It_ends_in_good_order_while_it_waits()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "1 d");
        await daemon.LogsAsync("The start waits for it");
        daemon.Signal("TERM");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Done);
        daemon.Log.ShouldContain("Stopped before the node was started");
    }

    [Fact]
    public async Task Without_patience_it_ends_at_once()
    {
        await using var manager = new FakeManager(_scratch["notify"]);
        await using var daemon = Start(manager, "0 s");
        (await daemon.EndAsync()).ShouldBe(ExitCodes.Failed);
        daemon.Log.ShouldContain("Nothing listens");
        daemon.Log.ShouldNotContain("waits");
    }

    private DaemonProcess Start(FakeManager manager, string patience) => DaemonProcess.Start(
        _scratch["swarm.conf"],
        $"swarm.store {{ kind = postgres, postgres {{ connection = \"{_database}\", start-patience = {patience} }} }}",
        ["--data", _scratch["state"], "--bind", "127.0.0.1", "--port", "0", "--no-dht", "--set", "api.listen=[\"127.0.0.1:0\"]"],
        [("NOTIFY_SOCKET", manager.Path)]);
}
