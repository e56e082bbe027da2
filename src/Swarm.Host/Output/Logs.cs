using Microsoft.Extensions.Logging;

namespace Swarm.Host.Output;

/// <summary>
/// The program's log: one line an entry, given to whoever owns the screen and can print it without tearing a live display. Warnings and worse, or with --verbose everything but the wire.
/// An exception's details are shown with --verbose only.
/// </summary>
internal sealed class Logs : ILoggerProvider
{
    private readonly Action<string> _print;
    private readonly bool _isVerbose;

    private Logs(Action<string> print, bool isVerbose)
    {
        _print = print;
        _isVerbose = isVerbose;
    }

    /// <summary>A factory that the caller disposes.</summary>
    public static ILoggerFactory Create(Action<string> print, bool isVerbose)
    {
        var filters = new LoggerFilterOptions { MinLevel = isVerbose ? LogLevel.Debug : LogLevel.Warning };
        // Why a node does not start is the command's to say, and it does.
        if (!isVerbose) filters.Rules.Add(new LoggerFilterRule(providerName: null, "Swarm.Node", LogLevel.None, filter: null));
        return new LoggerFactory([new Logs(print, isVerbose)], filters);
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class LineLogger(Logs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{TimeOnly.FromDateTime(DateTime.Now):HH:mm:ss.fff} {logLevel.ToString().ToLowerInvariant()} {category}: {formatter(state, exception).ReplaceLineEndings(" ")}";
            if (exception is not null) line += logs._isVerbose ? $"{Environment.NewLine}{exception}" : $" ({exception.Message.ReplaceLineEndings(" ")})";
            logs._print(line);
        }
    }
}
