namespace Swarm.Tests.Kernel;

public sealed class StashSpecs
{
    private readonly SimHarness _sim = new();
    private readonly List<object> _handled = [];

    [Fact]
    public void Stashed_messages_come_back_in_order_before_what_is_queued()
    {
        var open = false;
        var actor = _sim.Actor((me, message) =>
        {
            if (message is "open")
            {
                open = true;
                me.Stash.UnstashAll();
            }
            else if (!open)
            {
                me.Stash.Stash();
            }
            else
            {
                _handled.Add(message);
            }
        });

        _sim.TellAndRun(actor, 1, 2, 3, "open", 4);

        _handled.ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void Unstash_brings_the_oldest_back()
    {
        var actor = _sim.Actor((me, message) =>
        {
            switch (message)
            {
                case int i when i < 3 && !_handled.Contains("next"):
                    me.Stash.Stash();
                    break;
                case "next":
                    _handled.Add(message);
                    me.Stash.Unstash();
                    break;
                default:
                    _handled.Add(message);
                    break;
            }
        });

        _sim.TellAndRun(actor, 1, 2, "next", 3);

        _handled.ShouldBe(["next", 1, 3]);
    }

    [Fact]
    public void A_stashed_message_keeps_its_sender()
    {
        var (probe, received) = _sim.Probe();
        var first = true;
        var actor = _sim.Actor((me, message) =>
        {
            if (first)
            {
                first = false;
                me.Stash.Stash();
                me.Stash.UnstashAll();
                return;
            }

            me.From.Tell(message);
        });
        actor.Tell("hello", probe);
        _sim.Run();

        received.ShouldBe(["hello"]);
    }

    [Fact]
    public void The_stash_comes_back_after_a_restart()
    {
        var incarnation = 0;
        var actor = _sim.Actor(new Script
        {
            OnConstruct = _ => incarnation++,
            OnMessage = (me, message) =>
            {
                if (message is "fail")
                {
                    throw new Boom();
                }

                if (incarnation == 1)
                {
                    me.Stash.Stash();
                }
                else
                {
                    _handled.Add(message);
                }
            },
        });

        _sim.TellAndRun(actor, 1, 2, "fail", 3);

        _handled.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void The_stash_of_a_stopped_actor_becomes_dead_letters()
    {
        var dead = _sim.Events<DeadLetter>();
        var actor = _sim.Actor((me, _) => me.Stash.Stash());

        _sim.TellAndRun(actor, 1, 2, PoisonPill.Instance, 3);

        dead.Select(d => d.Message).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void The_same_message_is_stashed_only_once()
    {
        Exception? refused = null;
        var actor = _sim.Actor((me, _) =>
        {
            me.Stash.Stash();
            refused = Record.Exception(me.Stash.Stash);
        });
        _sim.TellAndRun(actor, "x");

        refused.ShouldBeOfType<IllegalActorStateException>();
    }

    [Fact]
    public void The_stash_holds_its_capacity_and_no_more()
    {
        var sim = new SimHarness(1, s => s with { StashCapacity = 3 });
        var refused = new List<Exception?>();
        var actor = sim.Actor((me, _) => refused.Add(Record.Exception(me.Stash.Stash)));
        sim.TellAndRun(actor, "1", "2", "3", "4");

        refused.Take(3).ShouldAllBe(e => e == null);
        refused[3].ShouldBeOfType<StashOverflowException>();
    }

    [Fact]
    public void A_cleared_stash_gives_its_messages_back_and_can_be_prepended()
    {
        var actor = _sim.Actor((me, message) =>
        {
            switch (message)
            {
                case int i when i < 10:
                    me.Stash.Stash();
                    break;
                case "clear":
                    var cleared = me.Stash.ClearStash().ToList();
                    _handled.Add(cleared.Count);
                    me.Stash.Prepend(cleared.Select(e => new Envelope((int)e.Message + 10, e.Sender)));
                    me.Stash.UnstashAll(e => (int)e.Message != 12);
                    break;
                default:
                    _handled.Add(message);
                    break;
            }
        });
        _sim.TellAndRun(actor, 1, 2, 3, "clear");

        _handled.ShouldBe([3, 11, 13]);
    }
}
