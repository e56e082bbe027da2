using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Actors.Store;

/// <summary>A store that keeps what it is given until the test says what came of it.</summary>
internal sealed class FakeStore : IStore
{
    public List<Submission> Submissions { get; } = [];

    public Submission Last => Submissions[^1];

    public void Submit(long batch, ImmutableArray<StoreCommand> commands, IActorRef replyTo) => Submissions.Add(new Submission(batch, commands, replyTo));

    internal sealed record Submission(long Batch, ImmutableArray<StoreCommand> Commands, IActorRef ReplyTo)
    {
        public void Commit() => Commit([.. Commands.Select(_ => new StoreOutcome.Done())]);

        public void Commit(params ImmutableArray<StoreOutcome> outcomes) => ReplyTo.Tell(new IStore.Committed(Batch, outcomes), ActorRefs.NoSender);

        public void Fail(string reason, bool transient) => ReplyTo.Tell(new IStore.Failed(Batch, reason, transient), ActorRefs.NoSender);
    }
}
