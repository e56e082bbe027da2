using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Actors.Store;

/// <summary>
/// <c>/user/node/store</c>: the only one who writes durable state. Takes commands from torrents and the node, commits them in groups through <see cref="IStore"/>, and tells each
/// sender its command's outcome.
/// <para>Group commit: a transaction costs a forced write whatever is in it, so one batch is under way at a time, and what comes meanwhile makes the next one. When
/// nothing is under way the first command sends <see cref="Commit"/> to the end of the mailbox, and so takes along whatever the same turn brought.</para>
/// <para>Always holds: commands of one sender are committed in the order told; each <see cref="Run"/> gets exactly one <see cref="Ran"/> or <see cref="RunFailed"/>, also when this
/// actor stops.</para>
/// <para>Back-pressure: a command beyond the queue's limits is refused at once with <see cref="RunFailed"/> and counted. Progress coalesces, so the queue grows with the number of
/// torrents and not with time; who is refused keeps what he has and tries again at his next turn.</para>
/// <para>Failures: a transient one is retried with back-off. When the retries are spent the batch's senders get <see cref="RunFailed"/>, and until a batch commits again each one has a
/// single try, so that nobody waits long for a disk that stays full. A permanent one throws <see cref="StoreFailedException"/>, which the parent escalates: the node stops.</para>
/// </summary>
public sealed partial class StoreActor : UntypedActor, IWithTimers
{
    private readonly IStore _store;
    private readonly StoreActorSettings _settings;
    private readonly ILogger _logger;
    private readonly CommitQueue _queue;
    private readonly BatchNumbers _numbers;
    private ImmutableArray<CommitQueue.Entry> _underWay = [];
    private int _failures;
    private bool _commitTold;
    private IActorRef? _drainer;
    private Counters _counters = new();

    private StoreActor(IStore store, StoreActorSettings settings, BatchNumbers numbers, ILogger logger)
    {
        _numbers = numbers;
        _store = store;
        _settings = settings;
        _logger = logger;
        _queue = new CommitQueue(settings);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsIdle => _underWay.IsEmpty && _queue.IsEmpty;

    /// <summary>How to make one. The store is only ever called by this actor.</summary>
    public static Props Props(IStore store, StoreActorSettings settings, ILogger logger)
    {
        var numbers = new BatchNumbers();
        return ActorProps.Create(() => new StoreActor(store, settings, numbers, logger));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Run run: OnRun(run); break;
            case Commit: OnCommit(); break;
            case IStore.Committed committed: OnCommitted(committed); break;
            case IStore.Failed failed: OnFailed(failed); break;
            case Retry: Submit(); break;
            case Drain: OnDrain(); break;
            case DrainExpired: OnDrainExpired(); break;
            case Inspect: Sender.Tell(_counters with { Waiting = _queue.Waiting, Coalesced = _queue.Coalesced }); break;
            default: Unhandled(message); break;
        }
    }

