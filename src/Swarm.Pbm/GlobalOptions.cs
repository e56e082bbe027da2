using System.CommandLine;
using System.Globalization;

namespace Swarm.Pbm;

/// <summary>The options that every command shares: which node, by which key, and how the answer is shown. One instance a run.</summary>
internal sealed class GlobalOptions
{
    private const string DefaultAddress = "http://127.0.0.1:9110";
    private const int LeastSeconds = 1;
    private const int MostSeconds = 86_400;

    private readonly Option<string?> _address = Text("--address", "URL", $"The node. Default: $PBM_ADDRESS, or {DefaultAddress}.");
    private readonly Option<string?> _keyFile = Text("--key-file", "FILE", "The file with the API key, as a node beyond this machine wants one. Default: $PBM_KEY_FILE; or the key itself in $PBM_KEY.");
    private readonly Option<string?> _authority = Text("--ca", "FILE", "Trust this certificate (PEM) for an https address, such as a node's own.");
    private readonly Option<int> _timeout = Seconds("--timeout", 30, "Wait so many seconds for an answer.");
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON: one object a line, for each element of a list, each event, or the answer as a whole.", Recursive = true };
    private readonly Option<bool> _watch = new("--watch") { Description = "Ask again and again, and show the latest answer, until interrupted.", Recursive = true };
    private readonly Option<int> _interval = Seconds("--interval", 2, "With --watch: ask every so many seconds.");
    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask before a command that takes something away.", Recursive = true };

    /// <summary>Makes them options of every command.</summary>
    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { _address, _keyFile, _authority, _timeout, _json, _watch, _interval, _yes }) root.Add(option);
    }

    /// <summary>What the user gave, or what the environment says, or the defaults.</summary>
    /// <exception cref="PbmException">A value cannot be used; the message says which and why.</exception>
    public GlobalSettings Read(ParseResult parsed, Terminal terminal)
    {
        var address = parsed.GetValue(_address) ?? NotEmpty(terminal.Environment("PBM_ADDRESS")) ?? DefaultAddress;
        if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var node) || node.Scheme is not ("http" or "https") || node.Query.Length > 0)
        {
            throw new PbmException(ExitCodes.Usage, $"'{address}' is no address of a node, such as {DefaultAddress} or https://seedbox.example:9110");
        }

        return new GlobalSettings
        {
            Address = node,
            Key = KeyOf(parsed.GetValue(_keyFile) ?? NotEmpty(terminal.Environment("PBM_KEY_FILE"))) ?? NotEmpty(terminal.Environment("PBM_KEY")),
            AuthorityFile = parsed.GetValue(_authority),
            Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            IsJson = parsed.GetValue(_json),
            Interval = parsed.GetValue(_watch) ? TimeSpan.FromSeconds(parsed.GetValue(_interval)) : null,
            IsSure = parsed.GetValue(_yes),
        };
    }

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description, Recursive = true };

    private static Option<int> Seconds(string name, int seconds, string description) => new(name)
    {
        HelpName = "SECONDS",
        Description = $"{description} Default: {seconds}.",
        Recursive = true,
        DefaultValueFactory = _ => seconds,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is >= LeastSeconds and <= MostSeconds) return value;
            result.AddError($"{name}: '{result.Tokens[0].Value}' is no number of seconds from {LeastSeconds} to {MostSeconds}");
            return seconds;
        },
    };

    private static string? KeyOf(string? file)
    {
        if (file is null) return null;
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } key ? key : throw new PbmException(ExitCodes.Usage, $"the key file {file} is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PbmException(ExitCodes.Usage, $"the key file cannot be read: {e.Message}");
        }
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>Which node is asked, by which key, and how the answer is shown.</summary>
internal sealed record GlobalSettings
{
    /// <summary>The node's address, with a slash at the end.</summary>
    public required Uri Address { get; init; }

    /// <summary>The API key, or null.</summary>
    public string? Key { get; init; }

    /// <summary>A PEM file with a certificate to trust, or null for those of the system.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Print JSON lines.</summary>
    public bool IsJson { get; init; }

    /// <summary>Ask again after this time, until interrupted; null: once.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Do not ask back.</summary>
    public bool IsSure { get; init; }
}
