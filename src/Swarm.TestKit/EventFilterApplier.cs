using System.Collections.Immutable;

namespace Swarm.TestKit;

/// <summary>Ends a muting that was begun with <see cref="IEventFilterApplier.Mute()"/>.</summary>
public interface IUnmutableFilter : IDisposable
{
    void Unmute();
}

/// <summary>
/// Uses a filter: expects so many of its events, or keeps them out of the log. Expected ones are kept out too. A timeout is how long they may take after the action; without one it is what is left of
/// <c>Within</c>, or <see cref="TestKitSettings.FilterLeeway"/>. To expect none is to wait that long.
/// What is not so throws <see cref="TestKitAssertionException"/>.
/// </summary>
public interface IEventFilterApplier
{
    /// <summary>A factory whose filters mean what this one means, too.</summary>
    EventFilterFactory And { get; }

    void ExpectOne(Action action);

    void ExpectOne(TimeSpan timeout, Action action);

    void Expect(int expectedCount, Action action);

    void Expect(int expectedCount, TimeSpan timeout, Action action);

    T ExpectOne<T>(Func<T> func);

    T ExpectOne<T>(TimeSpan timeout, Func<T> func);

    T Expect<T>(int expectedCount, Func<T> func);

    T Expect<T>(int expectedCount, TimeSpan timeout, Func<T> func);

    /// <summary>Keeps the events that come while the action runs out of the log; none need come.</summary>
    void Mute(Action action);

    T Mute<T>(Func<T> func);

    /// <summary>Keeps the events out of the log from now on, until the result is unmuted or disposed.</summary>
    IUnmutableFilter Mute();
}

internal sealed class EventFilterApplier(TestKitBase kit, EventSource source, ImmutableArray<EventCriterion> criteria) : IEventFilterApplier
{
    public EventFilterFactory And => new(kit, source, criteria);

    public void ExpectOne(Action action) => Expect(1, action);

    public void ExpectOne(TimeSpan timeout, Action action) => Expect(1, timeout, action);

    public void Expect(int expectedCount, Action action) => InternalExpect(expectedCount, null, Returning(action));

    public void Expect(int expectedCount, TimeSpan timeout, Action action) => InternalExpect(expectedCount, timeout, Returning(action));

    public T ExpectOne<T>(Func<T> func) => Expect(1, func);

    public T ExpectOne<T>(TimeSpan timeout, Func<T> func) => Expect(1, timeout, func);

    public T Expect<T>(int expectedCount, Func<T> func) => InternalExpect(expectedCount, null, func);

    public T Expect<T>(int expectedCount, TimeSpan timeout, Func<T> func) => InternalExpect(expectedCount, timeout, func);

    public void Mute(Action action) => Mute(Returning(action));

    public T Mute<T>(Func<T> func)
    {
        ArgumentNullException.ThrowIfNull(func);
        using (Mute())
        {
            return func();
        }
    }

    public IUnmutableFilter Mute() => new Muting(source, new EventCount(criteria, kit.Clock));

    private static Func<bool> Returning(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return () =>
        {
            action();
            return true;
        };
    }

    private T InternalExpect<T>(int expected, TimeSpan? timeout, Func<T> func)
    {
        ArgumentNullException.ThrowIfNull(func);
        ArgumentOutOfRangeException.ThrowIfNegative(expected);
        var count = new EventCount(criteria, kit.Clock);
        using (new Muting(source, count))
        {
            var result = func();
            var limit = kit.RemainingOrLeeway(timeout);
            kit.Clock.Until(() => count.Value >= Math.Max(expected, 1) || count.Fault is not null, limit);

            // One too many often comes with the last, at the same moment.
            kit.Clock.Until(() => count.Value > expected || count.Fault is not null, TimeSpan.Zero);
            if (count.Fault is { } fault) throw kit.Failed($"a filter [{string.Join(" or ", criteria)}] that can be applied", $"one that threw {fault.Message}", cause: fault);
            if (count.Value != expected) throw kit.Failed($"{expected} events [{string.Join(" or ", criteria)}] within {limit}", count.Report());
            return result;
        }
    }

    private sealed class Muting : IUnmutableFilter
    {
        private readonly EventSource _source;
        private readonly EventCount _count;

        internal Muting(EventSource source, EventCount count)
        {
            _source = source;
            _count = count;
            source.Attach(count);
        }

        public void Unmute() => _source.Detach(_count);

        public void Dispose() => Unmute();
    }
}
