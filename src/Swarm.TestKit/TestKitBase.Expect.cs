using System.Collections;

namespace Swarm.TestKit;

/// <summary>Expecting one message, or none. Every time is what is left of <c>Within</c> unless given, or else <see cref="TestKitSettings.SingleExpectDefault"/>.</summary>
public abstract partial class TestKitBase
{
    /// <summary>Takes the next message, which must be of that type.</summary>
    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null) => InternalExpect<T>(duration, hint, "", null);

    /// <summary>Takes the next message, which must equal this one. Arrays, immutable arrays and tuples are equal if their elements are.</summary>
    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null) =>
        InternalExpect<T>(timeout, hint, $" equal to {Described.Message(message)}", (received, _) => AreEqual(message, received));

    /// <summary>Takes the next message, which must be of that type and accepted.</summary>
    public T ExpectMsg<T>(Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null) => InternalExpect<T>(timeout, hint, Accepted, (received, _) => isMessage(received));

    /// <summary>As above, with its sender.</summary>
    public T ExpectMsg<T>(Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null) => InternalExpect(timeout, hint, Accepted, isMessageAndSender);

    /// <summary>Takes the next message, which must be of that type, and hands it to the test's own assertions.</summary>
    public T ExpectMsg<T>(Action<T> assert, TimeSpan? timeout = null, string? hint = null)
    {
        ArgumentNullException.ThrowIfNull(assert);
        var message = InternalExpect<T>(timeout, hint, "", null);
        assert(message);
        return message;
    }

    /// <summary>As above, with its sender.</summary>
    public T ExpectMsg<T>(Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null)
    {
        ArgumentNullException.ThrowIfNull(assertMessageAndSender);
        var message = InternalExpect<T>(timeout, hint, "", null);
        assertMessageAndSender(message, LastSender!);
        return message;
    }

    /// <summary>Takes the next message, which must equal this one as the comparer has it.</summary>
    public T ExpectMsg<T>(T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null) =>
        InternalExpect<T>(timeout, hint, $" that compares equal to {Described.Message(expected)}", (received, _) => comparer(expected, received));

    /// <summary>Takes the next message, which must be of that type and from that sender.</summary>
    public T ExpectMsgFrom<T>(IActorRef sender, TimeSpan? duration = null, string? hint = null) =>
        InternalExpect<T>(duration, hint, $" from {sender}", (_, from) => Equals(sender, from));

    public T ExpectMsgFrom<T>(IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null) =>
        InternalExpect<T>(timeout, hint, $" equal to {Described.Message(message)} from {sender}", (received, from) => Equals(sender, from) && AreEqual(message, received));

    public T ExpectMsgFrom<T>(IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null) =>
        InternalExpect<T>(timeout, hint, $"{Accepted} from {sender}", (received, from) => Equals(sender, from) && isMessage(received));

    public T ExpectMsgFrom<T>(Predicate<IActorRef> isSender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null) =>
        InternalExpect<T>(timeout, hint, $"{Accepted}, and from a sender that is accepted", (received, from) => isSender(from) && isMessage(received));

    public T ExpectMsgFrom<T>(IActorRef sender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null)
    {
        ArgumentNullException.ThrowIfNull(assertMessage);
        var message = ExpectMsgFrom<T>(sender, timeout, hint);
        assertMessage(message);
        return message;
    }

    public T ExpectMsgFrom<T>(Action<IActorRef> assertSender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null)
    {
        ArgumentNullException.ThrowIfNull(assertSender);
        return ExpectMsg<T>(
            (message, sender) =>
            {
                assertSender(sender);
                assertMessage(message);
            },
            timeout,
            hint);
    }

    /// <summary>Takes the next message, which must be the death notice of a watched actor.</summary>
    public Terminated ExpectTerminated(IActorRef target, TimeSpan? timeout = null, string? hint = null) =>
        InternalExpect<Terminated>(timeout, hint, $" of {target}", (terminated, _) => Equals(target, terminated.ActorRef));

    /// <summary>No message may come for as long as is left of <c>Within</c>, or for <see cref="TestKitSettings.ExpectNoMessageDefault"/>.</summary>
    public void ExpectNoMsg() => InternalExpectNoMsg(RemainingOr(Dilated(TestKitSettings.ExpectNoMessageDefault)));

    /// <summary>No message may come for that long. Under a simulation that much virtual time passes; zero is all that happens without time passing.</summary>
    public void ExpectNoMsg(TimeSpan duration) => InternalExpectNoMsg(Dilated(duration));

    public void ExpectNoMsg(int milliseconds) => ExpectNoMsg(TimeSpan.FromMilliseconds(milliseconds));

    private const string Accepted = " that the predicate accepts";

    private static bool AreEqual<T>(T expected, T received) => StructuralComparisons.StructuralEqualityComparer.Equals(expected, received);

    private static string InTime(TimeSpan max) => max < TimeSpan.Zero ? "in a block whose time is used up" : $"within {max}";

    private T InternalExpect<T>(TimeSpan? timeout, string? hint, string which, Func<T, IActorRef, bool>? holds)
    {
        var max = RemainingOrDilated(timeout);
        var expected = $"a message of type {Described.Type(typeof(T))}{which}";
        if (!TryReceiveOne(out var envelope, max)) throw Failed($"{expected} {InTime(max)}", "nothing", hint);
        if (envelope.Message is not T message || holds?.Invoke(message, envelope.Sender) == false) throw Failed(expected, Described.Message(envelope), hint);
        return message;
    }

    private void InternalExpectNoMsg(TimeSpan duration)
    {
        var start = Now;
        if (TryReceiveOne(out var envelope, duration < TimeSpan.Zero ? TimeSpan.Zero : duration)) throw Failed($"no message during {duration}", $"{Described.Message(envelope)} after {Now - start}");
        _lastWasNoMsg = true;
    }
}
