using Spectre.Console;
using Spectre.Console.Rendering;

namespace Swarm.Host.Output;

/// <summary>
/// The lower end of a terminal that is drawn over and over, with lines printed above it. Owns the display from construction to disposal; while it stands, everything for this terminal must
/// come through <see cref="Print"/>, or it tears. Safe from any thread.
/// </summary>
internal sealed class LiveView : IAsyncDisposable
{
    private readonly IAnsiConsole _console;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LiveDisplayContext> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    /// <summary>Begins the display. <paramref name="keepLast"/>: leave the last picture standing at the end.</summary>
    public LiveView(TextWriter output, bool keepLast)
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) });
        var live = _console.Live(new Text(""));
        live.AutoClear = !keepLast;
        live.Overflow = VerticalOverflow.Ellipsis;
        _running = live.StartAsync(context =>
        {
            _begun.SetResult(context);
            return _end.Task;
        });
    }

    /// <summary>Draws this from now on.</summary>
    public void Show(IRenderable picture)
    {
        if (!_end.Task.IsCompleted && _begun.Task.IsCompletedSuccessfully) _begun.Task.Result.UpdateTarget(picture);
    }

    /// <summary>Prints a line above the picture.</summary>
    public void Print(string line) => _console.Write(new WholeLine(line));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _running.ConfigureAwait(false);
    }

    /// <summary>A line that is not broken where the terminal ends, so that a long link can be copied.</summary>
    private sealed class WholeLine(string text) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [new Segment(text), Segment.LineBreak];
    }
}
