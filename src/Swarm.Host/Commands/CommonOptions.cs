using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Swarm.Hocon;
using Swarm.Host.Configuration;
using Swarm.Host.Input;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Swarming;

namespace Swarm.Host.Commands;

/// <summary>The options every verb shares, and how their values are read. One instance a run; the verbs read it through <see cref="Read"/>.</summary>
internal sealed class CommonOptions
{
    /// <summary>Beyond this an address has no more ports.</summary>
    private const int MostConnections = 65_000;

    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "Read the configuration from this file (HOCON). 'swarm config docs' explains every key.", Recursive = true };
    private readonly Option<Override[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Give a key of the configuration a value, over file and environment, such as --set net.upload-limit=2MiB. May be given several times.",
        Recursive = true,
        DefaultValueFactory = _ => [],
        CustomParser = result => ParseEach(result, static (string text, out Override? found, out string error) =>
        {
            error = $"'{text}' is not KEY=VALUE, such as net.upload-limit=2MiB";
            return Override.TryParse(text, out found);
        }),
    };
    private readonly Option<int?> _port = new("--port") { HelpName = "N", Description = "Listen for peers on this port; 0 for any free one. Default: a free one of 6881 to 6889, else any; the program says which.", Recursive = true };
    private readonly Option<IPAddress?> _bind = new("--bind") { HelpName = "ADDRESS", Description = "Listen on this address only, and make every connection from it. Default: all addresses, IPv4 and IPv6.", Recursive = true };
    private readonly Option<string?> _data = new("--data") { HelpName = "DIR", Description = "Keep state (which torrents there are, what is verified) in this folder. Default: $XDG_DATA_HOME/swarm or ~/.local/share/swarm.", Recursive = true };
    private readonly Option<bool> _noDht = new("--no-dht") { Description = "Do not use the DHT: peers come from trackers, magnet links, --peer and those who connect.", Recursive = true };
    private readonly Option<HostEndPoint[]> _routers = NodeOption("--dht-router", "Begin with this node of the DHT instead of the public ones; an IPv6 address stands in brackets. May be given several times.");
    private readonly Option<int?> _dhtQueries = QueryRateOption("--dht-queries", "in all", DhtSecuritySettings.Default.QueriesInAll);
    private readonly Option<int?> _dhtQueriesPerHost = QueryRateOption("--dht-queries-per-host", "of one address", DhtSecuritySettings.Default.QueriesPerHost);
    private readonly Option<int?> _dhtQueriesPerNetwork = QueryRateOption("--dht-queries-per-network", "of one /24 of IPv4 or /64 of IPv6", DhtSecuritySettings.Default.QueriesPerNetwork);
    private readonly Option<long?> _downloadLimit = new("--download-limit") { HelpName = "RATE", Description = "Receive at most so many bytes a second, such as 500K or 2MiB; 0 for no limit.", Recursive = true };
    private readonly Option<long?> _uploadLimit = new("--upload-limit") { HelpName = "RATE", Description = "Send at most so many bytes a second, such as 500K or 2MiB; 0 for no limit.", Recursive = true };
    private readonly Option<int?> _maxConnections = new("--max-connections") { HelpName = "N", Description = $"Connections a torrent has at a time. Default: {CandidateSettings.Default.MaxConnections}.", Recursive = true };

    /// <summary>Reads of values are checked while the command line is parsed.</summary>
    public CommonOptions()
    {
        _bind.CustomParser = result => Value(result, IPAddress.TryParse(result.Tokens[0].Value, out var address), address, "is no IP address, such as 192.0.2.7 or ::1");
        _downloadLimit.CustomParser = ParseRate;
        _uploadLimit.CustomParser = ParseRate;
        _port.CustomParser = result => ParseNumber(result, 0, ushort.MaxValue);
        _maxConnections.CustomParser = result => ParseNumber(result, 1, MostConnections);
    }

    /// <summary>Log what happens to standard error.</summary>
    public Option<bool> Verbose { get; } = new("--verbose") { Description = "Log what happens inside to standard error, and give the details of internal errors.", Recursive = true };

    /// <summary>Makes them options of every verb.</summary>
    public void AddTo(RootCommand root)
    {
        foreach (var option in new Option[] { _config, _set, _port, _bind, _data, _noDht, _routers, _dhtQueries, _dhtQueriesPerHost, _dhtQueriesPerNetwork, _downloadLimit, _uploadLimit, _maxConnections, Verbose }) root.Add(option);
    }

    /// <summary>The configuration that the user gave, options and all, or the defaults. A verb reads a file only if one is named; the daemon has one of its own besides.</summary>
    /// <exception cref="WrongConfigurationException">It has errors.</exception>
    public CommonSettings Read(ParseResult parsed)
    {
        var configuration = ReadConfiguration(parsed, FileIn(parsed));
        if (!configuration.Errors.IsEmpty) throw new WrongConfigurationException(configuration.Errors);
        return new CommonSettings(configuration.Settings, parsed.GetValue(Verbose));
    }

    /// <summary>The configuration with its errors.</summary>
    public SwarmConfiguration ReadConfiguration(ParseResult parsed, string? file) => SwarmConfiguration.Read(file, Environment.GetEnvironmentVariables(), OverridesIn(parsed));

    /// <summary>The file that the user named, absolute, or null.</summary>
    public string? FileIn(ParseResult parsed) => parsed.GetValue(_config) is { } file ? Path.GetFullPath(file) : null;

    /// <summary>The file of the daemon: the one named, or the machine's if it is there, or null.</summary>
    public string? DaemonFileIn(ParseResult parsed) => FileIn(parsed) ?? (File.Exists(SwarmConfiguration.DefaultFile) ? SwarmConfiguration.DefaultFile : null);

    // Options are short for keys; --set comes before them, as it is the more general.
    private IEnumerable<Override> OverridesIn(ParseResult parsed)
    {
        foreach (var one in parsed.GetValue(_set)!) yield return one;
        if (parsed.GetValue(_port) is { } port) yield return Short(_port, $"{port}", "node", "port");
        if (parsed.GetValue(_bind) is { } bind) yield return Short(_bind, $"{bind}", "net", "bind");
        if (parsed.GetValue(_data) is { } data) yield return Short(_data, HoconPath.QuoteText(data), "node", "data-folder");
        if (parsed.GetValue(_noDht)) yield return Short(_noDht, "false", "dht", "enabled");
        if (parsed.GetValue(_routers) is { Length: > 0 } routers) yield return Short(_routers, $"[{string.Join(", ", routers.Select(router => HoconPath.QuoteText(router.ToString())))}]", "dht", "routers");
        if (parsed.GetValue(_dhtQueries) is { } queries) yield return Short(_dhtQueries, $"{queries}", "dht", "security", "queries-in-all");
        if (parsed.GetValue(_dhtQueriesPerHost) is { } perHost) yield return Short(_dhtQueriesPerHost, $"{perHost}", "dht", "security", "queries-per-host");
        if (parsed.GetValue(_dhtQueriesPerNetwork) is { } perNetwork) yield return Short(_dhtQueriesPerNetwork, $"{perNetwork}", "dht", "security", "queries-per-network");
        if (parsed.GetValue(_downloadLimit) is { } download) yield return Short(_downloadLimit, $"{download}", "net", "download-limit");
        if (parsed.GetValue(_uploadLimit) is { } upload) yield return Short(_uploadLimit, $"{upload}", "net", "upload-limit");
        if (parsed.GetValue(_maxConnections) is { } connections) yield return Short(_maxConnections, $"{connections}", "torrent", "candidates", "max-connections");
    }

    private static Override Short(Option option, string value, params ReadOnlySpan<string> path) => new([SwarmConfiguration.RootKey, .. path], value, option.Name);

    /// <summary>The port that the user gave, for validators.</summary>
    public int? PortIn(CommandResult result) => result.GetValue(_port);

    /// <summary>Peers to try.</summary>
    public static Option<HostEndPoint[]> PeerOption() => new("--peer")
    {
        HelpName = "HOST:PORT",
        Description = "Connect to this peer; an IPv6 address stands in brackets. May be given several times.",
        DefaultValueFactory = _ => [],
        CustomParser = result => ParseEach(result, static (string text, out HostEndPoint? peer, out string error) => PeerParser.TryParse(text, out peer, out error)),
    };

    /// <summary>Nodes of the DHT.</summary>
    public static Option<HostEndPoint[]> NodeOption(string name, string description) => new(name)
    {
        HelpName = "HOST:PORT",
        Description = description,
        Recursive = true,
        DefaultValueFactory = _ => [],
        CustomParser = result => ParseEach(result, static (string text, out HostEndPoint? node, out string error) => PeerParser.TryParse(text, out node, out error)),
    };

    /// <summary>Trackers besides those of the torrent.</summary>
    public static Option<string[]> TrackerOption(string description) => new("--tracker")
    {
        HelpName = "URL",
        Description = description,
        DefaultValueFactory = _ => [],
        CustomParser = result => ParseEach(result, static (string text, out string? url, out string error) =>
        {
            error = $"'{text}' is no tracker: an http, https or udp URL is expected";
            return SourceUrls.TryTracker(text, MetainfoLimits.Default.MaxUrlLength, out url);
        }),
    };

    /// <summary>Web addresses of content.</summary>
    public static Option<string[]> UrlOption(string name, string description) => new(name)
    {
        HelpName = "URL",
        Description = description,
        DefaultValueFactory = _ => [],
        CustomParser = result => ParseEach(result, static (string text, out string? url, out string error) =>
        {
            error = $"'{text}' is no web address: an http or https URL is expected";
            return SourceUrls.TryWebSeed(text, isFolder: false, MetainfoLimits.Default.MaxUrlLength, out url);
        }),
    };

    /// <summary>Machine-readable output.</summary>
    public static Option<bool> JsonOption(string description) => new("--json") { Description = description };

    /// <summary>Reads a size of at least <paramref name="least"/> bytes and at most <paramref name="most"/>.</summary>
    public static long? ParseSize(ArgumentResult result, long least, long most)
    {
        var isSize = SizeParser.TryParse(result.Tokens[0].Value, out var bytes);
        if (!isSize) return Value<long?>(result, isValid: false, null, "is no size, such as 65536, 16KiB or 1.5G");
        return Value<long?>(result, bytes >= least && bytes <= most, bytes, $"is not from {HumanText.Size(least)} to {HumanText.Size(most)}");
    }

    /// <summary>Reads a whole number, both ends included.</summary>
    public static int? ParseNumber(ArgumentResult result, int least, int most)
    {
        var isNumber = int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return Value<int?>(result, isNumber && number >= least && number <= most, number, $"is no number from {least} to {most}");
    }

    /// <summary>Reads a number greater than 0.</summary>
    public static double? ParseRatio(ArgumentResult result)
    {
        var isNumber = double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        return Value<double?>(result, isNumber && number is > 0 and < 1e6, number, "is no number greater than 0, such as 1.5");
    }

    private static Option<int?> QueryRateOption(string name, string whose, int standard) => new(name)
    {
        HelpName = "N",
        Description = $"Answer at most so many queries of the DHT a second {whose}. Default: {standard}.",
        Recursive = true,
        CustomParser = result => ParseNumber(result, 1, DhtSecuritySettings.MostQueries),
    };

    private delegate bool Parser<T>(string text, out T? value, out string error);

    private static long? ParseRate(ArgumentResult result) =>
        Value<long?>(result, RateParser.TryParse(result.Tokens[0].Value, out var rate), rate, "is no rate, such as 500K or 2MiB (bytes a second)");

    private static T? Value<T>(ArgumentResult result, bool isValid, T? value, string problem)
    {
        if (!isValid) result.AddError($"{((OptionResult)result.Parent!).Option.Name}: '{result.Tokens[0].Value}' {problem}");
        return value;
    }

    private static T[] ParseEach<T>(ArgumentResult result, Parser<T> parse) where T : class
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (parse(token.Value, out var value, out var error)) values.Add(value!);
            else result.AddError($"{((OptionResult)result.Parent!).Option.Name}: {error}");
        }

        return [.. values];
    }
}
