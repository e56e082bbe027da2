namespace Swarm.Tests.Kernel;

public sealed class SimulationSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void The_same_seed_gives_the_same_run_and_other_seeds_give_others()
    {
        var hashes = new List<ulong>();
        for (var seed = 0; seed < 20; seed++)
        {
            var (first, trace) = Gossip(seed);
            var (second, again) = Gossip(seed);
            second.ShouldBe(first);
            again.ShouldBe(trace);
            hashes.Add(first);
        }

        hashes.Distinct().Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Seeds_reach_every_order_of_two_independent_actors()
    {
        var orders = new HashSet<string>();
        for (var seed = 0; seed < 50; seed++)
        {
            var sim = new SimHarness(seed);
            var order = "";
            var a = sim.Actor((_, _) => order += "a");
            var b = sim.Actor((_, _) => order += "b");
            sim.Run();
            a.Tell(1, ActorRefs.NoSender);
            a.Tell(2, ActorRefs.NoSender);
            b.Tell(1, ActorRefs.NoSender);
            sim.Run();
            orders.Add(order);
        }

        orders.Order().ShouldBe(["aab", "aba", "baa"]);
    }

    [Fact]
    public void Time_stands_still_while_anything_can_run()
    {
        var sim = new SimHarness();
        var times = new List<TimeSpan>();
        var actor = sim.Actor((me, message) =>
        {
            times.Add(sim.Sim.Elapsed);
            if ((int)message > 0)
            {
                me.Me.Tell((int)message - 1);
            }
        });
        sim.Sim.Schedule(Second, () => actor.Tell(5, ActorRefs.NoSender));
        sim.Sim.Schedule(Second * 2, () => actor.Tell(0, ActorRefs.NoSender));
        sim.Sim.AdvanceBy(Second * 10);

        times.ShouldBe([Second, Second, Second, Second, Second, Second, Second * 2]);
        sim.Sim.Elapsed.ShouldBe(Second * 10);
        sim.Sim.Time.GetUtcNow().ShouldBe(SimulationSettings.Default.Start + (Second * 10));
        sim.Sim.Time.GetElapsedTime(0).ShouldBe(Second * 10);
    }

    [Fact]
    public void Run_until_idle_does_not_let_time_pass()
    {
        var sim = new Simulation(1);
        var fired = 0;
        sim.Schedule(TimeSpan.Zero, () => fired++);
        sim.Schedule(Second, () => fired += 10);
        sim.RunUntilIdle();

        fired.ShouldBe(1);
        sim.Elapsed.ShouldBe(TimeSpan.Zero);
        sim.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void Run_until_stops_at_the_condition_or_the_limit()
    {
        var sim = new Simulation(1);
        var fired = 0;
        sim.Time.CreateTimer(_ => fired++, null, Second, Second);
        sim.RunUntil(() => fired == 3, Second * 100).ShouldBeTrue();
        sim.Elapsed.ShouldBe(Second * 3);
        sim.RunUntil(() => fired == 1000, Second * 5).ShouldBeFalse();
        sim.Elapsed.ShouldBe(Second * 8);
    }

    [Fact]
    public void Events_of_one_moment_come_in_the_order_of_their_posting()
    {
        var sim = new Simulation(1);
        var order = new List<int>();
        for (var i = 0; i < 10; i++)
        {
            var number = i;
            sim.Schedule(Second * (i % 2), () => order.Add(number));
        }

        sim.AdvanceBy(Second);

        order.ShouldBe([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]);
    }

    [Fact]
    public void An_event_that_is_called_off_does_not_happen()
    {
        var sim = new Simulation(1);
        var fired = false;
        var scheduled = sim.Schedule(Second, () => fired = true);
        sim.PendingTimers.ShouldBe(1);
        scheduled.Dispose();
        sim.AdvanceBy(Second * 2);

        fired.ShouldBeFalse();
        sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Re_armed_timers_leave_nothing_behind()
    {
        var sim = new Simulation(1);
        var fired = 0;
        var timer = sim.Time.CreateTimer(_ => fired++, null, Second, Timeout.InfiniteTimeSpan);
        for (var i = 0; i < 10_000; i++)
        {
            timer.Change(Second * 2, Timeout.InfiniteTimeSpan);
        }

        sim.PendingTimers.ShouldBe(1);
        sim.AdvanceBy(Second * 5);
        fired.ShouldBe(1);
        timer.Dispose();
        timer.Change(Second, Second).ShouldBeFalse();
    }

    [Fact]
    public void Actors_that_keep_each_other_busy_for_ever_are_noticed()
    {
        var sim = new Simulation(1, new SimulationSettings { MaxStepsPerInstant = 1000 });
        var system = ActorSystem.Create("busy", new ActorSystemSettings { Simulation = sim });
        var actor = system.ActorOf(Scripted.With(new Script { OnMessage = (me, message) => me.Me.Tell(message) }));
        actor.Tell("again", ActorRefs.NoSender);

        Should.Throw<InvalidOperationException>(sim.RunUntilIdle).Message.ShouldContain("seed 1");
    }

    [Fact]
    public void Work_between_moments_of_rest_is_no_livelock()
    {
        var sim = new Simulation(1, new SimulationSettings { MaxStepsPerInstant = 100 });
        var system = ActorSystem.Create("calm", new ActorSystemSettings { Simulation = sim });
        var handled = 0;
        var actor = system.ActorOf(Scripted.With(new Script { OnMessage = (_, _) => handled++ }));
        for (var i = 0; i < 200; i++)
        {
            actor.Tell(i, ActorRefs.NoSender);
            sim.AdvanceBy(Second);
        }

        handled.ShouldBe(200);
    }

    [Fact]
    public void A_simulation_is_not_run_from_inside_of_itself()
    {
        var sim = new Simulation(1);
        Exception? refused = null;
        sim.Schedule(TimeSpan.Zero, () => refused = Record.Exception(sim.RunUntilIdle));
        sim.RunUntilIdle();

        refused.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public void Another_thread_may_not_tell_while_it_runs()
    {
        var sim = new SimHarness();
        var actor = sim.Actor(new Script());
        sim.Run();
        Exception? refused = null;
        sim.Sim.Schedule(TimeSpan.Zero, () =>
        {
            var stranger = new Thread(() => refused = Record.Exception(() => actor.Tell("x", ActorRefs.NoSender)));
            stranger.Start();
            stranger.Join();
        });
        sim.Run();

        refused.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public void Several_systems_share_one_simulation()
    {
        var sim = new Simulation(3);
        var a = ActorSystem.Create("a", new ActorSystemSettings { Simulation = sim });
        var b = ActorSystem.Create("b", new ActorSystemSettings { Simulation = sim });
        var received = new List<object>();
        var probe = b.ActorOf(Props.Create(() => new Recorder(received)));
        var forwarder = a.ActorOf(Scripted.With(new Script { OnMessage = (_, message) => probe.Tell(message) }));
        forwarder.Tell("across", ActorRefs.NoSender);
        sim.RunUntilIdle();
        a.Dispose();

        received.ShouldBe(["across"]);
        a.WhenTerminated.IsCompleted.ShouldBeTrue();
        b.WhenTerminated.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void Pinned_actors_run_in_the_simulation_too()
    {
        var sim = new SimHarness();
        var thread = 0;
        var props = Scripted.With(new Script { OnMessage = (_, _) => thread = Environment.CurrentManagedThreadId })
            .WithDispatcher(Dispatchers.PinnedDispatcherId);
        sim.TellAndRun(sim.System.ActorOf(props), "x");

        thread.ShouldBe(Environment.CurrentManagedThreadId);
    }

    // Twelve actors pass messages to each other, with timers and restarts, in an order that only the seed decides.
    private static (ulong Hash, List<string> Trace) Gossip(int seed)
    {
        var harness = new SimHarness(seed);
        var trace = new List<string>();
        harness.Sim.Trace = turn => trace.Add($"{turn.At} {turn.Recipient} {turn.Message}");
        var actors = new List<IActorRef>();
        for (var i = 0; i < 12; i++)
        {
            var next = i;
            actors.Add(harness.Actor((me, message) =>
            {
                var left = (int)message;
                if (left % 17 == 3)
                {
                    me.Timers.StartSingleTimer(left, left - 1, TimeSpan.FromMilliseconds(left));
                    throw new Boom();
                }

                if (left > 0)
                {
                    actors[(next + left) % actors.Count].Tell(left - 1);
                    actors[(next + 5) % actors.Count].Tell(left / 2);
                }
            }));
        }

        actors[0].Tell(12, ActorRefs.NoSender);
        actors[6].Tell(21, ActorRefs.NoSender);
        harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        harness.Sim.Turns.ShouldBe(trace.Count);
        return (harness.Sim.TraceHash, trace);
    }
}
