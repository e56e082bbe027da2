using System.Threading.Channels;

namespace Swarm.Host;

/// <summary>Puts what is published on the event stream into a channel for the program to read. The channel decides overflow: it drops the oldest.</summary>
internal sealed class EventsActor : UntypedActor
{
    private readonly ChannelWriter<object> _events;

    private EventsActor(ChannelWriter<object> events) => _events = events;

    public static Props Props(ChannelWriter<object> events) => ActorProps.Create(() => new EventsActor(events));

    protected override void OnReceive(object message) => _events.TryWrite(message);

    protected override void PostStop() => _events.TryComplete();
}
