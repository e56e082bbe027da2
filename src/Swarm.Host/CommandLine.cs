using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Swarm.Host.Commands;
using Swarm.Host.Configuration;

namespace Swarm.Host;

/// <summary>
/// The command line as a whole: the verbs, what all of them share, and what becomes of errors. Every error a user can act on is one line on standard error; anything else is a bug, and
/// only --verbose shows its details.
/// </summary>
internal static class CommandLine
{
    private const string About =
        """
        Swarm, a BitTorrent node: fetch, share, make, look at and check torrents, and ask the DHT.

        Sizes and rates take the suffixes K, M, G, T (or KiB, MiB, ...: powers of 1024) and KB, MB, GB, TB (powers of 1000).
        Exit codes: 0 done; 1 failed, standard error says why; 2 wrong usage; 70 a bug in swarm; 78 an error in the configuration; 130 or 143 interrupted before the work was done.
        """;

    /// <summary>Runs one command to its end; the result is the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args, Shell shell)
    {
        var common = new CommonOptions();
        try
        {
            // "@file" is a file name like any other.
            var parsed = Root(shell, common, args).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is ParseErrorAction) return Refuse(parsed, shell);
            var invocation = new InvocationConfiguration { Output = shell.Out, Error = shell.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation, shell.Interruption.Token).ConfigureAwait(false);
        }
        catch (WrongConfigurationException e)
        {
            foreach (var error in e.Errors) shell.Complain(error.ToString());
            return ExitCodes.Configuration;
        }
        catch (SwarmException e)
        {
            shell.Complain(e.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (shell.Interruption.Token.IsCancellationRequested)
        {
            return shell.Interruption.ExitCode;
        }
        catch (Exception e)
        {
            var isVerbose = args.Contains(common.Verbose.Name, StringComparer.Ordinal);
            shell.Complain(isVerbose ? $"internal error: {e.Message}" : $"internal error: {e.Message}; run with --verbose for details");
            if (isVerbose) shell.Error.WriteLine(e);
            return ExitCodes.Internal;
        }
    }

    private static int Refuse(ParseResult parsed, Shell shell)
    {
        foreach (var error in parsed.Errors) shell.Complain(error.Message);
        shell.Complain($"'{string.Join(' ', ["swarm", .. VerbOf(parsed), "--help"])}' explains the usage");
        return ExitCodes.Usage;
    }

    private static RootCommand Root(Shell shell, CommonOptions common, string[] args)
    {
        (string Name, Func<Command> Make)[] verbs =
        [
            ("get", () => new GetCommand(shell, common)),
            ("seed", () => new SeedCommand(shell, common)),
            ("create", () => new CreateCommand(shell)),
            ("show", () => new ShowCommand(shell, common)),
            ("verify", () => new VerifyCommand(shell)),
            ("dht", () => new DhtCommand(shell, common)),
            ("demo", () => new DemoCommand(shell, common)),
            ("serve", () => new ServeCommand(shell, common)),
            ("config", () => new ConfigCommand(shell, common)),
            ("key", () => new KeyCommand(shell, common)),
            ("store", () => new StoreCommand(shell, common)),
        ];
        var root = new RootCommand(About);
        common.AddTo(root);
        DetailedHelp.AddTo(root);
        // Whoever begins with a verb sees nothing of the others, and need not wait for them.
        var isNamed = args.Length > 0 && Array.Exists(verbs, verb => verb.Name == args[0]);
        foreach (var (name, make) in verbs)
        {
            if (!isNamed || name == args[0]) root.Add(make());
        }

        return root;
    }

    // From the root to the verb, "dht get" as two.
    private static IEnumerable<string> VerbOf(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? symbol = parsed.CommandResult; symbol is CommandResult { Command: not RootCommand } command; symbol = symbol.Parent) names.Push(command.Command.Name);
        return names;
    }
}
