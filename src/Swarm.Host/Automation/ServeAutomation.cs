using Microsoft.Extensions.Logging;
using Swarm.Actors.Automation;
using Swarm.Actors.Torrents;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Security;
using Swarm.Host.Configuration;
using Swarm.Io.Programs;

namespace Swarm.Host.Automation;

/// <summary>
/// Automation as a part of the daemon: the actor that looks after torrents, the watched folders, the schedule of limits, as far as they are configured. Begins when the torrents have been taken up, goes on by other settings
/// when they are reloaded, ends before the node drains. One caller.
/// <para>Nothing here ends the daemon: a look that fails is logged and the next one is made; what does not end in time is left to end by itself.</para>
/// </summary>
internal sealed partial class ServeAutomation : IAsyncDisposable
{
    // What a look at a folder that hangs, such as one over a network, may keep a reload or the daemon's end waiting.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly SwarmNode _node;
    private readonly AutomationSettings _started;
    private readonly string _defaultFolder;
    private readonly Func<(long Download, long Upload)> _usualLimits;
    private readonly Action<long, long> _limit;
    private readonly ProcessPrograms _programs = new();
    private readonly WatchIntake _intake;
    private readonly Func<string, IWatchedFolder> _folders;
    private readonly ILogger _log;
    private CancellationTokenSource _over;
    private ScheduleRun? _schedule;
    private Task _work;

    /// <summary>Begins.</summary>
    /// <param name="node">The node.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="defaultFolder">Where content goes that nothing is said of.</param>
    /// <param name="usualLimits">The node's limits where the schedule has none.</param>
    /// <param name="limit">Limits the node, down and up.</param>
    /// <param name="cluster">The cluster; null: the node is in none.</param>
    /// <param name="logs">The log.</param>
    /// <param name="folders">The folder at a path, to be watched; null: those on disk. Replaced in tests only.</param>
    public ServeAutomation(SwarmNode node, SwarmSettings settings, string defaultFolder, Func<(long Download, long Upload)> usualLimits, Action<long, long> limit, IClusterModel? cluster, ILoggerFactory logs, Func<string, IWatchedFolder>? folders = null)
    {
        _node = node;
        _started = settings.Automation;
        _defaultFolder = defaultFolder;
        _usualLimits = usualLimits;
        _limit = limit;
        _intake = new WatchIntake(new Node(node), cluster);
        _folders = folders ?? (static path => new WatchedFolder(path));
        _log = logs.CreateLogger("Swarm.Automation");
        _over = new CancellationTokenSource();
        _work = Begin(settings);
    }

    /// <summary>Goes on by other settings, but for the folders: those are what the API lets people reach. The limits have been set anew, and the schedule has the last word.</summary>
    public async Task ReloadAsync(SwarmSettings settings)
    {
        await EndAsync().ConfigureAwait(false);
        _over = new CancellationTokenSource();
        _work = Begin(settings);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        _programs.Dispose();
    }

    private Task Begin(SwarmSettings settings)
    {
        var automation = settings.Automation with { Categories = _started.Categories, CompletedFolder = _started.CompletedFolder };
        var folders = new CategoryFolders(automation, _defaultFolder, ContentRoots.RealOf);
        _schedule = settings.Schedule.Windows.IsEmpty ? null : new ScheduleRun(new LimitSchedule(settings.Schedule.Windows, settings.Schedule.Zone!), _usualLimits, _limit, TimeProvider.System, _log);
        var isIdle = automation.IsIdle && !_node.IsAutomated;
        if (!isIdle) _node.Automate(automation, folders, _programs, _log);
        return WorkAsync(isIdle, automation.Interval, settings.Watch, folders, _over.Token);
    }

    private async Task EndAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        try
        {
            await _work.WaitAsync(EndPatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogStillAtWork(_log, EndPatience);
        }

        _over.Dispose();
    }

    // Throws nothing.
    private async Task WorkAsync(bool isIdle, TimeSpan interval, WatchSettings watch, CategoryFolders folders, CancellationToken over)
    {
        try
        {
            // A file system may let whoever lists a folder wait.
            var watches = watch.Folders.Select(folder => Task.Run(() => WatchAsync(folder, watch, folders, over), CancellationToken.None));
            await Task.WhenAll([ReleaseAsync(isIdle, interval, over), ScheduleAsync(interval, over), .. watches]).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // How it ends.
        }
        catch (SwarmException e)
        {
            // The node has ended; the daemon says why.
            LogEnded(_log, e.Message);
        }
        catch (Exception e)
        {
            LogBroken(_log, e);
        }
    }

    private async Task ReleaseAsync(bool isIdle, TimeSpan interval, CancellationToken over)
    {
        if (!isIdle) return;
        using var timer = new PeriodicTimer(interval);
        while (!await LookAsync("what a queue held back", () => _node.ReleaseQueuedAsync(over), over).ConfigureAwait(false)) await timer.WaitForNextTickAsync(over).ConfigureAwait(false);
    }

    private async Task ScheduleAsync(TimeSpan interval, CancellationToken over)
    {
        if (_schedule is not { } schedule) return;
        using var timer = new PeriodicTimer(interval);
        do
        {
            schedule.Look();
        }
        while (await timer.WaitForNextTickAsync(over).ConfigureAwait(false));
    }

    private async Task WatchAsync(WatchFolderSettings watched, WatchSettings settings, CategoryFolders folders, CancellationToken over)
    {
        var folder = watched.Folder ?? folders.LoadFolderOf(watched.Category)!;
        var options = new TorrentOptions { Folder = folder, Category = watched.Category, Paused = watched.Paused };
        var run = new WatchRun(_folders(watched.Path), new WatchScan(settings.GiveUpAfter), source => _intake.AddAsync(source, watched, options), TimeProvider.System, _log);
        using var timer = new PeriodicTimer(settings.Interval);
        do
        {
            await LookAsync(watched.Path, () => run.ScanAsync(over), over).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(over).ConfigureAwait(false));
    }

    // Whether it went well. While the node lives, what goes wrong at one look is no reason not to make the next.
    private async Task<bool> LookAsync(string what, Func<Task> look, CancellationToken over)
    {
        try
        {
            await look().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!over.IsCancellationRequested && !_node.Ended.IsCompleted)
        {
            LogFailedLook(_log, e, what);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Automation has ended: {Reason}")]
    private static partial void LogEnded(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking at {What} failed and is done again")]
    private static partial void LogFailedLook(ILogger log, Exception exception, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A look at a watched folder is still under way after {Patience} and is left to end by itself")]
    private static partial void LogStillAtWork(ILogger log, TimeSpan patience);

    [LoggerMessage(Level = LogLevel.Error, Message = "Automation has ended on a bug; a reload (SIGHUP) begins it anew")]
    private static partial void LogBroken(ILogger log, Exception exception);

    private sealed class Node(SwarmNode node) : IWatchingNode
    {
        public bool HasEnded => node.Ended.IsCompleted;

        public async Task<bool> HasAsync(InfoHash torrent) => await node.StatusAsync(torrent).ConfigureAwait(false) is not null;

        public Task AddAsync(TorrentSource source, TorrentOptions options) => node.AddAsync(source, options);
    }
}
