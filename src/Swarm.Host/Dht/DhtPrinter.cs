using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Swarm.Actors.Dht;
using Swarm.Host.Output;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Host.Dht;

/// <summary>Prints what the DHT answered: lines for people, or a JSON object a line. May be called from several threads.</summary>
internal sealed class DhtPrinter(TextWriter output, bool json)
{
    private readonly Lock _gate = new();

    public void Peers(DhtActor.PeersFound found)
    {
        var peers = found.Peers.Select(peer => peer.ToString()).ToArray();
        if (json) Print(JsonText.Line(new { type = "peers", infoHash = found.Torrent.ToString(), peers }));
        else Print(peers);
    }

    public void Ponged(DhtActor.Ponged pong)
    {
        var milliseconds = Math.Round(pong.RoundTrip.TotalMilliseconds, 1);
        var version = Convert.ToHexStringLower(pong.Version.AsSpan());
        if (json) Print(JsonText.Line(new { type = "ping", node = pong.Node.Address.ToString(), id = pong.Node.Id.ToString(), milliseconds, external = pong.ExternalAddress?.ToString(), version }));
        else Print(string.Create(CultureInfo.InvariantCulture, $"{pong.Node.Address} is {pong.Node.Id}, {milliseconds} ms"));
    }

    public void Nodes(NodeId target, ImmutableArray<DhtActor.NodesFound> found)
    {
        var nodes = found.SelectMany(answer => answer.Nodes).OrderBy(node => node.Id.DistanceTo(target)).Select(node => new { id = node.Id.ToString(), address = node.Address.ToString() }).ToArray();
        if (json) Print(JsonText.Line(new { type = "find-node", target = target.ToString(), nodes, queries = found.Sum(answer => answer.Stats.Queries), hops = found.Max(answer => answer.Stats.Hops) }));
        else Print([.. nodes.Select(node => $"{node.id} {node.address}")]);
    }

    public void PeersDone(InfoHash torrent, ImmutableArray<DhtActor.PeersDone> done)
    {
        var swarm = done.Select(answer => answer.Swarm).FirstOrDefault(estimate => estimate is not null);
        var (peers, queries, seeds, others) = (done.Sum(answer => answer.Peers), done.Sum(answer => answer.Stats.Queries), Rounded(swarm?.Seeds), Rounded(swarm?.Peers));
        if (json) Print(JsonText.Line(new { type = "get-peers", infoHash = torrent.ToString(), peers, seeds, others, queries }));
        else Print($"{HumanText.Count(peers, "peer")} of {torrent}{(swarm is null ? "" : $"; about {seeds} seeds and {others} others in all")}");
    }

    public void Announced(InfoHash torrent, ImmutableArray<DhtActor.Announced> announced)
    {
        var (peers, nodes, queries) = (announced.Sum(answer => answer.Peers), announced.Sum(answer => answer.Nodes), announced.Sum(answer => answer.Stats.Queries));
        if (json) Print(JsonText.Line(new { type = "announce", infoHash = torrent.ToString(), nodes, peers, queries }));
        else Print($"announced at {HumanText.Count(nodes, "node")}; {HumanText.Count(peers, "peer")} of {torrent}");
    }

    public void Item(NodeId target, DhtActor.ItemFound found)
    {
        var item = found.Item;
        var value = TextOf(item.Value.AsSpan());
        if (json) Print(JsonText.Line(new { type = "get", target = target.ToString(), value, bencodedHex = Hex(item.Value), publicKey = KeyOf(item), seq = SequenceOf(item), copies = found.Copies }));
        else Print(value ?? Escaped(item.Value.AsSpan()));
    }

    public void Put(DhtItem item, ImmutableArray<DhtActor.ItemPut> put)
    {
        var (nodes, refusal) = (put.Sum(answer => answer.Nodes), put.Select(answer => answer.Refusal).FirstOrDefault(text => text is not null));
        if (json) Print(JsonText.Line(new { type = "put", target = item.Target.ToString(), nodes, publicKey = KeyOf(item), seq = SequenceOf(item), refusal }));
        else Print($"{item.Target} is kept by {HumanText.Count(nodes, "node")}{(item.IsMutable ? $"; public key {KeyOf(item)}, number {item.Sequence}" : "")}{(refusal is null ? "" : $"; one said: {Escaped(Encoding.UTF8.GetBytes(refusal))}")}");
    }

    public void Samples(ImmutableArray<DhtActor.SamplesFound> found)
    {
        var samples = found.SelectMany(answer => answer.Samples).Distinct().Select(sample => sample.ToString()).ToArray();
        if (json) Print(JsonText.Line(new { type = "sample", infoHashes = samples, queries = found.Sum(answer => answer.Stats.Queries) }));
        else Print(samples);
    }

    public void Status(DhtStatus status)
    {
        if (json)
        {
            Print(JsonText.Line(new
            {
                type = "status",
                family = NameOf(status),
                id = status.Id.ToString(),
                local = status.Local?.ToString(),
                external = status.External?.Address.ToString(),
                isBootstrapped = status.IsBootstrapped,
                nodes = status.Nodes,
                buckets = status.Buckets,
                storedSwarms = status.Stored.Swarms,
                storedPeers = status.Stored.Peers,
                storedItems = status.Stored.Items,
                traffic = status.Traffic,
            }));
            return;
        }

        List<string> lines =
        [
            $"{NameOf(status)} {status.Id} at {status.Local?.ToString() ?? "no socket"}{(status.External is { } external ? $", seen at {external.Address}" : "")}",
            $"  {HumanText.Count(status.Nodes, "node")}, {status.Traffic.Queries} queries sent, {status.Traffic.TimedOut} without an answer",
        ];
        lines.AddRange(status.Buckets.Select(bucket => $"  {bucket.Range,-20} {bucket.Nodes} nodes, {bucket.Spares} waiting"));
        Print([.. lines]);
    }

    private static string NameOf(DhtStatus status) => status.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    private static long? Rounded(double? number) => number is { } value ? (long)Math.Round(value) : null;

    private static string Hex(ImmutableArray<byte> bytes) => Convert.ToHexStringLower(bytes.AsSpan());

    private static string? KeyOf(DhtItem item) => item.IsMutable ? Hex(item.PublicKey) : null;

    private static long? SequenceOf(DhtItem item) => item.IsMutable ? item.Sequence : null;

    // The text of a string that is text; null for anything else.
    private static string? TextOf(ReadOnlySpan<byte> bencoded)
    {
        using var document = BencodeDocument.Parse(bencoded, BencodeLimits.Default);
        if (!document.Root.TryGetString(out var bytes)) return null;
        var text = Encoding.UTF8.GetString(bytes);
        return text.Any(char.IsControl) || text.Contains('\uFFFD') ? null : text;
    }

    // Nothing that a terminal could take for a command.
    private static string Escaped(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes) text.Append(value is >= 0x20 and < 0x7f ? ((char)value).ToString() : $"\\x{value:x2}");
        return text.ToString();
    }

    private void Print(params ReadOnlySpan<string> lines)
    {
        lock (_gate)
        {
            foreach (var line in lines) output.WriteLine(line);
        }
    }
}
