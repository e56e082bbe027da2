namespace Swarm.Kernel;

/// <summary>
/// Life cycle and supervision, in the order of Akka.NET. A failure suspends this actor and its children and goes to the
/// parent as <see cref="SystemMessage.Failed"/>; the parent's strategy answers with Resume, Recreate or Terminate, or
/// fails itself. Recreate and Terminate may have to wait for children to die; the last one's death then finishes them.
/// Nothing that a hook throws stops a step from being finished.
/// </summary>
internal sealed partial class ActorCell
{
    private List<SystemMessage>? _heldBack;
    private bool _isFailed;
    private IActorRef? _perpetrator;

    /// <summary>How often this actor was restarted; for introspection.</summary>
    internal int Restarts { get; private set; }

    internal Exception? LastFailure { get; private set; }

    internal DateTimeOffset? LastFailureAt { get; private set; }

    internal bool IsStopping => IsTerminating;

    private int Holding => IsWaitingForChildren ? 2 : Mailbox.IsSuspended ? 1 : 0;

    /// <summary>Handles one system message of a batch, and gives back the rest of the batch, led by what need not wait any more.</summary>
    internal SystemMessage? SystemInvoke(SystemMessage message, SystemMessage? rest)
    {
        var before = Holding;
        if ((before == 2 && message.WaitsForChildren) || (before == 1 && message.WaitsWhileSuspended))
        {
            (_heldBack ??= []).Add(message);
            return rest;
        }

        try
        {
            Handle(message);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }

        if (_heldBack is not { Count: > 0 } held || Holding >= before)
        {
            return rest;
        }

        for (var i = held.Count - 1; i >= 0; i--)
        {
            held[i].Next = rest;
            rest = held[i];
        }

        held.Clear();
        return rest;
    }

    /// <summary>What a dead actor still answers: that it is dead. Any thread.</summary>
    internal void OnSystemMessageAfterClose(SystemMessage message)
    {
        if (message is SystemMessage.Watch watch)
        {
            watch.Watcher.SendSystemMessage(new SystemMessage.DeathWatchNotification(_self, existenceConfirmed: true));
        }
    }

    private void Handle(SystemMessage message)
    {
        switch (message)
        {
            case SystemMessage.Create:
                Create();
                break;
            case SystemMessage.Terminate:
                Terminate();
                break;
            case SystemMessage.Suspend:
                Mailbox.Suspend();
                SuspendChildren(null);
                break;
            case SystemMessage.Resume resume:
                FaultResume(resume.CausedByFailure);
                break;
            case SystemMessage.Recreate recreate:
                FaultRecreate(recreate.Cause);
                break;
            case SystemMessage.Failed failed:
                HandleFailed(failed);
                break;
            case SystemMessage.Watch watch:
                AddWatcher(watch.Watcher);
                break;
            case SystemMessage.Unwatch unwatch:
                RemoveWatcher(unwatch.Watcher);
                break;
            case SystemMessage.DeathWatchNotification notification:
                WatchedActorTerminated(notification);
                break;
        }
    }

    private void Create()
    {
        try
        {
            _actor = NewActor();
            _actor.AroundPreStart();
        }
        catch (Exception e)
        {
            ClearActor(_actor);
            throw new ActorInitializationException(_self, "Exception during creation", e);
        }
    }

    private void HandleInvokeFailure(Exception cause, IActorRef? alreadySuspended = null, IReadOnlyCollection<IActorRef>? suspended = null)
    {
        LastFailure = cause;
        LastFailureAt = SystemImpl.Settings.TimeProvider.GetUtcNow();
        if (_isFailed)
        {
            SystemImpl.Log.FailureWhileFailed(cause, _self.Path);
            return;
        }

        Mailbox.Suspend();
        _isFailed = true;
        _perpetrator = alreadySuspended;
        foreach (var stats in ChildrenStats())
        {
            if (!ReferenceEquals(stats.Child, alreadySuspended) && (suspended is null || !suspended.Contains(stats.Child)))
            {
                stats.Child.Suspend();
            }
        }

        ParentRef.SendSystemMessage(new SystemMessage.Failed(_self, cause));
    }

    private void ClearFailed()
    {
        _isFailed = false;
        _perpetrator = null;
    }

