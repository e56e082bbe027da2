using System.Diagnostics.CodeAnalysis;

namespace Swarm.TestKit;

/// <summary>Taking messages out, and looking at them.</summary>
public abstract partial class TestKitBase
{
    /// <summary>Waits for a message and takes it.</summary>
    /// <param name="max">How long; null is what is left of <c>Within</c>, or the default. Zero is what comes without time passing; below zero nothing comes.</param>
    /// <returns>The message, or null if none came.</returns>
    public object? ReceiveOne(TimeSpan? max = null) => TryReceiveOne(out var envelope, max) ? envelope.Message : null;

    /// <summary>As <see cref="ReceiveOne"/>, with the sender.</summary>
    public bool TryReceiveOne([NotNullWhen(true)] out MessageEnvelope? envelope, TimeSpan? max = null)
    {
        envelope = null;
        var came = WaitForMessage(max ?? RemainingOrDefault) && _queue.TryTake(out envelope);
        _last = envelope;
        return came;
    }

    /// <summary>Waits for a message and leaves it queued.</summary>
    /// <returns>The message, or null if none came.</returns>
    public object? PeekOne(TimeSpan? max = null) => TryPeekOne(out var envelope, max) ? envelope.Message : null;

    /// <summary>As <see cref="PeekOne"/>, with the sender.</summary>
    public bool TryPeekOne([NotNullWhen(true)] out MessageEnvelope? envelope, TimeSpan? max = null)
    {
        envelope = null;
        var came = WaitForMessage(max ?? RemainingOrDefault) && _queue.TryPeek(out envelope);
        _last = envelope;
        return came;
    }

    /// <summary>Takes that many messages, in the order of their arrival.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages) => InternalReceiveN(numberOfMessages, RemainingOrDefault);

    /// <summary>As above, within a time.</summary>
    /// <param name="numberOfMessages">How many.</param>
    /// <param name="max">How long all of them may take together.</param>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max) => InternalReceiveN(numberOfMessages, Dilated(max));

    /// <summary>Takes messages until the filter returns null for one, which stays queued, or until time or count is reached, which is no error.</summary>
    /// <param name="filter">What to return for a message, or null to end.</param>
    /// <param name="max">How long in all; null is what is left of <c>Within</c>, or the default.</param>
    /// <param name="idle">How long from one message to the next; null is as long as in all.</param>
    /// <param name="msgs">How many.</param>
    public IReadOnlyList<T> ReceiveWhile<T>(Func<object, T?> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var stop = Now + RemainingOrDilated(max);
        var accepted = new List<T>();
        MessageEnvelope? last = null;
        while (accepted.Count < msgs && TryPeekOne(out var envelope, Earlier(stop - Now, idle)) && filter(envelope.Message) is { } result)
        {
            _queue.TryTake(out last);
            accepted.Add(result);
        }

        _last = last;
        _lastWasNoMsg = true;
        return accepted;
    }

    public IReadOnlyList<T> ReceiveWhile<T>(TimeSpan? max, Func<object, T?> filter, int msgs = int.MaxValue) => ReceiveWhile(filter, max, null, msgs);

    public IReadOnlyList<T> ReceiveWhile<T>(TimeSpan? max, TimeSpan? idle, Func<object, T?> filter, int msgs = int.MaxValue) => ReceiveWhile(filter, max, idle, msgs);

    /// <summary>Takes messages of a type while the predicate accepts them.</summary>
    /// <param name="shouldContinue">Says false for the message to end at, which stays queued.</param>
    /// <param name="max">How long in all; null is what is left of <c>Within</c>, or the default.</param>
    /// <param name="idle">How long from one message to the next; null is as long as in all.</param>
    /// <param name="msgs">How many.</param>
    /// <param name="shouldIgnoreOtherMessageTypes">Whether messages of other types are taken and forgotten; if not, the first of them ends it and stays queued.</param>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Predicate<T> shouldContinue, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, bool shouldIgnoreOtherMessageTypes = true)
    {
        ArgumentNullException.ThrowIfNull(shouldContinue);
        var accepted = new List<T>();
        ReceiveWhile<object>(
            message =>
            {
                if (accepted.Count >= msgs) return null;
                if (message is not T typed) return shouldIgnoreOtherMessageTypes ? message : null;
                if (!shouldContinue(typed)) return null;
                accepted.Add(typed);
                return message;
            },
            max,
            idle);
        return accepted;
    }

