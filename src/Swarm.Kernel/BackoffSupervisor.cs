namespace Swarm.Kernel;

/// <summary>
/// Stands in for one child: passes messages to it, begins it anew after growing pauses, and stops itself when the
/// retries are used up. What the child tells its parent is passed on to this actor's parent.
/// </summary>
public sealed class BackoffSupervisor : UntypedActor
{
    private readonly BackoffOptions _options;
    private IActorRef? _child;
    private int _restartCount;
    private bool _finalStopMessageReceived;
    private bool _restartsAfterStop;
    private long? _windowStart;

    private BackoffSupervisor(BackoffOptions options) => _options = options;

    /// <summary>Props of a supervisor with these options.</summary>
    public static Props Props(BackoffOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Kernel.Props.CreateBy(new Producer(options));
    }

    protected override void PreStart() => StartTheChild();

    // The child outlives nothing: a restart of the supervisor begins with a new one.
    protected override void PostRestart(Exception reason) => StartTheChild();

    protected override SupervisorStrategy? SupervisorStrategy() =>
        _options.OnFailure ? new OneForOneStrategy(-1, -1, Decide) : new OneForOneStrategy(-1, -1, _options.Strategy.Decider.Decide);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartChild:
                StartTheChild();
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_child):
                OnChildTerminated();
                break;
            case Reset when _options.ResetBackoff is null:
                _restartCount = 0;
                break;
            case ResetRestartCount reset:
                _restartCount = reset.Current == _restartCount ? 0 : _restartCount;
                break;
            case GetRestartCount:
                Sender.Tell(new RestartCount(_restartCount));
                break;
            case GetCurrentChild:
                Sender.Tell(new CurrentChild(_child ?? ActorRefs.Nobody));
                break;
            default:
                Pass(message);
                break;
        }
    }

    /// <summary>The pause before the restart of that number, counted from 0.</summary>
    internal static TimeSpan CalculateDelay(int restartCount, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, double chance)
    {
        var jitter = 1.0 + (chance * randomFactor);
        if (restartCount >= 30)
        {
            return maxBackoff;
        }

        var ticks = Math.Min(maxBackoff.Ticks, minBackoff.Ticks * Math.Pow(2, restartCount)) * jitter;
        return ticks < long.MaxValue ? TimeSpan.FromTicks((long)ticks) : maxBackoff;
    }

    private void StartTheChild()
    {
        if (_child is not null)
        {
            return;
        }

        _child = Context.Watch(Context.ActorOf(_options.ChildProps, _options.ChildName));
        if (_options.ResetBackoff is { } reset && _restartCount > 0)
        {
            Context.System.Scheduler.ScheduleTellOnce(reset, Self, new ResetRestartCount(_restartCount), Self);
        }
    }

    private Directive Decide(Exception cause)
    {
        var directive = _options.Strategy.Decider.Decide(cause);
        if (directive != Directive.Restart)
        {
            return directive;
        }

        // The restart is taken apart: stop now, begin again after the pause.
        _restartsAfterStop = true;
        return Directive.Stop;
    }

    private void OnChildTerminated()
    {
        _child = null;
        var restarts = !_options.OnFailure || _restartsAfterStop;
        _restartsAfterStop = false;
        if (_finalStopMessageReceived || !restarts)
        {
            Context.Stop(Self);
            return;
        }

        ForgetRestartsBeforeTheWindow();
        var limit = _options.Strategy.MaxNumberOfRetries;
        if (limit >= 0 && _restartCount >= limit)
        {
            Context.Stop(Self);
            return;
        }

        var system = (ActorSystemImpl)Context.System;
        var delay = CalculateDelay(_restartCount, _options.MinBackoff, _options.MaxBackoff, _options.RandomFactor, system.NextDouble());
        _restartCount++;
        system.Scheduler.ScheduleTellOnce(delay, Self, StartChild.Instance, Self);
    }

    private void ForgetRestartsBeforeTheWindow()
    {
        var window = _options.Strategy.WithinTimeRangeMilliseconds;
        if (window <= 0)
        {
            return;
        }

        var clock = ((ActorSystemImpl)Context.System).Settings.TimeProvider;
        var now = clock.GetTimestamp();
        if (_windowStart is null || clock.GetElapsedTime(_windowStart.Value, now).TotalMilliseconds > window)
        {
            _windowStart = now;
            _restartCount = 0;
        }
    }

    private void Pass(object message)
    {
        if (_child is not null && _child.Equals(Sender))
        {
            Context.Parent.Forward(message);
            return;
        }

        var isFinal = _options.IsFinalStopMessage?.Invoke(message) == true;
        _finalStopMessageReceived |= isFinal;
        if (_child is not null)
        {
            _child.Forward(message);
        }
        else if (isFinal)
        {
            Context.Stop(Self);
        }
        else if (_options.ReplyWhileStopped is { } reply)
        {
            Sender.Tell(reply);
        }
        else
        {
            Context.System.DeadLetters.Forward(message);
        }
    }

    /// <summary>Asks for <see cref="CurrentChild"/>.</summary>
    public sealed class GetCurrentChild
    {
        private GetCurrentChild()
        {
        }

        public static GetCurrentChild Instance { get; } = new();
    }

    public sealed class CurrentChild(IActorRef @ref)
    {
        /// <summary>The child; <see cref="ActorRefs.Nobody"/> during a pause.</summary>
        public IActorRef Ref { get; } = @ref;
    }

    /// <summary>Begins the pauses anew, with <see cref="BackoffOptions.WithManualReset"/>.</summary>
    public sealed class Reset
    {
        private Reset()
        {
        }

        public static Reset Instance { get; } = new();
    }

    /// <summary>Asks for <see cref="RestartCount"/>.</summary>
    public sealed class GetRestartCount
    {
        private GetRestartCount()
        {
        }

        public static GetRestartCount Instance { get; } = new();
    }

    public sealed class RestartCount(int count)
    {
        public int Count { get; } = count;
    }

    private sealed class StartChild : IDeadLetterSuppression
    {
        internal static StartChild Instance { get; } = new();
    }

    private sealed class ResetRestartCount(int current) : IDeadLetterSuppression
    {
        internal int Current { get; } = current;
    }

    private sealed class Producer(BackoffOptions options) : IIndirectActorProducer
    {
        public Type ActorType => typeof(BackoffSupervisor);

        public ActorBase Produce() => new BackoffSupervisor(options);

        public void Release(ActorBase actor)
        {
            // It holds nothing.
        }
    }
}
