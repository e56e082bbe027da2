using System.CommandLine;
using System.Security.Cryptography;
using Swarm.Actors.Dht;
using Swarm.Host.Dht;
using Swarm.Host.Output;

namespace Swarm.Host.Commands;

/// <summary>
/// <c>swarm dht</c>: one question to the DHT, or one announce or put. Each verb starts a node that stays for as long as it takes: it listens for no peers and is read-only (BEP 43), so that nobody keeps the address of a node that is gone a moment later.
/// </summary>
internal sealed class DhtCommand : Command, IDetailedHelp
{
    private const int LeastTimeoutSeconds = 1;
    private const int MostTimeoutSeconds = 60;
    private const string About = "Ask the DHT, announce in it, keep items in it.";

    private readonly Shell _shell;
    private readonly CommonOptions _common;
    private readonly Option<HostEndPoint[]> _nodes = CommonOptions.NodeOption("--node", "Join the DHT through this node, and neither through those known from earlier runs nor the public ones. May be given several times.");
    private readonly Option<int?> _timeout = new("--timeout") { HelpName = "SECONDS", Description = $"How long the answer of a node is waited for. Default: {DhtSettings.Default.Transactions.Timeout.TotalSeconds:0}.", Recursive = true };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a line instead of text.", Recursive = true };

    public DhtCommand(Shell shell, CommonOptions common) : base("dht", About)
    {
        _shell = shell;
        _common = common;
        _timeout.CustomParser = result => CommonOptions.ParseNumber(result, LeastTimeoutSeconds, MostTimeoutSeconds);
        Add(_nodes);
        Add(_timeout);
        Add(_json);
        Add(PingVerb());
        Add(FindNodeVerb());
        Add(GetPeersVerb());
        Add(AnnounceVerb());
        Add(GetVerb());
        Add(PutVerb());
        Add(SampleVerb());
        Add(StatusVerb());
    }

    public string Details =>
        """
        Ids, info-hashes and targets are 40 hex digits. With --json a line has "type": peers (get-peers and announce, as they come in), then one line named after the verb.
        """;

