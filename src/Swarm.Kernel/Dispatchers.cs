namespace Swarm.Kernel;

/// <summary>The dispatchers of a system, by the ids that <see cref="Props.WithDispatcher"/> names.</summary>
public sealed class Dispatchers
{
    /// <summary>The dispatcher of props that name none.</summary>
    public const string DefaultDispatcherId = "default-dispatcher";

    /// <summary>A thread an actor.</summary>
    public const string PinnedDispatcherId = "pinned-dispatcher";

    private readonly ActorSystemSettings _settings;
    private readonly Dictionary<string, MailboxExecutor> _shared = new(StringComparer.Ordinal);

    internal Dispatchers(ActorSystemSettings settings)
    {
        _settings = settings;
        if (!settings.Dispatchers.ContainsKey(DefaultDispatcherId))
        {
            throw new ConfigurationException($"Dispatcher [{DefaultDispatcherId}] is not configured");
        }

        foreach (var (id, dispatcher) in settings.Dispatchers)
        {
            if (settings.Simulation is { } simulation)
            {
                _shared[id] = new SimulationExecutor(simulation);
            }
            else if (dispatcher.Kind == DispatcherKind.ThreadPool)
            {
                _shared[id] = new ThreadPoolExecutor(dispatcher.Throughput);
            }
        }
    }

    /// <summary>Whether the settings know the id.</summary>
    public bool HasDispatcher(string id) => _settings.Dispatchers.ContainsKey(id);

    internal MailboxExecutor Lookup(string id, ActorPath path)
    {
        if (_shared.TryGetValue(id, out var executor))
        {
            return executor;
        }

        return _settings.Dispatchers.TryGetValue(id, out var dispatcher)
            ? new PinnedExecutor(path, dispatcher.Throughput)
            : throw new ConfigurationException($"Dispatcher [{id}] not configured for path {path}");
    }
}

/// <summary>Gives a mailbox its turns. Each call of <see cref="Schedule"/> is one turn, later and elsewhere.</summary>
internal abstract class MailboxExecutor(int throughput)
{
    internal int Throughput { get; } = throughput;

    /// <summary>Any thread; never while a turn of that mailbox is due or running.</summary>
    internal abstract void Schedule(Mailbox mailbox);

    /// <summary>The mailbox is closed.</summary>
    internal virtual void Release()
    {
    }
}

/// <summary>
/// Turns on the thread pool. They go through its global queue: the local ones are last in, first out, where two actors
/// that keep waking each other could starve a third.
/// </summary>
internal sealed class ThreadPoolExecutor(int throughput) : MailboxExecutor(throughput)
{
    internal override void Schedule(Mailbox mailbox)
    {
        if (!CallingThread.TryKeep(mailbox)) ThreadPool.UnsafeQueueUserWorkItem(mailbox, preferLocal: false);
    }
}

/// <summary>Turns of one actor on a thread of its own, which begins with the first turn and ends with the actor.</summary>
internal sealed class PinnedExecutor(ActorPath path, int throughput) : MailboxExecutor(throughput)
{
    private readonly object _gate = new();
    private Thread? _thread;
    private bool _due;
    private bool _released;

    internal override void Schedule(Mailbox mailbox)
    {
        lock (_gate)
        {
            if (_thread is null)
            {
                _thread = new Thread(() => Loop(mailbox)) { IsBackground = true, Name = path.ToString() };
                _thread.Start();
            }

            _due = true;
            Monitor.Pulse(_gate);
        }
    }

    internal override void Release()
    {
        lock (_gate)
        {
            _released = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Loop(Mailbox mailbox)
    {
        while (WaitForTurn())
        {
            mailbox.Run(Throughput);
        }
    }

    private bool WaitForTurn()
    {
        lock (_gate)
        {
            while (!_due && !_released)
            {
                Monitor.Wait(_gate);
            }

            _due = false;
            return !_released;
        }
    }
}

/// <summary>Turns that a simulation gives, one message each.</summary>
internal sealed class SimulationExecutor(Simulation simulation) : MailboxExecutor(throughput: 1)
{
    internal override void Schedule(Mailbox mailbox) => simulation.AddRunnable(mailbox);
}
