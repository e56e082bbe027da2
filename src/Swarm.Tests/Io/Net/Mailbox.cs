using System.Collections.Concurrent;

namespace Swarm.Tests.Io.Net;

/// <summary>Stands for an actor: keeps what it is told, and hands it out in order, waiting up to a deadline.</summary>
internal sealed class Mailbox : IActorRef
{
    private readonly BlockingCollection<object> _messages = new();

    public ActorPath Path => ActorPath.Root;

    public int Waiting => _messages.Count;

    public void Tell(object message, IActorRef? sender) => _messages.Add(message);

    public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

    public int CompareTo(IActorRef? other) => Path.CompareTo(other?.Path);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <summary>The next message, which must be a <typeparamref name="T"/>.</summary>
    public T Expect<T>(TimeSpan? within = null)
    {
        _messages.TryTake(out var message, within ?? TimeSpan.FromSeconds(20)).ShouldBeTrue($"no {typeof(T).Name} came");
        return message.ShouldBeOfType<T>();
    }

    /// <summary>The next message of any kind, or null when none comes in time.</summary>
    public object? Next(TimeSpan within) => _messages.TryTake(out var message, within) ? message : null;

    /// <summary>Takes messages until one is a <typeparamref name="T"/>, and answers that.</summary>
    public T Await<T>(Action<object>? others = null)
    {
        while (true)
        {
            _messages.TryTake(out var message, TimeSpan.FromSeconds(20)).ShouldBeTrue($"no {typeof(T).Name} came");
            if (message is T found) return found;
            others?.Invoke(message!);
        }
    }
}
