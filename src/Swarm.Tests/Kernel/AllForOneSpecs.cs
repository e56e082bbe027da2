namespace Swarm.Tests.Kernel;

public sealed class AllForOneSpecs
{
    private readonly SimHarness _sim = new();
    private readonly List<string> _log = [];

    [Fact]
    public void All_for_one_restarts_every_child()
    {
        var children = SuperviseAll(new AllForOneStrategy(_ => Directive.Restart), 3);

        _sim.TellAndRun(children[1], "fail");

        _log.Order().ShouldBe(["0 restarted boom ", "1 restarted boom fail", "2 restarted boom "]);
    }

    [Fact]
    public void One_for_one_restarts_only_the_failing_child()
    {
        var children = SuperviseAll(new OneForOneStrategy(_ => Directive.Restart), 3);

        _sim.TellAndRun(children[1], "fail");

        _log.ShouldBe(["1 restarted boom fail"]);
    }

    [Fact]
    public void All_for_one_stops_every_child_when_one_has_no_restart_left()
    {
        var children = SuperviseAll(new AllForOneStrategy(1, (TimeSpan?)null, _ => Directive.Restart), 2);
        _sim.TellAndRun(children[0], "fail");
        _log.Clear();

        _sim.TellAndRun(children[1], "fail");

        _log.Order().ShouldBe(["0 stopped", "1 stopped"]);
    }

    private static void FailOn(Scripted actor, object message)
    {
        if (message is "fail")
        {
            throw new Boom();
        }
    }

    private IActorRef[] SuperviseAll(SupervisorStrategy strategy, int count)
    {
        var made = new IActorRef[count];
        _sim.Actor(new Script
        {
            OnPreStart = me =>
            {
                for (var i = 0; i < count; i++)
                {
                    var name = i.ToString();
                    var script = new Script
                    {
                        OnMessage = FailOn,
                        OnPreRestart = (_, cause, message) => _log.Add($"{name} restarted {cause.Message} {message}"),
                        OnPostStop = _ =>
                        {
                            if (_log.All(l => l[0] != name[0]))
                            {
                                _log.Add(name + " stopped");
                            }
                        },
                    };
                    made[i] = me.Ctx.ActorOf(Scripted.With(script), name);
                }
            },
            Strategy = strategy,
        });
        _sim.Run();
        return made;
    }
}
