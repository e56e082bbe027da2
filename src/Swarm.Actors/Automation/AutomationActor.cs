using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>
/// Does with the torrents what <see cref="AutomationPlan"/> says, beat by beat: holds them in the queue and releases them, ends seeding, moves complete ones, runs a program for them. Made by who serves, beside
/// the node; steers torrents by their commands alone, like any user, but that the queue's word is not a pause. Keeps the newest row of each torrent.
/// <para>Torrents of a cluster are not seen: what becomes of them stands in its tables, and whoever runs a replica would take up again what was stopped here.</para>
/// <para>Of each torrent one command is under way at a time, of all together as many as the settings say; what did not fit comes again at the next beat, since a plan is made of what is, not of what was. A torrent
/// that refused is left alone for a while. Programs wait in a bounded queue; one too many is not run, which is logged. A program is run at most once a torrent and run of the node.</para>
/// </summary>
public sealed partial class AutomationActor : UntypedActor, IWithTimers
{
    private readonly IActorRef _torrents;
    private readonly string? _except;
    private readonly IPrograms _programs;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SortedDictionary<InfoHash, TorrentRow> _rows = [];
    private readonly Dictionary<InfoHash, AutomationStep> _underWay = [];
    private readonly Dictionary<InfoHash, long> _leftAloneUntil = [];
    private readonly Dictionary<InfoHash, int> _seeders = [];
    private readonly Queue<TorrentRow> _toRun = new();
    private readonly Dictionary<long, (TorrentRow Row, TimeSpan Timeout)> _running = [];
    private AutomationSettings _settings;
    private AutomationPlan _plan;
    private long _lastRun;
    private bool _isLearned;

