using Microsoft.Extensions.Logging;

namespace Swarm.Tests.Kernel;

/// <summary>What a scripted actor does at each point of its life.</summary>
internal sealed class Script
{
    public Action<Scripted, object> OnMessage { get; init; } = (_, _) => { };

    public Action<Scripted>? OnConstruct { get; init; }

    public Action<Scripted>? OnPreStart { get; init; }

    public Action<Scripted>? OnPostStop { get; init; }

    public Action<Scripted, Exception, object?>? OnPreRestart { get; init; }

    public Action<Scripted, Exception>? OnPostRestart { get; init; }

    public SupervisorStrategy? Strategy { get; init; }
}

/// <summary>An actor that follows a <see cref="Script"/>.</summary>
internal sealed class Scripted : UntypedActor, IWithTimers, IWithUnboundedStash
{
    private readonly Script _script;

    public Scripted(Script script)
    {
        _script = script;
        script.OnConstruct?.Invoke(this);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    public IUntypedActorContext Ctx => Context;

    public IActorRef Me => Self;

    public IActorRef From => Sender;

    public static Props With(Script script) => Props.Create(() => new Scripted(script));

    public void CallUnhandled(object message) => Unhandled(message);

    protected override void OnReceive(object message) => _script.OnMessage(this, message);

    protected override void PreStart() => _script.OnPreStart?.Invoke(this);

    protected override void PostStop() => _script.OnPostStop?.Invoke(this);

    protected override void PreRestart(Exception reason, object? message)
    {
        _script.OnPreRestart?.Invoke(this, reason, message);
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        _script.OnPostRestart?.Invoke(this, reason);
        base.PostRestart(reason);
    }

    protected override SupervisorStrategy? SupervisorStrategy() => _script.Strategy;
}

/// <summary>An actor that keeps what it receives.</summary>
internal sealed class Recorder(List<object> received) : UntypedActor
{
    protected override void OnReceive(object message) => received.Add(message);
}

/// <summary>A failure that a test caused.</summary>
internal sealed class Boom(string message = "boom") : Exception(message);

/// <summary>One simulated system, and short forms.</summary>
internal sealed class SimHarness
{
    public SimHarness(int seed = 1, Func<ActorSystemSettings, ActorSystemSettings>? configure = null)
        : this(new Simulation(seed), "test", configure)
    {
    }

    /// <summary>One more system in a simulation.</summary>
    public SimHarness(Simulation sim, string name, Func<ActorSystemSettings, ActorSystemSettings>? configure = null)
    {
        Sim = sim;
        var settings = new ActorSystemSettings { Simulation = Sim };
        System = ActorSystem.Create(name, configure?.Invoke(settings) ?? settings);
    }

    public Simulation Sim { get; }

    public ActorSystem System { get; }

    public IActorRef Actor(Script script, string? name = null) => System.ActorOf(Scripted.With(script), name);

    public IActorRef Actor(Action<Scripted, object> onMessage, string? name = null) => Actor(new Script { OnMessage = onMessage }, name);

    public (IActorRef Ref, List<object> Received) Probe(string? name = null)
    {
        var received = new List<object>();
        return (System.ActorOf(Props.Create(() => new Recorder(received)), name), received);
    }

    /// <summary>The events of a type that the system publishes from now on.</summary>
    public List<T> Events<T>()
    {
        var events = new List<T>();
        var actor = Actor((_, message) => events.Add((T)message));
        System.EventStream.Subscribe(actor, typeof(T));
        Sim.RunUntilIdle();
        return events;
    }

    public void Run() => Sim.RunUntilIdle();

    public void TellAndRun(IActorRef actor, params object[] messages)
    {
        foreach (var message in messages)
        {
            actor.Tell(message, ActorRefs.NoSender);
        }

        Run();
    }
}

/// <summary>Keeps log lines.</summary>
internal sealed class ListLoggerFactory : ILoggerFactory, ILogger
{
    private readonly List<(LogLevel Level, string Text, Exception? Exception)> _lines = [];

    public IReadOnlyList<(LogLevel Level, string Text, Exception? Exception)> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add((logLevel, formatter(state, exception), exception));
        }
    }
}
