namespace Swarm.Kernel;

/// <summary>The measures of a simulation.</summary>
public sealed record SimulationSettings
{
    private readonly long _maxStepsPerInstant = 10_000_000;

    public static SimulationSettings Default { get; } = new();

    /// <summary>What the virtual clock shows at first.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How many steps may follow each other without time passing, before the run is taken for a livelock.</summary>
    public long MaxStepsPerInstant
    {
        get => _maxStepsPerInstant;
        init => _maxStepsPerInstant = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one step.");
    }
}

/// <summary>A message on its way into an actor of a simulation.</summary>
/// <param name="At">Virtual time since the start.</param>
/// <param name="System">The system of the actor; several share one simulation, and paths do not name them.</param>
/// <param name="Recipient">Who handles it.</param>
/// <param name="Message">The message; for a timer's, what the timer tells.</param>
public readonly record struct SimulatedTurn(TimeSpan At, ActorSystem System, ActorPath Recipient, object Message);

/// <summary>
/// Runs actor systems on the caller's thread, in virtual time, in an order that the seed decides. Any number of
/// systems can share one simulation: <c>new ActorSystemSettings { Simulation = sim }</c>.
/// <para>
/// A step is what is due (a timer, a posted event: by time, then in the order of posting), else one turn of a mailbox that
/// the seed picks among the runnable ones, with one user message. Only when neither is left does time pass: it jumps to the next due
/// moment. The same seed and the same calls give the same steps, and <see cref="TraceHash"/> says whether they did.
/// </para>
/// <para>Not thread-safe: while it runs, telling an actor from another thread is an error and throws.</para>
/// </summary>
public sealed class Simulation
{
    private readonly SimulationSettings _settings;
    private readonly VirtualTimeProvider _time;
    private readonly List<Mailbox> _runnable = [];
    private readonly List<ActorSystemImpl> _frozen = [];
    private readonly List<Mailbox> _standing = [];
    private readonly Dictionary<Type, ulong> _typeHashes = [];
    private int _runningThread;
    private long _stepsThisInstant;

    public Simulation(int seed, SimulationSettings? settings = null)
    {
        Seed = seed;
        Random = new Random(seed);
        _settings = settings ?? SimulationSettings.Default;
        _time = new VirtualTimeProvider(_settings.Start);
    }

    public int Seed { get; }

    /// <summary>The one source of chance of the run, for the world around the actors too.</summary>
    public Random Random { get; }

    /// <summary>The virtual clock: its time, its timestamps and its timers.</summary>
    public TimeProvider Time => _time;

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Elapsed => new(_time.NowTicks);

    /// <summary>User messages handled so far.</summary>
    public long Turns { get; private set; }

    /// <summary>A hash over every message handled: system, recipient, type of message, time; and over what <see cref="Note"/> was given. Equal for equal runs.</summary>
    public ulong TraceHash { get; private set; } = StableHash.Seed;

    /// <summary>Timers and events that are armed; what a leak check counts at the end of a run.</summary>
    public int PendingTimers => _time.Pending;

    /// <summary>Whether no mailbox has anything to do and nothing is due now.</summary>
    public bool IsIdle => _runnable.Count == 0 && !_time.IsDue(_time.NowTicks);

    /// <summary>Called before each message. For printing a trace.</summary>
    public Action<SimulatedTurn>? Trace { get; set; }

    /// <summary>
    /// Called before each message, ahead of <see cref="Trace"/>: gives back what the actor shall handle instead, the same message, or null, and then nothing is handled. For injecting faults, and for
    /// proving that a check sees them. Not shown: timers' messages, and those that the kernel handles itself. What a dropped message holds is its dropper's to release.
    /// </summary>
    public Func<SimulatedTurn, object?>? Tamper { get; set; }

