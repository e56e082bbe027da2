namespace Swarm.Kernel;

/// <summary>
/// The system: guardians, dispatchers, scheduler, event stream, and the counters of what went astray. Terminating stops
/// the root guardian, whose children are stopped in the order <c>/user</c>, then <c>/system</c>; the root's death is the end.
/// </summary>
internal sealed class ActorSystemImpl : ExtendedActorSystem
{
    private readonly TaskCompletionSource _terminated;
    private readonly LocalActorRef _root;
    private readonly Random _random;
    private readonly long _startedAt;
    private readonly HashSet<CrashableTimer>? _timers;
    private long _nextUid;
    private long _deadLetterCount;
    private long _droppedCount;
    private long _restartCount;

    internal ActorSystemImpl(string name, ActorSystemSettings settings)
    {
        Name = name;
        NameHash = StableHash.Of(name);
        Settings = settings;
        _timers = settings.Simulation is null ? null : [];
        Log = new KernelLog(settings.LoggerFactory.CreateLogger("Swarm.Kernel"));
        _startedAt = settings.TimeProvider.GetTimestamp();
        _random = settings.Simulation?.Random ?? (settings.Seed is { } seed ? new Random(seed) : new Random());
        _terminated = new TaskCompletionSource(ContinuationOptions);
        Dispatchers = new Dispatchers(settings);
        DeadLetters = new DeadLetterActorRef(this);
        Scheduler = new Scheduler(this);
        Shutdown = new CoordinatedShutdown(this);

        var executor = Dispatchers.Lookup(Dispatchers.DefaultDispatcherId, ActorPath.Root);
        var props = Props.Create<RootGuardian>();
        _root = new LocalActorRef(this, props, executor, new TopActorRef(this), ActorPath.Root.WithUid(NextUid()));
        Guardian = _root.Cell.AttachChild(
            Props.Create<Guardian>().WithSupervisorStrategy(settings.GuardianSupervisorStrategy), "user");
        SystemGuardian = _root.Cell.AttachChild(Props.Create<Guardian>(), "system");
        _root.Tell(new RootGuardian.StopInOrder((LocalActorRef)Guardian, (LocalActorRef)SystemGuardian), null);
        _root.Cell.Mailbox.Start();
    }

    public override string Name { get; }

    public override EventStream EventStream { get; } = new();

    public override IScheduler Scheduler { get; }

    public override IActorRef DeadLetters { get; }

    public override Dispatchers Dispatchers { get; }

    public override IActorRef Guardian { get; }

    public override IActorRef SystemGuardian { get; }

    public override ActorSystemSettings Settings { get; }

    public override Task WhenTerminated => _terminated.Task;

    public override TimeSpan Uptime => Settings.TimeProvider.GetElapsedTime(_startedAt);

    internal KernelLog Log { get; }

    internal CoordinatedShutdown Shutdown { get; }

    internal ActorCell RootCell => _root.Cell;

    internal ulong NameHash { get; }

    /// <summary>Whether a simulation has crashed it; then none of its actors runs again.</summary>
    internal bool IsCrashed { get; private set; }

    /// <summary>The timers of its actors, its scheduler and its asks that have not ended; counted under a simulation only.</summary>
    internal int Timers => _timers?.Count ?? 0;

    internal bool IsTerminated => _terminated.Task.IsCompleted;

    internal long DeadLetterCount => Interlocked.Read(ref _deadLetterCount);

    internal long DroppedCount => Interlocked.Read(ref _droppedCount);

    internal long RestartCount => Interlocked.Read(ref _restartCount);

    // Under a simulation continuations run where the outcome is set, for the pool's threads are not part of the run;
    // otherwise they must not run inside of an actor's turn.
    internal TaskCreationOptions ContinuationOptions =>
        Settings.Simulation is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    public override IActorRef ActorOf(Props props, string? name = null) => ((LocalActorRef)Guardian).Cell.AttachChild(props, name);

    public override IActorRef SystemActorOf(Props props, string? name = null) =>
        ((LocalActorRef)SystemGuardian).Cell.AttachChild(props, name);

    public override IDisposable ImplicitSender(IActorRef actor) => actor is LocalActorRef local && ReferenceEquals(local.System, this)
        ? new ThreadSender(local.Cell)
        : throw new ArgumentException($"[{actor}] is not an actor of this system", nameof(actor));

    public override void Stop(IActorRef actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        switch (actor)
        {
            // A parent must know that the child is dying, so the guardian does it on its own turn.
            case LocalActorRef { Parent: LocalActorRef { Cell.Props.Type: var type } parent } when type == typeof(Guardian):
                parent.Tell(new Guardian.StopChild(actor), null);
                break;
            case IInternalActorRef other:
                other.Stop();
                break;
        }
    }

    public override Task Terminate()
    {
        _ = Shutdown.Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        return WhenTerminated;
    }

    internal long NextUid() => Interlocked.Increment(ref _nextUid);