    private void HandleFailed(SystemMessage.Failed failed)
    {
        if (!TryGetChildStats(failed.Child, out var stats))
        {
            return;
        }

        _sender = failed.Child;
        bool handled;
        try
        {
            handled = _actor is not null
                && _actor.SupervisorStrategyInternal.HandleFailure(this, failed.Cause, stats, ChildrenStats());
        }
        catch (Exception e)
        {
            // A decider that throws is this actor's own failure.
            HandleInvokeFailure(e, failed.Child);
            return;
        }
        finally
        {
            _sender = null;
        }

        if (!handled)
        {
            HandleInvokeFailure(failed.Cause, failed.Child);
        }
    }

    private void FaultResume(Exception? causedByFailure)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }

        var perpetrator = _perpetrator;
        Mailbox.Resume();
        if (causedByFailure is not null)
        {
            ClearFailed();
            _currentMessage = null;
            _sender = null;
        }

        ResumeChildren(causedByFailure, perpetrator);
    }

    // The actor never came to be, so there is nothing to restart: begin again, without the children of the failed try.
    private void FaultCreate()
    {
        SetReceiveTimeout(null);
        StopChildren();
        if (!SetTerminationReason(TerminationReason.Creation))
        {
            FinishCreate();
        }
    }

    private void FinishCreate()
    {
        Mailbox.Resume();
        ClearFailed();
        try
        {
            Create();
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
    }

    private void FaultRecreate(Exception cause)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }

        if (IsTerminating)
        {
            FaultResume(null);
            return;
        }

        var failedActor = _actor;
        var message = _currentMessage;
        try
        {
            _timers?.CancelAll();
            failedActor.AroundPreRestart(cause, message);
        }
        catch (Exception e)
        {
            SystemImpl.Log.HookFailed(new PreRestartException(_self, e, cause, message), _self.Path, "PreRestart");
        }
        finally
        {
            ClearActor(failedActor);
        }

        if (!SetTerminationReason(TerminationReason.Recreation, cause))
        {
            FinishRecreate(cause);
        }
    }

    private void FinishRecreate(Exception cause)
    {
        var survivors = ChildrenStats();
        try
        {
            Mailbox.Resume();
            ClearFailed();
            _actor = NewActor();
            _actor.AroundPostRestart(cause, null);
            Restarts++;
            SystemImpl.CountRestart();
            foreach (var survivor in survivors)
            {
                survivor.Child.Restart(cause);
            }
        }
        catch (Exception e)
        {
            // Without an incarnation the next attempt is a creation, so that PreRestart is not called twice for one.
            ClearActor(_actor);
            HandleInvokeFailure(new PostRestartException(_self, e, cause), null, Array.ConvertAll(survivors, s => s.Child));
        }
    }

    private void Terminate()
    {
        SetReceiveTimeout(null);
        var wasTerminating = IsTerminating;
        BeginTermination();
        StopChildren();
        if (_dyingChildren == 0)
        {
            FinishTerminate();
        }
        else if (!wasTerminating)
        {
            // No user message while the children die, and no failure to a supervisor that has already decided.
            Mailbox.Suspend();
            _isFailed = true;
        }
    }

    private void FinishTerminate()
    {
        try
        {
            _timers?.CancelAll();
            _actor?.AroundPostStop();
        }
        catch (Exception e)
        {
            SystemImpl.Log.HookFailed(e, _self.Path, "PostStop");
        }

        ClearActor(_actor);
        Mailbox.Close();
        if (HasSubscriptions)
        {
            SystemImpl.EventStream.Unsubscribe(_self);
        }

        _heldBack = null;
        ParentRef.SendSystemMessage(new SystemMessage.DeathWatchNotification(_self, existenceConfirmed: true));
        TellWatchersWeDied();
        UnwatchWatchedActors();
    }

    private void HandleChildTerminated(LocalActorRef child)
    {
        switch (RemoveChild(child))
        {
            case TerminationReason.Recreation:
                FinishRecreate(_recreationCause!);
                break;
            case TerminationReason.Creation:
                FinishCreate();
                break;
            case TerminationReason.Termination:
                FinishTerminate();
                break;
            case TerminationReason.UserRequest:
                break;
        }
    }
}
