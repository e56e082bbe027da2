namespace Swarm.Tests.Kernel;

public sealed class ReceiveTimeoutSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly SimHarness _sim = new();
    private readonly List<double> _timeouts = [];

    [Fact]
    public void It_arrives_after_the_time_without_a_message_and_again()
    {
        Waiting(Second * 3);
        _sim.Sim.AdvanceBy(Second * 10);

        _timeouts.ShouldBe([3, 6, 9]);
    }

    [Fact]
    public void A_message_begins_the_wait_anew()
    {
        var actor = Waiting(Second * 3);
        _sim.Sim.Schedule(Second * 2, () => actor.Tell("x", ActorRefs.NoSender));
        _sim.Sim.Schedule(Second * 4, () => actor.Tell("x", ActorRefs.NoSender));
        _sim.Sim.AdvanceBy(Second * 8);

        _timeouts.ShouldBe([7]);
    }

    [Fact]
    public void A_message_that_does_not_influence_it_changes_nothing()
    {
        var actor = Waiting(Second * 3);
        _sim.Sim.Schedule(Second * 2, () => actor.Tell(new Quiet(), ActorRefs.NoSender));
        _sim.Sim.AdvanceBy(Second * 4);

        _timeouts.ShouldBe([3]);
    }

    [Fact]
    public void A_timers_message_counts_for_what_it_carries()
    {
        var actor = Waiting(Second * 3, me => me.Timers.StartSingleTimer("loud", "x", Second));
        _sim.Sim.AdvanceBy(Second * 5);
        _timeouts.ShouldBe([4]);

        _timeouts.Clear();
        _sim.TellAndRun(actor, PoisonPill.Instance);
        var begin = _sim.Sim.Elapsed.TotalSeconds;
        Waiting(Second * 3, me => me.Timers.StartSingleTimer("quiet", new Quiet(), Second));
        _sim.Sim.AdvanceBy(Second * 5);
        _timeouts.ShouldBe([begin + 3]);
    }

    [Fact]
    public void It_can_be_ended_and_changed_from_its_own_handler()
    {
        var actor = _sim.Actor(new Script
        {
            OnPreStart = me => me.Ctx.SetReceiveTimeout(Second),
            OnMessage = (me, message) =>
            {
                if (message is ReceiveTimeout)
                {
                    _timeouts.Add(_sim.Sim.Elapsed.TotalSeconds);
                    me.Ctx.SetReceiveTimeout(_timeouts.Count == 1 ? Second * 5 : null);
                }
            },
        });
        _sim.Sim.AdvanceBy(Second * 60);

        _timeouts.ShouldBe([1, 6]);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void It_ends_with_the_actor()
    {
        var actor = Waiting(Second);
        _sim.TellAndRun(actor, PoisonPill.Instance);
        _sim.Sim.AdvanceBy(Second * 3);

        _timeouts.ShouldBeEmpty();
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void It_stays_in_effect_after_a_failure()
    {
        var fail = true;
        _sim.Actor(new Script
        {
            OnConstruct = me => { },
            OnPreStart = me =>
            {
                if (fail)
                {
                    me.Ctx.SetReceiveTimeout(Second);
                }
            },
            OnMessage = (_, message) =>
            {
                _timeouts.Add(_sim.Sim.Elapsed.TotalSeconds);
                if (fail)
                {
                    fail = false;
                    throw new Boom();
                }
            },
        });
        _sim.Sim.AdvanceBy(Second * 2);

        _timeouts.ShouldBe([1, 2]);
    }

    [Fact]
    public void It_must_be_above_zero()
    {
        Exception? refused = null;
        var actor = _sim.Actor((me, _) => refused = Record.Exception(() => me.Ctx.SetReceiveTimeout(TimeSpan.Zero)));
        _sim.TellAndRun(actor, "go");

        refused.ShouldBeOfType<ArgumentOutOfRangeException>();
    }

    private IActorRef Waiting(TimeSpan timeout, Action<Scripted>? also = null) => _sim.Actor(new Script
    {
        OnPreStart = me =>
        {
            me.Ctx.SetReceiveTimeout(timeout);
            me.Ctx.ReceiveTimeout.ShouldBe(timeout);
            also?.Invoke(me);
        },
        OnMessage = (_, message) =>
        {
            if (message is ReceiveTimeout)
            {
                _timeouts.Add(_sim.Sim.Elapsed.TotalSeconds);
            }
        },
    });

    private sealed class Quiet : INotInfluenceReceiveTimeout;
}