    internal void CountRestart() => Interlocked.Increment(ref _restartCount);

    internal double NextDouble()
    {
        lock (_random)
        {
            return _random.NextDouble();
        }
    }

    // The kernel's timers carry no ambient context: it would belong to whoever happened to start them.
    internal ITimer CreateTimer(TimerCallback callback, object state, TimeSpan dueTime, TimeSpan period)
    {
        if (_timers is not null)
        {
            return new CrashableTimer(this, callback, state, dueTime, period);
        }

        if (ExecutionContext.IsFlowSuppressed())
        {
            return Settings.TimeProvider.CreateTimer(callback, state, dueTime, period);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Settings.TimeProvider.CreateTimer(callback, state, dueTime, period);
        }
    }

    // The simulation's thread. None is made later: a parent whose mailbox is closed makes no children.
    internal void Crash()
    {
        IsCrashed = true;
        var pending = new Stack<ActorCell>([RootCell]);
        while (pending.TryPop(out var cell))
        {
            cell.Mailbox.Crash();
            foreach (var child in cell.ChildrenStats())
            {
                pending.Push(child.Child.Cell);
            }
        }

        foreach (var timer in _timers!.ToArray())
        {
            timer.Dispose();
        }
    }

    internal void FinalTerminate() => _root.Tell(RootGuardian.StopAll.Instance, null);

    internal void OnRootFailed(Exception cause)
    {
        Log.RootFailed(cause);
        _root.Stop();
    }

    internal void OnRootTerminated() => _terminated.TrySetResult();

    internal void PublishDeadLetter(object message, IActorRef? sender, IActorRef recipient)
    {
        switch (message)
        {
            case AllDeadLetters letter:
                EventStream.Publish(letter);
                return;
            case IDeadLetterSuppression suppressed:
                if (EventStream.HasSubscribers(typeof(SuppressedDeadLetter)))
                {
                    EventStream.Publish(new SuppressedDeadLetter(suppressed, sender ?? DeadLetters, recipient));
                }

                return;
        }

        Interlocked.Increment(ref _deadLetterCount);
        Log.DeadLetter(message.GetType(), recipient.Path);
        if (EventStream.HasSubscribers(typeof(DeadLetter)))
        {
            EventStream.Publish(new DeadLetter(message, sender ?? DeadLetters, recipient));
        }
    }

    internal void PublishDropped(object message, IActorRef? sender, IActorRef recipient)
    {
        // Once a power of two: a mailbox that overflows does so many times.
        var dropped = Interlocked.Increment(ref _droppedCount);
        if (System.Numerics.BitOperations.IsPow2(dropped))
        {
            Log.MailboxFull(message.GetType(), recipient.Path, dropped);
        }

        // A Dropped that is itself dropped would never end.
        if (message is not AllDeadLetters && EventStream.HasSubscribers(typeof(Dropped)))
        {
            EventStream.Publish(new Dropped(message, "Mailbox is full", sender ?? DeadLetters, recipient));
        }
    }

    internal void PublishUnhandled(object message, IActorRef sender, IActorRef recipient)
    {
        Log.Unhandled(message.GetType(), recipient.Path);
        if (EventStream.HasSubscribers(typeof(UnhandledMessage)))
        {
            EventStream.Publish(new UnhandledMessage(message, sender, recipient));
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing || IsCrashed)
        {
            return;
        }

        var ended = Terminate();
        if (Settings.Simulation is { } simulation)
        {
            simulation.RunUntil(() => ended.IsCompleted, Settings.CoordinatedShutdown.TotalTimeout);
        }
        else
        {
            ended.Wait(Settings.CoordinatedShutdown.TotalTimeout);
        }
    }

    /// <summary>A timer under a simulation, which must end when its system crashes, whatever clock made it.</summary>
    private sealed class CrashableTimer : ITimer
    {
        private readonly ActorSystemImpl _system;
        private readonly ITimer _timer;

        internal CrashableTimer(ActorSystemImpl system, TimerCallback callback, object state, TimeSpan dueTime, TimeSpan period)
        {
            _system = system;
            _timer = system.Settings.TimeProvider.CreateTimer(callback, state, dueTime, period);
            if (system.IsCrashed)
            {
                _timer.Dispose();
            }
            else
            {
                system._timers!.Add(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => _timer.Change(dueTime, period);

        public void Dispose()
        {
            _system._timers!.Remove(this);
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    // An actor's turn sets its own cell and puts this one back, so it is only ever seen between turns.
    private sealed class ThreadSender : IDisposable
    {
        private readonly ActorCell _cell;
        private readonly ActorCell? _outer;

        internal ThreadSender(ActorCell cell)
        {
            _cell = cell;
            _outer = ActorCell.Enter(cell);
        }

        public void Dispose()
        {
            if (ReferenceEquals(ActorCell.Current, _cell))
            {
                ActorCell.Leave(_outer is { Mailbox.IsClosed: false } ? _outer : null);
            }
        }
    }
}
