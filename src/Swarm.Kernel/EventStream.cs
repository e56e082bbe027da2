using System.Collections.Concurrent;

namespace Swarm.Kernel;

/// <summary>
/// The system's bus. A subscription is to a class or an interface and brings every event of that type once, whatever
/// number of subscriptions it fits. Subscriptions end with the subscriber. Any thread.
/// </summary>
public sealed class EventStream
{
    private readonly Lock _gate = new();
    private readonly List<(Type Channel, IActorRef Subscriber)> _subscriptions = [];
    private ConcurrentDictionary<Type, IActorRef[]> _subscribersByType = new();

    internal EventStream()
    {
    }

    /// <summary>Subscribes; false when that subscription exists.</summary>
    public bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        lock (_gate)
        {
            if (_subscriptions.Contains((channel, subscriber)))
            {
                return false;
            }

            _subscriptions.Add((channel, subscriber));
            Forget();
            if (subscriber is LocalActorRef local)
            {
                local.Cell.HasSubscriptions = true;
                if (local.Cell.Mailbox.IsClosed)
                {
                    _subscriptions.RemoveAll(s => ReferenceEquals(s.Subscriber, subscriber));
                }
            }

            return true;
        }
    }

    /// <summary>Ends one subscription; false when there was none.</summary>
    public bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        lock (_gate)
        {
            Forget();
            return _subscriptions.Remove((channel, subscriber));
        }
    }

    /// <summary>Ends all subscriptions of a subscriber; false when there were none.</summary>
    public bool Unsubscribe(IActorRef subscriber)
    {
        lock (_gate)
        {
            Forget();
            return _subscriptions.RemoveAll(s => s.Subscriber.Equals(subscriber)) > 0;
        }
    }

    /// <summary>Tells an event to its subscribers, in the order of subscription.</summary>
    public void Publish(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        foreach (var subscriber in SubscribersOf(@event.GetType()))
        {
            subscriber.Tell(@event, ActorRefs.NoSender);
        }
    }

    internal bool HasSubscribers(Type type) => SubscribersOf(type).Length > 0;

    // A new table instead of a cleared one: a lookup that is under way fills the table it began with.
    private void Forget() => Volatile.Write(ref _subscribersByType, new ConcurrentDictionary<Type, IActorRef[]>());

    private IActorRef[] SubscribersOf(Type type)
    {
        var table = Volatile.Read(ref _subscribersByType);
        if (table.TryGetValue(type, out var subscribers))
        {
            return subscribers;
        }

        lock (_gate)
        {
            subscribers = [.. _subscriptions.Where(s => s.Channel.IsAssignableFrom(type)).Select(s => s.Subscriber).Distinct()];
            _subscribersByType.TryAdd(type, subscribers);
            return subscribers;
        }
    }
}

/// <summary>Short forms.</summary>
public static class EventStreamExtensions
{
    public static bool Subscribe<TEvent>(this EventStream eventStream, IActorRef subscriber) =>
        eventStream.Subscribe(subscriber, typeof(TEvent));

    public static bool Unsubscribe<TEvent>(this EventStream eventStream, IActorRef subscriber) =>
        eventStream.Unsubscribe(subscriber, typeof(TEvent));
}
