namespace Swarm.Host;

/// <summary>
/// What a command sees of the shell that started it: standard output and error, whether a person watches the output, and how to hear of an interruption.
/// One a run; tests make their own with string writers.
/// </summary>
internal sealed record Shell(TextWriter Out, TextWriter Error, bool IsTerminal, Interruption Interruption)
{
    /// <summary>The real one. Output counts as watched if it is a terminal that understands cursor movements.</summary>
    public static Shell OfProcess(Interruption interruption)
    {
        var isDumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Shell(Console.Out, Console.Error, !Console.IsOutputRedirected && !isDumb, interruption);
    }

    /// <summary>Says what is wrong: one line on standard error, the program's name in front.</summary>
    public void Complain(string message) => Error.WriteLine($"swarm: {message.ReplaceLineEndings(" ")}");
}
