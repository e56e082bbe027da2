namespace Swarm.Kernel;

/// <summary>What a supervisor does with a failed child.</summary>
public enum Directive
{
    /// <summary>Keep the incarnation and go on with the next message.</summary>
    Resume,

    /// <summary>A new incarnation behind the same handle and mailbox.</summary>
    Restart,

    /// <summary>Fail oneself with the child's failure.</summary>
    Escalate,

    /// <summary>Stop the child.</summary>
    Stop,
}

/// <summary>Maps a failure to a directive.</summary>
public interface IDecider
{
    Directive Decide(Exception cause);
}

/// <summary>Makes deciders.</summary>
public static class Decider
{
    public static LocalOnlyDecider From(Func<Exception, Directive> localOnlyDecider) => new(localOnlyDecider);

    /// <summary>The directive of the first pair whose type the failure has, else the default.</summary>
    public static IDecider From(Directive defaultDirective, params KeyValuePair<Type, Directive>[] pairs)
    {
        return From(cause =>
        {
            foreach (var pair in pairs)
            {
                if (pair.Key.IsInstanceOfType(cause))
                {
                    return pair.Value;
                }
            }

            return defaultDirective;
        });
    }
}

/// <summary>A decider that is a function.</summary>
public sealed class LocalOnlyDecider(Func<Exception, Directive> decider) : IDecider
{
    public Directive Decide(Exception cause) => decider(cause);
}

/// <summary>How a parent judges its children's failures. A child that may not be restarted any more is stopped.</summary>
public abstract class SupervisorStrategy
{
    private protected SupervisorStrategy(int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled)
    {
        ArgumentNullException.ThrowIfNull(decider);
        MaxNumberOfRetries = maxNrOfRetries;
        WithinTimeRangeMilliseconds = withinTimeMilliseconds;
        Decider = decider;
        LoggingEnabled = loggingEnabled;
    }

    /// <summary>Restarts each failing child without limit; stops it where it could not begin, was killed or broke a death pact.</summary>
    public static SupervisorStrategy DefaultStrategy { get; } = new OneForOneStrategy(DefaultDecider);

    /// <summary>Stops each failing child.</summary>
    public static SupervisorStrategy StoppingStrategy { get; } = new OneForOneStrategy(static _ => Directive.Stop);

    /// <summary>The decider of <see cref="DefaultStrategy"/>.</summary>
    public static IDecider DefaultDecider => DefaultDeciderHolder.Instance;

    public IDecider Decider { get; }

    /// <summary>How many restarts a child has, in the window if there is one; negative is no limit.</summary>
    public int MaxNumberOfRetries { get; }

    /// <summary>The window for <see cref="MaxNumberOfRetries"/>; zero or negative is none.</summary>
    public int WithinTimeRangeMilliseconds { get; }

    /// <summary>Whether failures are logged.</summary>
    protected bool LoggingEnabled { get; }

    internal bool HandleFailure(ActorCell parent, Exception cause, ChildRestartStats failed, ChildRestartStats[] all)
    {
        var directive = Decider.Decide(cause);
        if (LoggingEnabled)
        {
            parent.SystemImpl.Log.Failure(failed.Child.Path, directive, cause);
        }

        switch (directive)
        {
            case Directive.Resume:
                failed.Child.Resume(cause);
                return true;
            case Directive.Restart:
                ProcessFailure(parent, true, cause, failed, all);
                return true;
            case Directive.Stop:
                ProcessFailure(parent, false, cause, failed, all);
                return true;
            default:
                return false;
        }
    }

    internal bool MayRestart(ChildRestartStats stats) => stats.RequestRestartPermission(MaxNumberOfRetries, WithinTimeRangeMilliseconds);

    internal abstract void ProcessFailure(ActorCell parent, bool restart, Exception cause, ChildRestartStats failed, ChildRestartStats[] all);

    // A type of its own, because the static fields of this one are initialised in the order of their declaration.
    private static class DefaultDeciderHolder
    {
        internal static readonly IDecider Instance = Kernel.Decider.From(static cause =>
            cause is ActorInitializationException or ActorKilledException or DeathPactException ? Directive.Stop : Directive.Restart);
    }

    private protected static int Milliseconds(TimeSpan? range) =>
        range is { } value && value > TimeSpan.Zero ? (int)Math.Min(int.MaxValue, Math.Ceiling(value.TotalMilliseconds)) : -1;
}

