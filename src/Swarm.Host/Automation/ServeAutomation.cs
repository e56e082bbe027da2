using Microsoft.Extensions.Logging;
using Swarm.Actors.Automation;
using Swarm.Actors.Torrents;
using Swarm.Host.Configuration;
using Swarm.Io.Programs;

namespace Swarm.Host.Automation;

/// <summary>
/// Automation as a part of the daemon: the actor that looks after torrents, the watched folders, the schedule of limits, as far as they are configured. Begins when the torrents have been taken up, ends before the
/// node drains.
/// </summary>
internal sealed partial class ServeAutomation : IAsyncDisposable
{
    private readonly SwarmNode _node;
    private readonly SwarmSettings _settings;
    private readonly CategoryFolders _folders;
    private readonly ScheduleRun? _schedule;
    private readonly ProcessPrograms _programs = new();
    private readonly CancellationTokenSource _over = new();
    private readonly ILogger _log;
    private readonly Task _work;

    /// <summary>Begins.</summary>
    /// <param name="node">The node.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="defaultFolder">Where content goes that nothing is said of.</param>
    /// <param name="usualLimits">The node's limits where the schedule has none.</param>
    /// <param name="limit">Limits the node, down and up.</param>
    /// <param name="logs">The log.</param>
    public ServeAutomation(SwarmNode node, SwarmSettings settings, string defaultFolder, Func<(long Download, long Upload)> usualLimits, Action<long, long> limit, ILoggerFactory logs)
    {
        _node = node;
        _settings = settings;
        _log = logs.CreateLogger("Swarm.Automation");
        _folders = new CategoryFolders(settings.Automation, defaultFolder);
        if (!settings.Schedule.Windows.IsEmpty) _schedule = new ScheduleRun(new LimitSchedule(settings.Schedule.Windows, settings.Schedule.Zone!), usualLimits, limit, TimeProvider.System, _log);
        if (!settings.Automation.IsIdle) node.Automate(settings.Automation, _folders, _programs, _log);
        _work = WorkAsync();
    }

    /// <summary>The node's limits were set anew by its configuration; the schedule has the last word.</summary>
    public void LimitsWereSet() => _schedule?.Forget();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _programs.Dispose();
        _over.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            if (_settings.Automation.IsIdle) await _node.ReleaseQueuedAsync(_over.Token).ConfigureAwait(false);
            await Task.WhenAll([ScheduleAsync(), .. _settings.Watch.Folders.Select(WatchAsync)]).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // How it ends.
        }
        catch (SwarmException e)
        {
            // The node has ended; the daemon says why.
            LogEnded(_log, e.Message);
        }
    }

    private async Task ScheduleAsync()
    {
        if (_schedule is null) return;
        using var timer = new PeriodicTimer(_settings.Automation.Interval);
        do
        {
            _schedule.Look();
        }
        while (await timer.WaitForNextTickAsync(_over.Token).ConfigureAwait(false));
    }

    private async Task WatchAsync(WatchFolderSettings watched)
    {
        var folder = watched.Folder ?? _folders.LoadFolderOf(watched.Category)!;
        var options = new TorrentOptions { Folder = folder, Category = watched.Category, Paused = watched.Paused };
        var run = new WatchRun(new WatchedFolder(watched.Path), new WatchScan(_settings.Watch.GiveUpAfter), source => AddAsync(source, options), TimeProvider.System, _log);
        using var timer = new PeriodicTimer(_settings.Watch.Interval);
        do
        {
            await run.ScanAsync().ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(_over.Token).ConfigureAwait(false));
    }

    private async Task AddAsync(TorrentSource source, TorrentOptions options)
    {
        if (await _node.StatusAsync(source.Torrent).ConfigureAwait(false) is not null) throw new TorrentRefusedException("the torrent is already there", isThereAlready: true);
        try
        {
            await _node.AddAsync(source, options).ConfigureAwait(false);
        }
        catch (SwarmException e) when (!_node.Ended.IsCompleted)
        {
            throw new TorrentRefusedException(e.Message, isThereAlready: false);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Automation has ended: {Reason}")]
    private static partial void LogEnded(ILogger log, string reason);
}
