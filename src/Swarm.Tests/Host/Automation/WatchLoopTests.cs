using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Node;
using Swarm.Host;
using Swarm.Host.Automation;
using Swarm.Host.Configuration;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Host.Automation;

/// <summary>What a watched folder that fails or hangs does to the daemon: nothing.</summary>
public sealed class WatchLoopTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Scratch _scratch = new();
    private readonly ListLoggerFactory _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_look_that_fails_in_a_way_nobody_expected_is_logged_and_the_next_is_made()
    {
        await using var node = await StartNodeAsync();
        var looks = 0;
        var again = new TaskCompletionSource();
        var folder = new Folder(() =>
        {
            if (Interlocked.Increment(ref looks) == 3) again.TrySetResult();
            throw new InvalidOperationException("nobody expected that");
        });
        await using var automation = Begin(node, folder);

        await again.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await automation.ReloadAsync(Settings());

        _log.Lines.ShouldContain(line => line.Text.Contains("failed and is done again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_look_that_hangs_keeps_neither_a_reload_nor_the_end()
    {
        await using var node = await StartNodeAsync();
        using var isOver = new ManualResetEventSlim();
        var looks = 0;
        var twice = new TaskCompletionSource();
        var folder = new Folder(() =>
        {
            if (Interlocked.Increment(ref looks) == 2) twice.TrySetResult();
            isOver.Wait(CancellationToken.None);
        });
        var automation = Begin(node, folder);
        try
        {
            await automation.ReloadAsync(Settings()).WaitAsync(Patience, TestContext.Current.CancellationToken);
            await twice.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
            await automation.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        finally
        {
            isOver.Set();
        }

        _log.Lines.ShouldContain(line => line.Text.Contains("still under way", StringComparison.Ordinal));
    }

    private Task<SwarmNode> StartNodeAsync() => SwarmNode.StartAsync(_scratch["state"], new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] }, _log);

    private SwarmSettings Settings() => SwarmSettings.Default with { Watch = new WatchSettings { Interval = TimeSpan.FromMilliseconds(100), Folders = [new WatchFolderSettings { Path = _scratch["watch"] }] } };

    private ServeAutomation Begin(SwarmNode node, Folder folder) => new(node, Settings(), _scratch["load"], () => (0, 0), (_, _) => { }, null, _log, _ => folder);

    private sealed class Folder(Action look) : IWatchedFolder
    {
        public IReadOnlyList<WatchedFile> List()
        {
            look();
            return [];
        }

        public ImmutableArray<byte>? Read(string name, int limit) => throw new NotSupportedException();

        public void PutAway(string name, string below) => throw new NotSupportedException();
    }
}
