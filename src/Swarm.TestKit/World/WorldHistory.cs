using System.Text;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Torrents;

namespace Swarm.TestKit.World;

/// <summary>
/// The last things that happened in a world, for the text of a failure: what was done to it, what its nodes published and logged, and the last messages that actors handled. Two rings, so that the
/// many messages do not push the few events out. Nothing is formatted before it is shown.
/// </summary>
public sealed class WorldHistory
{
    private readonly Ring<Entry> _events;
    private readonly Ring<SimulatedTurn> _turns;

    internal WorldHistory(int events, int turns)
    {
        _events = new Ring<Entry>(events);
        _turns = new Ring<SimulatedTurn>(turns);
    }

    /// <summary>The events kept, the oldest first, a line each.</summary>
    public IEnumerable<string> Events => _events.Items.Select(entry => entry.ToString());

    internal void Add(TimeSpan at, string source, object what) => _events.Add(new Entry(at, source, what));

    internal void Add(SimulatedTurn turn) => _turns.Add(turn);

    /// <summary>All of it as text.</summary>
    internal void Describe(StringBuilder text)
    {
        text.AppendLine("Last events:");
        foreach (var entry in _events.Items) text.Append("  ").AppendLine(entry.ToString());
        text.AppendLine("Last messages:");
        foreach (var turn in _turns.Items) text.AppendLine($"  {turn.At.TotalSeconds,12:0.000000} {turn.System.Name,-10} {Short(turn.Recipient)} <- {NameOf(turn.Message.GetType())}");
    }

    // A torrent's whole hash in every line hides what the lines say.
    private static string Short(ActorPath path) => string.Join('/', path.Elements.Select(name => name.StartsWith("torrent-", StringComparison.Ordinal) && name.Length > 16 ? name[..16] : name));

    // Of a nested type with the actor that owns it.
    private static string NameOf(Type type) => type.DeclaringType is { } owner ? $"{owner.Name}.{type.Name}" : type.Name;

    private readonly record struct Entry(TimeSpan At, string Source, object What)
    {
        public override string ToString() => $"{At.TotalSeconds,12:0.000000} {Source,-10} {(What is TorrentEvent.PiecesVerified verified ? $"verified {string.Join(' ', verified.Pieces)}" : What)}";
    }

    private sealed class Ring<T>(int capacity)
    {
        private readonly T[] _items = new T[capacity];
        private long _count;

        public IEnumerable<T> Items
        {
            get
            {
                for (var i = Math.Max(0, _count - _items.Length); i < _count; i++) yield return _items[i % _items.Length];
            }
        }

        public void Add(T item) => _items[_count++ % _items.Length] = item;
    }
}

/// <summary>The log of one node: its lines go into the world's history, and those of errors into a list of their own.</summary>
internal sealed class SimLogs(Func<TimeSpan> now, string node, WorldHistory history, List<string> errors, LogLevel least) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("A node's lines go into the world's history and nowhere else.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var line = exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}";
        history.Add(now(), node, line);
        if (logLevel >= LogLevel.Error) errors.Add(line);
    }

    public void Dispose()
    {
        // There is nothing behind it.
    }
}
