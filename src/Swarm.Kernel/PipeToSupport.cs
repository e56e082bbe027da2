namespace Swarm.Kernel;

/// <summary>Tells a task's outcome to an actor: how work outside of the tree comes back into it.</summary>
public static class PipeToSupport
{
    /// <summary>Tells the result, or <see cref="Status.Failure"/>.</summary>
    /// <param name="taskToPipe">The task.</param>
    /// <param name="recipient">Who is told.</param>
    /// <param name="sender">Whom the recipient sees as sender.</param>
    /// <param name="success">Makes the message of a result.</param>
    /// <param name="failure">Makes the message of a failure.</param>
    /// <returns>A task that ends when the recipient was told, and never fails for the first task's failure.</returns>
    public static Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, IActorRef? sender = null, Func<T, object>? success = null, Func<Exception, object>? failure = null)
    {
        ArgumentNullException.ThrowIfNull(taskToPipe);
        return Continue(taskToPipe, recipient, sender, task => success is null ? ((Task<T>)task).Result! : success(((Task<T>)task).Result), failure);
    }

    /// <summary>Tells what <paramref name="success"/> makes, by default nothing, or <see cref="Status.Failure"/>.</summary>
    public static Task PipeTo(
        this Task taskToPipe, ICanTell recipient, IActorRef? sender = null, Func<object>? success = null, Func<Exception, object>? failure = null)
    {
        ArgumentNullException.ThrowIfNull(taskToPipe);
        return Continue(taskToPipe, recipient, sender, _ => success?.Invoke(), failure);
    }

    private static Task Continue(
        Task task, ICanTell recipient, IActorRef? sender, Func<Task, object?> success, Func<Exception, object>? failure)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        return task.ContinueWith(
            done =>
            {
                if (done.IsCompletedSuccessfully)
                {
                    if (success(done) is { } message)
                    {
                        recipient.Tell(message, sender);
                    }

                    return;
                }

                var cause = done.Exception is null
                    ? new TaskCanceledException(done)
                    : done.Exception.InnerExceptions.Count == 1 ? done.Exception.InnerExceptions[0] : done.Exception;
                recipient.Tell(failure is null ? new Status.Failure(cause) : failure(cause), sender);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}

/// <summary>Stopping from outside, with a wait.</summary>
public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>Tells the stop message and waits for the death.</summary>
    /// <returns>True once the actor is dead; the task fails with <see cref="AskTimeoutException"/> when that takes too long.</returns>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        if (target is not IInternalActorRef watched)
        {
            throw new ArgumentException("Can only stop an actor of an actor system", nameof(target));
        }

        var future = new FutureActorRef<Terminated>(watched.System);
        future.Begin(timeout, CancellationToken.None);
        watched.SendSystemMessage(new SystemMessage.Watch(future));
        target.Tell(stopMessage, ActorRefs.NoSender);
        return future.Task.ContinueWith(
            static done => done.GetAwaiter().GetResult() is not null,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
