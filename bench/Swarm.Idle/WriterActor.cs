using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Idle;

/// <summary>Writes batches to a store, one at a time, and answers who told it to.</summary>
internal sealed class WriterActor : UntypedActor
{
    private readonly IStore _store;
    private IActorRef _asker = ActorRefs.Nobody;

    private WriterActor(IStore store) => _store = store;

    /// <summary>Do these as one batch; answered with <see cref="Written"/>.</summary>
    public sealed record Write(ImmutableArray<StoreCommand> Commands);

    /// <summary>They are done.</summary>
    public sealed record Written(ImmutableArray<StoreOutcome> Outcomes);

    public static Props Props(IStore store) => ActorProps.Create(() => new WriterActor(store));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Write write:
                _asker = Sender;
                _store.Submit(0, write.Commands, Self);
                break;
            case IStore.Committed committed: _asker.Tell(new Written(committed.Outcomes)); break;
            case IStore.Failed failed: throw new IOException(failed.Reason);
            default: Unhandled(message); break;
        }
    }
}
