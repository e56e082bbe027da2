namespace Swarm.Tests.Kernel;

public sealed class BackoffSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly SimHarness _sim = new();
    private readonly List<double> _starts = [];

    [Fact]
    public void Pauses_double_up_to_the_longest()
    {
        var supervisor = Supervise(Backoff.OnStop(Child(), "child", Second, Second * 5, 0, -1).WithManualReset());
        for (var i = 0; i < 6; i++)
        {
            StopChildAndWait(supervisor);
        }

        Pauses().ShouldBe([1, 2, 4, 5, 5, 5]);
    }

    [Fact]
    public void On_failure_pauses_too()
    {
        var supervisor = Supervise(Backoff.OnFailure(Child(), "child", Second, Second * 60, 0, -1).WithManualReset());
        for (var i = 0; i < 3; i++)
        {
            _sim.TellAndRun(supervisor, "fail");
            _sim.Sim.AdvanceBy(Second * 60);
        }

        Pauses(60).ShouldBe([1, 2, 4]);
    }

    [Fact]
    public void On_failure_a_child_that_stops_itself_stops_the_supervisor()
    {
        var supervisor = Supervise(Backoff.OnFailure(Child(), "child", Second, Second * 60, 0, -1));
        _sim.TellAndRun(supervisor, "stop");
        _sim.Sim.AdvanceBy(Second * 60);

        _starts.Count.ShouldBe(1);
        IsAlive(supervisor).ShouldBeFalse();
    }

    [Fact]
    public void The_supervisor_stops_when_the_retries_are_used_up()
    {
        var supervisor = Supervise(Backoff.OnStop(Child(), "child", Second, Second, 0, 2).WithManualReset());
        StopChildAndWait(supervisor);
        StopChildAndWait(supervisor);
        IsAlive(supervisor).ShouldBeTrue();
        StopChildAndWait(supervisor);

        _starts.Count.ShouldBe(3);
        IsAlive(supervisor).ShouldBeFalse();
    }

    [Fact]
    public void The_pauses_begin_anew_when_the_child_lived_long_enough()
    {
        var supervisor = Supervise(Backoff.OnStop(Child(), "child", Second, Second * 60, 0, -1).WithAutoReset(Second * 30));
        StopChildAndWait(supervisor, wait: 5);
        StopChildAndWait(supervisor, wait: 5);
        RestartCount(supervisor).ShouldBe(2);
        _sim.Sim.AdvanceBy(Second * 30);

        RestartCount(supervisor).ShouldBe(0);
    }

    [Fact]
    public void A_manual_reset_is_the_childs()
    {
        var supervisor = Supervise(Backoff.OnStop(Child(), "child", Second, Second * 60, 0, -1).WithManualReset());
        StopChildAndWait(supervisor);
        StopChildAndWait(supervisor);
        _sim.TellAndRun(supervisor, "reset");

        RestartCount(supervisor).ShouldBe(0);
    }

    [Fact]
    public void Jitter_comes_from_the_seed_and_stays_within_its_share()
    {
        List<double> Run(int seed)
        {
            var harness = new SimHarness(seed);
            var starts = new List<double>();
            var child = Scripted.With(new Script
            {
                OnPreStart = _ => starts.Add(harness.Sim.Elapsed.TotalSeconds),
                OnMessage = (me, _) => me.Ctx.Stop(me.Me),
            });
            var supervisor = harness.System.ActorOf(
                BackoffSupervisor.Props(Backoff.OnStop(child, "child", Second, Second * 8, 0.5, -1).WithManualReset()));
            for (var i = 0; i < 4; i++)
            {
                harness.TellAndRun(supervisor, "stop");
                harness.Sim.AdvanceBy(Second * 20);
            }

            return [.. starts.Skip(1).Select((s, i) => s - (20 * i))];
        }

        var first = Run(7);
        first.ShouldBe(Run(7));
        first.ShouldNotBe(Run(8));
        first[0].ShouldBeInRange(1, 1.5);
        first[3].ShouldBeInRange(8, 12);
    }

    [Fact]
    public void During_a_pause_messages_get_the_reply_or_become_dead_letters()
    {
        var dead = _sim.Events<DeadLetter>();
        var (probe, received) = _sim.Probe();
        var silent = Supervise(Backoff.OnStop(Child(), "child", Second, Second, 0, -1));
        var answering = Supervise(Backoff.OnStop(Child(), "child", Second, Second, 0, -1).WithReplyWhileStopped("later"));
        _sim.TellAndRun(silent, "stop");
        _sim.TellAndRun(answering, "stop");
        silent.Tell("hello", probe);
        answering.Tell("hello", probe);
        _sim.Run();

        dead.ShouldHaveSingleItem().Message.ShouldBe("hello");
        received.ShouldBe(["later"]);
    }

    [Fact]
    public void What_the_child_tells_its_parent_reaches_the_grandparent()
    {
        var received = new List<object>();
        IActorRef? supervisor = null;
        _sim.Actor(new Script
        {
            OnPreStart = me => supervisor = me.Ctx.ActorOf(BackoffSupervisor.Props(Backoff.OnStop(Child(), "child", Second, Second, 0, -1))),
            OnMessage = (_, message) => received.Add(message),
        });
        _sim.Run();
        _sim.TellAndRun(supervisor!, "up");

        received.ShouldBe(["from the child"]);
    }

    [Fact]
    public void The_final_message_ends_both()
    {
        var supervisor = Supervise(
            Backoff.OnStop(Child(), "child", Second, Second, 0, -1).WithFinalStopMessage(message => message is "stop"));
        StopChildAndWait(supervisor);

        _starts.Count.ShouldBe(1);
        IsAlive(supervisor).ShouldBeFalse();
    }

    [Fact]
    public void The_current_child_is_told()
    {
        var supervisor = Supervise(Backoff.OnStop(Child(), "child", Second, Second, 0, -1));
        Ask<BackoffSupervisor.CurrentChild>(supervisor, BackoffSupervisor.GetCurrentChild.Instance).Ref.Path.Name.ShouldBe("child");
        _sim.TellAndRun(supervisor, "stop");
        Ask<BackoffSupervisor.CurrentChild>(supervisor, BackoffSupervisor.GetCurrentChild.Instance).Ref.IsNobody().ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, 1, 0.5)]
    [InlineData(2, 1, 0.5)]
    [InlineData(1, 2, 1.5)]
    public void Impossible_options_are_refused(double min, double max, double factor) =>
        Should.Throw<ArgumentException>(() =>
            Backoff.OnStop(Child(), "child", TimeSpan.FromSeconds(min), TimeSpan.FromSeconds(max), factor, -1));

    private Props Child() => Scripted.With(new Script
    {
        OnPreStart = _ => _starts.Add(_sim.Sim.Elapsed.TotalSeconds),
        OnMessage = (me, message) =>
        {
            switch (message)
            {
                case "fail":
                    throw new Boom();
                case "stop":
                    me.Ctx.Stop(me.Me);
                    break;
                case "reset":
                    me.Ctx.Parent.Tell(BackoffSupervisor.Reset.Instance);
                    break;
                case "up":
                    me.Ctx.Parent.Tell("from the child");
                    break;
            }
        },
    });

    private IActorRef Supervise(BackoffOptions options)
    {
        var supervisor = _sim.System.ActorOf(BackoffSupervisor.Props(options));
        _sim.Run();
        return supervisor;
    }

    private void StopChildAndWait(IActorRef supervisor, int wait = 10)
    {
        _sim.TellAndRun(supervisor, "stop");
        _sim.Sim.AdvanceBy(Second * wait);
    }

    private List<double> Pauses(int cycle = 10) => [.. _starts.Skip(1).Select((start, i) => start - (cycle * i))];

    private int RestartCount(IActorRef supervisor) =>
        Ask<BackoffSupervisor.RestartCount>(supervisor, BackoffSupervisor.GetRestartCount.Instance).Count;

    private T Ask<T>(IActorRef actor, object message)
    {
        var answer = actor.Ask<T>(message);
        _sim.Run();
        answer.IsCompletedSuccessfully.ShouldBeTrue();
        return answer.Result;
    }

    private bool IsAlive(IActorRef actor) => ActorTree.Walk(_sim.System).Any(a => a.Path == actor.Path);
}
