using System.CommandLine;
using System.CommandLine.Parsing;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Commands;

/// <summary>
/// The command line that a node's palettes make: a command for each palette, and below it one for each of its commands, with arguments, options, help and completion.
/// Nothing of it is known before the node has said it, so an older program has the commands of a newer node.
/// </summary>
internal static class CommandTree
{
    private const string About =
        """
        Query and steer a Swarm node: pbm [options] <palette> <command>. Without a command it is an interactive shell; lines from a pipe are run one after the other.

        Exit codes: 0 done; 1 the node refused, or did only a part; 2 wrong usage; 3 no node answers; 4 the key does not do; 70 a bug in pbm; 130 interrupted.
        """;

    /// <summary>A root without palettes: what there is where no node answers.</summary>
    public static RootCommand Bare(GlobalOptions global, CompletionCommand completion)
    {
        var root = new RootCommand(About);
        global.AddTo(root);
        root.Add(completion);
        return root;
    }

    /// <summary>Adds the palettes to a root. <paramref name="run"/> is given the command and what was typed for each of its arguments.</summary>
    public static void AddPalettes(RootCommand root, PaletteBook book, RunCommand run)
    {
        foreach (var palette in book.Items)
        {
            var group = new Command(palette.Name, palette.Description);
            foreach (var command in palette.Commands) group.Add(Of(command, run));
            root.Add(group);
        }
    }

    private static Command Of(PaletteCommand described, RunCommand run)
    {
        var command = new Command(described.Name, described.Example is { } example ? $"{described.Description} For example: pbm {example}" : described.Description);
        var readers = new List<(PaletteArgument Argument, Func<ParseResult, IReadOnlyList<string>> Read)>();
        foreach (var argument in described.Arguments.OrderBy(argument => argument.Position ?? int.MaxValue))
        {
            readers.Add((argument, argument switch
            {
                { Position: not null } => AddPositional(command, argument),
                { Type: ArgumentType.Boolean } => AddFlag(command, argument),
                _ => AddOption(command, argument),
            }));
        }

        command.SetAction((parsed, cancellation) => run(described, [.. readers.Select(reader => (reader.Argument, reader.Read(parsed)))], parsed, cancellation));
        return command;
    }

    private static Func<ParseResult, IReadOnlyList<string>> AddPositional(Command command, PaletteArgument argument)
    {
        var symbol = new Argument<string[]>(argument.Name) { Description = argument.Help, Arity = Arity(argument), CustomParser = Words };
        if (argument.Choices is { } choices) symbol.CompletionSources.Add([.. choices]);
        command.Add(symbol);
        return parsed => parsed.GetValue(symbol) ?? [];
    }

    private static Func<ParseResult, IReadOnlyList<string>> AddOption(Command command, PaletteArgument argument)
    {
        var symbol = new Option<string[]>($"--{argument.Name}")
        {
            Description = argument.Help,
            HelpName = argument.Type.ToUpperInvariant(),
            Required = argument.Required,
            Arity = argument.Repeats ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
            CustomParser = Words,
        };
        if (argument.Choices is { } choices) symbol.CompletionSources.Add([.. choices]);
        command.Add(symbol);
        return parsed => parsed.GetValue(symbol) ?? [];
    }

    private static Func<ParseResult, IReadOnlyList<string>> AddFlag(Command command, PaletteArgument argument)
    {
        var symbol = new Option<bool>($"--{argument.Name}") { Description = argument.Help };
        command.Add(symbol);
        return parsed => parsed.GetResult(symbol) is { Implicit: false } ? [parsed.GetValue(symbol) ? "true" : "false"] : [];
    }

    private static string[] Words(ArgumentResult result) => [.. result.Tokens.Select(token => token.Value)];

    private static ArgumentArity Arity(PaletteArgument argument) => argument switch
    {
        { Required: true, Repeats: true } => ArgumentArity.OneOrMore,
        { Required: true } => ArgumentArity.ExactlyOne,
        { Repeats: true } => ArgumentArity.ZeroOrMore,
        _ => ArgumentArity.ZeroOrOne,
    };
}

/// <summary>Runs a command with what was typed for each of its arguments; the result is an exit code.</summary>
internal delegate Task<int> RunCommand(
    PaletteCommand command, IReadOnlyList<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, ParseResult parsed, CancellationToken cancellation);
