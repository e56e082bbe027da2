using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Swarm.Host.Api.Security;
using Swarm.Host.Configuration;

namespace Swarm.Host.Commands;

/// <summary><c>swarm key</c>: makes, lists and removes the API keys in the data folder of the node that <c>swarm serve</c> would be with the same options.</summary>
internal sealed class KeyCommand : Command, IDetailedHelp
{
    private const int MaxNameLength = 64;

    private readonly Shell _shell;
    private readonly CommonOptions _common;
    private readonly Argument<string> _name = new("name") { Description = "What the key is called in lists: letters, digits, '-', '_', '.'." };
    private readonly Option<string> _scope = new("--scope") { HelpName = "SCOPE", Description = "viewer looks, operator steers torrents, admin steers the node.", Required = true };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print JSON.");

    /// <summary>The verb, for the root.</summary>
    public KeyCommand(Shell shell, CommonOptions common) : base("key", "Make, list or remove keys of the HTTP API.")
    {
        _shell = shell;
        _common = common;
        _scope.AcceptOnlyFromAmong("viewer", "operator", "admin");
        _name.Validators.Add(RefuseOddName);
        var make = new Command("new", "Make a key and print it, this once: it is kept hashed.") { _name, _scope, _json };
        make.SetAction(Make);
        var list = new Command("list", "Print the names and scopes of the keys in the data folder.") { _json };
        list.SetAction(List);
        var remove = new Command("remove", "Remove a key.") { _name };
        remove.SetAction(Remove);
        Add(make);
        Add(list);
        Add(remove);
    }

    /// <inheritdoc/>
    public string Details =>
        """
        Keys are kept in api-keys.json in the data folder, which the node's user alone may read: run this as that user, with the same --config and --data as 'swarm serve'.
        A running node takes changes at SIGHUP ('systemctl reload swarm'). Keys of swarm.api.keys in the configuration are neither listed nor removed here.
        """;

    private static void RefuseOddName(ArgumentResult result)
    {
        var name = result.Tokens is [var token] ? token.Value : "";
        if (name.Length is 0 or > MaxNameLength || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.'))) result.AddError($"'{name}' is no name for a key: 1 to {MaxNameLength} of letters, digits, '-', '_', '.' are expected");
    }

    private static string WordOf(Scope scope) => scope.ToString().ToLowerInvariant();

    private int Make(ParseResult parsed)
    {
        var (key, text) = ApiKeyFile.Make(FolderIn(parsed), parsed.GetValue(_name)!, Enum.Parse<Scope>(parsed.GetValue(_scope)!, ignoreCase: true));
        _shell.Out.WriteLine(parsed.GetValue(_json) ? new JsonObject { ["name"] = key.Name, ["scope"] = WordOf(key.Scope), ["key"] = text }.ToJsonString() : text);
        _shell.Error.WriteLine("This is shown once. A running node knows the key after SIGHUP ('systemctl reload swarm').");
        return ExitCodes.Done;
    }

    private int List(ParseResult parsed)
    {
        var keys = ApiKeyFile.Load(FolderIn(parsed));
        if (parsed.GetValue(_json)) _shell.Out.WriteLine(new JsonArray([.. keys.Select(key => new JsonObject { ["name"] = key.Name, ["scope"] = WordOf(key.Scope) })]).ToJsonString());
        else foreach (var key in keys) _shell.Out.WriteLine($"{key.Name}\t{WordOf(key.Scope)}");
        return ExitCodes.Done;
    }

    private int Remove(ParseResult parsed)
    {
        ApiKeyFile.Remove(FolderIn(parsed), parsed.GetValue(_name)!);
        _shell.Error.WriteLine("A running node refuses the key after SIGHUP ('systemctl reload swarm').");
        return ExitCodes.Done;
    }

    private string FolderIn(ParseResult parsed)
    {
        var configuration = _common.ReadConfiguration(parsed, _common.DaemonFileIn(parsed));
        if (!configuration.Errors.IsEmpty) throw new WrongConfigurationException(configuration.Errors);
        return new CommonSettings(configuration.Settings, parsed.GetValue(_common.Verbose)).DataFolder;
    }
}
