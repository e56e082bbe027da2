namespace Swarm.Tests.Kernel;

public sealed class DeathWatchSpecs
{
    private readonly SimHarness _sim = new();
    private readonly List<object> _received = [];

    [Fact]
    public void Terminated_arrives_once()
    {
        var subject = _sim.Actor(new Script());
        var watcher = Watcher();

        _sim.TellAndRun(watcher, subject);
        _sim.TellAndRun(subject, PoisonPill.Instance, PoisonPill.Instance);

        OnlyTerminated().ActorRef.ShouldBe(subject);
    }

    [Fact]
    public void Terminated_arrives_once_for_a_child_that_is_watched()
    {
        IActorRef? child = null;
        _sim.Actor(new Script
        {
            OnPreStart = me => child = me.Ctx.Watch(me.Ctx.ActorOf(Scripted.With(new Script()))),
            OnMessage = (_, message) => _received.Add(message),
        });
        _sim.Run();
        _sim.TellAndRun(child!, PoisonPill.Instance);

        OnlyTerminated().ActorRef.ShouldBe(child);
    }

    [Fact]
    public void Watching_a_dead_actor_brings_terminated_once()
    {
        var subject = _sim.Actor(new Script());
        _sim.TellAndRun(subject, PoisonPill.Instance);

        _sim.TellAndRun(Watcher(), subject);

        OnlyTerminated().ActorRef.ShouldBe(subject);
    }

    [Fact]
    public void Watching_twice_brings_terminated_once()
    {
        var subject = _sim.Actor(new Script());
        var watcher = Watcher();
        _sim.TellAndRun(watcher, subject, subject);
        _sim.TellAndRun(subject, PoisonPill.Instance);

        OnlyTerminated();
    }

    [Fact]
    public void Terminated_comes_after_the_last_message_and_post_stop_of_the_subject()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var sim = new SimHarness(seed);
            var order = new List<string>();
            var subject = sim.Actor(new Script { OnMessage = (_, m) => order.Add((string)m), OnPostStop = _ => order.Add("stopped") });
            var watcher = sim.Actor(new Script
            {
                OnPreStart = me => me.Ctx.Watch(subject),
                OnMessage = (_, _) => order.Add("terminated"),
            });
            sim.TellAndRun(subject, "1", "2", PoisonPill.Instance);

