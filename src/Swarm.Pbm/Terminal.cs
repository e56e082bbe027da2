namespace Swarm.Pbm;

/// <summary>
/// What the program sees of where it was started: the three streams, whether people are at them, and the environment. One a run; tests make their own.
/// </summary>
internal sealed record Terminal
{
    /// <summary>Columns where nobody watches: enough that nothing is cut.</summary>
    private const int Unbounded = 4_096;

    /// <summary>Standard input.</summary>
    public required TextReader In { get; init; }

    /// <summary>Standard output.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Somebody types.</summary>
    public bool IsTyped { get; init; }

    /// <summary>Somebody watches, on a terminal that understands cursor movements.</summary>
    public bool IsWatched { get; init; }

    /// <summary>Columns and rows now.</summary>
    public required Func<(int Columns, int Rows)> Size { get; init; }

    /// <summary>The next key; only where <see cref="IsTyped"/> and <see cref="IsWatched"/>.</summary>
    public required Func<ConsoleKeyInfo> ReadKey { get; init; }

    /// <summary>While a line is typed Ctrl-C is a key (true); else it interrupts.</summary>
    public required Action<bool> KeysOnly { get; init; }

    /// <summary>Begins something that the next Ctrl-C cancels.</summary>
    public required Func<CancellationToken> Interruptible { get; init; }

    /// <summary>A variable of the environment, or null.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess(Interruption interruption)
    {
        var isWatched = !Console.IsOutputRedirected && System.Environment.GetEnvironmentVariable("TERM") is not "dumb";
        return new Terminal
        {
            In = Console.In,
            Out = Console.Out,
            Error = Console.Error,
            IsTyped = !Console.IsInputRedirected,
            IsWatched = isWatched,
            Size = () => isWatched && Console.WindowWidth > 0 ? (Console.WindowWidth, Console.WindowHeight) : (Unbounded, Unbounded),
            ReadKey = () => Console.ReadKey(intercept: true),
            KeysOnly = keysOnly => Console.TreatControlCAsInput = keysOnly,
            Interruptible = interruption.Begin,
            Environment = System.Environment.GetEnvironmentVariable,
            Time = TimeProvider.System,
        };
    }

    /// <summary>Says what is wrong: one line on standard error, the program's name in front.</summary>
    public void Complain(string message) => Error.WriteLine($"pbm: {Output.CellText.Clean(message)}");
}
