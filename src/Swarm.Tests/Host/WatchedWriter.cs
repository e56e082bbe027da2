using System.Text;

namespace Swarm.Tests.Host;

/// <summary>Collects lines from any thread, and lets a test wait for one.</summary>
internal sealed class WatchedWriter : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> Matches, TaskCompletionSource<string> Found)> _waiting = [];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        lock (_gate) _text.Append(value);
    }

    public override void Write(string? value)
    {
        lock (_gate) _text.Append(value);
    }

    public override void WriteLine(string? value)
    {
        var line = value ?? "";
        lock (_gate)
        {
            _text.Append(line).Append('\n');
            _lines.Add(line);
            foreach (var (matches, found) in _waiting)
            {
                if (matches(line)) found.TrySetResult(line);
            }
        }
    }

    /// <summary>The first line that matches, past or to come.</summary>
    public Task<string> LineAsync(Func<string, bool> matches)
    {
        lock (_gate)
        {
            if (_lines.Find(line => matches(line)) is { } past) return Task.FromResult(past);
            var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((matches, found));
            return found.Task;
        }
    }

    public override string ToString()
    {
        lock (_gate) return _text.ToString();
    }
}
