namespace Swarm.TestKit;

/// <summary>Where the event filters of one system get their events: its <see cref="TestEventListener"/>, and its dead letters through an actor that is made when they are first asked for.</summary>
internal sealed class EventSource(ActorSystem system)
{
    private readonly Lock _gate = new();
    private readonly List<Action<DeadLetter>> _deadLetters = [];
    private IActorRef? _relay;

    internal void Attach(EventCount count)
    {
        Listener().Attach(count.Log);
        if (!count.CountsDeadLetters) return;
        lock (_gate)
        {
            _deadLetters.Add(count.DeadLetter);
            if (_relay is not null) return;

            // It lives as long as the system: one that was stopped with letters in its mailbox would have them published again.
            _relay = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new DeadLetterRelay(Publish)));
            system.EventStream.Subscribe<DeadLetter>(_relay);
        }
    }

    internal void Detach(EventCount count)
    {
        Listener().Detach(count.Log);
        lock (_gate)
        {
            _deadLetters.Remove(count.DeadLetter);
        }
    }

    private TestEventListener Listener() => (system as ExtendedActorSystem)?.Settings.LoggerFactory as TestEventListener
        ?? throw new InvalidOperationException($"There are no event filters for [{system.Name}]: make it with LoggerFactory = new {nameof(TestEventListener)}(...).");

    private void Publish(DeadLetter letter)
    {
        Action<DeadLetter>[] counts;
        lock (_gate)
        {
            counts = [.. _deadLetters];
        }

        foreach (var count in counts) count(letter);
    }

    private sealed class DeadLetterRelay(Action<DeadLetter> publish) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is DeadLetter letter) publish(letter);
            else Unhandled(message);
        }
    }
}
