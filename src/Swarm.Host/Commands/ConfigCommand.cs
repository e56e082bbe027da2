using System.CommandLine;
using System.Text;
using System.Text.Json;
using Swarm.Hocon;
using Swarm.Host.Configuration;

namespace Swarm.Host.Commands;

/// <summary><c>swarm config</c>: looks at the configuration that <c>swarm serve</c> would have with the same options.</summary>
internal sealed class ConfigCommand : Command
{
    private readonly Shell _shell;
    private readonly CommonOptions _common;
    private readonly Argument<string?> _key = new("key") { Arity = ArgumentArity.ZeroOrOne, Description = "Only this key, or those below it." };
    private readonly Option<bool> _origin = new("--origin") { Description = "Say where each value was written." };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print JSON.");

    /// <summary>The verb, for the root.</summary>
    public ConfigCommand(Shell shell, CommonOptions common) : base("config", "Check or show the configuration.")
    {
        _shell = shell;
        _common = common;
        var check = new Command("check", "Tell everything that is wrong with the configuration; exits with 0 if nothing is.");
        check.SetAction(Check);
        var show = new Command("show", "Print the configuration that holds, defaults included; secrets are masked.") { _key, _origin, _json };
        show.SetAction(Show);
        var docs = new Command("docs", "Print what every key is for, as Markdown.");
        docs.SetAction(_ => _shell.Out.Write(ConfigurationDocs.Write(SwarmConfiguration.ReferenceText())));
        Add(check);
        Add(show);
        Add(docs);
    }

    private int Check(ParseResult parsed)
    {
        var file = _common.DaemonFileIn(parsed);
        Read(parsed, file);
        _shell.Out.WriteLine(file is null ? "the configuration is good (defaults, environment and options; no file)" : $"the configuration is good ({file})");
        return ExitCodes.Done;
    }

    private int Show(ParseResult parsed)
    {
        var shown = (HoconValue)ConfigurationText.Mask(Read(parsed, _common.DaemonFileIn(parsed)).Effective);
        string[] path = [];
        if (parsed.GetValue(_key) is { } key)
        {
            path = key.Split('.') is [SwarmConfiguration.RootKey, ..] full ? full : [SwarmConfiguration.RootKey, .. key.Split('.')];
            shown = ((HoconObject)shown).At(path) ?? throw new SwarmException($"there is no key '{key}'{Nearest(path)}");
        }

        if (parsed.GetValue(_json)) _shell.Out.WriteLine(Json(shown, parsed.GetValue(_origin)));
        else foreach (var line in ConfigurationText.Lines(shown, [.. path], parsed.GetValue(_origin))) _shell.Out.WriteLine(line);
        return ExitCodes.Done;
    }

    private SwarmConfiguration Read(ParseResult parsed, string? file)
    {
        var configuration = _common.ReadConfiguration(parsed, file);
        return configuration.Errors.IsEmpty ? configuration : throw new WrongConfigurationException(configuration.Errors);
    }

    private static string Nearest(string[] path) => NearestKey.Of(path[1..], SettingsGroup.Root) is { } nearest ? $"; did you mean '{SwarmConfiguration.RootKey}.{nearest}'?" : "";

    private static string Json(HoconValue value, bool withOrigin)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true })) ConfigurationText.WriteJson(json, value, withOrigin);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
