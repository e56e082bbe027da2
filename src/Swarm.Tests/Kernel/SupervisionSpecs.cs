using Microsoft.Extensions.Logging;

namespace Swarm.Tests.Kernel;

public sealed class SupervisionSpecs
{
    private readonly SimHarness _sim = new();
    private readonly List<string> _log = [];

    [Fact]
    public void Restart_keeps_the_mailbox_and_drops_the_failing_message()
    {
        var child = Supervise(Counting(), Directive.Restart);

        _sim.TellAndRun(child, "a", "fail", "b", "c");

        _log.ShouldBe(["new 1", "start", "a@1", "pre-restart boom fail", "stop", "new 2", "post-restart boom", "start", "b@2", "c@2"]);
    }

    [Fact]
    public void Resume_keeps_the_incarnation_and_drops_the_failing_message()
    {
        var child = Supervise(Counting(), Directive.Resume);

        _sim.TellAndRun(child, "a", "fail", "b");

        _log.ShouldBe(["new 1", "start", "a@1", "b@1"]);
    }

    [Fact]
    public void Stop_ends_the_child_without_another_message()
    {
        var child = Supervise(Counting(), Directive.Stop);

        _sim.TellAndRun(child, "a", "fail", "b");

        _log.ShouldBe(["new 1", "start", "a@1", "stop"]);
    }

    [Fact]
    public void Escalation_fails_the_parent_whose_restart_stops_the_child()
    {
        var childScript = new Script { OnMessage = (_, _) => throw new Boom(), OnPostStop = _ => _log.Add("child stopped") };
        IActorRef? child = null;
        var parent = new Script
        {
            OnPreStart = me => child = me.Ctx.ActorOf(Scripted.With(childScript), "child"),
            OnPreRestart = (_, cause, _) => _log.Add("parent restarts for " + cause.Message),
            OnPostRestart = (_, _) => _log.Add("parent restarted"),
            Strategy = new OneForOneStrategy(_ => Directive.Escalate),
        };
        _sim.Actor(parent, "parent");
        _sim.Run();
        var first = child!;

        _sim.TellAndRun(first, "fail");

        _log.ShouldBe(["parent restarts for boom", "child stopped", "parent restarted"]);
        child.ShouldNotBe(first);
        child!.Path.ShouldBe(first.Path);
    }

    [Fact]
    public void Escalation_from_the_top_ends_the_system()
    {
        var logger = new ListLoggerFactory();
        var sim = new SimHarness(1, s => s with
        {
            GuardianSupervisorStrategy = new OneForOneStrategy(_ => Directive.Escalate),
            LoggerFactory = logger,
        });
        var actor = sim.Actor((_, _) => throw new Boom());
        sim.TellAndRun(actor, "fail");

        sim.System.WhenTerminated.IsCompletedSuccessfully.ShouldBeTrue();
        logger.Lines.ShouldContain(l => l.Level == LogLevel.Critical && l.Exception is Boom);
    }

    [Fact]
    public void Children_are_suspended_while_their_parent_has_failed()
    {
        // Whatever the interleaving, a child handles nothing between its parent's failure and the decision about it.
        for (var seed = 0; seed < 50; seed++)
        {
            var sim = new SimHarness(seed);
            var order = new List<string>();
            IActorRef? child = null;
            var childScript = new Script { OnMessage = (_, message) => order.Add("child " + message) };
            var parentScript = new Script
            {
                OnPreStart = me => child ??= me.Ctx.ActorOf(Scripted.With(childScript)),
                OnMessage = (_, _) =>
                {
                    child!.Tell("during failure", ActorRefs.NoSender);
                    throw new Boom();
                },
            };
            var parentProps = Scripted.With(parentScript);
            var decider = new OneForOneStrategy(_ =>
            {
                order.Add("decided");
                return Directive.Resume;
            });
            IActorRef? parent = null;
            sim.Actor(new Script { OnPreStart = me => parent = me.Ctx.ActorOf(parentProps), Strategy = decider });
            sim.Run();

            sim.TellAndRun(parent!, "fail");

            order.Count(o => o == "decided").ShouldBe(1);
            order.Count(o => o == "child during failure").ShouldBe(1);
        }
    }

