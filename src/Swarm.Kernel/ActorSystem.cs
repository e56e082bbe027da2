namespace Swarm.Kernel;

/// <summary>
/// A tree of actors: <c>/user</c> with the program's, <c>/system</c> with those of the tools around it.
/// It ends with <see cref="Terminate"/>, which runs <see cref="CoordinatedShutdown"/>.
/// </summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    public abstract string Name { get; }

    public abstract EventStream EventStream { get; }

    public abstract IScheduler Scheduler { get; }

    /// <summary>Turns what is told to it into dead letters.</summary>
    public abstract IActorRef DeadLetters { get; }

    public abstract Dispatchers Dispatchers { get; }

    /// <summary>Ends when every actor has stopped.</summary>
    public abstract Task WhenTerminated { get; }

    /// <summary>Time since the system began.</summary>
    public abstract TimeSpan Uptime { get; }

    /// <summary>Begins a system.</summary>
    /// <param name="name">Letters, digits and inner hyphens.</param>
    /// <exception cref="ArgumentException">The name is malformed.</exception>
    public static ActorSystem Create(string name) => Create(name, ActorSystemSettings.Default);

    public static ActorSystem Create(string name, ActorSystemSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (string.IsNullOrEmpty(name) || name[0] == '-' || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
        {
            throw new ArgumentException(
                $"Invalid ActorSystem name [{name}], must contain only word characters (i.e. [a-zA-Z0-9] plus non-leading '-' or '_')", nameof(name));
        }

        return new ActorSystemImpl(name, settings);
    }

    /// <summary>Makes an actor below <c>/user</c>.</summary>
    public abstract IActorRef ActorOf(Props props, string? name = null);

    public abstract void Stop(IActorRef actor);

    /// <summary>Shuts the system down in the phases of <see cref="CoordinatedShutdown"/>.</summary>
    /// <returns><see cref="WhenTerminated"/>.</returns>
    public abstract Task Terminate();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}

/// <summary>What test kits and tools see of a system beyond what programs do.</summary>
public abstract class ExtendedActorSystem : ActorSystem
{
    /// <summary><c>/user</c>.</summary>
    public abstract IActorRef Guardian { get; }

    /// <summary><c>/system</c>.</summary>
    public abstract IActorRef SystemGuardian { get; }

    /// <summary>What the system was built with: its clock, its loggers, and the simulation that runs it, if one does.</summary>
    public abstract ActorSystemSettings Settings { get; }

    /// <summary>Makes an actor below <c>/system</c>.</summary>
    public abstract IActorRef SystemActorOf(Props props, string? name = null);

    /// <summary>
    /// Makes an actor of this system the sender of what the calling thread tells from outside of actors, where it names none. Neither actors nor
    /// the events of a simulation notice. Ends with the disposal of the result, on the same thread.
    /// </summary>
    /// <exception cref="ArgumentException">Not an actor of this system.</exception>
    public abstract IDisposable ImplicitSender(IActorRef actor);
}