    private AutomationActor(AutomationSettings settings, CategoryFolders folders, IActorRef torrents, string? except, IPrograms programs, TimeProvider time, ILogger log)
    {
        _except = except is null ? null : except.TrimEnd('/') + '/';
        _settings = settings;
        _torrents = torrents;
        _programs = programs;
        _time = time;
        _log = log;
        _plan = new AutomationPlan(settings, folders, time.GetUtcNow().Ticks);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one. <paramref name="torrents"/>: the node's <see cref="TorrentsActor"/>. <paramref name="except"/>: torrents below this absolute folder are a cluster's; null: none is.</summary>
    public static Props Props(AutomationSettings settings, CategoryFolders folders, IActorRef torrents, string? except, IPrograms programs, TimeProvider time, ILogger log) =>
        ActorProps.Create(() => new AutomationActor(settings, folders, torrents, except, programs, time, log));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(TorrentRowsEvent));
        _torrents.Tell(new TorrentsActor.GetRows());
        Timers.StartPeriodicTimer(Beat.Instance, Beat.Instance, _settings.Interval);
    }

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TorrentRowsEvent.RowsChanged changed: Take(changed.Rows); break;
            case TorrentRowsEvent.RowRemoved removed: OnRemoved(removed.Torrent); break;
            case TorrentsActor.Rows rows: OnRows(rows.All); break;
            case Beat: OnBeat(); break;
            case Configure configure: OnConfigure(configure); break;
            case Preview: OnPreview(); break;
            case TorrentStatus status: OnStatus(status); break;
            case TorrentsActor.Done done: _underWay.Remove(done.Torrent); break;
            case TorrentsActor.Refused refused: OnRefused(refused.Torrent, refused.Reason); break;
            case TorrentsActor.Unknown unknown: OnRemoved(unknown.Torrent); break;
            case IPrograms.Ended ended: OnEnded(ended); break;
            case IPrograms.NotRun notRun: OnNotRun(notRun); break;
            default: Unhandled(message); break;
        }
    }

    private void Take(ImmutableArray<TorrentRow> rows)
    {
        foreach (var row in rows)
        {
            if (_except is not null && row.Folder.StartsWith(_except, StringComparison.Ordinal)) OnRemoved(row.Torrent);
            else _rows[row.Torrent] = row;
        }
    }

    // What was published before is newer than nothing, and what is published later newer than this.
    private void OnRows(ImmutableArray<TorrentRow> rows)
    {
        Take(rows);
        _isLearned = true;
    }

    private void OnRemoved(InfoHash torrent)
    {
        _rows.Remove(torrent);
        _underWay.Remove(torrent);
        _leftAloneUntil.Remove(torrent);
        _seeders.Remove(torrent);
        _plan.Forget(torrent);
    }

    private void OnBeat()
    {
        if (!_isLearned) return;
        var now = Now();
        AskSeeders(now);
        foreach (var step in Decide(now))
        {
            if (step.Action == AutomationAction.Keep || _underWay.ContainsKey(step.Torrent.Torrent) || IsLeftAlone(step.Torrent.Torrent, now)) continue;
            if (_settings.DryRun) LogWould(_log, step.Torrent.Name, step.Action, step.Reason);
            else if (step.Action == AutomationAction.Run) Enqueue(step);
            else if (_underWay.Count < _settings.MaxUnderWay) Do(step);
        }
    }

    private ImmutableArray<AutomationStep> Decide(long now) => _plan.Decide(_rows.Values, torrent => _seeders.TryGetValue(torrent, out var seeders) ? seeders : null, now);

    // Rows do not have them: those torrents are asked of which nothing else is missing. Answered with their status, without being woken.
    private void AskSeeders(long now)
    {
        foreach (var row in _plan.DependOnSeeders(_rows.Values, now).Take(_settings.MaxUnderWay)) _torrents.Tell(new TorrentActor.GetStatus(row.Torrent));
    }

    private void OnStatus(TorrentStatus status)
    {
        var told = status.Trackers.Select(tracker => tracker.Seeders).DefaultIfEmpty(-1).Max();
        // Of those that a tracker counts one is this node; connections show the others.
        var others = Math.Max(told > 0 ? told - 1 : told, status.ConnectedSeeds > 0 ? status.ConnectedSeeds : -1);
        if (others >= 0 && _rows.ContainsKey(status.Torrent)) _seeders[status.Torrent] = others;
        else _seeders.Remove(status.Torrent);
    }

    private void Do(AutomationStep step)
    {
        var torrent = step.Torrent.Torrent;
        _underWay[torrent] = step;
        LogDoes(_log, step.Torrent.Name, step.Action, step.Reason);
        _torrents.Tell(step.Action switch
        {
            AutomationAction.Hold => new TorrentsActor.Hold(torrent),
            AutomationAction.Release => new TorrentsActor.Release(torrent),
            AutomationAction.Pause => new TorrentsActor.Pause(torrent),
            AutomationAction.Remove => new TorrentsActor.Remove(torrent, DeleteData: false),
            AutomationAction.RemoveWithData => new TorrentsActor.Remove(torrent, DeleteData: true),
            _ => (TorrentsActor.ITorrentCommand)new TorrentsActor.Move(torrent, step.Folder!, MoveData: true),
        });
    }

    private void OnRefused(InfoHash torrent, string reason)
    {
        if (!_underWay.Remove(torrent, out var step)) return;
        _leftAloneUntil[torrent] = Now() + _settings.RetryAfter.Ticks;
        LogRefused(_log, step.Torrent.Name, step.Action, reason, _settings.RetryAfter);
    }

    private bool IsLeftAlone(InfoHash torrent, long now)
    {
        if (!_leftAloneUntil.TryGetValue(torrent, out var until)) return false;
        if (now < until) return true;
        _leftAloneUntil.Remove(torrent);
        return false;
    }

    private void Enqueue(AutomationStep step)
    {
        _plan.Ran(step.Torrent.Torrent);
        if (_toRun.Count >= _settings.RunOnComplete!.MaxWaiting)
        {
            LogNotRun(_log, step.Torrent.Name, $"{_toRun.Count} programs wait already");
            return;
        }

        _toRun.Enqueue(step.Torrent);
        RunNext();
    }

    // What runs is waited for as it was begun; what waits is run as it is configured now, or not at all.
    private void OnConfigure(Configure configure)
    {
        _plan = _plan.With(configure.Settings, configure.Folders, Now());
        _settings = configure.Settings;
        Timers.StartPeriodicTimer(Beat.Instance, Beat.Instance, _settings.Interval);
        RunNext();
    }

    private void RunNext()
    {
        if (_settings.RunOnComplete is not { Command.IsEmpty: false } run)
        {
            while (_toRun.TryDequeue(out var row)) LogNotRun(_log, row.Name, "there is none any more");
            return;
        }

        while (_running.Count < run.MaxRunning && _toRun.TryDequeue(out var row))
        {
            _running.Add(++_lastRun, (row, run.Timeout));
            LogRuns(_log, row.Name, run.Command[0]);
            _programs.Run(run.Command[0], ProgramArguments.For(row, run.Command), run.Timeout, _lastRun, Self);
        }
    }

    private void OnEnded(IPrograms.Ended ended)
    {
        if (!_running.Remove(ended.Tag, out var run)) return;
        var (row, timeout) = run;
        if (ended.TimedOut) LogTimedOut(_log, row.Name, timeout, ended.Output);
        else if (ended.ExitCode != 0) LogFailed(_log, row.Name, ended.ExitCode, ended.Output);
        else LogRan(_log, row.Name, ended.Output);
        RunNext();
    }

    private void OnNotRun(IPrograms.NotRun notRun)
    {
        if (!_running.Remove(notRun.Tag, out var run)) return;
        LogNotRun(_log, run.Row.Name, notRun.Reason);
        RunNext();
    }

    // What is to be done comes first: of much, that is what people want to see.
    private void OnPreview()
    {
        var steps = Decide(Now()).Sort((x, y) => (x.Action == AutomationAction.Keep).CompareTo(y.Action == AutomationAction.Keep));
        Sender.Tell(new Previewed([.. steps.Take(_settings.PreviewLimit)], _settings.DryRun, steps.Length > _settings.PreviewLimit));
    }

    private long Now() => _time.GetUtcNow().Ticks;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: {Action}, because it {Reason}")]
    private static partial void LogDoes(ILogger log, string name, AutomationAction action, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: {Action} would be done, because it {Reason} (swarm.automation.dry-run)")]
    private static partial void LogWould(ILogger log, string name, AutomationAction action, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: {Action} was refused: {Reason}; again in {RetryAfter}")]
    private static partial void LogRefused(ILogger log, string name, AutomationAction action, string reason, TimeSpan retryAfter);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is complete: {Program} is run")]
    private static partial void LogRuns(ILogger log, string name, string program);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: the program has run. {Output}")]
    private static partial void LogRan(ILogger log, string name, string output);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: the program ended with {ExitCode}. {Output}")]
    private static partial void LogFailed(ILogger log, string name, int exitCode, string output);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: the program was killed after {Timeout}. {Output}")]
    private static partial void LogTimedOut(ILogger log, string name, TimeSpan timeout, string output);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: the program was not run: {Reason}")]
    private static partial void LogNotRun(ILogger log, string name, string reason);

    /// <summary>Command: go on by other settings. What is under way is finished.</summary>
    public sealed record Configure(AutomationSettings Settings, CategoryFolders Folders);

    /// <summary>Asks what would be done now, and why the rest is kept: <see cref="Previewed"/>.</summary>
    public sealed record Preview;

    /// <summary>What would be done first, then what is kept; at most so many as the settings say, <paramref name="More"/>: there are others. <paramref name="DryRun"/>: nothing of it is done.</summary>
    public sealed record Previewed(ImmutableArray<AutomationStep> Steps, bool DryRun, bool More);

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }
}
