using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>
/// <c>cluster/table</c>: the only caller of <see cref="IClusterStore"/>. Takes commands of its siblings, reads what changed, and tells those that asked for it each new view of the cluster.
/// <para>One batch is under way at a time; what comes meanwhile makes the next. A batch that changes what views show also reads it, so nobody has to ask for a view of what he has just done. Sessions go first and by themselves, so that they neither wait behind placement nor fail with it; of sources a batch carries as many as the ones before let expect to be done in time (<see cref="SourcePace"/>). Nothing is tried again here: a renewal that is late is worth nothing, and everybody else looks at the next view and thinks anew.</para>
/// <para>Always holds: each <see cref="Run"/> gets exactly one <see cref="Ran"/> or <see cref="RunFailed"/>; views never go back, unless the tables did; a view that was read after a command's outcome is told after it. A queue at its limit refuses at once, and that is counted; that of sessions has a limit of its own.</para>
/// </summary>
public sealed partial class TableActor : UntypedActor, IWithTimers
{
    private readonly IClusterStore _store;
    private readonly ClusterSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Kept _kept;
    private readonly SharedReplicas _shared = new();
    private readonly SourcePace _pace;
    private readonly Queue<Waiting> _urgent = new();
    private readonly Queue<Waiting> _queue = new();
    private ImmutableArray<Waiting> _underWay = [];
    private long _askedAt;
    private bool _isBusy;
    private bool _isReading;
    private bool _hasFailed;
    private bool _readWanted;
    private bool _readAnew;
    private ClusterView _view;
    private Counters _counters = new();

    private TableActor(IClusterStore store, ClusterSettings settings, TimeProvider time, Kept kept, ILogger log)
    {
        _store = store;
        _settings = settings;
        _time = time;
        _kept = kept;
        _log = log;
        _view = kept.View.Anew();
        _pace = new SourcePace(settings.TableBatchLimit);
    }

    /// <summary>Command: does something in the tables. Answered with <see cref="Ran"/> or <see cref="RunFailed"/>; <paramref name="Tag"/> is the sender's own and comes back.</summary>
    public sealed record Run(ClusterCommand Command, long Tag);

    /// <summary>It was done. <paramref name="AskedAtTicks"/>: when the database was asked, by the node's monotonic clock.</summary>
    public sealed record Ran(long Tag, ClusterOutcome Outcome, long AskedAtTicks);

    /// <summary>It was not, or nobody knows. <paramref name="Reason"/> is one line for people.</summary>
    public sealed record RunFailed(long Tag, string Reason);

    /// <summary>Command: tell me every view from now on, the one there is at once.</summary>
    public sealed record Watch;

    /// <summary>Command: look now whether something has changed.</summary>
    public sealed record Refresh;

    /// <summary>What is known of the cluster.</summary>
    public sealed record ViewChanged(ClusterView View);

    /// <summary>Command: tell the <see cref="Counters"/>.</summary>
    public sealed record Inspect;

