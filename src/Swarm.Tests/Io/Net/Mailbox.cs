namespace Swarm.Tests.Io.Net;

/// <summary>Stands for an actor: keeps what it is told, and hands it out in order, waiting up to a deadline.</summary>
internal sealed class Mailbox : IActorRef
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Queue<object> _messages = new();

    public ActorPath Path => ActorPath.Root;

    public int Waiting
    {
        get
        {
            lock (_messages) return _messages.Count;
        }
    }

    public void Tell(object message, IActorRef? sender)
    {
        lock (_messages)
        {
            _messages.Enqueue(message);
            Monitor.Pulse(_messages);
        }
    }

    public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

    public int CompareTo(IActorRef? other) => Path.CompareTo(other?.Path);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <summary>The next message, which must be a <typeparamref name="T"/>.</summary>
    public T Expect<T>(TimeSpan? within = null)
    {
        TryTake(out var message, within ?? Patience).ShouldBeTrue($"no {typeof(T).Name} came");
        return message.ShouldBeOfType<T>();
    }

    /// <summary>The next message of any kind, or null when none comes in time.</summary>
    public object? Next(TimeSpan within) => TryTake(out var message, within) ? message : null;

    /// <summary>Takes messages until one is a <typeparamref name="T"/>, and answers that.</summary>
    public T Await<T>(Action<object>? others = null)
    {
        while (true)
        {
            TryTake(out var message, Patience).ShouldBeTrue($"no {typeof(T).Name} came");
            if (message is T found) return found;
            others?.Invoke(message!);
        }
    }

    private bool TryTake(out object? message, TimeSpan within)
    {
        var deadline = Environment.TickCount64 + (long)within.TotalMilliseconds;
        lock (_messages)
        {
            while (!_messages.TryDequeue(out message))
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0) return false;
                Monitor.Wait(_messages, (int)left);
            }

            return true;
        }
    }
}
