using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Swarm.Api.Contracts;
using Swarm.Pbm.Commands;
using Swarm.Pbm.Interactive;

namespace Swarm.Pbm;

/// <summary>
/// One run of the program: reads the options that say which node, asks it for its palettes, makes the command line of them, and runs what was typed. Every error a user can act on is one line on
/// standard error and an exit code of its own; anything else is a bug.
/// </summary>
internal static class PbmProgram
{
    /// <summary>The exit code. <paramref name="handler"/> makes the connections to the node.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, Func<GlobalSettings, HttpMessageHandler> handler)
    {
        var interrupted = terminal.Interruptible();
        try
        {
            return await StartAsync(args, terminal, handler, interrupted).ConfigureAwait(false);
        }
        catch (PbmException e)
        {
            terminal.Complain(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception e)
        {
            terminal.Complain($"internal error: {e.Message}");
            if (terminal.Environment("PBM_DEBUG") is { Length: > 0 }) terminal.Error.WriteLine(e);
            return ExitCodes.Internal;
        }
    }

    private static async Task<int> StartAsync(string[] args, Terminal terminal, Func<GlobalSettings, HttpMessageHandler> handler, CancellationToken interrupted)
    {
        var global = new GlobalOptions();
        var root = CommandTree.Bare(global, new CompletionCommand(terminal));
        root.TreatUnmatchedTokensAsErrors = false;
        // Without an action it would demand a command, and knows none yet.
        root.SetAction(static _ => ExitCodes.Done);
        var bare = root.Parse(args, Parser);
        if (bare.CommandResult.Command is CompletionCommand || IsVersion(bare)) return await InvokeAsync(bare, terminal, interrupted).ConfigureAwait(false);
        if (bare.Errors.Count > 0) return Refuse(bare, terminal);
        var settings = global.Read(bare, terminal);
        using var client = new NodeClient(settings, handler);
        if (await PalettesAsync(client, bare.Action is HelpAction || IsSuggestion(args), terminal, interrupted).ConfigureAwait(false) is not { } book) return await InvokeAsync(bare, terminal, interrupted).ConfigureAwait(false);
        root.TreatUnmatchedTokensAsErrors = true;
        CommandTree.AddPalettes(root, book, (command, values, parsed, cancellation) => new CommandRunner(client, global.Read(parsed, terminal) with { Address = settings.Address }, terminal).RunAsync(command, values, cancellation));
        var shell = new InteractiveShell(terminal, words => LineAsync(root, words, terminal), (line, cursor) => [.. root.Parse(line[..cursor], Parser).GetCompletions(cursor).Select(item => item.Label)]);
        root.SetAction((_, cancellation) => terminal.IsTyped && !terminal.IsWatched ? HelpAsync(root, terminal, cancellation) : shell.RunAsync(cancellation));
        return await ParseAndInvokeAsync(root, args, terminal, interrupted).ConfigureAwait(false);
    }

    // "@file" is a file name like any other.
    private static ParserConfiguration Parser => new() { ResponseFileTokenReplacer = null };

    private static bool IsVersion(ParseResult parsed) => parsed.RootCommandResult.Children.OfType<OptionResult>().Any(option => option.Option is VersionOption && !option.Implicit);

    private static bool IsSuggestion(string[] args) => args.Length > 0 && args[0].StartsWith("[suggest", StringComparison.Ordinal);

    // Help and completion do with what is known without a node.
    private static async Task<PaletteBook?> PalettesAsync(NodeClient client, bool canDoWithout, Terminal terminal, CancellationToken cancellation)
    {
        try
        {
            return await client.PalettesAsync(cancellation).ConfigureAwait(false);
        }
        catch (PbmException e) when (canDoWithout)
        {
            terminal.Complain($"the node's commands are not known: {e.Message}");
            return null;
        }
    }

    private static Task<int> HelpAsync(RootCommand root, Terminal terminal, CancellationToken cancellation) => ParseAndInvokeAsync(root, ["--help"], terminal, cancellation);

    // Of the interactive shell: what fails or is interrupted ends itself, not the shell.
    private static async Task<int> LineAsync(RootCommand root, string[] words, Terminal terminal)
    {
        var interrupted = terminal.Interruptible();
        try
        {
            return await ParseAndInvokeAsync(root, words, terminal, interrupted).ConfigureAwait(false);
        }
        catch (PbmException e)
        {
            terminal.Complain(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<int> ParseAndInvokeAsync(RootCommand root, string[] args, Terminal terminal, CancellationToken cancellation)
    {
        var parsed = root.Parse(args, Parser);
        return parsed.Action is ParseErrorAction ? Refuse(parsed, terminal) : await InvokeAsync(parsed, terminal, cancellation).ConfigureAwait(false);
    }

    private static Task<int> InvokeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation) =>
        parsed.InvokeAsync(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellation);

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        foreach (var error in parsed.Errors) terminal.Complain(error.Message);
        terminal.Complain("--help behind a palette or a command explains the usage");
        return ExitCodes.Usage;
    }
}
