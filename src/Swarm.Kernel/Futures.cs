namespace Swarm.Kernel;

/// <summary>
/// Asking from outside of the tree: a message, and the answer as a task. The task fails with
/// <see cref="AskTimeoutException"/> when no answer came in time, is cancelled by the token, fails with the cause of a
/// <see cref="Status.Failure"/>, and with <see cref="ArgumentException"/> for an answer of another type.
/// Without a time-out it waits for ever, as in Akka.NET.
/// </summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, null, cancellationToken);

    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<T>(_ => message, timeout, cancellationToken);

    /// <summary>For a message that carries the handle to answer to.</summary>
    public static Task<T> Ask<T>(
        this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messageFactory);
        if (self is not IInternalActorRef target)
        {
            throw new ArgumentException("Can only ask an actor of an actor system", nameof(self));
        }

        var future = new FutureActorRef<T>(target.System);
        future.Begin(timeout, cancellationToken);
        target.Tell(messageFactory(future), future);
        return future.Task;
    }
}

/// <summary>The handle that waits for the answer to one Ask. The first message decides; later ones become dead letters.</summary>
internal sealed class FutureActorRef<T>(ActorSystemImpl system) : InternalActorRefBase
{
    private readonly TaskCompletionSource<T> _completion = new(system.ContinuationOptions);
    private ITimer? _timer;
    private CancellationTokenRegistration _registration;
    private ActorPath? _path;
    private List<IInternalActorRef>? _watchers;

    public override ActorPath Path =>
        Volatile.Read(ref _path) ?? Interlocked.CompareExchange(ref _path, NewPath(), null) ?? _path;

    public override ActorSystemImpl System => system;

    internal Task<T> Task => _completion.Task;

    public override int GetHashCode() => global::System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override void Tell(object message, IActorRef? sender)
    {
        var first = message switch
        {
            Status.Failure failure when message is not T => _completion.TrySetException(
                failure.Cause ?? new TaskCanceledException("Status.Failure without a cause")),
            T answer => _completion.TrySetResult(answer),
            _ => _completion.TrySetException(new ArgumentException(
                $"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]")),
        };
        if (first)
        {
            End();
        }
        else
        {
            system.PublishDeadLetter(message, sender, this);
        }
    }

    public override void SendSystemMessage(SystemMessage message)
    {
        switch (message)
        {
            case SystemMessage.Watch watch:
                lock (_completion)
                {
                    if (!Task.IsCompleted)
                    {
                        (_watchers ??= []).Add(watch.Watcher);
                        return;
                    }
                }

                watch.Watcher.SendSystemMessage(new SystemMessage.DeathWatchNotification(this, existenceConfirmed: true));
                break;
            case SystemMessage.Unwatch unwatch:
                lock (_completion)
                {
                    _watchers?.Remove(unwatch.Watcher);
                }

                break;
            case SystemMessage.DeathWatchNotification notification:
                // Whoever waits for a death with this handle, as GracefulStop does, is told as an actor would be.
                Tell(new Terminated(notification.Actor, notification.ExistenceConfirmed, addressTerminated: false), notification.Actor);
                break;
        }
    }

    internal void Begin(TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (timeout is { } limit && limit != Timeout.InfiniteTimeSpan)
        {
            _timer = system.CreateTimer(
                static state => ((FutureActorRef<T>)state!).OnTimeout(), this, limit > TimeSpan.Zero ? limit : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((FutureActorRef<T>)state!).OnCancelled(token), this);
        }

        // An early end did not see the timer or the registration.
        if (Task.IsCompleted)
        {
            End();
        }
    }

    private ActorPath NewPath() => (ActorPath.Root / "temp" / "$ask").WithUid(system.NextUid());

    private void OnTimeout()
    {
        if (_completion.TrySetException(new AskTimeoutException("Ask timed out: no answer came in time.")))
        {
            End();
        }
    }

    private void OnCancelled(CancellationToken token)
    {
        if (_completion.TrySetCanceled(token))
        {
            End();
        }
    }

    private void End()
    {
        _timer?.Dispose();
        _registration.Unregister();
        List<IInternalActorRef>? watchers;
        lock (_completion)
        {
            watchers = _watchers;
            _watchers = null;
        }

        foreach (var watcher in watchers ?? [])
        {
            watcher.SendSystemMessage(new SystemMessage.DeathWatchNotification(this, existenceConfirmed: true));
        }
    }
}
