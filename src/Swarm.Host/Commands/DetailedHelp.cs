using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Swarm.Host.Commands;

/// <summary>A verb that has more to say than one line, below its options.</summary>
internal interface IDetailedHelp
{
    /// <summary>One or more lines.</summary>
    string Details { get; }
}

/// <summary>Help as it is, followed by the verb's details, which would swamp the list of verbs if they were its description.</summary>
internal sealed class DetailedHelp(HelpAction plain) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    /// <summary>Puts itself in the place of the plain help.</summary>
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new DetailedHelp((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = plain.Invoke(parseResult);
        if (parseResult.CommandResult.Command is IDetailedHelp verb) parseResult.InvocationConfiguration.Output.WriteLine(verb.Details);
        return code;
    }
}
