namespace Swarm.TestKit;

/// <summary>
/// The actor behind a kit and behind each probe, below <c>/system</c>. It queues what it receives for the test to take, after the auto pilot has seen it, unless it is to be ignored. The test steers
/// it with messages, so what the test says holds from then on for all that is told to it later. It outlives what pilots and filters throw. Children that fail are stopped.
/// </summary>
internal sealed class InternalTestActor(TestQueue queue, TestClock clock) : UntypedActor
{
    private readonly TestQueue _queue = queue;
    private readonly TestClock _clock = clock;
    private Predicate<object>? _ignore;
    private AutoPilot _pilot = AutoPilot.NoAutoPilot;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SetIgnore set:
                _ignore = set.Ignore;
                break;
            case SetAutoPilot set:
                _pilot = set.AutoPilot;
                break;
            case Watch watch:
                Context.Watch(watch.Actor);
                break;
            case Unwatch unwatch:
                Context.Unwatch(unwatch.Actor);
                break;
            case Spawn spawn:
                Born(spawn);
                break;
            default:
                Queue(message);
                break;
        }
    }

    protected override void PostStop()
    {
        _queue.Stop();
        _clock.Changed();
    }

    protected override SupervisorStrategy? SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    private void Queue(object message)
    {
        try
        {
            if (_pilot.Run(Sender, message) is not KeepRunning and var next) _pilot = next;
            if (_ignore?.Invoke(message) == true) return;
        }
        catch (Exception e)
        {
            _queue.Fail(e);
        }

        _queue.Add(new MessageEnvelope(message, Sender));
        _clock.Changed();
    }

    private void Born(Spawn spawn)
    {
        try
        {
            spawn.Child.SetResult(Context.ActorOf(spawn.Props, spawn.Name));
        }
        catch (Exception e)
        {
            spawn.Child.SetException(e);
        }

        _clock.Changed();
    }

    /// <summary>From now on, queue no message that this accepts; null queues all.</summary>
    internal sealed record SetIgnore(Predicate<object>? Ignore);

    /// <summary>From now on, let this see each message.</summary>
    internal sealed record SetAutoPilot(AutoPilot AutoPilot);

    internal sealed record Watch(IActorRef Actor);

    internal sealed record Unwatch(IActorRef Actor);

    /// <summary>Make a child, and say which or why not.</summary>
    internal sealed record Spawn(Props Props, string? Name, TaskCompletionSource<IActorRef> Child);
}