    // The next incarnation is asked to drain as this one was; what waits it has no part in.
    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object? message)
    {
        if (_drainer is not null) Self.Tell(new Drain(), _drainer);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop() => Abandon("The store stopped before it was written.");

    private void OnRun(Run run)
    {
        var refusal = _drainer is null ? _queue.Add(run.Command, new CommitQueue.Waiter(Sender, run.Tag)) : "The node is stopping.";
        if (refusal is not null)
        {
            _counters = _counters with { Refused = _counters.Refused + 1 };
            LogRefused(run.Command.GetType().Name, refusal);
            Sender.Tell(new RunFailed(run.Tag, refusal));
            return;
        }

        if (!_underWay.IsEmpty || _commitTold) return;
        _commitTold = true;
        Self.Tell(new Commit());
    }

    private void OnCommit()
    {
        _commitTold = false;
        Next();
    }

    private void OnCommitted(IStore.Committed committed)
    {
        if (!IsAwaited(committed.Batch)) return;
        if (committed.Outcomes.Length != _underWay.Length)
        {
            throw new StoreFailedException($"The store answered {_underWay.Length} commands with {committed.Outcomes.Length} outcomes.");
        }

        if (_failures > 0) LogRecovered(_failures);
        _failures = 0;
        _counters = _counters with { Batches = _counters.Batches + 1, Commands = _counters.Commands + _underWay.Length };
        for (var i = 0; i < _underWay.Length; i++)
        {
            foreach (var waiter in _underWay[i].Waiters) waiter.Actor.Tell(new Ran(waiter.Tag, committed.Outcomes[i]));
        }

        _underWay = [];
        Next();
    }

    private void OnFailed(IStore.Failed failed)
    {
        if (!IsAwaited(failed.Batch)) return;
        if (!failed.Transient)
        {
            LogFailed(failed.Reason);
            throw new StoreFailedException(failed.Reason);
        }

        _failures++;
        _counters = _counters with { Failures = _counters.Failures + 1 };
        if (_failures <= _settings.RetryLimit)
        {
            var delay = RetryDelay(_failures);
            LogRetrying(failed.Reason, _failures, delay);
            Timers.StartSingleTimer(nameof(Retry), new Retry(), delay);
            return;
        }

        LogGivenUp(failed.Reason, _underWay.Length);
        Fail(_underWay, failed.Reason);
        _underWay = [];
        Next();
    }

    private void OnDrain()
    {
        _drainer = Sender;
        Timers.StartSingleTimer(nameof(DrainExpired), new DrainExpired(), _settings.DrainTimeout);
        TellDrainedIfIdle();
    }

    private void OnDrainExpired()
    {
        var unanswered = Abandon("The store did not finish in time.");
        _drainer?.Tell(new Drained(unanswered));
    }

    // The batch under way is done with; the next one, if anything waits.
    private void Next()
    {
        TellDrainedIfIdle();
        if (!_underWay.IsEmpty || _queue.IsEmpty) return;
        _underWay = _queue.TakeBatch();
        Submit();
    }

    private void Submit()
    {
        if (_underWay.IsEmpty) return;
        // A new number each time: an answer to an earlier try, should one still come, is not taken for this one's.
        _store.Submit(++_numbers.Last, [.. _underWay.Select(entry => entry.Command)], Self);
    }

    private void TellDrainedIfIdle()
    {
        if (_drainer is null || !IsIdle) return;
        Timers.Cancel(nameof(DrainExpired));
        _drainer.Tell(new Drained(Unanswered: 0));
    }

    private bool IsAwaited(long batch) => batch == _numbers.Last && !_underWay.IsEmpty;

    // Everybody who still waits is told that his command failed; what is under way may have been done all the same.
    private int Abandon(string reason)
    {
        var abandoned = Fail(_underWay, reason);
        _underWay = [];
        while (!_queue.IsEmpty) abandoned += Fail(_queue.TakeBatch(), reason);
        return abandoned;
    }

    private static int Fail(ImmutableArray<CommitQueue.Entry> entries, string reason)
    {
        var failed = 0;
        foreach (var waiter in entries.SelectMany(entry => entry.Waiters))
        {
            waiter.Actor.Tell(new RunFailed(waiter.Tag, reason));
            failed++;
        }

        return failed;
    }

    private TimeSpan RetryDelay(int failures)
    {
        var delay = _settings.RetryDelay;
        for (var i = 1; i < failures && delay < _settings.MaxRetryDelay; i++) delay *= 2;
        return delay < _settings.MaxRetryDelay ? delay : _settings.MaxRetryDelay;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store refused a {Command}: {Reason}")]
    private partial void LogRefused(string command, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} Failure {Failures}, again in {Delay}")]
    private partial void LogRetrying(string reason, int failures, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Reason} Given up for now; {Commands} commands were not done")]
    private partial void LogGivenUp(string reason, int commands);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store works again after {Failures} failures")]
    private partial void LogRecovered(int failures);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The store failed for good. {Reason}")]
    private partial void LogFailed(string reason);

    /// <summary>Command: does something in the store. Answered with <see cref="Ran"/> or <see cref="RunFailed"/>; <paramref name="Tag"/> is the sender's own and comes back.</summary>
    public sealed record Run(StoreCommand Command, long Tag);

    /// <summary>The command is done and durable, with this outcome. For progress that was replaced before it was written: the outcome of what replaced it.</summary>
    public sealed record Ran(long Tag, StoreOutcome Outcome);

    /// <summary>The command was not done, or, where the store stopped in the middle, nobody knows. <paramref name="Reason"/> is one line for people.</summary>
    public sealed record RunFailed(long Tag, string Reason);

    /// <summary>Command: takes nothing more, finishes what is outstanding, then answers <see cref="Drained"/>; within <see cref="StoreActorSettings.DrainTimeout"/>.</summary>
    public sealed record Drain;

    /// <summary>Nothing is outstanding any more. <paramref name="Unanswered"/>: commands that were given up because time ran out.</summary>
    public sealed record Drained(int Unanswered);

    /// <summary>Command: tell the <see cref="Counters"/>.</summary>
    public sealed record Inspect;

    /// <summary>
    /// What the store has done since it started: batches and commands committed, failures of batches, commands refused, progress coalesced; and the senders that wait now.
    /// </summary>
    public sealed record Counters(long Batches = 0, long Commands = 0, long Failures = 0, long Refused = 0, long Coalesced = 0, int Waiting = 0);

    // Shared by all incarnations: an answer to one's batch is not taken for an answer to another's.
    private sealed class BatchNumbers
    {
        public long Last { get; set; }
    }

    private sealed record Commit;

    private sealed record Retry;

    private sealed record DrainExpired;
}
