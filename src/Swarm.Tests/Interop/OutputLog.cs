using Microsoft.Extensions.Logging;

namespace Swarm.Tests.Interop;

/// <summary>Collects what a node logs and hands it to the test's output at the end, bounded.</summary>
internal sealed class OutputLog(string name) : ILoggerFactory, ILogger
{
    private const int MaxLines = 5_000;

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Write($"{logLevel}: {formatter(state, exception)} {exception}");

    public void Write(string line)
    {
        lock (_gate)
        {
            if (_lines.Count < MaxLines) _lines.Add($"{DateTime.UtcNow:mm:ss.fff} {line}");
        }
    }

    public void Dispose()
    {
        lock (_gate) TestContext.Current.TestOutputHelper?.WriteLine($"--- {name}\n{string.Join('\n', _lines)}");
    }
}
