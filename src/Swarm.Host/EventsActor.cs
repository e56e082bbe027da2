using System.Threading.Channels;
using Swarm.Actors.Node;

namespace Swarm.Host;

/// <summary>
/// Puts what is published on the event stream into a channel for the program to read; the channel decides overflow: it drops the oldest. Watches the node and says, once, that it has ended and why,
/// because a dead actor answers no question.
/// </summary>
internal sealed class EventsActor : UntypedActor
{
    private readonly IActorRef _node;
    private readonly ChannelWriter<object> _events;
    private readonly TaskCompletionSource<string> _ended;
    private string _reason = "the node has stopped unexpectedly; run with --verbose for details, and again to resume";

    private EventsActor(IActorRef node, ChannelWriter<object> events, TaskCompletionSource<string> ended)
    {
        _node = node;
        _events = events;
        _ended = ended;
    }

    public static Props Props(IActorRef node, ChannelWriter<object> events, TaskCompletionSource<string> ended) => ActorProps.Create(() => new EventsActor(node, events, ended));

    protected override void PreStart() => Context.Watch(_node);

    protected override void OnReceive(object message)
    {
        if (message is Terminated)
        {
            _ended.TrySetResult(_reason);
            return;
        }

        if (message is NodeActor.Broken broken) _reason = broken.Reason;
        _events.TryWrite(message);
    }

    protected override void PostStop() => _events.TryComplete();
}
