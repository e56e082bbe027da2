using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Swarm.TestKit;

/// <summary>One line that was logged.</summary>
/// <param name="LogLevel">How grave it is.</param>
/// <param name="LogSource">The logger's category.</param>
/// <param name="EventId">Which of its category's lines it is.</param>
/// <param name="Message">The text.</param>
/// <param name="Cause">The exception that was logged with it, or null.</param>
/// <param name="Values">The values in the text by name, and the text's template as {OriginalFormat}; empty if the logger gave none.</param>
public sealed record LogEvent(LogLevel LogLevel, string LogSource, EventId EventId, string Message, Exception? Cause, IReadOnlyList<KeyValuePair<string, object?>> Values)
{
    public override string ToString() => $"{LogLevel} [{LogSource}] {Message}" + (Cause is null ? "" : $" ({Cause.GetType().Name}: {Cause.Message})");
}

/// <summary>
/// The logger factory of a system under test: shows every line, of every level, to the event filters that wait for it, and hands it on to another factory unless a filter mutes it. A kit's own
/// system has one; a system that is made elsewhere needs one to have event filters. Any thread.
/// </summary>
/// <param name="inner">Where lines go that are not muted, such as a test framework's output; null is nowhere.</param>
public sealed class TestEventListener(ILoggerFactory? inner = null) : ILoggerFactory
{
    private readonly Lock _gate = new();
    private ImmutableArray<Func<LogEvent, bool>> _filters = [];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName, inner?.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) =>
        (inner ?? throw new InvalidOperationException("There is no inner logger factory to add the provider to.")).AddProvider(provider);

    public void Dispose() => inner?.Dispose();

    /// <summary>Shows each line to a filter, which returns whether to mute it.</summary>
    internal void Attach(Func<LogEvent, bool> filter)
    {
        lock (_gate)
        {
            _filters = _filters.Add(filter);
        }
    }

    internal void Detach(Func<LogEvent, bool> filter)
    {
        lock (_gate)
        {
            _filters = _filters.Remove(filter);
        }
    }

    private bool IsMuted(LogEvent logged)
    {
        ImmutableArray<Func<LogEvent, bool>> filters;
        lock (_gate)
        {
            filters = _filters;
        }

        // Every filter sees it, whatever the others say.
        var muted = false;
        foreach (var filter in filters) muted |= filter(logged);
        return muted;
    }

    private sealed class Logger(TestEventListener listener, string category, ILogger? next) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => next?.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            ArgumentNullException.ThrowIfNull(formatter);
            var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            if (!listener.IsMuted(new LogEvent(logLevel, category, eventId, formatter(state, exception), exception, values))) next?.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
