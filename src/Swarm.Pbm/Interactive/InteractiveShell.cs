using System.CommandLine.Parsing;

namespace Swarm.Pbm.Interactive;

/// <summary>
/// Line after line, each a command as after the program's name: typed, with completion and history, or from a pipe. "exit", "quit" or the end of input end it; "help" lists the palettes.
/// From a pipe the first command that fails ends it, with its exit code; a person goes on.
/// </summary>
internal sealed class InteractiveShell(Terminal terminal, Func<string[], Task<int>> run, Func<string, int, IReadOnlyList<string>> complete)
{
    private const string Prompt = "pbm> ";

    /// <summary>The exit code.</summary>
    public Task<int> RunAsync(CancellationToken cancellation) => terminal is { IsTyped: true, IsWatched: true } ? TypedAsync() : PipedAsync(cancellation);

    private async Task<int> TypedAsync()
    {
        var history = History.Open(History.FileOf(terminal));
        var editor = new LineEditor(terminal, history, complete);
        while (editor.Read(Prompt) is { } line)
        {
            if (IsEnd(line)) break;
            await LineAsync(line).ConfigureAwait(false);
        }

        history.Save();
        return ExitCodes.Done;
    }

    private async Task<int> PipedAsync(CancellationToken cancellation)
    {
        while (await terminal.In.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            if (IsEnd(line)) break;
            var code = await LineAsync(line).ConfigureAwait(false);
            if (code != ExitCodes.Done) return code;
        }

        return ExitCodes.Done;
    }

    private static bool IsEnd(string line) => line.Trim() is "exit" or "quit";

    private Task<int> LineAsync(string line)
    {
        var text = line.Trim();
        if (text.Length == 0 || text.StartsWith('#')) return Task.FromResult(ExitCodes.Done);
        return run(text == "help" ? ["--help"] : [.. CommandLineParser.SplitCommandLine(text)]);
    }
}