    private Command PingVerb()
    {
        var node = new Argument<HostEndPoint>("node")
        {
            HelpName = "HOST:PORT",
            Description = "The node, by name or address; an IPv6 address stands in brackets.",
            CustomParser = result =>
            {
                if (Input.PeerParser.TryParse(result.Tokens[0].Value, out var parsed, out var error)) return parsed;
                result.AddError(error);
                return null;
            },
        };
        var verb = new Command("ping", "Ask one node whether it is there, without joining the DHT.") { node };
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: false, verbs => verbs.PingAsync(parsed.GetRequiredValue(node)), interrupted));
        return verb;
    }

    private Command FindNodeVerb()
    {
        var target = IdArgument("target", "The id.");
        var verb = new Command("find-node", "Find the nodes closest to an id.") { target };
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs => verbs.FindNodeAsync(new NodeId(parsed.GetRequiredValue(target))), interrupted));
        return verb;
    }

    private Command GetPeersVerb()
    {
        var torrent = IdArgument("info-hash", "The torrent.");
        var scrape = new Option<bool>("--scrape") { Description = "Estimate how many seeds and other peers there are (BEP 33)." };
        var verb = new Command("get-peers", "Find peers of a torrent.") { torrent, scrape };
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs => verbs.GetPeersAsync(new InfoHash(parsed.GetRequiredValue(torrent)), parsed.GetValue(scrape)), interrupted));
        return verb;
    }

    private Command AnnounceVerb()
    {
        var torrent = IdArgument("info-hash", "The torrent.");
        var seed = new Option<bool>("--seed") { Description = "Announce as one who has everything." };
        var verb = new Command("announce", "Announce this machine as a peer of a torrent, at the port that --port names, and print the others.") { torrent, seed };
        verb.Validators.Add(result =>
        {
            if (_common.PortIn(result) is null or 0) result.AddError("announce needs --port: where the peer listens");
        });
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs => verbs.AnnounceAsync(new InfoHash(parsed.GetRequiredValue(torrent)), _common.Read(parsed).Port!.Value, parsed.GetValue(seed)), interrupted));
        return verb;
    }

    private Command GetVerb()
    {
        var target = new Argument<string>("target") { Description = "The item's target; of a mutable item its public key (64 hex digits) will do as well." };
        target.Validators.Add(result =>
        {
            if (!ItemTarget.TryParse(result.Tokens[0].Value, [], out _)) result.AddError($"'{result.Tokens[0].Value}' is neither a target (40 hex digits) nor a public key (64)");
        });
        var salt = SaltOption();
        var verb = new Command("get", "Get an item (BEP 44).") { target, salt };
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs => verbs.GetAsync(parsed.GetRequiredValue(target), parsed.GetValue(salt) ?? ""), interrupted));
        return verb;
    }

    private Command PutVerb()
    {
        var value = new Argument<string>("value") { Description = "What to keep: text of at most 996 bytes, or with --bencoded any bencoded value of at most 1000." };
        var isBencoded = new Option<bool>("--bencoded") { Description = "The value is bencoded already." };
        var key = new Option<string?>("--key") { HelpName = "FILE", Description = "Make the item mutable and sign it with the key in this file; the file is made, with a new key, if it is not there." };
        var salt = SaltOption();
        var sequence = new Option<long?>("--seq") { HelpName = "N", Description = "With --key: the item's number. Default: one more than what is found." };
        var cas = new Option<long?>("--cas") { HelpName = "N", Description = "With --key: replace only the item with this number." };
        var verb = new Command("put", "Keep an item in the DHT (BEP 44), for about two hours.") { value, isBencoded, key, salt, sequence, cas };
        verb.Validators.Add(result =>
        {
            var needsKey = new Option[] { salt, sequence, cas }.FirstOrDefault(option => result.GetResult(option) is not null);
            if (result.GetValue(key) is null && needsKey is not null) result.AddError($"{needsKey.Name} goes with --key");
            if (result.GetValue(sequence) < 0 || result.GetValue(cas) < 0) result.AddError("--seq and --cas are not below 0");
        });
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs =>
            verbs.PutAsync(new ItemRecipe(parsed.GetRequiredValue(value), parsed.GetValue(isBencoded), parsed.GetValue(key), parsed.GetValue(salt) ?? "", parsed.GetValue(sequence), parsed.GetValue(cas))), interrupted));
        return verb;
    }

    private Command SampleVerb()
    {
        var target = IdArgument("target", "Ask nodes close to this id. Default: one drawn.");
        target.Arity = ArgumentArity.ZeroOrOne;
        var verb = new Command("sample", "List some info-hashes that nodes know peers of (BEP 51).") { target };
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs =>
            verbs.SampleAsync(new NodeId(parsed.GetResult(target)?.Tokens.Count > 0 ? parsed.GetValue(target) : new Bytes20(RandomNumberGenerator.GetBytes(Bytes20.Size)))), interrupted));
        return verb;
    }

    private Command StatusVerb()
    {
        var verb = new Command("status", "Join the DHT, and say what it looks like from here.");
        verb.SetAction((parsed, interrupted) => RunAsync(parsed, joins: true, verbs => verbs.StatusAsync(), interrupted));
        return verb;
    }

    private static Option<string?> SaltOption() => new("--salt") { HelpName = "TEXT", Description = "Of a mutable item: which of the key's items, at most 64 bytes." };

    private static Argument<Bytes20> IdArgument(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (Bytes20.TryParseHex(result.Tokens[0].Value, out var id)) return id;
            result.AddError($"'{result.Tokens[0].Value}' is not {Bytes20.Size * 2} hex digits");
            return default;
        },
    };

    private async Task<int> RunAsync(ParseResult parsed, bool joins, Func<DhtVerbs, Task> verb, CancellationToken interrupted)
    {
        var settings = _common.Read(parsed);
        if (settings.Dht is not { } dht) throw new SwarmException("'swarm dht' does not go with --no-dht");
        var nodes = parsed.GetValue(_nodes)!;
        dht = dht with { IsReadOnly = true, IsRemembered = joins && nodes.Length == 0 };
        if (nodes.Length > 0 || !joins) dht = dht with { Routers = [.. nodes] };
        if (parsed.GetValue(_timeout) is { } seconds) dht = dht with { Transactions = dht.Transactions with { Timeout = TimeSpan.FromSeconds(seconds) } };
        using var logs = Logs.Create(_shell.Error.WriteLine, settings.IsVerbose);
        var node = await SwarmNode.StartAsync(settings.DataFolder, (settings with { Dht = dht }).ForNode([]), settings.Swarm.Io, logs).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await verb(new DhtVerbs(node, new DhtPrinter(_shell.Out, parsed.GetValue(_json)), interrupted)).ConfigureAwait(false);
        }

        return ExitCodes.Done;
    }
}
