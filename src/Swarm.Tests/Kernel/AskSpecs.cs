namespace Swarm.Tests.Kernel;

public sealed class AskSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly SimHarness _sim = new();

    [Fact]
    public async Task The_answer_is_the_tasks_result()
    {
        var answer = Echo().Ask<string>("hello", Second);
        _sim.Run();

        answer.IsCompletedSuccessfully.ShouldBeTrue();
        (await answer).ShouldBe("hello");
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void No_answer_in_time_is_a_timeout_and_the_late_one_a_dead_letter()
    {
        var dead = _sim.Events<DeadLetter>();
        IActorRef? asker = null;
        var silent = _sim.Actor((me, _) => asker = me.From);
        var answer = silent.Ask<string>("hello", Second);
        _sim.Sim.AdvanceBy(Second - TimeSpan.FromTicks(1));
        answer.IsCompleted.ShouldBeFalse();
        _sim.Sim.AdvanceBy(TimeSpan.FromTicks(1));

        answer.Exception!.InnerException.ShouldBeOfType<AskTimeoutException>();
        asker!.Tell("late");
        _sim.Run();
        dead.ShouldHaveSingleItem().Message.ShouldBe("late");
    }

    [Fact]
    public void A_cancelled_ask_is_a_cancelled_task()
    {
        using var source = new CancellationTokenSource();
        var answer = _sim.Actor(new Script()).Ask<string>("hello", Second, source.Token);
        _sim.Run();
        source.Cancel();

        answer.IsCanceled.ShouldBeTrue();
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void A_token_that_is_cancelled_already_cancels_at_once()
    {
        var answer = _sim.Actor(new Script()).Ask<string>("hello", Second, new CancellationToken(canceled: true));

        answer.IsCanceled.ShouldBeTrue();
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void A_status_failure_is_the_tasks_exception()
    {
        var answer = _sim.Actor((me, _) => me.From.Tell(new Status.Failure(new Boom()))).Ask<string>("hello", Second);
        _sim.Run();

        answer.Exception!.InnerException.ShouldBeOfType<Boom>();
    }

    [Fact]
    public async Task A_status_failure_can_be_the_answer()
    {
        var answer = _sim.Actor((me, _) => me.From.Tell(new Status.Failure(new Boom()))).Ask<Status>("hello", Second);
        _sim.Run();

        (await answer).ShouldBeOfType<Status.Failure>().Cause.ShouldBeOfType<Boom>();
    }

    [Fact]
    public void An_answer_of_another_type_is_an_argument_exception()
    {
        var answer = Echo().Ask<int>("hello", Second);
        _sim.Run();

        answer.Exception!.InnerException.ShouldBeOfType<ArgumentException>();
    }

    [Fact]
    public async Task A_message_can_carry_the_handle_to_answer_to()
    {
        var actor = _sim.Actor((_, message) => ((IActorRef)message).Tell("yes"));
        var answer = actor.Ask<string>(replyTo => replyTo, Second, CancellationToken.None);
        _sim.Run();

        (await answer).ShouldBe("yes");
    }

    [Fact]
    public async Task Graceful_stop_ends_with_the_actors_death()
    {
        var stopped = false;
        var actor = _sim.Actor(new Script { OnPostStop = _ => stopped = true });
        var ended = actor.GracefulStop(Second);
        ended.IsCompleted.ShouldBeFalse();
        _sim.Run();

        (await ended).ShouldBeTrue();
        stopped.ShouldBeTrue();
    }

    [Fact]
    public void Graceful_stop_of_an_actor_that_stays_times_out()
    {
        var ended = _sim.Actor(new Script()).GracefulStop(Second, "a message it ignores");
        _sim.Sim.AdvanceBy(Second);

        ended.Exception!.InnerException.ShouldBeOfType<AskTimeoutException>();
    }

    [Fact]
    public void The_asking_handle_can_be_watched()
    {
        var received = new List<object>();
        var actor = _sim.Actor((me, message) =>
        {
            if (message is "ask")
            {
                me.Ctx.Watch(me.From);
                me.From.Tell("answer");
            }
            else
            {
                received.Add(message);
            }
        });
        _ = actor.Ask<string>("ask", Second);
        _sim.Run();

        received.ShouldHaveSingleItem().ShouldBeOfType<Terminated>();
    }

    [Fact]
    public void Piped_results_failures_and_cancellations_become_messages()
    {
        var (probe, received) = _sim.Probe();
        var result = new TaskCompletionSource<int>();
        var failure = new TaskCompletionSource<int>();
        var mapped = new TaskCompletionSource<int>();
        var empty = new TaskCompletionSource();
        _ = result.Task.PipeTo(probe);
        _ = failure.Task.PipeTo(probe);
        _ = mapped.Task.PipeTo(probe, success: i => "mapped " + i, failure: e => e.Message);
        _ = empty.Task.PipeTo(probe, success: () => "done");
        _ = Task.FromCanceled<int>(new CancellationToken(true)).PipeTo(probe);
        result.SetResult(1);
        failure.SetException(new Boom());
        mapped.SetResult(2);
        empty.SetResult();
        _sim.Run();

        received.Count.ShouldBe(5);
        received[0].ShouldBeOfType<Status.Failure>().Cause.ShouldBeOfType<TaskCanceledException>();
        received[1].ShouldBe(1);
        received[2].ShouldBeOfType<Status.Failure>().Cause.ShouldBeOfType<Boom>();
        received[3].ShouldBe("mapped 2");
        received[4].ShouldBe("done");
    }

    [Fact]
    public void Nobody_cannot_be_asked() =>
        Should.Throw<ArgumentException>(() => { _ = ActorRefs.Nobody.Ask<string>("hello", Second); });

    private IActorRef Echo() => _sim.Actor((me, message) => me.From.Tell(message));
}
