namespace Swarm.Tests.Kernel;

/// <summary>What an operator does to actors from outside.</summary>
public sealed class InterventionSpecs
{
    private readonly SimHarness _sim = new();

    [Fact]
    public void An_actor_that_is_made_to_fail_is_what_its_supervisor_decides()
    {
        var parent = _sim.System.ActorOf(Props.Create(() => new Restarting()), "parent");
        _sim.TellAndRun(parent, "go");
        Child().Restarts.ShouldBe(0);

        ActorIntervention.Fail(_sim.System, "/user/parent/child").ShouldBeTrue();
        _sim.Run();

        Child().Restarts.ShouldBe(1);
        Child().LastFailure.ShouldBeOfType<ActorKilledException>();
    }

    [Theory]
    [InlineData("/user/nobody")]
    [InlineData("/user/parent/")]
    [InlineData("/user")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("parent/child")]
    public void What_is_no_actor_of_the_users_is_left_alone(string path)
    {
        _sim.TellAndRun(_sim.System.ActorOf(Props.Create(() => new Restarting()), "parent"), "go");

        ActorIntervention.Fail(_sim.System, path).ShouldBeFalse();
        _sim.Run();
        ActorTree.Walk(_sim.System).Sum(actor => actor.Restarts).ShouldBe(0);
    }

    private ActorSnapshot Child() => ActorTree.Walk(_sim.System).Single(actor => actor.Path.Name == "child");

    private sealed class Restarting : UntypedActor
    {
        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

        protected override void OnReceive(object message) => Context.ActorOf(Props.Create(() => new Idle()), "child");
    }

    private sealed class Idle : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }
}
