namespace Swarm.Tests.Kernel;

/// <summary>Crashes, clocks of one's own, and tampering.</summary>
public sealed class SimulationFaultSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimHarness _sim = new();

    [Fact]
    public void Nothing_is_called_on_the_actors_of_a_crashed_system()
    {
        var calls = new List<string>();
        var actor = _sim.Actor(new Script { OnMessage = (_, message) => calls.Add((string)message), OnPostStop = _ => calls.Add("stopped") });
        _sim.TellAndRun(actor, "before");
        actor.Tell("on its way", ActorRefs.NoSender);
        _sim.Sim.Crash(_sim.System);
        actor.Tell("after", ActorRefs.NoSender);
        _sim.System.Stop(actor);
        _sim.Sim.AdvanceBy(Second * 60);

        calls.ShouldBe(["before"]);
        _sim.Sim.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void A_frozen_system_does_nothing_until_it_is_thawed_and_then_all_that_has_waited()
    {
        var calls = new List<string>();
        var actor = _sim.Actor(new Script
        {
            OnMessage = (me, message) =>
            {
                if (message is "start") me.Timers.StartSingleTimer("tick", "tick", Second);
                else calls.Add((string)message);
            },
        });
        _sim.TellAndRun(actor, "start");
        actor.Tell("on its way", ActorRefs.NoSender);
        _sim.Sim.Freeze(_sim.System);
        actor.Tell("meanwhile", ActorRefs.NoSender);
        _sim.Sim.AdvanceBy(Second * 60);
        calls.ShouldBeEmpty();
        _sim.Sim.Thaw(_sim.System);
        _sim.Sim.AdvanceBy(TimeSpan.Zero);
        calls.ShouldBe(["on its way", "meanwhile", "tick"]);
    }

    [Fact]
    public void A_frozen_system_that_crashes_is_gone()
    {
        var handled = 0;
        var actor = _sim.Actor((_, _) => handled++);
        _sim.Sim.Freeze(_sim.System);
        actor.Tell("never handled", ActorRefs.NoSender);
        _sim.Sim.Crash(_sim.System);
        _sim.Sim.AdvanceBy(Second);
        handled.ShouldBe(0);
        _sim.Sim.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void Timers_of_a_crashed_system_never_fire_and_are_gone()
    {
        var fired = 0;
        var actor = _sim.Actor((me, message) =>
        {
            if (message is "start") me.Timers.StartPeriodicTimer("tick", "tick", Second);
            else fired++;
        });
        _sim.TellAndRun(actor, "start");
        _sim.System.Scheduler.Advanced.ScheduleRepeatedly(Second, Second, () => fired++);
        _ = actor.Ask<string>("unanswered", Second);
        _sim.Sim.TimersOf(_sim.System).ShouldBe(3);
        _sim.Sim.Crash(_sim.System);

        _sim.Sim.TimersOf(_sim.System).ShouldBe(0);
        _sim.Sim.PendingTimers.ShouldBe(0);
        _sim.Sim.AdvanceBy(Second * 10);
        fired.ShouldBe(0);
    }

    [Fact]
    public void An_actor_can_crash_its_own_system_in_the_middle_of_a_turn()
    {
        var handled = 0;
        var actor = _sim.Actor((_, _) =>
        {
            handled++;
            _sim.Sim.Crash(_sim.System);
        });
        _sim.TellAndRun(actor, 1, 2, 3);

        handled.ShouldBe(1);
        _sim.Sim.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void Nobody_is_told_that_a_watched_actor_crashed()
    {
        var other = ActorSystem.Create("other", new ActorSystemSettings { Simulation = _sim.Sim });
        var (probe, received) = _sim.Probe();
        var watched = other.ActorOf(Scripted.With(new Script()));
        var watcher = _sim.Actor((me, message) =>
        {
            if (message is IActorRef actor) me.Ctx.Watch(actor);
            else probe.Tell(message);
        });
        _sim.TellAndRun(watcher, watched);
        _sim.Sim.Crash(other);
        _sim.TellAndRun(watcher, watched);
        _sim.Sim.AdvanceBy(Second);

        received.ShouldBeEmpty();
    }

    [Fact]
    public void A_crashed_system_makes_no_actors()
    {
        _sim.Sim.Crash(_sim.System);

        Should.Throw<InvalidOperationException>(() => _sim.System.ActorOf(Scripted.With(new Script())));
    }

    [Fact]
    public void A_crash_is_only_for_the_systems_of_the_simulation()
    {
        Should.Throw<ArgumentException>(() => new Simulation(1).Crash(_sim.System));
        _sim.Sim.Crash(_sim.System);
        _sim.System.Dispose();
        _sim.System.WhenTerminated.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void A_crash_leaves_the_other_systems_of_the_simulation_alone()
    {
        var other = ActorSystem.Create("other", new ActorSystemSettings { Simulation = _sim.Sim });
        var received = new List<object>();
        var probe = other.ActorOf(Props.Create(() => new Recorder(received)));
        probe.Tell("x", ActorRefs.NoSender);
        _sim.Sim.Crash(_sim.System);
        _sim.Run();

        received.ShouldBe(["x"]);
    }

    [Fact]
    public void No_timer_is_left_of_a_system_that_was_terminated()
    {
        var actor = _sim.Actor((me, _) => me.Timers.StartPeriodicTimer("tick", "tick", Second));
        _sim.TellAndRun(actor, "start");
        _sim.System.Dispose();

        _sim.Sim.TimersOf(_sim.System).ShouldBe(0);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void A_clock_of_ones_own_wins_over_the_simulations()
    {
        var sim = new Simulation(1);
        var slow = new HalfSpeed(sim.Time);
        var system = ActorSystem.Create("slow", new ActorSystemSettings { Simulation = sim, TimeProvider = slow });
        var fired = 0;
        var actor = system.ActorOf(Scripted.With(new Script
        {
            OnMessage = (me, message) =>
            {
                if (message is "start") me.Timers.StartSingleTimer("once", "once", Second);
                else fired++;
            },
        }));
        actor.Tell("start", ActorRefs.NoSender);
        sim.AdvanceBy(Second * 1.5);
        fired.ShouldBe(0);
        sim.AdvanceBy(Second);

        fired.ShouldBe(1);
    }

    [Fact]
    public void Tampering_replaces_and_drops_messages_and_sees_no_timers()
    {
        var seen = new List<object>();
        _sim.Sim.Tamper = turn =>
        {
            turn.System.ShouldBe(_sim.System);
            seen.Add(turn.Message);
            return turn.Message switch { "bad" => null, "old" => "new", var other => other };
        };
        var handled = new List<object>();
        var actor = _sim.Actor((me, message) =>
        {
            handled.Add(message);
            if (message is "start") me.Timers.StartSingleTimer("once", "tick", Second);
        });
        _sim.TellAndRun(actor, "start", "bad", "old", "good");
        _sim.Sim.AdvanceBy(Second);

        handled.ShouldBe(["start", "new", "good", "tick"]);
        seen.OfType<string>().ShouldBe(["start", "bad", "old", "good"]);
    }

    [Fact]
    public void What_happens_outside_of_actors_can_be_part_of_the_trace()
    {
        var before = _sim.Sim.TraceHash;
        _sim.Sim.Note(7);

        _sim.Sim.TraceHash.ShouldNotBe(before);
    }

    // Of two seconds of the simulation it counts one.
    private sealed class HalfSpeed(TimeProvider real) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => real.GetUtcNow();

        public override long GetTimestamp() => real.GetTimestamp() / 2;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => real.CreateTimer(callback, state, dueTime * 2, period * 2);
    }
}