/// <summary>Treats the failing child alone.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    /// <summary>A strategy with a budget of restarts.</summary>
    /// <param name="maxNrOfRetries">Restarts allowed, null or negative without limit.</param>
    /// <param name="withinTimeRange">The window in which they count, null for ever.</param>
    /// <param name="localOnlyDecider">The directive for a failure.</param>
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries, withinTimeRange, Kernel.Decider.From(localOnlyDecider))
    {
    }

    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
        : base(maxNrOfRetries ?? -1, Milliseconds(withinTimeRange), decider, loggingEnabled: true)
    {
    }

    public OneForOneStrategy(
        int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : this(maxNrOfRetries, withinTimeMilliseconds, Kernel.Decider.From(localOnlyDecider), loggingEnabled)
    {
    }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled = true)
        : base(maxNrOfRetries, withinTimeMilliseconds, decider, loggingEnabled)
    {
    }

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(-1, -1, localOnlyDecider)
    {
    }

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : this(-1, -1, localOnlyDecider, loggingEnabled)
    {
    }

    public OneForOneStrategy(IDecider decider)
        : this(-1, -1, decider)
    {
    }

    /// <summary>The same with another limit.</summary>
    public OneForOneStrategy WithMaxNrOfRetries(int maxNrOfRetries) =>
        new(maxNrOfRetries, WithinTimeRangeMilliseconds, Decider, LoggingEnabled);

    internal override void ProcessFailure(ActorCell parent, bool restart, Exception cause, ChildRestartStats failed, ChildRestartStats[] all)
    {
        if (restart && MayRestart(failed))
        {
            failed.Child.Restart(cause);
        }
        else
        {
            parent.Stop(failed.Child);
        }
    }
}

/// <summary>Treats all children as the failing one: for children that are of no use without each other.</summary>
public class AllForOneStrategy : SupervisorStrategy
{
    public AllForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries, withinTimeRange, Kernel.Decider.From(localOnlyDecider))
    {
    }

    public AllForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
        : base(maxNrOfRetries ?? -1, Milliseconds(withinTimeRange), decider, loggingEnabled: true)
    {
    }

    public AllForOneStrategy(
        int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : this(maxNrOfRetries, withinTimeMilliseconds, Kernel.Decider.From(localOnlyDecider), loggingEnabled)
    {
    }

    public AllForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled = true)
        : base(maxNrOfRetries, withinTimeMilliseconds, decider, loggingEnabled)
    {
    }

    public AllForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(-1, -1, localOnlyDecider)
    {
    }

    public AllForOneStrategy(IDecider decider)
        : this(-1, -1, decider)
    {
    }

    internal override void ProcessFailure(ActorCell parent, bool restart, Exception cause, ChildRestartStats failed, ChildRestartStats[] all)
    {
        // Every child's budget is charged, not only up to the first that has none left.
        var mayRestart = restart;
        foreach (var stats in all)
        {
            mayRestart &= !restart || MayRestart(stats);
        }

        foreach (var stats in all)
        {
            if (!mayRestart)
            {
                parent.Stop(stats.Child);
                continue;
            }

            if (!ReferenceEquals(stats, failed))
            {
                stats.Child.Suspend();
            }

            stats.Child.Restart(cause);
        }
    }
}

/// <summary>A child as its parent knows it, with its budget of restarts.</summary>
internal sealed class ChildRestartStats(LocalActorRef child, TimeProvider clock)
{
    private int _retries;
    private long? _windowStart;

    internal LocalActorRef Child { get; } = child;

    /// <summary>The parent has stopped it and waits for its death.</summary>
    internal bool IsDying { get; set; }

    // The window opens with a restart and stays open for its length; a restart after that opens the next.
    internal bool RequestRestartPermission(int maxNrOfRetries, int withinTimeMilliseconds)
    {
        if (maxNrOfRetries == 0)
        {
            return false;
        }

        if (withinTimeMilliseconds <= 0)
        {
            return maxNrOfRetries < 0 || ++_retries <= maxNrOfRetries;
        }

        var now = clock.GetTimestamp();
        _windowStart ??= now;
        if (clock.GetElapsedTime(_windowStart.Value, now).TotalMilliseconds <= withinTimeMilliseconds)
        {
            return ++_retries <= (maxNrOfRetries < 0 ? 1 : maxNrOfRetries);
        }

        _retries = 1;
        _windowStart = now;
        return true;
    }
}
