namespace Swarm.TestKit;

/// <summary>
/// What a test of actors begins with: a system, a <see cref="TestKitBase.TestActor"/>, and expectations. To derive a test class from, or to make in a test; dispose it at the end, which terminates the
/// system.
/// <para>
/// By default the system runs under a <see cref="Simulation"/>: on the test's thread, in virtual time, in an order that the seed decides. Nothing happens until the test waits, waiting costs nothing,
/// and the same seed gives the same run, which <see cref="TraceHash"/> proves. Given a system on real threads, the kit really waits.
/// </para>
/// <para>
/// On the thread that made the kit the test actor is the sender of what the test tells without naming one, unless the class is <see cref="INoImplicitSender"/>. A test that awaits may go on another thread; it names its senders.
/// </para>
/// </summary>
public class TestKit : TestKitBase, IDisposable
{
    /// <summary>The seed of a kit that is given none.</summary>
    public const int DefaultSeed = 1;

    private readonly IDisposable? _sender;
    private readonly Simulation? _simulation;

    /// <summary>Makes a system under a simulation.</summary>
    /// <param name="seed">Decides the order of turns and every random choice.</param>
    /// <param name="settings">How long to wait.</param>
    /// <param name="configure">Changes what the system is built with. Another logger factory goes inside of a <see cref="TestEventListener"/>, or there are no event filters.</param>
    /// <param name="actorSystemName">The system's name.</param>
    public TestKit(int seed = DefaultSeed, TestKitSettings? settings = null, Func<ActorSystemSettings, ActorSystemSettings>? configure = null, string actorSystemName = "test")
        : this(Simulated(seed, configure, actorSystemName), settings)
    {
    }

    /// <summary>Tests in a system that exists, under its simulation or on its threads.</summary>
    /// <param name="system">The system; the kit terminates it in the end.</param>
    /// <param name="settings">How long to wait.</param>
    /// <param name="testActorName">The name of the test actor.</param>
    public TestKit(ActorSystem system, TestKitSettings? settings = null, string? testActorName = null)
        : base(system, settings, testActorName, "testActor")
    {
        var extended = (ExtendedActorSystem)system;
        _simulation = extended.Settings.Simulation;
        _sender = this is INoImplicitSender ? null : extended.ImplicitSender(TestActor);
    }

    /// <summary>What runs the system.</summary>
    /// <exception cref="InvalidOperationException">Real threads do.</exception>
    public Simulation Simulation => _simulation ?? throw new InvalidOperationException($"[{Sys.Name}] runs on real threads, not under a simulation.");

    /// <summary>The seed that repeats this run.</summary>
    public int Seed => Simulation.Seed;

    /// <summary>A hash over every message handled so far; equal for equal runs.</summary>
    public ulong TraceHash => Simulation.TraceHash;

    /// <summary>The clock of the simulation.</summary>
    public TestScheduler TestScheduler => new(Simulation);

    /// <summary>Runs all that happens without time passing.</summary>
    public void RunUntilIdle() => Simulation.RunUntilIdle();

    /// <summary>Lets that much virtual time pass, with all that happens in it.</summary>
    public void AdvanceBy(TimeSpan duration) => Simulation.AdvanceBy(duration);

    /// <summary>A probe in this system, with this kit's settings.</summary>
    public TestProbe CreateTestProbe(string? name = null) => CreateTestProbe(Sys, name);

    /// <summary>A probe in another system, which is of the same simulation if this one is.</summary>
    public TestProbe CreateTestProbe(ActorSystem system, string? name = null) => new(system, TestKitSettings, name);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the test: what a deriving class has to clean up goes before the call of the base.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _sender?.Dispose();
        Shutdown();
    }

    private static ActorSystem Simulated(int seed, Func<ActorSystemSettings, ActorSystemSettings>? configure, string name)
    {
        var settings = new ActorSystemSettings { Simulation = new Simulation(seed), LoggerFactory = new TestEventListener() };
        return ActorSystem.Create(name, configure?.Invoke(settings) ?? settings);
    }
}
