namespace Swarm.TestKit;

/// <summary>A predicate for messages of one type, among predicates for others.</summary>
public sealed class PredicateInfo
{
    private PredicateInfo(Type type, Predicate<object> accepts)
    {
        Type = type;
        Accepts = accepts;
    }

    /// <summary>The type of message that it is for.</summary>
    public Type Type { get; }

    internal Predicate<object> Accepts { get; }

    public static PredicateInfo Create<T>(Predicate<T> predicateT)
    {
        ArgumentNullException.ThrowIfNull(predicateT);
        return new PredicateInfo(typeof(T), message => message is T typed && predicateT(typed));
    }

    public override string ToString() => $"a {Described.Type(Type)} that the predicate accepts";
}

/// <summary>Expecting one of several messages, or several in any order.</summary>
public abstract partial class TestKitBase
{
    /// <summary>Takes the next message, which must equal one of these.</summary>
    public T ExpectMsgAnyOf<T>(params IReadOnlyCollection<T> messages) =>
        InternalExpect<T>(null, null, $" equal to any of {OneLine(messages.Select(message => Described.Message(message)))}", (received, _) => messages.Any(message => AreEqual(message, received)));

    /// <summary>Takes as many messages as these, which must equal them in whatever order.</summary>
    /// <returns>The messages in the order of their arrival.</returns>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params IReadOnlyCollection<T> messages) => InternalExpectAllOf(RemainingOrDefault, messages);

    /// <summary>As above, within a time.</summary>
    /// <param name="max">How long all of them may take together.</param>
    /// <param name="messages">The messages.</param>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params IReadOnlyCollection<T> messages) => InternalExpectAllOf(Dilated(max), messages);

    /// <summary>Takes as many messages as there are predicates, each of which must accept one that no other did.</summary>
    /// <returns>The messages in the order of their arrival.</returns>
    public IReadOnlyCollection<object> ExpectMsgAllOfMatchingPredicates(params IReadOnlyCollection<PredicateInfo> predicates) => InternalExpectAll(RemainingOrDefault, predicates);

    /// <summary>As above, within a time.</summary>
    /// <param name="max">How long all of them may take together.</param>
    /// <param name="predicates">The predicates.</param>
    public IReadOnlyCollection<object> ExpectMsgAllOfMatchingPredicates(TimeSpan max, params IReadOnlyCollection<PredicateInfo> predicates) => InternalExpectAll(Dilated(max), predicates);

    private static string OneLine(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private List<T> InternalExpectAllOf<T>(TimeSpan max, IReadOnlyCollection<T> messages)
    {
        var received = InternalReceiveN(messages.Count, max);
        var missing = messages.ToList();
        var unexpected = received.Where(message => !TakeFirst(missing, candidate => AreEqual<object?>(candidate, message))).ToList();
        return unexpected.Count == 0
            ? [.. received.Cast<T>()]
            : throw Failed($"all of {OneLine(messages.Select(message => Described.Message(message)))}", Difference(missing.Select(message => Described.Message(message)), unexpected));
    }

    // Greedy: a message goes to the first predicate in order that takes it, as in Akka.NET.
    private List<object> InternalExpectAll(TimeSpan max, IReadOnlyCollection<PredicateInfo> predicates)
    {
        var received = InternalReceiveN(predicates.Count, max);
        var missing = predicates.ToList();
        var unexpected = received.Where(message => !TakeFirst(missing, predicate => predicate.Accepts(message))).ToList();
        return unexpected.Count == 0
            ? received
            : throw Failed($"{predicates.Count} messages, one for each predicate", Difference(missing.Select(predicate => predicate.ToString()), unexpected));
    }

    private static bool TakeFirst<T>(List<T> items, Predicate<T> isIt)
    {
        var index = items.FindIndex(isIt);
        if (index >= 0) items.RemoveAt(index);
        return index >= 0;
    }

    private static string Difference(IEnumerable<string> missing, IEnumerable<object> unexpected) =>
        $"others: missing {OneLine(missing)}, unexpected {OneLine(unexpected.Select(Described.Message))}";
}