    /// <summary>Posts an event of the outer world.</summary>
    /// <returns>What calls it off.</returns>
    public IDisposable Schedule(TimeSpan delay, Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return _time.CreateTimer(static state => ((Action)state!)(), action, delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes something that happened outside of actors, such as a packet, into <see cref="TraceHash"/>.</summary>
    public void Note(ulong what) => TraceHash = StableHash.Mix(StableHash.Mix(TraceHash, what), unchecked((ulong)_time.NowTicks));

    /// <summary>
    /// Ends a system as a crash of its process does: from now on none of its actors runs, none of its timers fires, what its actors are told vanishes, and nobody is told of their end. Nothing is
    /// called on them, and its tasks never complete. Once is for good.
    /// </summary>
    /// <exception cref="ArgumentException">The system is not of this simulation.</exception>
    public void Crash(ActorSystem system)
    {
        var crashed = Own(system);
        crashed.Crash();
        _runnable.RemoveAll(mailbox => ReferenceEquals(mailbox.Cell.SystemImpl, crashed));
        _standing.RemoveAll(mailbox => ReferenceEquals(mailbox.Cell.SystemImpl, crashed));
        _frozen.Remove(crashed);
    }

    /// <summary>
    /// Has a system stand still, as a process does that is stopped by a signal: none of its actors runs until <see cref="Thaw"/>. What they are told meanwhile waits in their mailboxes, and what their timers tell too.
    /// </summary>
    /// <exception cref="ArgumentException">The system is not of this simulation.</exception>
    public void Freeze(ActorSystem system)
    {
        var frozen = Own(system);
        if (_frozen.Contains(frozen)) return;
        _frozen.Add(frozen);
        _standing.AddRange(_runnable.Where(mailbox => ReferenceEquals(mailbox.Cell.SystemImpl, frozen)));
        _runnable.RemoveAll(mailbox => ReferenceEquals(mailbox.Cell.SystemImpl, frozen));
    }

    /// <summary>Lets a system that stood still go on.</summary>
    /// <exception cref="ArgumentException">The system is not of this simulation.</exception>
    public void Thaw(ActorSystem system)
    {
        var thawed = Own(system);
        if (!_frozen.Remove(thawed)) return;
        _runnable.AddRange(_standing.Where(mailbox => ReferenceEquals(mailbox.Cell.SystemImpl, thawed)));
        _standing.RemoveAll(mailbox => ReferenceEquals(mailbox.Cell.SystemImpl, thawed));
    }

    /// <summary>How many timers of a system's actors, scheduler and asks have not ended. None is left of one that was terminated or has crashed.</summary>
    /// <exception cref="ArgumentException">The system is not of this simulation.</exception>
    public int TimersOf(ActorSystem system) => Own(system).Timers;

    /// <summary>Runs until there is nothing to do at the present time. Time does not pass.</summary>
    public void RunUntilIdle() => Run(static () => false, _time.NowTicks);

    /// <summary>Lets that much time pass, with all that happens in it.</summary>
    public void AdvanceBy(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        Run(static () => false, _time.NowTicks + duration.Ticks);
    }

    /// <summary>Runs until the condition holds, which is asked before each step, or until that much time has passed.</summary>
    /// <returns>Whether the condition holds.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        return Run(condition, _time.NowTicks + limit.Ticks) || condition();
    }

    internal void AddRunnable(Mailbox mailbox)
    {
        if (_runningThread != 0 && _runningThread != Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException(
                $"{mailbox.Cell.Self} was told something from outside of the simulation's thread while it runs; such a run could not be repeated.");
        }

        if (_frozen.Count > 0 && _frozen.Contains(mailbox.Cell.SystemImpl)) _standing.Add(mailbox);
        else _runnable.Add(mailbox);
    }

    /// <summary>Before each message. False: it is not to be handled.</summary>
    internal bool OnTurn(ActorCell cell, ref object message)
    {
        Turns++;
        var path = cell.Self.Path;
        if (Tamper is not null && message is not IAutoReceivedMessage)
        {
            if (Tamper(new SimulatedTurn(Elapsed, cell.SystemImpl, path, message)) is not { } instead)
            {
                return false;
            }

            message = instead;
        }

        var shown = message is TimerMessage timer ? timer.Message : message;
        var type = shown.GetType();
        if (!_typeHashes.TryGetValue(type, out var typeHash))
        {
            typeHash = StableHash.Of(type.FullName ?? type.Name);
            _typeHashes.Add(type, typeHash);
        }

        var hash = StableHash.Mix(StableHash.Mix(TraceHash, cell.SystemImpl.NameHash), path.TextHash);
        hash = StableHash.Mix(hash, typeHash);
        TraceHash = StableHash.Mix(hash, unchecked((ulong)_time.NowTicks));
        Trace?.Invoke(new SimulatedTurn(Elapsed, cell.SystemImpl, path, shown));
        return true;
    }

    private ActorSystemImpl Own(ActorSystem system) =>
        system is ActorSystemImpl own && ReferenceEquals(own.Settings.Simulation, this)
            ? own
            : throw new ArgumentException("Not a system of this simulation", nameof(system));

    private bool Run(Func<bool> condition, long limitTicks)
    {
        if (_runningThread != 0)
        {
            throw new InvalidOperationException("The simulation runs already; it cannot be run from inside of itself.");
        }

        _runningThread = Environment.CurrentManagedThreadId;

        // Who runs the simulation is not who tells what its events tell.
        var outer = ActorCell.Enter(null);
        try
        {
            while (!condition())
            {
                if (!Step(limitTicks))
                {
                    // Rest: whatever comes now is not the old work that will not end.
                    _stepsThisInstant = 0;
                    _time.AdvanceTo(limitTicks);
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ActorCell.Leave(outer);
            _runningThread = 0;
        }
    }

    private bool Step(long limitTicks)
    {
        if (_time.IsDue(_time.NowTicks))
        {
            CountStep();
            _time.FireNext();
            return true;
        }

        if (_runnable.Count > 0)
        {
            CountStep();
            var index = _runnable.Count == 1 ? 0 : Random.Next(_runnable.Count);
            var mailbox = _runnable[index];
            _runnable[index] = _runnable[^1];
            _runnable.RemoveAt(_runnable.Count - 1);
            mailbox.Run(throughput: 1);
            return true;
        }

        if (!_time.IsDue(limitTicks))
        {
            return false;
        }

        _stepsThisInstant = 0;
        _time.FireNext();
        return true;
    }

    private void CountStep()
    {
        if (++_stepsThisInstant > _settings.MaxStepsPerInstant)
        {
            throw new InvalidOperationException(
                $"{_settings.MaxStepsPerInstant} steps without time passing at {Elapsed} (seed {Seed}): the actors keep each other busy for ever.");
        }
    }
}
