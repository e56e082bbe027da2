namespace Swarm.Tests.Kernel;

public sealed class EventStreamSpecs
{
    private readonly SimHarness _sim = new();

    [Fact]
    public void Events_reach_subscribers_of_their_class_base_class_and_interface()
    {
        var classes = Subscribe(typeof(Derived));
        var bases = Subscribe(typeof(Base));
        var interfaces = Subscribe(typeof(IMark));
        var objects = Subscribe(typeof(object));
        var others = Subscribe(typeof(string));

        var derived = new Derived();
        var plain = new Base();
        _sim.System.EventStream.Publish(derived);
        _sim.System.EventStream.Publish(plain);
        _sim.Run();

        classes.ShouldBe([derived]);
        bases.ShouldBe([derived, plain]);
        interfaces.ShouldBe([derived]);
        objects.ShouldBe([derived, plain]);
        others.ShouldBeEmpty();
    }

    [Fact]
    public void An_event_comes_once_whatever_subscriptions_it_fits()
    {
        var (probe, received) = _sim.Probe();
        _sim.System.EventStream.Subscribe(probe, typeof(Base)).ShouldBeTrue();
        _sim.System.EventStream.Subscribe<IMark>(probe).ShouldBeTrue();
        _sim.System.EventStream.Subscribe(probe, typeof(Base)).ShouldBeFalse();
        _sim.System.EventStream.Publish(new Derived());
        _sim.Run();

        received.Count.ShouldBe(1);
    }

    [Fact]
    public void Unsubscribing_ends_one_subscription_or_all()
    {
        var (probe, received) = _sim.Probe();
        var stream = _sim.System.EventStream;
        stream.Subscribe(probe, typeof(Base));
        stream.Subscribe(probe, typeof(string));
        stream.Unsubscribe(probe, typeof(Base)).ShouldBeTrue();
        stream.Unsubscribe(probe, typeof(Base)).ShouldBeFalse();
        stream.Publish(new Base());
        stream.Publish("still");
        _sim.Run();
        stream.Unsubscribe(probe).ShouldBeTrue();
        stream.Unsubscribe(probe).ShouldBeFalse();
        stream.Publish("not any more");
        _sim.Run();

        received.ShouldBe(["still"]);
    }

    [Fact]
    public void A_subscription_ends_with_its_subscriber()
    {
        var dead = _sim.Events<DeadLetter>();
        var (probe, _) = _sim.Probe();
        _sim.System.EventStream.Subscribe(probe, typeof(string));
        _sim.TellAndRun(probe, PoisonPill.Instance);
        _sim.System.EventStream.Publish("x");
        _sim.System.EventStream.Subscribe(probe, typeof(int));
        _sim.System.EventStream.Publish(1);
        _sim.Run();

        dead.ShouldBeEmpty();
    }

    [Fact]
    public void An_expected_loss_is_a_suppressed_dead_letter()
    {
        var dead = _sim.Events<DeadLetter>();
        var suppressed = _sim.Events<SuppressedDeadLetter>();
        var (probe, _) = _sim.Probe();
        _sim.TellAndRun(probe, PoisonPill.Instance);
        _sim.TellAndRun(probe, PoisonPill.Instance);

        dead.ShouldBeEmpty();
        suppressed.ShouldHaveSingleItem().Message.ShouldBe(PoisonPill.Instance);
    }

    [Fact]
    public void What_is_told_to_dead_letters_is_one()
    {
        var dead = _sim.Events<DeadLetter>();
        var (probe, _) = _sim.Probe();
        _sim.System.DeadLetters.Tell("lost", probe);
        _sim.Run();

        var letter = dead.ShouldHaveSingleItem();
        letter.Message.ShouldBe("lost");
        letter.Sender.ShouldBe(probe);
        letter.Recipient.ShouldBe(_sim.System.DeadLetters);
    }

    private List<object> Subscribe(Type channel)
    {
        var (probe, received) = _sim.Probe();
        _sim.System.EventStream.Subscribe(probe, channel);
        return received;
    }

    private interface IMark;

    private class Base;

    private sealed class Derived : Base, IMark;
}
