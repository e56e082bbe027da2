namespace Swarm.Kernel;

/// <summary>
/// Death watch, both sides. A death is told by a system message, which becomes a <see cref="Terminated"/> in the
/// watcher's own mailbox; <c>_terminatedQueue</c> knows which of those still count, so that one watch brings one
/// notice and Unwatch takes back a notice that is already queued. Watches outlive a restart of the watcher.
/// </summary>
internal sealed partial class ActorCell
{
    private InsertionOrderedMap<IActorRef, object?>? _watching;
    private Dictionary<IActorRef, object?>? _terminatedQueue;
    private InsertionOrderedMap<IInternalActorRef, bool>? _watchedBy;

    public IActorRef Watch(IActorRef subject) => AddWatch(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return AddWatch(subject, message);
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (!ReferenceEquals(subject, _self) && subject is IInternalActorRef watched)
        {
            if (_watching is not null && _watching.Remove(subject))
            {
                watched.SendSystemMessage(new SystemMessage.Unwatch(_self));
            }

            _terminatedQueue?.Remove(subject);
        }

        return subject;
    }

    private IActorRef AddWatch(IActorRef subject, object? message)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (ReferenceEquals(subject, _self))
        {
            return subject;
        }

        if (_watching is not null && _watching.TryGetValue(subject, out var earlier))
        {
            if (!Equals(earlier, message))
            {
                throw new InvalidOperationException(
                    $"Watch({_self}, {subject}) termination message was not overwritten from [{earlier}] to [{message}]. " +
                    "If this was intended, unwatch first before using Watch/WatchWith with another message.");
            }

            return subject;
        }

        (_watching ??= new InsertionOrderedMap<IActorRef, object?>()).Add(subject, message);
        if (subject is IInternalActorRef watched)
        {
            watched.SendSystemMessage(new SystemMessage.Watch(_self));
        }

        return subject;
    }

    private void ReceivedTerminated(Terminated terminated)
    {
        if (_terminatedQueue is null || !_terminatedQueue.Remove(terminated.ActorRef, out var custom))
        {
            return;
        }

        var message = custom ?? terminated;
        _currentMessage = message;
        ReceiveMessage(message);
    }

    private void WatchedActorTerminated(SystemMessage.DeathWatchNotification notification)
    {
        var actor = notification.Actor;
        if (_watching is not null && _watching.Remove(actor, out var custom) && !IsTerminating)
        {
            (_terminatedQueue ??= [])[actor] = custom;
            Mailbox.Post(new Terminated(actor, notification.ExistenceConfirmed, addressTerminated: false), actor, force: true);
        }

        if (actor is LocalActorRef child && TryGetChildStats(child, out _))
        {
            HandleChildTerminated(child);
        }
    }

    private void AddWatcher(IInternalActorRef watcher)
    {
        _watchedBy ??= new InsertionOrderedMap<IInternalActorRef, bool>();
        if (!_watchedBy.ContainsKey(watcher))
        {
            _watchedBy.Add(watcher, true);
        }
    }

    private void RemoveWatcher(IInternalActorRef watcher) => _watchedBy?.Remove(watcher);

    // The parent is told in any case, so it is not told here.
    private void TellWatchersWeDied()
    {
        if (_watchedBy is null)
        {
            return;
        }

        foreach (var watcher in _watchedBy.Keys())
        {
            if (!ReferenceEquals(watcher, ParentRef))
            {
                watcher.SendSystemMessage(new SystemMessage.DeathWatchNotification(_self, existenceConfirmed: true));
            }
        }

        _watchedBy = null;
    }

    private void UnwatchWatchedActors()
    {
        if (_watching is null)
        {
            return;
        }

        foreach (var watched in _watching.Keys())
        {
            (watched as IInternalActorRef)?.SendSystemMessage(new SystemMessage.Unwatch(_self));
        }

        _watching = null;
        _terminatedQueue = null;
    }
}
