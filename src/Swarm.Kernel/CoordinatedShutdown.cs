namespace Swarm.Kernel;

/// <summary>The time-outs of <see cref="CoordinatedShutdown"/>.</summary>
public sealed record CoordinatedShutdownSettings
{
    private readonly TimeSpan _defaultPhaseTimeout = TimeSpan.FromSeconds(5);

    public static CoordinatedShutdownSettings Default { get; } = new();

    /// <summary>How long a phase may take that has no time of its own.</summary>
    public TimeSpan DefaultPhaseTimeout
    {
        get => _defaultPhaseTimeout;
        init => _defaultPhaseTimeout = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Above zero.");
    }

    /// <summary>How long the named phases may take.</summary>
    public IReadOnlyDictionary<string, TimeSpan> PhaseTimeouts { get; init; } = new Dictionary<string, TimeSpan>(StringComparer.Ordinal)
    {
        [Kernel.CoordinatedShutdown.PhaseActorSystemTerminate] = TimeSpan.FromSeconds(10),
    };

    /// <summary>The phases whose failure or time-out ends the shutdown; after any other it goes on.</summary>
    public IReadOnlySet<string> PhasesWithoutRecovery { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>How long all phases together may take.</summary>
    public TimeSpan TotalTimeout => Kernel.CoordinatedShutdown.Phases.Aggregate(TimeSpan.Zero, (sum, phase) => sum + Timeout(phase));

    internal TimeSpan Timeout(string phase) => PhaseTimeouts.TryGetValue(phase, out var timeout) ? timeout : DefaultPhaseTimeout;
}

/// <summary>
/// Ends a system in phases that follow each other. The tasks of a phase run side by side; the next phase begins when all
/// have ended or the phase's time is over. The last phase stops the actors. Runs once; whoever calls again gets the
/// task of the first run. Any thread.
/// </summary>
public sealed class CoordinatedShutdown
{
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";
    public const string PhaseServiceUnbind = "service-unbind";
    public const string PhaseServiceRequestsDone = "service-requests-done";
    public const string PhaseServiceStop = "service-stop";
    public const string PhaseBeforeClusterShutdown = "before-cluster-shutdown";
    public const string PhaseClusterShardingShutdownRegion = "cluster-sharding-shutdown-region";
    public const string PhaseClusterLeave = "cluster-leave";
    public const string PhaseClusterExiting = "cluster-exiting";
    public const string PhaseClusterExitingDone = "cluster-exiting-done";
    public const string PhaseClusterShutdown = "cluster-shutdown";
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
    public const string PhaseActorSystemTerminate = "actor-system-terminate";

    internal static readonly string[] Phases =
    [
        PhaseBeforeServiceUnbind, PhaseServiceUnbind, PhaseServiceRequestsDone, PhaseServiceStop, PhaseBeforeClusterShutdown,
        PhaseClusterShardingShutdownRegion, PhaseClusterLeave, PhaseClusterExiting, PhaseClusterExitingDone, PhaseClusterShutdown,
        PhaseBeforeActorSystemTerminate, PhaseActorSystemTerminate,
    ];

    private readonly Lock _gate = new();
    private readonly ActorSystemImpl _system;
    private readonly List<(string Phase, string Name, Func<Task<Done>> Start)> _tasks = [];
    private readonly TaskCompletionSource<Done> _completion;
    private Reason? _reason;

