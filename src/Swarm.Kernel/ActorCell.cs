namespace Swarm.Kernel;

/// <summary>
/// The life of one actor behind its handle: current incarnation, behaviour, children, watches, timeouts. Everything
/// here but <see cref="AttachChild"/> and the introspection happens on the actor's own turn, so nothing is locked but
/// the children, which the guardians share with callers from outside.
/// <para>Parts: Children, DeathWatch, FaultHandling (supervision and life cycle), ReceiveTimeout.</para>
/// </summary>
internal sealed partial class ActorCell : IUntypedActorContext
{
    // The actor that runs on this thread: what makes Tell without a sender, and Context, work as in Akka.NET.
    [ThreadStatic]
    private static ActorCell? _current;

    private readonly LocalActorRef _self;
    private readonly Props _props;
    private Stack<Receive>? _behaviorStack;
    private Receive? _behavior;
    private ActorBase? _actor;
    private object? _currentMessage;
    private IActorRef? _sender;
    private IStash? _stash;
    private TimerScheduler? _timers;

    internal ActorCell(ActorSystemImpl system, LocalActorRef self, Props props, MailboxExecutor executor, IInternalActorRef parent)
    {
        SystemImpl = system;
        _self = self;
        _props = props;
        ParentRef = parent;
        Mailbox = new Mailbox(this, executor, system.Settings.MailboxCapacity, system.Settings.Simulation);
        Mailbox.PostCreate();
    }

    public IActorRef Self => _self;

    public Props Props => _props;

    public IActorRef Sender => _sender ?? SystemImpl.DeadLetters;

    public ActorSystem System => SystemImpl;

    public IActorRef Parent => ParentRef;

    internal static ActorCell? Current => _current;

    internal static IActorRef? CurrentSelfOrNoSender => _current?._self;

    internal static IActorRef? CurrentSenderOrNoSender => _current?.Sender;

    internal ActorSystemImpl SystemImpl { get; }

    internal IInternalActorRef ParentRef { get; }

    internal Mailbox Mailbox { get; }

    /// <summary>True while the kernel runs a constructor, the only time at which an actor may be constructed.</summary>
    internal bool IsCreating { get; private set; }

    internal bool HasSubscriptions { get; set; }

    internal Envelope CurrentEnvelope =>
        new(_currentMessage ?? throw new IllegalActorStateException("There is no current message"), _sender);

    internal static ActorCell? Enter(ActorCell? cell)
    {
        var outer = _current;
        _current = cell;
        return outer;
    }

    internal static void Leave(ActorCell? outer) => _current = outer;

    public void Become(Receive receive) => _behavior = receive;

    public void BecomeStacked(Receive receive)
    {
        (_behaviorStack ??= new Stack<Receive>()).Push(_behavior!);
        _behavior = receive;
    }

    public void UnbecomeStacked()
    {
        if (_behaviorStack is { Count: > 0 })
        {
            _behavior = _behaviorStack.Pop();
        }
    }

    public void Become(UntypedReceive receive) => Become(Handled(receive));

    public void BecomeStacked(UntypedReceive receive) => BecomeStacked(Handled(receive));

    /// <summary>Handles one user message; whatever it throws is a failure of this actor.</summary>
    internal void Invoke(object message, IActorRef? sender)
    {
        _currentMessage = message;
        _sender = sender;
        try
        {
            if (message is IAutoReceivedMessage)
            {
                AutoReceive(message);
            }
            else
            {
                ReceiveMessage(message);
            }

            _currentMessage = null;
            _sender = null;
        }
        catch (Exception e)
        {
            // The message stays the current one until the supervisor has decided: PreRestart is given it.
            HandleInvokeFailure(e);
        }

        // The actor may have stopped itself, or not be alive because it failed to begin: then there is no timeout to feed.
        if (_receiveTimeout is not null && message is not INotInfluenceReceiveTimeout)
        {
            TouchReceiveTimeout();
        }
    }

    private static Receive Handled(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    private void ReceiveMessage(object message) => _actor!.AroundReceive(_behavior!, message);

    private void AutoReceive(object message)
    {
        switch (message)
        {
            case TimerMessage timer:
                ReceiveTimer(timer);
                break;
            case ReceiveTimeoutCheck check:
                CheckReceiveTimeout(check);
                break;
            case Terminated terminated:
                ReceivedTerminated(terminated);
                break;
            case PoisonPill:
                _self.Stop();
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            case Identify identify:
                Sender.Tell(new ActorIdentity(identify.MessageId, _self), _self);
                break;
            default:
                ReceiveMessage(message);
                break;
        }
    }

    // A timer message counts for what it carries, as soon as it is known to be from a timer that still runs.
    private void ReceiveTimer(TimerMessage timer)
    {
        if (!ReferenceEquals(timer.Owner, _timers) || !timer.Owner.TryAccept(timer))
        {
            return;
        }

        _currentMessage = timer.Message;
        if (_receiveTimeout is not null && timer.Message is not INotInfluenceReceiveTimeout)
        {
            TouchReceiveTimeout();
        }

        if (timer.Message is IAutoReceivedMessage)
        {
            AutoReceive(timer.Message);
        }
        else
        {
            ReceiveMessage(timer.Message);
        }
    }

    private ActorBase NewActor()
    {
        _behaviorStack = null;
        _behavior = null;
        IsCreating = true;
        ActorBase actor;
        try
        {
            actor = _props.NewActor();
        }
        finally
        {
            IsCreating = false;
        }

        if (_props.SupervisorStrategy is { } strategy)
        {
            actor.SupervisorStrategyInternal = strategy;
        }

        if (actor is IActorStash stashing)
        {
            stashing.Stash = _stash = new Stash(this, SystemImpl.Settings.StashCapacity);
        }

        if (actor is IWithTimers timing)
        {
            timing.Timers = _timers = new TimerScheduler(this);
        }

        return actor;
    }

    // What an incarnation leaves behind: its stash goes back to the mailbox, its timers end, its resources are freed.
    private void ClearActor(ActorBase? actor)
    {
        _timers?.CancelAll();
        _timers = null;
        _stash?.UnstashAll();
        _stash = null;
        if (actor is not null)
        {
            try
            {
                _props.Release(actor);
            }
            catch (Exception e)
            {
                SystemImpl.Log.ReleaseFailed(e, _self.Path);
            }
        }

        _currentMessage = null;
        _sender = null;
        _behaviorStack = null;
        _behavior = null;
        _actor = null;
    }
}