    /// <summary>Takes messages until the predicate accepts one.</summary>
    /// <returns>That one.</returns>
    public object FishForMessage(Predicate<object> isMessage, TimeSpan? max = null, string? hint = null) => FishForMessage<object>(isMessage, max, hint);

    /// <summary>Takes messages until one is of that type and the predicate accepts it.</summary>
    public T FishForMessage<T>(Predicate<T> isMessage, TimeSpan? max = null, string? hint = null) => FishForMessage(isMessage, [], max, hint);

    /// <summary>As above, and hands over what was passed by.</summary>
    /// <param name="isMessage">Which message.</param>
    /// <param name="allMessages">Is given those that were taken before it.</param>
    /// <param name="max">How long; null is what is left of <c>Within</c>, or the default.</param>
    /// <param name="hint">For the failure's text.</param>
    public T FishForMessage<T>(Predicate<T> isMessage, ICollection<object> allMessages, TimeSpan? max = null, string? hint = null)
    {
        ArgumentNullException.ThrowIfNull(isMessage);
        ArgumentNullException.ThrowIfNull(allMessages);
        var limit = RemainingOrDilated(max);
        var stop = Now + limit;
        allMessages.Clear();
        while (TryReceiveOne(out var envelope, stop - Now))
        {
            if (envelope.Message is T message && isMessage(message)) return message;
            allMessages.Add(envelope.Message);
        }

        throw Failed($"to fish for a message of type {Described.Type(typeof(T))} within {limit}", Taken(allMessages), hint);
    }

    /// <summary>Takes messages for that long, of which none may be of that type.</summary>
    public void FishUntilMessage<T>(TimeSpan? max = null)
    {
        var limit = RemainingOrDilated(max);
        ReceiveWhile<object>(message => message is T ? throw Failed($"no message of type {Described.Type(typeof(T))} during {limit}", Described.Message(message)) : message, max);
    }

    /// <summary>Takes messages until none comes for that long.</summary>
    /// <param name="max">How long; null is what is left of <c>Within</c>, or the default.</param>
    /// <param name="maxMessages">How many may come before; one more is a failure. Null is without limit.</param>
    /// <returns>Those that came before the silence.</returns>
    public IReadOnlyList<object> WaitForRadioSilence(TimeSpan? max = null, uint? maxMessages = null)
    {
        var limit = RemainingOrDilated(max);
        var before = new List<object>();
        while (TryReceiveOne(out var envelope, limit))
        {
            before.Add(envelope.Message);
            if (before.Count > maxMessages) throw Failed($"silence for {limit} after at most {maxMessages} messages", Taken(before));
        }

        return before;
    }

    private static TimeSpan Earlier(TimeSpan one, TimeSpan? other) => other < one ? other.Value : one;

    private static string Taken(ICollection<object> messages) =>
        messages.Count == 0 ? "nothing" : Described.List($"{messages.Count} messages", messages.Select(Described.Message), messages.Count) + "\n";

    private List<object> InternalReceiveN(int numberOfMessages, TimeSpan max)
    {
        var stop = Now + max;
        var received = new List<object>();
        while (received.Count < numberOfMessages)
        {
            if (!TryReceiveOne(out var envelope, stop - Now)) throw Failed($"{numberOfMessages} messages within {max}", Taken(received));
            received.Add(envelope.Message);
        }

        return received;
    }

    // The one place where a test waits for a message. Time that is used up brings none, even if one is queued: it came too late.
    private bool WaitForMessage(TimeSpan max)
    {
        Wait(max);
        var came = max >= TimeSpan.Zero && Clock.Until(() => HasMessages || _queue.Broken() is not null, max);
        if (_queue.Broken() is { } broken) throw Failed("a queue that can be believed", $"one that cannot: {broken.Reason}", cause: broken.Cause);
        _lastWasNoMsg = false;
        return came;
    }
}
