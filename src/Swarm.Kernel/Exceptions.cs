namespace Swarm.Kernel;

/// <summary>The root of the kernel's exceptions.</summary>
public abstract class AkkaException : Exception
{
    protected AkkaException()
    {
    }

    protected AkkaException(string? message)
        : base(message)
    {
    }

    protected AkkaException(string? message, Exception? cause)
        : base(message, cause)
    {
    }
}

/// <summary>An actor's constructor or <c>PreStart</c> failed, or it was created the wrong way. Its supervisor stops it by default.</summary>
public class ActorInitializationException : AkkaException
{
    public ActorInitializationException()
    {
    }

    public ActorInitializationException(string message)
        : base(message)
    {
    }

    public ActorInitializationException(string message, Exception? cause)
        : base(message, cause)
    {
    }

    public ActorInitializationException(IActorRef? actor, string message, Exception? cause = null)
        : base(actor is null ? message : $"{actor}: {message}", cause) => Actor = actor;

    /// <summary>The actor that could not begin.</summary>
    public IActorRef? Actor { get; }
}

/// <summary><c>PreRestart</c> failed; logged, the restart goes on.</summary>
public class PreRestartException(IActorRef actor, Exception restartException, Exception cause, object? optionalMessage)
    : ActorInitializationException(actor, $"PreRestart failed for message {optionalMessage ?? "(none)"}: {restartException.Message}", cause)
{
    public object? OptionalMessage { get; } = optionalMessage;
}

/// <summary>The new incarnation could not be made, or its <c>PostRestart</c> failed.</summary>
public class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"PostRestart failed: {cause.Message}", cause)
{
    /// <summary>Why there was a restart at all.</summary>
    public Exception OriginalCause { get; } = originalCause;
}

/// <summary><see cref="Kill"/> was received.</summary>
public class ActorKilledException(string message) : AkkaException(message);

/// <summary>An actor left the <see cref="Terminated"/> of an actor that it watches unhandled.</summary>
public class DeathPactException(IActorRef deadActor) : AkkaException($"Monitored actor [{deadActor}] terminated")
{
    public IActorRef DeadActor { get; } = deadActor;
}

/// <summary>An actor's name is malformed or taken.</summary>
public class InvalidActorNameException(string message, Exception? innerException = null) : AkkaException(message, innerException);

/// <summary>An Ask had no answer in time.</summary>
public class AskTimeoutException(string message) : AkkaException(message);

/// <summary>An actor did something that its state forbids, such as stashing one message twice.</summary>
public class IllegalActorStateException(string message) : AkkaException(message);

/// <summary>The stash was full.</summary>
public class StashOverflowException(string message, Exception? cause = null) : AkkaException(message, cause);

/// <summary>A name that the settings do not know, such as a dispatcher's.</summary>
public class ConfigurationException(string message) : AkkaException(message);

/// <summary>The scheduler was asked for something impossible, such as a negative delay.</summary>
public class SchedulerException(string message) : AkkaException(message);
