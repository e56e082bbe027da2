namespace Swarm.TestKit.World;

/// <summary>The ear of a simulated node in its own actor system: what it is told goes to a callback at once. It stands for whoever uses the node, so a node answers it as it answers its program.</summary>
internal sealed class NodeProbe : UntypedActor
{
    private readonly Action<object> _heard;

    private NodeProbe(Action<object> heard) => _heard = heard;

    public static Props Props(Action<object> heard) => ActorProps.Create(() => new NodeProbe(heard));

    protected override void OnReceive(object message) => _heard(message);
}
