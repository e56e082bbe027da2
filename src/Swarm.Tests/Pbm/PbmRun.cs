using Swarm.Pbm;

namespace Swarm.Tests.Pbm;

/// <summary>Runs pbm in this process, against a fake node or over real connections.</summary>
internal sealed class PbmRun(Func<GlobalSettings, HttpMessageHandler> handler)
{
    private readonly Queue<ConsoleKeyInfo> _keys = new();
    private string _input = "";
    private bool _isTyped;
    private bool _isWatched;

    /// <summary>Against a fake node.</summary>
    public PbmRun(FakeNode node) : this(_ => node)
    {
    }

    /// <summary>The environment.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Its clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Lines from a pipe.</summary>
    public PbmRun Piped(string input)
    {
        _input = input;
        return this;
    }

    /// <summary>A person at a terminal, who answers questions with this line.</summary>
    public PbmRun Answering(string line)
    {
        _isTyped = true;
        return Piped(line + "\n");
    }

    /// <summary>A person at a terminal, who types. "\t" is Tab, "\n" Enter, "\u0004" Ctrl-D.</summary>
    public PbmRun Typing(string text)
    {
        _isTyped = _isWatched = true;
        foreach (var typed in text)
        {
            _keys.Enqueue(typed switch
            {
                '\t' => new ConsoleKeyInfo(typed, ConsoleKey.Tab, shift: false, alt: false, control: false),
                '\n' => new ConsoleKeyInfo(typed, ConsoleKey.Enter, shift: false, alt: false, control: false),
                '\u0004' => new ConsoleKeyInfo(typed, ConsoleKey.D, shift: false, alt: false, control: true),
                '↑' => new ConsoleKeyInfo('\0', ConsoleKey.UpArrow, shift: false, alt: false, control: false),
                _ => new ConsoleKeyInfo(typed, ConsoleKey.None, shift: false, alt: false, control: false),
            });
        }

        return this;
    }

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Interruption { get; init; }

    /// <summary>To its end.</summary>
    public async Task<(int Code, string Out, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal
        {
            In = new StringReader(_input),
            Out = output,
            Error = error,
            IsTyped = _isTyped,
            IsWatched = _isWatched,
            Size = () => (120, 24),
            ReadKey = () => _keys.Count > 0 ? _keys.Dequeue() : throw new InvalidOperationException("The test types no more."),
            KeysOnly = _ => { },
            Interruptible = () => Interruption,
            Environment = name => Variables.GetValueOrDefault(name),
            Time = Time,
        };
        var code = await PbmProgram.RunAsync(args, terminal, handler);
        return (code, output.ToString(), error.ToString());
    }
}