    internal CoordinatedShutdown(ActorSystemImpl system)
    {
        _system = system;
        _completion = new TaskCompletionSource<Done>(system.ContinuationOptions);
        AddTask(PhaseActorSystemTerminate, "terminate-system", () =>
        {
            system.FinalTerminate();
            return system.WhenTerminated.ContinueWith(
                static _ => Done.Instance, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        });
    }

    /// <summary>Why the shutdown began; null before.</summary>
    public Reason? ShutdownReason => Volatile.Read(ref _reason);

    /// <summary>How long all phases together may take.</summary>
    public TimeSpan TotalTimeout => _system.Settings.CoordinatedShutdown.TotalTimeout;

    /// <summary>The shutdown of a system.</summary>
    public static CoordinatedShutdown Get(ActorSystem sys) =>
        sys is ActorSystemImpl system ? system.Shutdown : throw new ArgumentException("Not a system of this kernel", nameof(sys));

    /// <summary>How long a phase may take.</summary>
    public TimeSpan Timeout(string phase) => _system.Settings.CoordinatedShutdown.Timeout(Known(phase));

    /// <summary>Adds a task to a phase; in a phase that has begun it is not run any more.</summary>
    /// <exception cref="ArgumentException">There is no such phase.</exception>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        ArgumentException.ThrowIfNullOrEmpty(taskName);
        ArgumentNullException.ThrowIfNull(task);
        lock (_gate)
        {
            _tasks.Add((Known(phase), taskName, task));
        }
    }

    /// <summary>Shuts down, or joins the shutdown that runs.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="fromPhase">The phase to begin with; null is the first.</param>
    /// <returns>Ends with the last phase; fails when a phase without recovery did.</returns>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var first = fromPhase is null ? 0 : Array.IndexOf(Phases, Known(fromPhase));
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _system.Log.ShutdownBegins(reason.ToString());
            RunPhase(first);
        }

        return _completion.Task;
    }

    private static string Known(string phase) =>
        Array.IndexOf(Phases, phase) >= 0 ? phase : throw new ArgumentException($"Unknown phase [{phase}]", nameof(phase));

    private static Task<Done> Start(Func<Task<Done>> start)
    {
        try
        {
            return start();
        }
        catch (Exception e)
        {
            return Task.FromException<Done>(e);
        }
    }

    // Continuations that run where the outcome is set, not async methods: under a simulation no step may leave its thread.
    private void RunPhase(int index)
    {
        if (_system.IsCrashed)
        {
            return;
        }

        if (index == Phases.Length)
        {
            _completion.TrySetResult(Done.Instance);
            return;
        }

        var phase = Phases[index];
        Func<Task<Done>>[] starts;
        lock (_gate)
        {
            starts = [.. _tasks.Where(t => t.Phase == phase).Select(t => t.Start)];
        }

        _system.Log.ShutdownPhase(phase, starts.Length);
        _ = Task.WhenAll(starts.Select(Start).ToArray())
            .WaitAsync(_system.Settings.CoordinatedShutdown.Timeout(phase), _system.Settings.TimeProvider)
            .ContinueWith(
                done => EndPhase(index, done), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void EndPhase(int index, Task done)
    {
        if (done.IsCompletedSuccessfully)
        {
            RunPhase(index + 1);
            return;
        }

        var cause = done.Exception?.InnerException ?? new TaskCanceledException(done);
        _system.Log.ShutdownPhaseFailed(cause, Phases[index]);
        if (_system.Settings.CoordinatedShutdown.PhasesWithoutRecovery.Contains(Phases[index]))
        {
            _completion.TrySetException(cause);
        }
        else
        {
            RunPhase(index + 1);
        }
    }

    /// <summary>Why a system shuts down.</summary>
    public class Reason
    {
        protected Reason()
        {
        }

        public override string ToString() => GetType().Name;
    }

    public sealed class UnknownReason : Reason
    {
        private UnknownReason()
        {
        }

        public static Reason Instance { get; } = new UnknownReason();
    }

    /// <summary><see cref="ActorSystem.Terminate"/> was called.</summary>
    public sealed class ActorSystemTerminateReason : Reason
    {
        private ActorSystemTerminateReason()
        {
        }

        public static Reason Instance { get; } = new ActorSystemTerminateReason();
    }

    /// <summary>The process ends.</summary>
    public sealed class ClrExitReason : Reason
    {
        private ClrExitReason()
        {
        }

        public static Reason Instance { get; } = new ClrExitReason();
    }
}
