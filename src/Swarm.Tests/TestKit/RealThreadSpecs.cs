using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Swarm.TestKit;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.TestKit;

/// <summary>The kit on real threads, where it really waits. Bounds from below are exact; those from above only end a hang.</summary>
public sealed class RealThreadSpecs : Swarm.TestKit.TestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public RealThreadSpecs()
        : base(ActorSystem.Create("threads", new ActorSystemSettings { LoggerFactory = new TestEventListener() }), new TestKitSettings { SingleExpectDefault = Hang, DefaultTimeout = Hang })
    {
    }

    [Fact]
    public void A_message_wakes_the_test()
    {
        var echo = ActorOf(Scripted.With(new Script { OnMessage = (me, message) => me.From.Tell(message) }));
        for (var i = 0; i < 1000; i++)
        {
            echo.Tell(i);
            ExpectMsgFrom(echo, i);
        }
    }

    [Fact]
    public void A_message_after_a_time_wakes_the_test()
    {
        Sys.Scheduler.ScheduleTellOnce(Short, TestActor, "late", ActorRefs.NoSender);
        ReceiveOne(TimeSpan.Zero).ShouldBeNull();
        ExpectMsg("late");
    }

    [Fact]
    public void No_message_really_takes_its_time()
    {
        var watch = Stopwatch.StartNew();
        ExpectNoMsg(Short);
        watch.Elapsed.ShouldBeGreaterThanOrEqualTo(Short - TimeSpan.FromMilliseconds(2));
    }

    [Fact]
    public void A_failure_says_that_threads_decide() =>
        Should.Throw<TestKitAssertionException>(() => ExpectMsg<int>(Short)).Message.ShouldBe("""
            [/system/testActor1] expected a message of type Int32 within 00:00:00.0500000, got nothing.
            Nothing is queued.
            On real threads, so the order may differ from run to run.
            """);

    [Fact]
    public void Conditions_and_assertions_are_asked_again()
    {
        var done = 0;
        Sys.Scheduler.Advanced.ScheduleOnce(Short, () => Interlocked.Increment(ref done));
        AwaitCondition(() => Volatile.Read(ref done) == 1);
        Sys.Scheduler.Advanced.ScheduleOnce(Short, () => Interlocked.Increment(ref done));
        AwaitAssert(() => Volatile.Read(ref done).ShouldBe(2), interval: TimeSpan.FromMilliseconds(5));
        AwaitConditionNoThrow(() => false, Short).ShouldBeFalse();
    }

    [Fact]
    public void Filters_latches_probes_and_children_are_woken_by_other_threads()
    {
        var watch = Stopwatch.StartNew();
        var logger = ((ExtendedActorSystem)Sys).Settings.LoggerFactory.CreateLogger("Test");
        var latch = CreateTestLatch(100);
        var probe = CreateTestProbe();
        var child = probe.ChildActorOf(Scripted.With(new Script
        {
            OnMessage = (me, message) =>
            {
                logger.Log(LogLevel.Warning, 0, message, null, (state, _) => $"{state}");
                latch.CountDown();
                me.Ctx.Parent.Tell(message);
            },
        }));
        EventFilter.Warning().Expect(100, () =>
        {
            for (var i = 0; i < 100; i++) child.Tell(i);
        });
        latch.Ready();
        probe.ReceiveN(100).ShouldBe(Enumerable.Range(0, 100).Cast<object>());
        Watch(child);
        child.Tell(PoisonPill.Instance);
        ExpectTerminated(child);
        EventFilter.DeadLetter<string>().ExpectOne(() => child.Tell("lost"));
        watch.Elapsed.ShouldBeLessThan(Hang);
    }

    [Fact]
    public void Many_senders_lose_nothing()
    {
        var senders = Enumerable.Range(0, 8).Select(_ => ActorOf(Scripted.With(new Script
        {
            OnMessage = (_, message) =>
            {
                for (var i = 0; i < 1000; i++) TestActor.Tell(message);
            },
        }))).ToList();
        foreach (var sender in senders) sender.Tell("go");
        ReceiveN(8000).Count.ShouldBe(8000);
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_slow_machine_is_given_more_time()
    {
        using var kit = new Swarm.TestKit.TestKit(ActorSystem.Create("slow"), new TestKitSettings { TestTimeFactor = 3 });
        kit.Dilated(Short).ShouldBe(Short * 3);
        kit.Within(Short, () => kit.Remaining.ShouldBeGreaterThan(Short));
    }

    [Fact]
    public void A_tasks_result_is_waited_for()
    {
        var echo = ActorOf(Scripted.With(new Script { OnMessage = (me, message) => me.From.Tell(message) }));
        AwaitResult(echo.Ask<int>(7)).ShouldBe(7);
        Should.Throw<AskTimeoutException>(() => AwaitResult(Sys.DeadLetters.Ask<int>(7, Short)));
    }

    [Fact]
    public void There_is_no_simulation() => Should.Throw<InvalidOperationException>(() => Seed).Message.ShouldBe("[threads] runs on real threads, not under a simulation.");

    [Fact]
    public void A_shutdown_ends_the_system()
    {
        Shutdown(verifySystemShutdown: true);
        Sys.WhenTerminated.IsCompleted.ShouldBeTrue();
    }
}
