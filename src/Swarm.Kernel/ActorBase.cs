namespace Swarm.Kernel;

/// <summary>
/// The root of all actors. The kernel makes an incarnation, calls <see cref="PreStart"/>, then <see cref="Receive"/>
/// message by message, never two at a time. A failure suspends the actor until its supervisor has decided: resume keeps
/// the incarnation, restart calls <see cref="PreRestart"/> on it and <see cref="PostRestart"/> on a new one behind the
/// same handle and mailbox, stop ends with <see cref="PostStop"/>.
/// </summary>
public abstract class ActorBase
{
    private readonly ActorCell _cell;
    private SupervisorStrategy? _supervisorStrategy;

    protected ActorBase()
    {
        _cell = ActorCell.Current is { IsCreating: true } cell
            ? cell
            : throw new ActorInitializationException(
                $"You cannot create an instance of [{GetType()}] explicitly using the constructor (new). Use a factory method such as ActorOf.");
        _cell.Become(Receive);
    }

    /// <summary>The actor's own handle.</summary>
    protected IActorRef Self => _cell.Self;

    /// <summary>Who told the message that is being handled; the dead letters where nobody did.</summary>
    protected IActorRef Sender => _cell.Sender;

    /// <summary>The context of the actor that runs on this thread.</summary>
    /// <exception cref="NotSupportedException">No actor does.</exception>
    protected static IActorContext Context =>
        ActorCell.Current ?? throw new NotSupportedException(
            "There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    internal SupervisorStrategy SupervisorStrategyInternal
    {
        get => _supervisorStrategy ??= SupervisorStrategy() ?? Kernel.SupervisorStrategy.DefaultStrategy;
        set => _supervisorStrategy = value;
    }

    protected internal virtual bool AroundReceive(Receive receive, object message)
    {
        ArgumentNullException.ThrowIfNull(receive);
        var handled = receive(message);
        if (!handled)
        {
            Unhandled(message);
        }

        return handled;
    }

    protected internal virtual void AroundPreStart() => PreStart();

    protected internal virtual void AroundPostStop() => PostStop();

    protected internal virtual void AroundPreRestart(Exception cause, object? message) => PreRestart(cause, message);

    protected internal virtual void AroundPostRestart(Exception cause, object? message) => PostRestart(cause);

    protected abstract bool Receive(object message);

    /// <summary>A message that nobody handled: <see cref="UnhandledMessage"/> on the event stream, or a broken death pact.</summary>
    /// <exception cref="DeathPactException">The message is a <see cref="Terminated"/>.</exception>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        _cell.SystemImpl.PublishUnhandled(message, Sender, Self);
    }

    protected void Become(Receive receive) => _cell.Become(receive);

    protected void BecomeStacked(Receive receive) => _cell.BecomeStacked(receive);

    protected void UnbecomeStacked() => _cell.UnbecomeStacked();

    protected void SetReceiveTimeout(TimeSpan? timeout) => _cell.SetReceiveTimeout(timeout);

    /// <summary>Before the first message of the first incarnation, and by default of every other.</summary>
    protected virtual void PreStart()
    {
    }

    /// <summary>After the last message, with all children gone.</summary>
    protected virtual void PostStop()
    {
    }

    /// <summary>On the old incarnation, before a restart. By default all children are stopped, then <see cref="PostStop"/> is called.</summary>
    /// <param name="reason">The failure.</param>
    /// <param name="message">The message that was being handled, which will not be handled again; null where there was none.</param>
    protected virtual void PreRestart(Exception reason, object? message)
    {
        foreach (var child in _cell.GetChildren().ToArray())
        {
            _cell.Unwatch(child);
            _cell.Stop(child);
        }

        PostStop();
    }

    /// <summary>On the new incarnation, after a restart. By default calls <see cref="PreStart"/>.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    /// <summary>How this actor judges its children's failures; asked once an incarnation. Null is the default strategy.</summary>
    protected virtual SupervisorStrategy? SupervisorStrategy() => Kernel.SupervisorStrategy.DefaultStrategy;
}

/// <summary>An actor with one method that takes every message.</summary>
public abstract class UntypedActor : ActorBase
{
    protected static new IUntypedActorContext Context => (IUntypedActorContext)ActorBase.Context;

    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    /// <summary>Handles a message, or calls <see cref="ActorBase.Unhandled"/>.</summary>
    protected abstract void OnReceive(object message);

    protected void Become(UntypedReceive receive) => Context.Become(receive);

    protected void BecomeStacked(UntypedReceive receive) => Context.BecomeStacked(receive);
}
