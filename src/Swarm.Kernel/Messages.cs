namespace Swarm.Kernel;

/// <summary>A message that the kernel handles before, or instead of, the actor.</summary>
public interface IAutoReceivedMessage;

/// <summary>A message that changes an actor's life and is not to be taken from strangers.</summary>
public interface IPossiblyHarmful;

/// <summary>A message whose loss is expected; undelivered it becomes a <see cref="SuppressedDeadLetter"/>.</summary>
public interface IDeadLetterSuppression;

/// <summary>A message that does not restart the receive timeout.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>Tells a watcher that the watched actor is dead: once for each watch, after the actor's last message.</summary>
public sealed class Terminated(IActorRef actorRef, bool existenceConfirmed, bool addressTerminated)
    : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    /// <summary>The actor that is dead.</summary>
    public IActorRef ActorRef { get; } = actorRef;

    /// <summary>True when the actor is known to have lived.</summary>
    public bool ExistenceConfirmed { get; } = existenceConfirmed;

    /// <summary>Always false here: there are no remote addresses.</summary>
    public bool AddressTerminated { get; } = addressTerminated;

    public override string ToString() => $"<Terminated>: {ActorRef} - ExistenceConfirmed={ExistenceConfirmed}";
}

/// <summary>Stops its recipient after the messages that were queued before it.</summary>
public sealed class PoisonPill : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    private PoisonPill()
    {
    }

    public static PoisonPill Instance { get; } = new();

    public override string ToString() => "<PoisonPill>";
}

/// <summary>Makes its recipient fail with <see cref="ActorKilledException"/>, so that its supervisor decides.</summary>
public sealed class Kill : IAutoReceivedMessage, IPossiblyHarmful
{
    private Kill()
    {
    }

    public static Kill Instance { get; } = new();

    public override string ToString() => "<Kill>";
}

/// <summary>Asks an actor who it is; the kernel answers with <see cref="ActorIdentity"/>.</summary>
public sealed class Identify(object? messageId) : IAutoReceivedMessage, INotInfluenceReceiveTimeout
{
    public object? MessageId { get; } = messageId;
}

/// <summary>The answer to <see cref="Identify"/>.</summary>
public sealed class ActorIdentity(object? messageId, IActorRef? subject)
{
    public object? MessageId { get; } = messageId;

    /// <summary>The actor that answered.</summary>
    public IActorRef? Subject { get; } = subject;
}

/// <summary>Arrives when an actor with a receive timeout had no message for that long; repeats until switched off.</summary>
public sealed class ReceiveTimeout : IPossiblyHarmful
{
    private ReceiveTimeout()
    {
    }

    public static ReceiveTimeout Instance { get; } = new();
}

/// <summary>An outcome as a message. <see cref="Futures.Ask{T}(ICanTell, object, TimeSpan?)"/> turns a failure into an exception.</summary>
public abstract class Status
{
    private Status()
    {
    }

    /// <summary>It worked.</summary>
    public sealed class Success(object? status) : Status
    {
        /// <summary>What came out; an Ask for another type than Status.Success does not unwrap it.</summary>
        public object? Status { get; } = status;

        public override string ToString() => $"Success: {Status}";
    }

    /// <summary>It did not work.</summary>
    public sealed class Failure(Exception? cause, object? state = null) : Status
    {
        public Exception? Cause { get; } = cause;

        public object? State { get; } = state;

        public override string ToString() => $"Failure: {Cause}";
    }
}

/// <summary>What became of a message that nobody received.</summary>
public abstract class AllDeadLetters(object message, IActorRef sender, IActorRef recipient)
{
    public object Message { get; } = message;

    /// <summary>Who told it; the dead letters themselves where there was no sender.</summary>
    public IActorRef Sender { get; } = sender;

    public IActorRef Recipient { get; } = recipient;

    public override string ToString() => $"{GetType().Name} from {Sender} to {Recipient}: {Message}";
}

/// <summary>A message whose recipient was dead, or died with it in the mailbox.</summary>
public sealed class DeadLetter(object message, IActorRef sender, IActorRef recipient) : AllDeadLetters(message, sender, recipient);

/// <summary>A dead letter that was to be expected.</summary>
public sealed class SuppressedDeadLetter(IDeadLetterSuppression message, IActorRef sender, IActorRef recipient)
    : AllDeadLetters(message, sender, recipient);

/// <summary>A message that a full mailbox refused.</summary>
public sealed class Dropped(object message, string reason, IActorRef sender, IActorRef recipient)
    : AllDeadLetters(message, sender, recipient)
{
    public string Reason { get; } = reason;
}

/// <summary>A message that its recipient received and did not handle.</summary>
public sealed class UnhandledMessage(object message, IActorRef sender, IActorRef recipient)
{
    public object Message { get; } = message;

    public IActorRef Sender { get; } = sender;

    public IActorRef Recipient { get; } = recipient;
}

/// <summary>The value of a task that has none.</summary>
public sealed class Done
{
    private Done()
    {
    }

    public static Done Instance { get; } = new();
}

/// <summary>A message with its sender.</summary>
public readonly record struct Envelope(object Message, IActorRef? Sender);
