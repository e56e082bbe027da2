namespace Swarm.Tests.Kernel;

public sealed class TimerSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly SimHarness _sim = new();
    private readonly List<(double Second, object Message)> _received = [];

    [Fact]
    public void A_single_timer_fires_once_at_its_time()
    {
        var actor = Timing((me, _) => me.Timers.StartSingleTimer("k", "tick", Second * 3));
        _sim.TellAndRun(actor, "go");
        _sim.Sim.AdvanceBy(TimeSpan.FromMinutes(1));

        _received.ShouldBe([(3, "tick")]);
    }

    [Fact]
    public void A_periodic_timer_fires_at_every_interval_until_cancelled()
    {
        var actor = Timing((me, message) =>
        {
            if (message is "go")
            {
                me.Timers.StartPeriodicTimer("k", "tick", Second, Second * 2);
            }
            else
            {
                me.Timers.Cancel("k");
            }
        });
        _sim.TellAndRun(actor, "go");
        _sim.Sim.AdvanceBy(Second * 6);
        _sim.TellAndRun(actor, "end");
        _sim.Sim.AdvanceBy(Second * 10);

        _received.ShouldBe([(1, "tick"), (3, "tick"), (5, "tick")]);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Without_an_initial_delay_the_interval_comes_first()
    {
        var actor = Timing((me, _) => me.Timers.StartPeriodicTimer("k", "tick", Second * 2));
        _sim.TellAndRun(actor, "go");
        _sim.Sim.AdvanceBy(Second * 5);

        _received.ShouldBe([(2, "tick"), (4, "tick")]);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("cancel all")]
    [InlineData("replace")]
    public void A_message_that_is_already_queued_never_arrives_after(string how)
    {
        var queuedBehind = 0;
        var actor = _sim.Actor((me, message) =>
        {
            switch (message)
            {
                case "go":
                    me.Timers.StartSingleTimer("k", "stale", Second);
                    break;
                case "end":
                    queuedBehind = ActorTree.Walk(_sim.System).Single(a => a.Path == me.Me.Path).MailboxDepth;
                    me.Timers.IsTimerActive("k").ShouldBeTrue();
                    switch (how)
                    {
                        case "cancel":
                            me.Timers.Cancel("k");
                            break;
                        case "cancel all":
                            me.Timers.CancelAll();
                            break;
                        default:
                            me.Timers.StartSingleTimer("k", "fresh", Second);
                            break;
                    }

                    break;
                default:
                    _received.Add((_sim.Sim.Elapsed.TotalSeconds, message));
                    break;
            }
        });

        // Armed before the timer, so at the same instant it comes first: the timer's message stands behind it.
        _sim.Sim.Schedule(Second, () => actor.Tell("end", ActorRefs.NoSender));
        _sim.TellAndRun(actor, "go");
        _sim.Sim.AdvanceBy(Second * 10);

        queuedBehind.ShouldBe(1);
        _received.ShouldBe(how == "replace" ? [(2, "fresh")] : []);
    }

    [Fact]
    public void Timers_end_with_the_incarnation_even_when_their_message_is_queued()
    {
        var starts = 0;
        var actor = _sim.Actor(new Script
        {
            OnPreStart = me =>
            {
                if (++starts == 1)
                {
                    me.Timers.StartPeriodicTimer("k", "tick", Second);
                }
            },
            OnMessage = (_, message) =>
            {
                if (message is "fail")
                {
                    throw new Boom();
                }

                _received.Add((_sim.Sim.Elapsed.TotalSeconds, message));
            },
        });
        _sim.Sim.AdvanceBy(Second);
        _sim.TellAndRun(actor, "fail");
        _sim.Sim.AdvanceBy(Second * 10);

        starts.ShouldBe(2);
        _received.ShouldBe([(1, "tick")]);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Timers_end_with_the_actor_and_leave_no_dead_letter()
    {
        var dead = _sim.Events<DeadLetter>();
        var actor = Timing((me, _) => me.Timers.StartPeriodicTimer("k", "tick", Second));
        _sim.TellAndRun(actor, "go", PoisonPill.Instance);
        _sim.Sim.AdvanceBy(Second * 10);

        _sim.Sim.PendingTimers.ShouldBe(0);
        dead.ShouldBeEmpty();
    }

    [Fact]
    public void Timers_are_known_by_their_keys()
    {
        List<object> active = [];
        var afterwards = true;
        var actor = _sim.Actor((me, message) =>
        {
            if (message is "go")
            {
                me.Timers.StartSingleTimer("a", "tick", Second);
                me.Timers.StartSingleTimer("b", "tick", Second);
                me.Timers.StartSingleTimer("c", "tick", Second);
                me.Timers.Cancel("b");
                me.Timers.Cancel("none");
                active = [.. me.Timers.ActiveTimers];
            }
            else
            {
                afterwards = me.Timers.IsTimerActive("a");
            }
        });
        _sim.TellAndRun(actor, "go");
        _sim.Sim.AdvanceBy(Second);

        active.ShouldBe(["a", "c"]);
        afterwards.ShouldBeFalse();
    }

    [Fact]
    public void A_timers_message_can_be_stashed()
    {
        var stash = true;
        var actor = _sim.Actor((me, message) =>
        {
            switch (message)
            {
                case "go":
                    me.Timers.StartSingleTimer("k", "tick", Second);
                    break;
                case "open":
                    stash = false;
                    me.Stash.UnstashAll();
                    break;
                default:
                    if (stash)
                    {
                        me.Stash.Stash();
                    }
                    else
                    {
                        _received.Add((_sim.Sim.Elapsed.TotalSeconds, message));
                    }

                    break;
            }
        });
        _sim.TellAndRun(actor, "go");
        _sim.Sim.AdvanceBy(Second * 2);
        _sim.TellAndRun(actor, "open");

        _received.ShouldBe([(2, "tick")]);
    }

    [Fact]
    public void Impossible_times_are_refused()
    {
        var refused = new List<Exception?>();
        var actor = _sim.Actor((me, message) =>
        {
            if (message is "x")
            {
                return;
            }

            refused.Add(Record.Exception(() => me.Timers.StartSingleTimer("k", "x", TimeSpan.FromTicks(-1))));
            refused.Add(Record.Exception(() => me.Timers.StartPeriodicTimer("k", "x", TimeSpan.Zero)));
            refused.Add(Record.Exception(() => me.Timers.StartSingleTimer("k", "x", TimeSpan.Zero)));
        });
        _sim.TellAndRun(actor, "go");

        refused[0].ShouldBeOfType<SchedulerException>();
        refused[1].ShouldBeOfType<SchedulerException>();
        refused[2].ShouldBeNull();
    }

    [Fact]
    public void The_scheduler_tells_once_repeatedly_and_not_when_cancelled()
    {
        var (probe, received) = _sim.Probe();
        var scheduler = _sim.System.Scheduler;
        scheduler.ScheduleTellOnce(Second, probe, "once", ActorRefs.NoSender);
        var repeated = scheduler.ScheduleTellRepeatedlyCancelable(Second, Second * 2, probe, "again", ActorRefs.NoSender);
        scheduler.ScheduleTellOnceCancelable(Second, probe, "never", ActorRefs.NoSender).Cancel();
        scheduler.Advanced.ScheduleOnce(Second * 4, repeated.Cancel);
        _sim.Sim.AdvanceBy(Second * 20);

        received.ShouldBe(["once", "again", "again"]);
        scheduler.Now.ShouldBe(_sim.Sim.Time.GetUtcNow());
        scheduler.MonotonicClock.ShouldBe(Second * 20);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void A_scheduled_action_that_throws_is_logged()
    {
        var logger = new ListLoggerFactory();
        var sim = new SimHarness(1, s => s with { LoggerFactory = logger });
        sim.System.Scheduler.Advanced.ScheduleOnce(Second, () => throw new Boom());
        sim.Sim.AdvanceBy(Second);

        logger.Lines.ShouldContain(l => l.Exception is Boom);
    }

    [Fact]
    public void Repeated_messages_end_with_the_system()
    {
        var (probe, _) = _sim.Probe();
        _sim.System.Scheduler.ScheduleTellRepeatedly(Second, Second, probe, "again", ActorRefs.NoSender);
        _ = _sim.System.Terminate();
        _sim.Sim.AdvanceBy(Second * 2);

        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    private IActorRef Timing(Action<Scripted, object> command) => _sim.Actor((me, message) =>
    {
        if (message is "tick")
        {
            _received.Add((_sim.Sim.Elapsed.TotalSeconds, message));
        }
        else
        {
            command(me, message);
        }
    });
}
