using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Logging;

/// <summary>
/// The last lines of the log, for those who look at it from afar, and the say in what is logged. Owns a ring of lines: a line that is pushed out is gone for those who have not read it, and their
/// next look says so by its number. Owns the levels too: each category's logger holds its own, set anew when somebody changes it, so that asking whether to log costs one comparison.
/// </summary>
internal sealed class LogTail : ILoggerProvider
{
    /// <summary>The category that stands for all that have no level of their own.</summary>
    public const string Everything = "*";

    // Categories that may have a level of their own.
    private const int MaxLevels = 1_000;

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly LogLine?[] _ring;
    private readonly Dictionary<string, LineLogger> _loggers = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, LogLevel> _levels;
    private long _next;
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An empty log of so many lines that logs from a level on.</summary>
    public LogTail(int lines, LogLevel level, TimeProvider clock)
    {
        _clock = clock;
        _ring = new LogLine?[lines];
        _levels = ImmutableSortedDictionary.Create<string, LogLevel>(StringComparer.Ordinal).Add(Everything, level)
            // The server's own word on each request is for those who ask for it.
            .Add("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning);
    }

    /// <summary>From which level on categories log.</summary>
    public IReadOnlyDictionary<string, LogLevel> Levels => _levels;

    /// <summary>The number that the next line will have.</summary>
    public long Next
    {
        get
        {
            lock (_gate) return _next;
        }
    }

    /// <summary>Logs a category and those below it from a level on. False: too many categories have a level of their own.</summary>
    public bool SetLevel(string category, LogLevel level)
    {
        lock (_gate)
        {
            if (_levels.Count >= MaxLevels && !_levels.ContainsKey(category)) return false;
            _levels = _levels.SetItem(category, level);
            foreach (var (name, logger) in _loggers) logger.Level = LevelOf(name);
            return true;
        }
    }

    /// <summary>At most so many lines from a number on, at or above a level, oldest first; and the number to go on from.</summary>
    public (List<LogLine> Lines, long Next) Read(long from, int limit, LogLevel level)
    {
        lock (_gate)
        {
            var lines = new List<LogLine>();
            var at = Math.Max(from, _next - _ring.Length);
            for (; at < _next && lines.Count < limit; at++)
            {
                if (_ring[at % _ring.Length] is { } line && LogLevelNames.Parse(line.Level) >= level) lines.Add(line);
            }

            return (lines, at);
        }
    }

    /// <summary>The last lines at or above a level, at most so many, oldest first.</summary>
    public List<LogLine> Last(int limit, LogLevel level)
    {
        var (lines, _) = Read(0, int.MaxValue, level);
        return lines.Count > limit ? lines[^limit..] : lines;
    }

    /// <summary>Ends when there is a line of this number.</summary>
    public async Task WaitAsync(long number, CancellationToken cancellation)
    {
        while (true)
        {
            Task added;
            lock (_gate)
            {
                if (_next > number) return;
                added = _added.Task;
            }

            await added.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName)
    {
        lock (_gate)
        {
            if (_loggers.TryGetValue(categoryName, out var known)) return known;
            var logger = new LineLogger(this, categoryName) { Level = LevelOf(categoryName) };
            _loggers.Add(categoryName, logger);
            return logger;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // The longest name that the category's begins with.
    private LogLevel LevelOf(string category)
    {
        for (var name = category; ; name = name[..name.LastIndexOf('.')])
        {
            if (_levels.TryGetValue(name, out var level)) return level;
            if (!name.Contains('.')) return _levels[Everything];
        }
    }

    private void Add(LogLevel level, string category, string message)
    {
        TaskCompletionSource added;
        lock (_gate)
        {
            _ring[_next % _ring.Length] = new LogLine(_next, _clock.GetUtcNow(), LogLevelNames.NameOf(level), category, message);
            _next++;
            added = _added;
            _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        added.TrySetResult();
    }

    private sealed class LineLogger(LogTail tail, string category) : ILogger
    {
        private volatile LogLevel _level;

        public LogLevel Level
        {
            get => _level;
            set => _level = value;
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= _level;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var message = formatter(state, exception).ReplaceLineEndings(" ");
            tail.Add(logLevel, category, exception is null ? message : $"{message} ({exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")})");
        }
    }
}
