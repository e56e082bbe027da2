namespace Swarm.Tests.Kernel;

public sealed class LifeCycleSpecs
{
    private readonly SimHarness _sim = new();

    [Fact]
    public void Actor_starts_before_its_first_message_and_stops_after_its_last()
    {
        var log = new List<string>();
        var actor = _sim.Actor(new Script
        {
            OnConstruct = _ => log.Add("constructed"),
            OnPreStart = _ => log.Add("started"),
            OnMessage = (_, message) => log.Add((string)message),
            OnPostStop = _ => log.Add("stopped"),
        });

        _sim.TellAndRun(actor, "one", "two", PoisonPill.Instance, "three");

        log.ShouldBe(["constructed", "started", "one", "two", "stopped"]);
    }

    [Fact]
    public void No_message_is_handled_after_stop_and_those_left_become_dead_letters()
    {
        var dead = _sim.Events<DeadLetter>();
        var handled = new List<object>();
        var actor = _sim.Actor((me, message) =>
        {
            handled.Add(message);
            if (message is "stop")
            {
                me.Ctx.Stop(me.Me);
            }
        });

        _sim.TellAndRun(actor, "before", "stop", "queued 1", "queued 2");
        _sim.TellAndRun(actor, "late");

        handled.ShouldBe(["before", "stop"]);
        dead.Select(d => d.Message).ShouldBe(["queued 1", "queued 2", "late"]);
        dead.ShouldAllBe(d => d.Recipient.Equals(actor) && d.Sender.Equals(_sim.System.DeadLetters));
        ActorTree.Counters(_sim.System).DeadLetters.ShouldBe(3);
    }

    [Fact]
    public void Children_stop_before_their_parents_post_stop()
    {
        var log = new List<string>();
        Script Node(string name, Action<Scripted>? preStart = null) =>
            new() { OnPreStart = preStart, OnPostStop = _ => log.Add(name) };
        var leaf = Node("leaf");
        var middle = Node("middle", me =>
        {
            me.Ctx.ActorOf(Scripted.With(leaf), "leaf-1");
            me.Ctx.ActorOf(Scripted.With(leaf), "leaf-2");
        });
        var top = Node("top", me => me.Ctx.ActorOf(Scripted.With(middle), "middle"));
        var actor = _sim.Actor(top, "top");
        _sim.Run();

        _sim.System.Stop(actor);
        _sim.Run();

        log.ShouldBe(["leaf", "leaf", "middle", "top"]);
    }

    [Fact]
    public void A_stopping_parent_handles_no_message_while_its_children_stop()
    {
        var handled = new List<object>();
        var parent = _sim.Actor(new Script
        {
            OnPreStart = me => me.Ctx.ActorOf(Scripted.With(new Script())),
            OnMessage = (_, message) => handled.Add(message),
        });
        _sim.Run();

        _sim.System.Stop(parent);
        _sim.Sim.RunUntil(() => !ActorTree.Walk(_sim.System).Any(a => a.Path == parent.Path && !a.IsStopping), TimeSpan.Zero);
        _sim.TellAndRun(parent, "late");

        handled.ShouldBeEmpty();
    }

