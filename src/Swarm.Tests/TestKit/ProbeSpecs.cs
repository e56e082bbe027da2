using Swarm.TestKit;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.TestKit;

public sealed class ProbeSpecs : KitSpecs
{
    [Fact]
    public void A_probe_sends_and_is_answered()
    {
        var probe = CreateTestProbe("probe");
        var echo = Echo();
        probe.Send(echo, "hello");
        probe.ExpectMsgFrom(echo, "hello");
        probe.Sender.ShouldBe(echo);
        probe.Ref.Path.ToString().ShouldBe("/system/probe");
        HasMessages.ShouldBeFalse();
    }

    [Fact]
    public void A_probe_answers_whoever_told_it_last()
    {
        var (probe, asking) = (CreateTestProbe(), CreateTestProbe());
        probe.Tell("question", asking.Ref);
        probe.ExpectMsg("question");
        probe.Reply("answer");
        asking.ExpectMsgFrom(probe.Ref, "answer");
    }

    [Fact]
    public void A_probe_forwards_with_the_first_sender()
    {
        var (probe, asking, target) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        asking.Send(probe.Ref, "a");
        probe.ExpectMsg("a");
        probe.Forward(target.Ref);
        probe.Forward(target.Ref, "b");
        target.ExpectMsgFrom(asking.Ref, "a");
        target.ExpectMsgFrom(asking.Ref, "b");
    }

    [Fact]
    public void A_probe_that_received_nothing_cannot_answer()
    {
        var probe = CreateTestProbe();
        Should.Throw<InvalidOperationException>(() => probe.Reply("x"));
        Should.Throw<InvalidOperationException>(() => probe.Forward(TestActor));
    }

    [Fact]
    public void Probes_are_named_in_their_order()
    {
        CreateTestProbe().Ref.Path.Name.ShouldBe("testProbe1");
        CreateTestProbe().Ref.Path.Name.ShouldBe("testProbe2");
        new TestProbe(Sys).ToString().ShouldStartWith("TestProbe([/system/testProbe3#");
        Failure(() => CreateTestProbe("net").ExpectMsg<int>(TimeSpan.Zero)).ShouldStartWith("[/system/net] expected");
    }

    [Fact]
    public void A_pilot_answers_before_the_message_is_queued()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell($"re: {message}", ActorRefs.NoSender);
            return message is "last" ? AutoPilot.NoAutoPilot : AutoPilot.KeepRunning;
        }));
        foreach (var message in new[] { "a", "last", "alone" }) probe.Ref.Tell(message);
        ReceiveN(2).ShouldBe(["re: a", "re: last"]);
        ExpectNoMsg();
        probe.ReceiveN(3).ShouldBe(["a", "last", "alone"]);
    }

    [Fact]
    public void A_pilot_hands_over_to_the_next()
    {
        var seen = new List<int>();
        SetAutoPilot(new Counting(1, seen));
        TellSelf("x", "y");
        ReceiveN(2);
        seen.ShouldBe([1, 2]);
    }

    [Fact]
    public void A_pilot_that_throws_fails_the_next_expectation()
    {
        SetAutoPilot(new DelegateAutoPilot((_, _) => throw new Boom("engine")));
        TellSelf("x");
        var failed = Should.Throw<TestKitAssertionException>(() => ExpectMsg("x"));
        failed.Message.ShouldContain("its auto pilot or filter threw Boom: engine");
        failed.InnerException.ShouldBeOfType<Boom>();
    }

    [Fact]
    public void Keep_running_is_no_pilot() => Should.Throw<InvalidOperationException>(() => AutoPilot.KeepRunning.Run(TestActor, "x"));

    [Fact]
    public void A_child_of_a_probe_tells_its_parent()
    {
        var parent = CreateTestProbe();
        var child = parent.ChildActorOf(Scripted.With(new Script { OnPreStart = me => me.Ctx.Parent.Tell("ready") }), "child");
        child.Path.Parent.ShouldBe(parent.Ref.Path);
        parent.ExpectMsgFrom(child, "ready");
        Should.Throw<InvalidActorNameException>(() => parent.ChildActorOf<Idle>("child"));
    }

    [Fact]
    public void A_child_that_fails_is_stopped()
    {
        var child = ChildActorOf(Scripted.With(new Script { OnMessage = (_, _) => throw new Boom() }));
        Watch(child);
        EventFilter.Exception<Boom>().ExpectOne(() => child.Tell("x"));
        ExpectTerminated(child);
    }

    [Fact]
    public void A_probe_can_be_watched_and_says_when_it_has_stopped()
    {
        var probe = CreateTestProbe();
        Watch(probe.Ref);
        Stop(probe.Ref);
        ExpectTerminated(probe.Ref);
        Failure(() => probe.ExpectMsg<int>()).ShouldContain("The test actor has stopped.");
        Failure(() => probe.ChildActorOf<Idle>()).ShouldContain("expected to have a new child, got none");
    }

    [Fact]
    public void A_probe_is_told_by_the_scheduler()
    {
        var probe = CreateTestProbe();
        Sys.Scheduler.ScheduleTellOnce(Second, probe, "tick", TestActor);
        probe.ExpectMsgFrom(TestActor, "tick");
        Now.ShouldBe(Second);
    }

    [Fact]
    public void A_probe_of_another_system_of_the_simulation_is_waited_for_as_well()
    {
        using var other = ActorSystem.Create("other", new ActorSystemSettings { Simulation = Simulation });
        var probe = CreateTestProbe(other);
        var echo = other.ActorOf(Scripted.With(new Script { OnMessage = (me, message) => me.From.Tell(message) }));
        probe.Send(echo, 1);
        echo.Tell(2);
        probe.ExpectMsg(1);
        ExpectMsg(2);
    }

    private sealed class Idle : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Counting(int number, List<int> seen) : AutoPilot
    {
        public override AutoPilot Run(IActorRef sender, object message)
        {
            seen.Add(number);
            return new Counting(number + 1, seen);
        }
    }
}
