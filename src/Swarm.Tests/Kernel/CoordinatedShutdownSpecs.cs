using Microsoft.Extensions.Logging;

namespace Swarm.Tests.Kernel;

public sealed class CoordinatedShutdownSpecs
{
    private readonly List<string> _log = [];

    [Fact]
    public void Phases_follow_each_other_and_end_with_the_actors()
    {
        var sim = new SimHarness();
        sim.Actor(new Script { OnPostStop = _ => _log.Add("actor stopped") });
        sim.Run();
        var shutdown = CoordinatedShutdown.Get(sim.System);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "last", Task("last"));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "unbind", Task("unbind"));
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "first", Task("first"));
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterLeave, "leave", Task("leave"));
        shutdown.ShutdownReason.ShouldBeNull();

        var ended = shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance);
        sim.Run();

        ended.IsCompletedSuccessfully.ShouldBeTrue();
        _log.ShouldBe(["first", "unbind", "leave", "last", "actor stopped"]);
        sim.System.WhenTerminated.IsCompletedSuccessfully.ShouldBeTrue();
        shutdown.ShutdownReason.ShouldBe(CoordinatedShutdown.ClrExitReason.Instance);
    }

    [Fact]
    public void Terminate_runs_the_phases_and_only_once()
    {
        var sim = new SimHarness();
        CoordinatedShutdown.Get(sim.System).AddTask(CoordinatedShutdown.PhaseServiceStop, "stop", Task("stop"));
        _ = sim.System.Terminate();
        var again = CoordinatedShutdown.Get(sim.System).Run(CoordinatedShutdown.UnknownReason.Instance);
        sim.Run();

        _log.ShouldBe(["stop"]);
        again.IsCompletedSuccessfully.ShouldBeTrue();
        sim.System.WhenTerminated.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void The_tasks_of_a_phase_run_side_by_side()
    {
        var sim = new SimHarness();
        var shutdown = CoordinatedShutdown.Get(sim.System);
        var gate = new TaskCompletionSource<Done>();
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "waits", () =>
        {
            _log.Add("waits");
            return gate.Task;
        });
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "opens", () =>
        {
            _log.Add("opens");
            gate.SetResult(Done.Instance);
            return gate.Task;
        });
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "next", Task("next"));
        _ = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        sim.Run();

        _log.ShouldBe(["waits", "opens", "next"]);
    }

    [Fact]
    public void A_phase_that_takes_too_long_is_left_behind()
    {
        var logger = new ListLoggerFactory();
        var sim = new SimHarness(1, s => s with
        {
            LoggerFactory = logger,
            CoordinatedShutdown = new CoordinatedShutdownSettings
            {
                PhaseTimeouts = new Dictionary<string, TimeSpan> { [CoordinatedShutdown.PhaseServiceStop] = TimeSpan.FromSeconds(3) },
            },
        });
        var shutdown = CoordinatedShutdown.Get(sim.System);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "hangs", () => new TaskCompletionSource<Done>().Task);
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "next", () =>
        {
            _log.Add("next at " + sim.Sim.Elapsed.TotalSeconds);
            return System.Threading.Tasks.Task.FromResult(Done.Instance);
        });
        shutdown.Timeout(CoordinatedShutdown.PhaseServiceStop).ShouldBe(TimeSpan.FromSeconds(3));
        var ended = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        sim.Sim.AdvanceBy(TimeSpan.FromSeconds(3));

        _log.ShouldBe(["next at 3"]);
        ended.IsCompletedSuccessfully.ShouldBeTrue();
        logger.Lines.ShouldContain(l => l.Level == LogLevel.Warning && l.Exception is TimeoutException);
    }

    [Fact]
    public void A_task_that_fails_does_not_stop_the_shutdown()
    {
        var sim = new SimHarness();
        var shutdown = CoordinatedShutdown.Get(sim.System);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "throws", () => throw new Boom());
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "next", Task("next"));
        var ended = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        sim.Run();

        _log.ShouldBe(["next"]);
        ended.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void A_phase_without_recovery_ends_the_shutdown()
    {
        var sim = new SimHarness(1, s => s with
        {
            CoordinatedShutdown = new CoordinatedShutdownSettings
            {
                PhasesWithoutRecovery = new HashSet<string> { CoordinatedShutdown.PhaseServiceStop },
            },
        });
        var shutdown = CoordinatedShutdown.Get(sim.System);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "throws", () => throw new Boom());
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "next", Task("next"));
        var ended = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        sim.Run();

        _log.ShouldBeEmpty();
        ended.Exception!.InnerException.ShouldBeOfType<Boom>();
        sim.System.WhenTerminated.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void A_shutdown_can_begin_at_a_later_phase()
    {
        var sim = new SimHarness();
        var shutdown = CoordinatedShutdown.Get(sim.System);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "skipped", Task("skipped"));
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "run", Task("run"));
        _ = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance, CoordinatedShutdown.PhaseClusterLeave);
        sim.Run();

        _log.ShouldBe(["run"]);
    }

    [Fact]
    public void An_unknown_phase_is_refused()
    {
        var shutdown = CoordinatedShutdown.Get(new SimHarness().System);

        Should.Throw<ArgumentException>(() => shutdown.AddTask("no-such-phase", "x", Task("x")));
    }

    [Fact]
    public void User_actors_stop_before_system_actors()
    {
        var sim = new SimHarness();
        ((ExtendedActorSystem)sim.System).SystemActorOf(Scripted.With(new Script { OnPostStop = _ => _log.Add("system") }), "tool");
        sim.Actor(new Script { OnPostStop = _ => _log.Add("user") });
        sim.Run();
        _ = sim.System.Terminate();
        sim.Run();

        _log.ShouldBe(["user", "system"]);
        Should.Throw<InvalidOperationException>(() => sim.Actor(new Script()));
    }

    private Func<Task<Done>> Task(string name) => () =>
    {
        _log.Add(name);
        return System.Threading.Tasks.Task.FromResult(Done.Instance);
    };
}
