using Microsoft.Extensions.Logging;

namespace Swarm.Kernel;

/// <summary>All that the kernel logs.</summary>
internal sealed partial class KernelLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    internal void Failure(ActorPath actor, Directive directive, Exception cause)
    {
        // The wrapper says only that it was the beginning that failed; the reason is inside.
        var reason = cause is ActorInitializationException { InnerException: { } inner } ? inner : cause;
        switch (directive)
        {
            case Directive.Resume:
                Resumed(actor, reason.Message);
                break;
            case Directive.Escalate:
                Escalated(actor, reason.Message);
                break;
            default:
                Failed(reason, actor, directive);
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Actor} failed: {Directive}")]
    internal partial void Failed(Exception cause, ActorPath actor, Directive directive);

    [LoggerMessage(2, LogLevel.Warning, "{Actor} failed and goes on: {Reason}")]
    internal partial void Resumed(ActorPath actor, string reason);

    [LoggerMessage(3, LogLevel.Debug, "{Actor} failed, and its parent fails with it: {Reason}")]
    internal partial void Escalated(ActorPath actor, string reason);

    [LoggerMessage(4, LogLevel.Error, "{Hook} of {Actor} failed")]
    internal partial void HookFailed(Exception cause, ActorPath actor, string hook);

    [LoggerMessage(5, LogLevel.Error, "{Actor} failed again before its supervisor had decided")]
    internal partial void FailureWhileFailed(Exception cause, ActorPath actor);

    [LoggerMessage(6, LogLevel.Error, "{Actor} could not be released")]
    internal partial void ReleaseFailed(Exception cause, ActorPath actor);

    [LoggerMessage(7, LogLevel.Error, "A scheduled action failed")]
    internal partial void ScheduledActionFailed(Exception cause);

    [LoggerMessage(8, LogLevel.Critical, "A failure reached the root of the actor system, which stops")]
    internal partial void RootFailed(Exception cause);

    [LoggerMessage(9, LogLevel.Debug, "Dead letter of type {MessageType} for {Recipient}")]
    internal partial void DeadLetter(Type messageType, ActorPath recipient);

    [LoggerMessage(10, LogLevel.Warning, "The mailbox of {Recipient} is full; message of type {MessageType} dropped, {Dropped} so far")]
    internal partial void MailboxFull(Type messageType, ActorPath recipient, long dropped);

    [LoggerMessage(11, LogLevel.Debug, "{Recipient} did not handle a message of type {MessageType}")]
    internal partial void Unhandled(Type messageType, ActorPath recipient);

    [LoggerMessage(12, LogLevel.Information, "Coordinated shutdown: {Reason}")]
    internal partial void ShutdownBegins(string reason);

    [LoggerMessage(13, LogLevel.Debug, "Coordinated shutdown: phase {Phase}, {Tasks} tasks")]
    internal partial void ShutdownPhase(string phase, int tasks);

    [LoggerMessage(14, LogLevel.Warning, "Coordinated shutdown: phase {Phase} failed")]
    internal partial void ShutdownPhaseFailed(Exception cause, string phase);
}
