using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Swarm.Kernel;

/// <summary>How the actors of a dispatcher get their turns.</summary>
public enum DispatcherKind
{
    /// <summary>On the thread pool.</summary>
    ThreadPool,

    /// <summary>Each actor on a thread of its own, which ends with the actor.</summary>
    Pinned,
}

/// <summary>One named dispatcher.</summary>
/// <param name="Kind">Where turns run.</param>
/// <param name="Throughput">How many user messages a turn handles before others get theirs; 1 or more.</param>
public sealed record DispatcherSettings(DispatcherKind Kind, int Throughput)
{
    public const int DefaultThroughput = 64;

    public int Throughput { get; init; } =
        Throughput > 0 ? Throughput : throw new ArgumentOutOfRangeException(nameof(Throughput), Throughput, "At least one message a turn.");
}

/// <summary>
/// What an actor system is built with. Only whoever composes the program sees this; actors do not. Under a
/// <see cref="Simulation"/> the dispatchers are the simulation's, and so is the clock unless one is given.
/// </summary>
public sealed record ActorSystemSettings
{
    private readonly int _mailboxCapacity = 1 << 20;
    private readonly int _stashCapacity = 1 << 16;
    private readonly TimeProvider? _timeProvider;

    public static ActorSystemSettings Default { get; } = new();

    /// <summary>The dispatchers by id; <see cref="Dispatchers.DefaultDispatcherId"/> must be among them.</summary>
    public IReadOnlyDictionary<string, DispatcherSettings> Dispatchers { get; init; } = new Dictionary<string, DispatcherSettings>(StringComparer.Ordinal)
    {
        [Kernel.Dispatchers.DefaultDispatcherId] = new(DispatcherKind.ThreadPool, DispatcherSettings.DefaultThroughput),
        [Kernel.Dispatchers.PinnedDispatcherId] = new(DispatcherKind.Pinned, DispatcherSettings.DefaultThroughput),
    };

    /// <summary>
    /// The most user messages that a mailbox holds, at least 2. A message beyond it is refused: counted, and published as
    /// <see cref="Dropped"/>. The kernel's own messages are not bounded. See <see cref="MessageQueue"/> for how exact this is.
    /// </summary>
    public int MailboxCapacity
    {
        get => _mailboxCapacity;
        init => _mailboxCapacity = value >= 2 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A mailbox holds at least two messages.");
    }

    /// <summary>The most messages that an actor stashes; one more is a <see cref="StashOverflowException"/>.</summary>
    public int StashCapacity
    {
        get => _stashCapacity;
        init => _stashCapacity = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A stash holds at least one message.");
    }

    /// <summary>
    /// The clock of timers, time-outs and retry windows: the one given, else the simulation's, else the machine's. One that is given to a system under a simulation must follow from
    /// <see cref="Simulation.Time"/>, as a clock that drifts does, and so must its timers.
    /// </summary>
    public TimeProvider TimeProvider
    {
        get => _timeProvider ?? Simulation?.Time ?? TimeProvider.System;
        init => _timeProvider = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>The seed of the kernel's own randomness, which is the jitter of back-off; null draws one.</summary>
    public int? Seed { get; init; }

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The strategy of <c>/user</c> for the actors at the top.</summary>
    public SupervisorStrategy GuardianSupervisorStrategy { get; init; } = SupervisorStrategy.DefaultStrategy;

    public CoordinatedShutdownSettings CoordinatedShutdown { get; init; } = CoordinatedShutdownSettings.Default;

    /// <summary>The simulation that runs every actor of the system; null for real threads and time.</summary>
    public Simulation? Simulation { get; init; }
}
