namespace Swarm.Tests.Kernel;

public sealed class ImplicitSenderSpecs
{
    private readonly SimHarness _sim = new();
    private readonly List<IActorRef> _senders = [];
    private readonly IActorRef _actor;

    public ImplicitSenderSpecs() => _actor = _sim.Actor((me, _) => _senders.Add(me.From));

    private ExtendedActorSystem System => (ExtendedActorSystem)_sim.System;

    [Fact]
    public void A_thread_tells_with_its_implicit_sender_until_that_is_disposed()
    {
        var probe = _sim.Probe().Ref;
        using (System.ImplicitSender(probe))
        {
            _actor.Tell("with");
            _actor.Tell("with another", _actor);
        }

        _actor.Tell("without");
        _sim.Run();
        _senders.ShouldBe([probe, _actor, _sim.System.DeadLetters]);
    }

    [Fact]
    public void Actors_and_events_do_not_notice_it()
    {
        var relay = _sim.Actor((_, message) => _actor.Tell(message));
        using var sender = System.ImplicitSender(_sim.Probe().Ref);
        relay.Tell("relayed");
        _sim.Sim.Schedule(TimeSpan.Zero, () => _actor.Tell("event"));
        _sim.Run();
        _senders.ShouldBe([_sim.System.DeadLetters, relay]);
    }

    [Fact]
    public void Senders_nest_and_a_dead_one_does_not_come_back()
    {
        var (first, second) = (_sim.Probe().Ref, _sim.Probe().Ref);
        var outer = System.ImplicitSender(first);
        var inner = System.ImplicitSender(second);
        inner.Dispose();
        _actor.Tell("first");
        inner = System.ImplicitSender(second);
        outer.Dispose();
        _actor.Tell("second");
        _sim.System.Stop(first);
        _sim.Run();
        inner.Dispose();
        _actor.Tell("nobody");
        _sim.Run();
        _senders.ShouldBe([first, second, _sim.System.DeadLetters]);
    }

    [Fact]
    public void Only_actors_of_the_system_are_its_senders()
    {
        Should.Throw<ArgumentException>(() => System.ImplicitSender(ActorRefs.Nobody));
        Should.Throw<ArgumentException>(() => System.ImplicitSender(new SimHarness().Probe().Ref));
    }

    [Fact]
    public void A_system_says_what_it_was_built_with() => System.Settings.Simulation.ShouldBeSameAs(_sim.Sim);
}
