using Swarm.TestKit;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.TestKit;

public sealed class TestKitSpecs : KitSpecs
{
    [Fact]
    public void The_test_actor_is_the_sender_of_what_the_test_tells()
    {
        Echo().Tell("hello");
        ExpectMsg("hello");
    }

    [Fact]
    public void The_test_is_not_the_sender_of_what_the_world_tells()
    {
        var senders = new List<IActorRef>();
        var actor = Actor((me, _) => senders.Add(me.From));
        Simulation.Schedule(Second, () => actor.Tell("event"));
        AdvanceBy(Second);
        senders.ShouldBe([Sys.DeadLetters]);
    }

    [Fact]
    public void A_disposed_kit_is_nobodys_sender_and_its_system_has_ended()
    {
        var kit = new Swarm.TestKit.TestKit();
        var system = kit.Sys;
        kit.Dispose();
        system.WhenTerminated.IsCompleted.ShouldBeTrue();
        Echo().Tell("hello");
        ExpectMsg("hello");
    }

    [Fact]
    public void Nothing_happens_until_the_test_waits()
    {
        var done = 0;
        var actor = Actor((_, _) => done++);
        actor.Tell(1);
        done.ShouldBe(0);
        RunUntilIdle();
        (done, Now).ShouldBe((1, TimeSpan.Zero));
    }

    [Fact]
    public void The_scheduler_moves_virtual_time()
    {
        Later(Second * 2, "due");
        TestScheduler.Advance(Second);
        HasMessages.ShouldBeFalse();
        TestScheduler.AdvanceTo(SimulationSettings.Default.Start + (Second * 2));
        HasMessages.ShouldBeTrue();
        TestScheduler.Now.ShouldBe(Sys.Scheduler.Now);
        Should.Throw<InvalidOperationException>(() => TestScheduler.AdvanceTo(SimulationSettings.Default.Start));
    }

    [Fact]
    public void A_latch_opens_with_the_last_count()
    {
        var latch = CreateTestLatch(2);
        var actor = Actor((_, _) => latch.CountDown());
        actor.Tell(1);
        Should.Throw<TimeoutException>(() => latch.Ready(Second)).Message.ShouldContain("counted down 1 of 2 times within 00:00:01. At 00:00:01");
        actor.Tell(2);
        latch.Ready();
        latch.IsOpen.ShouldBeTrue();
        latch.Reset();
        latch.IsOpen.ShouldBeFalse();
        latch.Open();
        latch.Ready(TimeSpan.Zero);
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace_and_others_give_others()
    {
        var hashes = Enumerable.Range(0, 20).Select(Run).ToList();
        hashes.ShouldBe(Enumerable.Range(0, 20).Select(Run));
        hashes.Distinct().Count().ShouldBeGreaterThan(10);

        static ulong Run(int seed)
        {
            using var kit = new Swarm.TestKit.TestKit(seed);
            var probes = Enumerable.Range(0, 4).Select(_ => kit.CreateTestProbe()).ToList();
            foreach (var probe in probes)
            {
                probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
                {
                    if (message is < 5) sender.Tell((int)message + 1, probe.Ref);
                    return AutoPilot.KeepRunning;
                }));
                for (var i = 0; i < 3; i++) probe.Send(probes[i].Ref, i);
            }

            kit.RunUntilIdle();
            kit.Seed.ShouldBe(seed);
            return kit.TraceHash;
        }
    }

    [Fact]
    public void A_failure_names_the_seed()
    {
        using var kit = new Swarm.TestKit.TestKit(seed: 4711);
        Failure(() => kit.ExpectMsg<int>()).ShouldContain("seed 4711 repeats it");
    }

    [Fact]
    public void A_system_under_a_simulation_can_be_brought_along()
    {
        using var system = ActorSystem.Create("mine", new ActorSystemSettings { Simulation = new Simulation(9) });
        using var kit = new Swarm.TestKit.TestKit(system, testActorName: "me");
        kit.TestActor.Path.ToString().ShouldBe("/system/me");
        kit.Seed.ShouldBe(9);
        kit.ExpectNoMsg(Second);
        kit.Simulation.Elapsed.ShouldBe(Second);
    }

    [Fact]
    public void A_shutdown_in_vain_names_who_lives()
    {
        CoordinatedShutdown.Get(Sys).AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "slow", () => new TaskCompletionSource<Done>().Task);
        ActorOf(Scripted.With(new Script()), "stubborn");
        Should.Throw<TimeoutException>(() => Shutdown(TimeSpan.FromMilliseconds(1), verifySystemShutdown: true)).Message
            .ShouldMatch(@"Failed to stop \[test\] within 00:00:00.001(.|\n)*/user/stubborn \(Scripted\)");
        EventFilter.Warning(contains: "/user/stubborn").ExpectOne(() => Shutdown(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void No_machine_is_slow_under_a_simulation()
    {
        using var kit = new Swarm.TestKit.TestKit(settings: new TestKitSettings { TestTimeFactor = 10 });
        kit.Dilated(Second).ShouldBe(Second);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_600_000)]
    public void Settings_at_their_bounds_are_accepted(int milliseconds)
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);
        new TestKitSettings { SingleExpectDefault = time, ExpectNoMessageDefault = time, FilterLeeway = time, DefaultTimeout = time, PollInterval = time }.DefaultTimeout.ShouldBe(time);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_600_001)]
    public void Settings_beyond_their_bounds_are_refused(int milliseconds)
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { SingleExpectDefault = time });
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { ExpectNoMessageDefault = time });
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { FilterLeeway = time });
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { DefaultTimeout = time });
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { PollInterval = time });
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { MaxQueuedMessages = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new TestKitSettings { TestTimeFactor = 0.09 });
    }
}

/// <summary>A kit that is nobody's sender.</summary>
public sealed class NoImplicitSenderSpecs : Swarm.TestKit.TestKit, INoImplicitSender
{
    [Fact]
    public void What_the_test_tells_has_no_sender()
    {
        TestActor.Tell("x");
        ExpectMsgFrom(Sys.DeadLetters, "x");
    }
}
