namespace Swarm.Kernel;

/// <summary>An actor with timers, which the kernel sets before <c>PreStart</c>.</summary>
public interface IWithTimers
{
    ITimerScheduler Timers { get; set; }
}

/// <summary>
/// Timers that tell the actor its own messages. They are known by keys; they end with the incarnation. A message of a
/// timer that was cancelled or replaced never arrives, even if it is already in the mailbox.
/// </summary>
public interface ITimerScheduler
{
    /// <summary>The keys of the timers that run.</summary>
    IReadOnlyCollection<object> ActiveTimers { get; }

    void StartPeriodicTimer(object key, object msg, TimeSpan interval);

    void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender);

    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);

    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender);

    void StartSingleTimer(object key, object msg, TimeSpan timeout);

    void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender);

    bool IsTimerActive(object key);

    /// <summary>Ends a timer; without one of that key, does nothing.</summary>
    void Cancel(object key);

    void CancelAll();
}

/// <summary>
/// What a timer puts into the mailbox: one object for each start of a timer, however often it fires. It counts only
/// while it is the timer of its key in the present incarnation, so identity serves as the generation.
/// </summary>
internal sealed class TimerMessage(TimerScheduler owner, object key, object message, bool repeats, IActorRef? sender)
    : IAutoReceivedMessage, INotInfluenceReceiveTimeout, IDeadLetterSuppression
{
    internal TimerScheduler Owner { get; } = owner;

    internal object Key { get; } = key;

    internal object Message { get; } = message;

    internal bool Repeats { get; } = repeats;

    internal IActorRef? Sender { get; } = sender;

    internal ITimer? Timer { get; set; }

    public override string ToString() => $"TimerMessage({Key}, {Message})";
}

/// <summary>The timers of one incarnation; the actor's own turn only.</summary>
internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
{
    private readonly InsertionOrderedMap<object, TimerMessage> _timers = new();

    public IReadOnlyCollection<object> ActiveTimers => _timers.Keys();

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval, true, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, interval, interval, true, sender);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) =>
        Start(key, msg, initialDelay, interval, true, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, initialDelay, interval, true, sender);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) =>
        Start(key, msg, timeout, Timeout.InfiniteTimeSpan, false, null);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender) =>
        Start(key, msg, timeout, Timeout.InfiniteTimeSpan, false, sender);

    public bool IsTimerActive(object key) => _timers.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_timers.Remove(key, out var timer))
        {
            timer.Timer?.Dispose();
        }
    }

    public void CancelAll()
    {
        foreach (var key in _timers.Keys())
        {
            Cancel(key);
        }
    }

    /// <summary>Whether a message that came out of the mailbox still counts; a single timer ends with it.</summary>
    internal bool TryAccept(TimerMessage message)
    {
        if (!_timers.TryGetValue(message.Key, out var running) || !ReferenceEquals(running, message))
        {
            return false;
        }

        if (!message.Repeats)
        {
            Cancel(message.Key);
        }

        return true;
    }

    private void Start(object key, object msg, TimeSpan delay, TimeSpan interval, bool repeats, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(msg);
        Scheduler.Check(delay, repeats ? interval : null);
        Cancel(key);
        var message = new TimerMessage(this, key, msg, repeats, sender);
        _timers.Add(key, message);
        message.Timer = cell.SystemImpl.CreateTimer(
            static state =>
            {
                var timer = (TimerMessage)state!;
                timer.Owner.Fire(timer);
            },
            message,
            delay,
            interval);
    }

    private void Fire(TimerMessage timer) => cell.Mailbox.Post(timer, timer.Sender);
}
