namespace Swarm.Kernel;

/// <summary>
/// <c>/</c>: stops <c>/user</c>, and only after its death <c>/system</c> and itself. A guardian that fails is stopped with
/// everything: nobody above could do better.
/// </summary>
internal sealed class RootGuardian : UntypedActor
{
    private LocalActorRef? _user;

    protected override SupervisorStrategy? SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Escalate);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StopInOrder guardians:
                _user = guardians.User;
                Context.Watch(guardians.User);
                Context.Watch(guardians.System);
                break;
            case StopAll when _user is not null:
                Context.Stop(_user);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The guardians that the root looks after.</summary>
    internal sealed record StopInOrder(LocalActorRef User, LocalActorRef System);

    /// <summary>Begins the end.</summary>
    internal sealed record StopAll
    {
        internal static StopAll Instance { get; } = new();
    }
}

/// <summary><c>/user</c> or <c>/system</c>: the parent of what is made from outside.</summary>
internal sealed class Guardian : UntypedActor
{
    // Its children belong to callers from outside, who expect them to live, so there is nothing to do before a restart.
    protected override void PreRestart(Exception reason, object? message)
    {
    }

    protected override void OnReceive(object message)
    {
        if (message is StopChild stop)
        {
            Context.Stop(stop.Child);
        }
        else
        {
            Context.System.DeadLetters.Forward(message);
        }
    }

    internal sealed record StopChild(IActorRef Child);
}
