using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Swarm.TestKit;

/// <summary>
/// Makes filters for what a system logs, by level, text and source, and for its dead letters. Where several texts are given, the first of message, start and contains decides. A filter on an
/// exception looks at its text too. The source is the logger's category.
/// </summary>
public sealed class EventFilterFactory
{
    private readonly TestKitBase _kit;
    private readonly EventSource _source;
    private readonly ImmutableArray<EventCriterion> _criteria;

    internal EventFilterFactory(TestKitBase kit, EventSource source, ImmutableArray<EventCriterion> criteria = default)
    {
        _kit = kit;
        _source = source;
        _criteria = criteria.IsDefault ? [] : criteria;
    }

    public IEventFilterApplier Debug(string? message = null, string? start = null, string? contains = null, string? source = null) => ForLogLevel(LogLevel.Debug, message, start, contains, source);

    public IEventFilterApplier Debug(Regex pattern, string? source = null) => ForLogLevel(LogLevel.Debug, pattern, source);

    public IEventFilterApplier Info(string? message = null, string? start = null, string? contains = null, string? source = null) => ForLogLevel(LogLevel.Information, message, start, contains, source);

    public IEventFilterApplier Info(Regex pattern, string? source = null) => ForLogLevel(LogLevel.Information, pattern, source);

    public IEventFilterApplier Warning(string? message = null, string? start = null, string? contains = null, string? source = null) => ForLogLevel(LogLevel.Warning, message, start, contains, source);

    public IEventFilterApplier Warning(Regex pattern, string? source = null) => ForLogLevel(LogLevel.Warning, pattern, source);

    /// <summary>Errors, and what is worse.</summary>
    public IEventFilterApplier Error(string? message = null, string? start = null, string? contains = null, string? source = null) => ForLogLevel(LogLevel.Error, message, start, contains, source);

    public IEventFilterApplier Error(Regex pattern, string? source = null) => ForLogLevel(LogLevel.Error, pattern, source);

    public IEventFilterApplier ForLogLevel(LogLevel logLevel, string? message = null, string? start = null, string? contains = null, string? source = null) =>
        Lines(logLevel, null, Matching(message, start, contains), source);

    public IEventFilterApplier ForLogLevel(LogLevel logLevel, Regex pattern, string? source = null) => Lines(logLevel, null, Matching(pattern), source);

    /// <summary>Errors with an exception of that type.</summary>
    public IEventFilterApplier Exception<TException>(string? message = null, string? start = null, string? contains = null, string? source = null)
        where TException : Exception => Exception(typeof(TException), message, start, contains, source);

    public IEventFilterApplier Exception<TException>(Regex pattern, string? source = null)
        where TException : Exception => Exception(typeof(TException), pattern, source);

    /// <summary>Errors with an exception of that type.</summary>
    /// <param name="exceptionType">The type of the exception, or one that it derives from.</param>
    /// <param name="message">The text.</param>
    /// <param name="start">How the text begins.</param>
    /// <param name="contains">A part of the text.</param>
    /// <param name="source">The logger's category.</param>
    /// <param name="checkInnerExceptions">Whether an inner exception counts as well.</param>
    public IEventFilterApplier Exception(
        Type exceptionType, string? message = null, string? start = null, string? contains = null, string? source = null, bool checkInnerExceptions = false) =>
        Lines(LogLevel.Error, Causes(exceptionType, checkInnerExceptions), Matching(message, start, contains), source);

    public IEventFilterApplier Exception(Type exceptionType, Regex pattern, string? source = null, bool checkInnerExceptions = false) =>
        Lines(LogLevel.Error, Causes(exceptionType, checkInnerExceptions), Matching(pattern), source);

    /// <summary>Lines that the predicate accepts.</summary>
    public IEventFilterApplier Custom(Predicate<LogEvent> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Applier(new EventCriterion("a log event that the predicate accepts", predicate));
    }

    /// <summary>Dead letters, but not those that were to be expected.</summary>
    public IEventFilterApplier DeadLetter() => DeadLetters("a dead letter", _ => true, _ => true);

    /// <summary>Dead letters that carry such a message.</summary>
    /// <param name="source">The path of the sender, such as /user/a.</param>
    public IEventFilterApplier DeadLetter<TMessage>(string? source = null) => DeadLetter(typeof(TMessage), source);

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(isMatch);
        return DeadLetter(typeof(TMessage), message => isMatch((TMessage)message), source);
    }

    public IEventFilterApplier DeadLetter(Type type, string? source = null) => DeadLetter(type, _ => true, source);

    public IEventFilterApplier DeadLetter(Type type, Func<object, bool> isMatch, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(isMatch);
        return DeadLetters(
            $"a dead letter of type {Described.Type(type)}" + (source is null ? "" : $" from {source}"),
            carried => type.IsAssignableFrom(carried),
            letter => type.IsInstanceOfType(letter.Message) && isMatch(letter.Message) && (source is null || letter.Sender.Path.ToString() == source));
    }

    private static (string Description, Predicate<string> Accepts) Matching(string? message, string? start, string? contains)
    {
        if (message is not null) return ($" that says \"{message}\"", text => text == message);
        if (start is not null) return ($" that begins with \"{start}\"", text => text.StartsWith(start, StringComparison.Ordinal));
        return contains is null ? ("", _ => true) : ($" that contains \"{contains}\"", text => text.Contains(contains, StringComparison.Ordinal));
    }

    private static (string Description, Predicate<string> Accepts) Matching(Regex pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return ($" that matches /{pattern}/", pattern.IsMatch);
    }

    private static (string Description, Func<Exception?, IEnumerable<Exception>> Of) Causes(Type type, bool checkInnerExceptions)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!type.IsAssignableTo(typeof(Exception))) throw new ArgumentException($"[{type}] is no exception", nameof(type));
        return ($" with {Described.Type(type)}", cause => Chain(cause).Take(checkInnerExceptions ? int.MaxValue : 1).Where(type.IsInstanceOfType));

        static IEnumerable<Exception> Chain(Exception? cause)
        {
            for (; cause is not null; cause = cause.InnerException) yield return cause;
        }
    }

    private IEventFilterApplier Lines(
        LogLevel level, (string Description, Func<Exception?, IEnumerable<Exception>> Of)? causes, (string Description, Predicate<string> Accepts) text, string? source)
    {
        return Applier(new EventCriterion($"{level}{causes?.Description}{text.Description}" + (source is null ? "" : $" from {source}"), Means));

        bool Means(LogEvent logged)
        {
            var isLevel = logged.LogLevel == level || (level == LogLevel.Error && logged.LogLevel == LogLevel.Critical);
            if (!isLevel || (source is not null && logged.LogSource != source)) return false;
            return causes is { } required
                ? required.Of(logged.Cause).Any(cause => text.Accepts(logged.Message) || text.Accepts(cause.Message))
                : text.Accepts(logged.Message) || (logged.Cause is { } cause && text.Accepts(cause.Message));
        }
    }

    // The engine's line for a dead letter has the message's type, but neither the message nor its sender.
    private IEventFilterApplier DeadLetters(string description, Predicate<Type> carried, Predicate<DeadLetter> means) => Applier(new EventCriterion(
        description,
        logged => logged.EventId.Name == nameof(DeadLetter) && logged.LogSource == typeof(ActorSystem).Namespace && logged.Values.Any(value => value.Value is Type type && carried(type)),
        means));

    private EventFilterApplier Applier(EventCriterion criterion) => new(_kit, _source, _criteria.Add(criterion));
}