    [Fact]
    public void A_stopping_actor_cannot_make_children()
    {
        Exception? refused = null;
        var actor = _sim.Actor(new Script
        {
            OnPostStop = me => refused = Record.Exception(() => me.Ctx.ActorOf(Scripted.With(new Script()))),
        });
        _sim.TellAndRun(actor, PoisonPill.Instance);

        refused.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public void A_name_is_taken_until_its_actor_is_gone()
    {
        var first = _sim.Actor(new Script(), "a");
        _sim.Run();
        Should.Throw<InvalidActorNameException>(() => _sim.Actor(new Script(), "a"));

        _sim.TellAndRun(first, PoisonPill.Instance);
        var second = _sim.Actor(new Script(), "a");

        second.Path.ShouldBe(first.Path);
        second.ShouldNotBe(first);
        second.CompareTo(first).ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$a")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("%2")]
    [InlineData("ü")]
    public void Malformed_names_are_refused(string name) => Should.Throw<InvalidActorNameException>(() => _sim.Actor(new Script(), name));

    [Theory]
    [InlineData("peer-7")]
    [InlineData("%2F")]
    [InlineData("a.b:c@d")]
    public void Well_formed_names_are_taken(string name) => _sim.Actor(new Script(), name).Path.ToString().ShouldBe("/user/" + name);

    [Fact]
    public void Nameless_actors_get_names_of_their_own()
    {
        var names = Enumerable.Range(0, 200).Select(_ => _sim.Actor(new Script()).Path.Name).ToList();

        names.Distinct().Count().ShouldBe(200);
        names[0].ShouldBe("$a");
        names.ShouldAllBe(n => n[0] == '$');
    }

    [Fact]
    public void Children_are_found_by_name_and_listed_by_age()
    {
        IActorRef? found = null;
        IActorRef? missing = null;
        List<string> names = [];
        var parent = _sim.Actor((me, message) =>
        {
            foreach (var name in new[] { "c", "a", "b" })
            {
                me.Ctx.ActorOf(Scripted.With(new Script()), name);
            }

            found = me.Ctx.Child("a");
            missing = me.Ctx.Child("z");
            names = [.. me.Ctx.GetChildren().Select(c => c.Path.Name)];
        }, "parent");
        _sim.TellAndRun(parent, "go");

        found!.Path.ToString().ShouldBe("/user/parent/a");
        missing.IsNobody().ShouldBeTrue();
        names.ShouldBe(["c", "a", "b"]);
    }

    [Fact]
    public void Sender_is_the_actor_that_told_and_forward_keeps_it()
    {
        var senders = new List<IActorRef>();
        var last = _sim.Actor((me, _) => senders.Add(me.From));
        var middle = _sim.Actor((me, message) => last.Forward(message));
        var first = _sim.Actor((_, message) =>
        {
            middle.Tell(message);
            last.Tell(message);
        });

        _sim.TellAndRun(first, "x");
        last.Tell("from outside");
        _sim.Run();

        senders.Count.ShouldBe(3);
        senders.Take(2).ShouldAllBe(s => s.Equals(first));
        senders[2].ShouldBe(_sim.System.DeadLetters);
    }

    [Fact]
    public void An_actor_cannot_be_constructed_by_hand() =>
        Should.Throw<ActorInitializationException>(() => new Scripted(new Script()));

    [Fact]
    public void Behaviours_are_replaced_stacked_and_unstacked()
    {
        var log = new List<string>();
        var actor = _sim.Actor((me, message) =>
        {
            log.Add("base " + message);
            if (message is "stack")
            {
                me.Ctx.BecomeStacked(m =>
                {
                    log.Add("stacked " + m);
                    if (m is "back")
                    {
                        me.Ctx.UnbecomeStacked();
                    }
                    else if (m is "replace")
                    {
                        me.Ctx.Become(other => log.Add("replaced " + other));
                    }
                });
            }
        });

        _sim.TellAndRun(actor, "1", "stack", "2", "back", "3", "stack", "replace", "4");

        log.ShouldBe(["base 1", "base stack", "stacked 2", "stacked back", "base 3", "base stack", "stacked replace", "replaced 4"]);
    }

    [Fact]
    public void Identify_is_answered_by_the_kernel()
    {
        var (probe, received) = _sim.Probe();
        var actor = _sim.Actor(new Script());
        actor.Tell(new Identify("id"), probe);
        _sim.Run();

        var identity = received.ShouldHaveSingleItem().ShouldBeOfType<ActorIdentity>();
        identity.MessageId.ShouldBe("id");
        identity.Subject.ShouldBe(actor);
    }

    [Fact]
    public void An_unhandled_message_is_published()
    {
        var unhandled = _sim.Events<UnhandledMessage>();
        var actor = _sim.Actor((me, message) => me.CallUnhandled(message));
        _sim.TellAndRun(actor, "what?");

        unhandled.ShouldHaveSingleItem().Message.ShouldBe("what?");
    }

    [Fact]
    public void The_context_is_gone_outside_of_a_turn()
    {
        Scripted? actor = null;
        _sim.TellAndRun(_sim.Actor((me, _) => actor = me), "go");

        Should.Throw<NotSupportedException>(() => actor!.Ctx);
    }

    [Fact]
    public void A_disposable_actor_is_disposed_at_its_end()
    {
        var disposed = new List<string>();
        var actor = _sim.System.ActorOf(Props.Create(() => new DisposableActor(disposed)));
        _sim.TellAndRun(actor, PoisonPill.Instance);

        disposed.ShouldBe(["disposed"]);
    }

    private sealed class DisposableActor(List<string> disposed) : UntypedActor, IDisposable
    {
        public void Dispose() => disposed.Add("disposed");

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
