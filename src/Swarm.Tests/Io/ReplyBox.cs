using System.Collections.Concurrent;

namespace Swarm.Tests.Io;

/// <summary>What a port's answers are told to in tests of ports: keeps them in order of arrival, to be taken with a limit on the wait.</summary>
internal sealed class ReplyBox : IActorRef, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly BlockingCollection<object> _replies = [];

    public int Waiting => _replies.Count;

    public ActorPath Path => ActorRefs.Nobody.Path;

    public void Tell(object message, IActorRef? sender) => _replies.Add(message);

    public object Take() =>
        _replies.TryTake(out var reply, Patience) ? reply : throw new TimeoutException($"No answer came within {Patience}.");

    public T Take<T>() => Take().ShouldBeOfType<T>();

    public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => 0;

    public int CompareTo(IActorRef? other) => ReferenceEquals(this, other) ? 0 : 1;

    public void Dispose() => _replies.Dispose();
}