    /// <summary>What it has done: batches and commands committed, batches that failed or of which nobody knows, commands that were refused because too many waited.</summary>
    public sealed record Counters(long Batches = 0, long Commands = 0, long Failures = 0, long Refused = 0);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(IClusterStore store, ClusterSettings settings, TimeProvider time, ILogger log)
    {
        var kept = new Kept();
        return ActorProps.Create(() => new TableActor(store, settings, time, kept, log));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Refresh), new Refresh(), TimeSpan.Zero, _settings.Membership.ReadInterval);
        _store.Watch(Self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var waiting in _underWay.Concat(_urgent).Concat(_queue)) waiting.Actor.Tell(new RunFailed(waiting.Tag, "the node is stopping"));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Run run: OnRun(run); break;
            case Submit: OnSubmit(); break;
            case IClusterStore.Committed committed when committed.Batch == _kept.LastBatch && _isBusy: OnCommitted(committed); break;
            case IClusterStore.Failed failed when failed.Batch == _kept.LastBatch && _isBusy: OnFailed(failed.Reason); break;
            case IClusterStore.Committed or IClusterStore.Failed: break;
            case Refresh or IClusterStore.Changed: OnRefresh(); break;
            case Watch: OnWatch(); break;
            case Inspect: Sender.Tell(_counters); break;
            default: Unhandled(message); break;
        }
    }

    private void OnRun(Run run)
    {
        var queue = run.Command is ClusterCommand.Join or ClusterCommand.Renew ? _urgent : _queue;
        if (queue.Count >= _settings.TableQueueLimit)
        {
            _counters = _counters with { Refused = _counters.Refused + 1 };
            Sender.Tell(new RunFailed(run.Tag, $"{queue.Count} commands wait for the cluster's tables already"));
            return;
        }

        queue.Enqueue(new Waiting(run.Command, Sender, run.Tag));
        SubmitSoon();
    }

    private void OnRefresh()
    {
        _readWanted = true;
        SubmitSoon();
    }

    private void OnWatch()
    {
        if (!_kept.Watchers.Contains(Sender)) _kept.Watchers.Add(Sender);
        // Whoever begins to watch must see everything once as changed.
        _readAnew = true;
        OnRefresh();
    }

    // To the end of the mailbox, to take along whatever the same turn brought.
    private void SubmitSoon()
    {
        if (_isBusy) return;
        _isBusy = true;
        _underWay = [];
        Self.Tell(Submit.Instance);
    }

    private void OnSubmit()
    {
        // What a batch reads may be what the one before failed by: then a session goes without.
        var isAlone = _urgent.Count > 0 && _hasFailed;
        _underWay = _urgent.Count > 0 ? Sessions() : Others();
        var isToRead = _readWanted || _underWay.Any(static waiting => IsInViews(waiting.Command));
        _isReading = isToRead && !isAlone;
        _readWanted = isToRead && isAlone;
        if (_readAnew && _isReading) _view = _view.Anew();
        if (_isReading) _readAnew = false;
        var commands = _underWay.Select(static waiting => waiting.Command);
        if (_isReading) commands = commands.Append(new ClusterCommand.Read(_view.UpToChange, _settings.ReadLimit, _view.UpToBan));
        _askedAt = _time.GetElapsedTime(0).Ticks;
        _store.Submit(++_kept.LastBatch, [.. commands], Self);
    }

    private ImmutableArray<Waiting> Sessions()
    {
        var batch = ImmutableArray.CreateBuilder<Waiting>();
        while (batch.Count < _settings.TableBatchLimit && _urgent.TryDequeue(out var next)) batch.Add(next);
        return batch.ToImmutable();
    }

    private ImmutableArray<Waiting> Others()
    {
        var batch = ImmutableArray.CreateBuilder<Waiting>();
        var (sources, loads, bytes) = (0, 0, 0L);
        while (batch.Count < _settings.TableBatchLimit && bytes < SourcePace.MostBytes && _queue.TryPeek(out var next))
        {
            if (HasSource(next.Command) && ++sources > _pace.Limit) break;
            if (next.Command is ClusterCommand.LoadSource && ++loads > SourcePace.MostRead) break;
            bytes += SourceBytes(next.Command);
            batch.Add(_queue.Dequeue());
        }

        return batch.ToImmutable();
    }

    private static bool HasSource(ClusterCommand command) => command is ClusterCommand.LoadSource or ClusterCommand.AddTorrent or ClusterCommand.Describe;

    private static int SourceBytes(ClusterCommand command) => command switch
    {
        ClusterCommand.AddTorrent add => add.Source.Length,
        ClusterCommand.Describe describe => describe.Source.Length,
        _ => 0,
    };

    private static bool IsInViews(ClusterCommand command) => command is not (ClusterCommand.Renew or ClusterCommand.AcquireLease or ClusterCommand.ReleaseLease or ClusterCommand.LoadSource);

    private void OnCommitted(IClusterStore.Committed committed)
    {
        _counters = _counters with { Batches = _counters.Batches + 1, Commands = _counters.Commands + committed.Outcomes.Length };
        _hasFailed = false;
        _pace.Carried(_underWay.Count(static waiting => HasSource(waiting.Command)), _underWay.Sum(static waiting => (long)SourceBytes(waiting.Command)) + committed.Outcomes.OfType<ClusterOutcome.Source>().Sum(static source => (long)source.Bytes.Length));
        for (var i = 0; i < _underWay.Length; i++) _underWay[i].Actor.Tell(new Ran(_underWay[i].Tag, committed.Outcomes[i], _askedAt));
        if (_isReading && committed.Outcomes[^1] is ClusterOutcome.View view) OnView(view);
        Next();
    }

    private void OnView(ClusterOutcome.View read)
    {
        _view = _view.With(read with { Torrents = [.. read.Torrents.Select(_shared.Share)] });
        _kept.View = _view;
        if (!_view.IsCaughtUp) _readWanted = true;
        foreach (var watcher in _kept.Watchers) watcher.Tell(new ViewChanged(_view));
    }

    private void OnFailed(string reason)
    {
        _counters = _counters with { Failures = _counters.Failures + 1 };
        _hasFailed = true;
        _pace.Failed();
        LogFailed(_log, reason, _underWay.Length);
        foreach (var waiting in _underWay) waiting.Actor.Tell(new RunFailed(waiting.Tag, reason));
        Next();
    }

    private void Next()
    {
        _isBusy = false;
        _underWay = [];
        if (_readWanted || _urgent.Count > 0 || _queue.Count > 0) SubmitSoon();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster's tables: {Reason} ({Commands} commands)")]
    private static partial void LogFailed(ILogger log, string reason, int commands);

    private readonly record struct Waiting(ClusterCommand Command, IActorRef Actor, long Tag);

    // Shared by all incarnations: an answer to one's batch is not taken for an answer to another's, who watched goes on being told, and no view is older than one that was told.
    private sealed class Kept
    {
        public long LastBatch { get; set; }

        public List<IActorRef> Watchers { get; } = [];

        public ClusterView View { get; set; } = ClusterView.Empty;
    }

    private sealed record Submit
    {
        public static readonly Submit Instance = new();
    }
}