    [Fact]
    public void Retries_are_limited_for_good_without_a_window()
    {
        var child = Supervise(Counting(), new OneForOneStrategy(2, (TimeSpan?)null, _ => Directive.Restart));

        _sim.TellAndRun(child, "fail");
        _sim.Sim.AdvanceBy(TimeSpan.FromDays(1));
        _sim.TellAndRun(child, "fail", "alive");
        _log.ShouldContain("alive@3");
        _sim.TellAndRun(child, "fail", "dead");

        _log.ShouldNotContain("dead@4");
        _log.ShouldNotContain("new 4");
    }

    [Fact]
    public void Retries_are_counted_within_the_window()
    {
        var child = Supervise(Counting(), new OneForOneStrategy(2, TimeSpan.FromSeconds(10), _ => Directive.Restart));

        for (var i = 0; i < 6; i++)
        {
            _sim.TellAndRun(child, "fail");
            _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(6));
        }

        _log.ShouldContain("new 7");
        _sim.TellAndRun(child, "fail", "fail", "fail");
        _log.ShouldNotContain("new 10");
    }

    [Fact]
    public void No_retries_means_the_first_failure_stops()
    {
        var child = Supervise(Counting(), new OneForOneStrategy(0, TimeSpan.FromSeconds(10), _ => Directive.Restart));
        _sim.TellAndRun(child, "fail");

        _log.ShouldNotContain("new 2");
    }

    [Fact]
    public void A_failing_constructor_stops_the_child_by_default()
    {
        var logger = new ListLoggerFactory();
        var sim = new SimHarness(1, s => s with { LoggerFactory = logger });
        var received = new List<object>();
        var watcher = sim.Actor(new Script
        {
            OnPreStart = me => me.Ctx.Watch(me.Ctx.ActorOf(Scripted.With(new Script { OnConstruct = _ => throw new Boom() }))),
            OnMessage = (_, message) => received.Add(message),
        });
        sim.Run();

        received.ShouldHaveSingleItem().ShouldBeOfType<Terminated>();
        logger.Lines.ShouldContain(l => l.Level == LogLevel.Error && l.Exception is Boom);
        ActorTree.Walk(sim.System).ShouldNotContain(a => a.Path.Parent == watcher.Path);
    }

    [Fact]
    public void A_failing_pre_start_is_an_initialization_failure_that_the_parent_judges()
    {
        Exception? judged = null;
        var attempts = 0;
        var child = new Script
        {
            OnPreStart = _ =>
            {
                if (++attempts < 3)
                {
                    throw new Boom();
                }
            },
            OnMessage = (_, message) => _log.Add((string)message),
        };
        var actor = Supervise(child, new OneForOneStrategy(cause =>
        {
            judged = cause;
            return Directive.Restart;
        }));
        _sim.TellAndRun(actor, "alive");

        attempts.ShouldBe(3);
        _log.ShouldBe(["alive"]);
        judged.ShouldBeOfType<ActorInitializationException>().InnerException.ShouldBeOfType<Boom>();
    }

    [Fact]
    public void A_failing_post_restart_is_a_failure_of_its_own()
    {
        var causes = new List<Exception>();
        var child = new Script { OnMessage = (_, _) => throw new Boom(), OnPostRestart = (_, _) => throw new Boom("post") };
        var actor = Supervise(child, new OneForOneStrategy(cause =>
        {
            causes.Add(cause);
            return SupervisorStrategy.DefaultDecider.Decide(cause);
        }));
        _sim.TellAndRun(actor, "fail");

        causes.Count.ShouldBe(2);
        var post = causes[1].ShouldBeOfType<PostRestartException>();
        post.OriginalCause.Message.ShouldBe("boom");
        ActorTree.Walk(_sim.System).ShouldNotContain(a => a.Path == actor.Path);
    }

    [Fact]
    public void A_failing_pre_restart_does_not_stop_the_restart()
    {
        var child = new Script
        {
            OnPreRestart = (_, _, _) => throw new Boom("pre"),
            OnPostRestart = (_, cause) => _log.Add("restarted for " + cause.Message),
            OnMessage = (_, _) => throw new Boom(),
        };
        _sim.TellAndRun(Supervise(child, Directive.Restart), "fail");

        _log.ShouldBe(["restarted for boom"]);
    }

    [Fact]
    public void A_failing_post_stop_does_not_keep_the_actor_alive()
    {
        var actor = _sim.Actor(new Script { OnPostStop = _ => throw new Boom() });
        _sim.TellAndRun(actor, PoisonPill.Instance);

        ActorTree.Walk(_sim.System).ShouldNotContain(a => a.Path == actor.Path);
    }

    [Fact]
    public void A_decider_that_throws_fails_the_parent()
    {
        IActorRef? child = null;
        var parent = new Script
        {
            OnPreStart = me => child = me.Ctx.ActorOf(Scripted.With(new Script { OnMessage = (_, _) => throw new Boom() })),
            OnPreRestart = (_, cause, _) => _log.Add(cause.Message),
            Strategy = new OneForOneStrategy(_ => throw new Boom("decider")),
        };
        _sim.Actor(parent);
        _sim.Run();
        _sim.TellAndRun(child!, "fail");

        _log.ShouldBe(["decider"]);
    }

    [Fact]
    public void Kill_is_a_failure_that_stops_by_default()
    {
        var child = Supervise(Counting(), SupervisorStrategy.DefaultStrategy);
        _sim.TellAndRun(child, "a", Kill.Instance, "b");

        _log.ShouldBe(["new 1", "start", "a@1", "stop"]);
    }

    [Fact]
    public void Restart_waits_for_the_children_and_meets_their_names_free()
    {
        var made = 0;
        var leaf = new Script { OnPostStop = _ => _log.Add("leaf stopped") };
        var child = new Script
        {
            OnPreStart = me =>
            {
                made++;
                me.Ctx.ActorOf(Scripted.With(leaf), "leaf");
            },
            OnPostRestart = (_, _) => _log.Add("restarted"),
            OnMessage = (_, message) =>
            {
                if (message is "fail")
                {
                    throw new Boom();
                }

                _log.Add((string)message);
            },
        };
        var actor = Supervise(child, Directive.Restart);
        _sim.TellAndRun(actor, "fail", "next");

        made.ShouldBe(2);
        _log.ShouldBe(["leaf stopped", "restarted", "next"]);
    }

    [Fact]
    public void Props_override_the_actors_own_strategy()
    {
        IActorRef? child = null;
        var script = new Script
        {
            OnPreStart = me => child = me.Ctx.ActorOf(Scripted.With(Counting())),
            Strategy = new OneForOneStrategy(_ => Directive.Resume),
        };
        _sim.System.ActorOf(Scripted.With(script).WithSupervisorStrategy(new OneForOneStrategy(_ => Directive.Stop)));
        _sim.Run();
        _sim.TellAndRun(child!, "fail");

        _log.ShouldContain("stop");
    }

    [Fact]
    public void A_child_is_stopped_while_it_waits_for_a_decision()
    {
        // The parent stops the child from the decider itself; the restart that follows finds a dying child.
        IActorRef? child = null;
        IUntypedActorContext? context = null;
        var parent = new Script
        {
            OnPreStart = me =>
            {
                context = me.Ctx;
                child = me.Ctx.ActorOf(Scripted.With(Counting()));
            },
            Strategy = new OneForOneStrategy(_ =>
            {
                context!.Stop(child!);
                return Directive.Restart;
            }),
        };
        _sim.Actor(parent);
        _sim.Run();
        _sim.TellAndRun(child!, "fail", "after");

        _log.ShouldNotContain("after@2");
        ActorTree.Walk(_sim.System).ShouldNotContain(a => a.Path == child!.Path);
    }

    private Script Counting()
    {
        var incarnation = 0;
        return new Script
        {
            OnConstruct = _ => _log.Add("new " + ++incarnation),
            OnPreStart = _ => _log.Add("start"),
            OnPostStop = _ => _log.Add("stop"),
            OnPreRestart = (_, cause, message) => _log.Add($"pre-restart {cause.Message} {message}"),
            OnPostRestart = (_, cause) => _log.Add("post-restart " + cause.Message),
            OnMessage = (_, message) =>
            {
                if (message is "fail")
                {
                    throw new Boom();
                }

                _log.Add($"{message}@{incarnation}");
            },
        };
    }

    private IActorRef Supervise(Script child, Directive directive) => Supervise(child, new OneForOneStrategy(_ => directive));

    private IActorRef Supervise(Script child, SupervisorStrategy strategy)
    {
        IActorRef? made = null;
        var props = Scripted.With(child);
        _sim.Actor(new Script { OnPreStart = me => made = me.Ctx.ActorOf(props, "child"), Strategy = strategy });
        _sim.Run();
        return made!;
    }
}