            order.ShouldBe(["1", "2", "stopped", "terminated"]);
        }
    }

    [Fact]
    public void Unwatch_ends_the_watch()
    {
        var subject = _sim.Actor(new Script());
        var watcher = Watcher();
        _sim.TellAndRun(watcher, subject, "unwatch");
        _sim.TellAndRun(subject, PoisonPill.Instance);

        _received.ShouldBeEmpty();
    }

    [Fact]
    public void Unwatch_takes_back_a_terminated_that_is_already_queued()
    {
        var found = false;
        for (var seed = 0; seed < 100; seed++)
        {
            var sim = new SimHarness(seed);
            var received = new List<object>();
            var subject = sim.Actor(new Script());
            var watcher = sim.Actor(new Script
            {
                OnPreStart = me => me.Ctx.Watch(subject),
                OnMessage = (me, message) =>
                {
                    received.Add(message);
                    if (message is "unwatch")
                    {
                        // The mailbox holds the notice if the subject died before this message was handled.
                        found |= ActorTree.Walk(sim.System).Single(a => a.Path == me.Me.Path).MailboxDepth > 0;
                        me.Ctx.Unwatch(subject);
                    }
                },
            });
            sim.Run();
            watcher.Tell("x", ActorRefs.NoSender);
            subject.Tell(PoisonPill.Instance, ActorRefs.NoSender);
            watcher.Tell("unwatch", ActorRefs.NoSender);
            sim.Run();

            received.ShouldBe(["x", "unwatch"]);
        }

        found.ShouldBeTrue("no seed brought the notice before the unwatch");
    }

    [Fact]
    public void Watch_with_brings_the_message_instead()
    {
        var subject = _sim.Actor(new Script());
        var watcher = _sim.Actor(new Script
        {
            OnPreStart = me => me.Ctx.WatchWith(subject, "it died"),
            OnMessage = (_, message) => _received.Add(message),
        });
        _sim.Run();
        _sim.TellAndRun(subject, PoisonPill.Instance);

        _received.ShouldBe(["it died"]);
    }

    [Fact]
    public void Watching_again_with_another_message_is_refused()
    {
        var subject = _sim.Actor(new Script());
        Exception? refused = null;
        var watcher = _sim.Actor((me, _) =>
        {
            me.Ctx.Watch(subject);
            refused = Record.Exception(() => me.Ctx.WatchWith(subject, "other"));
        });
        _sim.TellAndRun(watcher, "go");

        refused.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public void An_unhandled_terminated_breaks_the_death_pact()
    {
        Exception? cause = null;
        var subject = _sim.Actor(new Script());
        var child = new Script { OnPreStart = me => me.Ctx.Watch(subject), OnMessage = (me, message) => me.CallUnhandled(message) };
        _sim.Actor(new Script
        {
            OnPreStart = me => me.Ctx.ActorOf(Scripted.With(child), "child"),
            Strategy = new OneForOneStrategy(e =>
            {
                cause = e;
                return SupervisorStrategy.DefaultDecider.Decide(e);
            }),
        });
        _sim.Run();
        _sim.TellAndRun(subject, PoisonPill.Instance);

        cause.ShouldBeOfType<DeathPactException>().DeadActor.ShouldBe(subject);
        ActorTree.Walk(_sim.System).ShouldNotContain(a => a.Path.Name == "child");
    }

    [Fact]
    public void A_watch_outlives_a_restart_of_the_watcher()
    {
        var subject = _sim.Actor(new Script());
        var watcher = _sim.Actor((me, message) =>
        {
            switch (message)
            {
                case "watch":
                    me.Ctx.Watch(subject);
                    break;
                case "fail":
                    throw new Boom();
                default:
                    _received.Add(message);
                    break;
            }
        });
        _sim.TellAndRun(watcher, "watch", "fail");
        _sim.TellAndRun(subject, PoisonPill.Instance);

        OnlyTerminated();
    }

    [Fact]
    public void A_restart_of_the_subject_is_no_death()
    {
        var subject = _sim.Actor((_, _) => throw new Boom());
        var watcher = Watcher();
        _sim.TellAndRun(watcher, subject);
        _sim.TellAndRun(subject, "fail");

        _received.ShouldBeEmpty();
    }

    [Fact]
    public void A_terminated_that_someone_else_sends_is_ignored()
    {
        var subject = _sim.Actor(new Script());
        _sim.TellAndRun(Watcher(), new Terminated(subject, true, false));

        _received.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_can_be_used_again_when_terminated_has_arrived()
    {
        Exception? refused = null;
        IActorRef? second = null;
        var parent = _sim.Actor(new Script
        {
            OnPreStart = me => me.Ctx.Watch(me.Ctx.ActorOf(Scripted.With(new Script()), "child")),
            OnMessage = (me, message) =>
            {
                if (message is Terminated)
                {
                    refused = Record.Exception(() => second = me.Ctx.ActorOf(Scripted.With(new Script()), "child"));
                }
                else
                {
                    me.Ctx.Stop(me.Ctx.Child("child"));
                }
            },
        });
        _sim.TellAndRun(parent, "stop it");

        refused.ShouldBeNull();
        second.ShouldNotBeNull();
    }

    private IActorRef Watcher()
    {
        IActorRef? watched = null;
        return _sim.Actor((me, message) =>
        {
            switch (message)
            {
                case IActorRef subject:
                    watched = me.Ctx.Watch(subject);
                    break;
                case "unwatch":
                    me.Ctx.Unwatch(watched!);
                    break;
                default:
                    _received.Add(message);
                    break;
            }
        });
    }

    private Terminated OnlyTerminated() => _received.ShouldHaveSingleItem().ShouldBeOfType<Terminated>();
}
