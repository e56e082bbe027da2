using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

/// <summary>
/// A network of nodes with routing tables, in one piece and on a clock of its own: enough to run lookups against. Nodes answer find_node and get_peers from their tables through the real encoder and decoder; some are dead,
/// some slow, and an attacker's all answer with each other.
/// </summary>
internal sealed class SimulatedDht
{
    private readonly Random _random;
    private readonly Dictionary<UdpAddress, Node> _byAddress = [];

    public SimulatedDht(int seed, int count, double dead = 0)
    {
        _random = new Random(seed);
        for (var i = 0; i < count; i++) Add(new NodeContact(NodeId.Create(_random), Public(_random)), _random.NextDouble() < dead);
        // Everybody has met a good part of the others: what does not fit the buckets is not kept.
        var inOrder = Nodes.OrderBy(node => node.Contact.Id).ToList();
        for (var place = 0; place < inOrder.Count; place++)
        {
            var node = inOrder[place];
            for (var i = 0; i < 120; i++) Meet(node, Nodes[_random.Next(Nodes.Count)]);
            for (var i = place - 16; i <= place + 16; i++) Meet(node, inOrder[(i + inOrder.Count) % inOrder.Count]);
        }
    }

    public List<Node> Nodes { get; } = [];

    public List<NodeContact> Attackers { get; } = [];

    public long Now { get; private set; }

    /// <summary>An attacker's node: its id is as close to the target as it likes.</summary>
    public void AddAttacker(NodeContact contact)
    {
        Attackers.Add(contact);
        Add(contact, isDead: false).IsAttacker = true;
    }

    public NodeId DrawTarget() => NodeId.Create(_random);

    /// <summary>Runs a lookup to its end, from the table of a node.</summary>
    public Lookup Run(LookupRequest request, Node from, LookupSettings? settings = null)
    {
        var filter = new AddressFilter(DhtSecuritySettings.Default, AddressFamily.InterNetwork);
        var lookup = new Lookup(request, from.Contact.Id, filter, new ReferenceEd25519(), settings ?? LookupSettings.Default, Now);
        var pacer = new QueryPacer(DhtSecuritySettings.Default, _random);
        var closest = new NodeContact[8];
        foreach (var contact in closest[..from.Buckets.Table.FindClosest(request.Target, closest)]) lookup.AddNode(contact);
        var flying = new PriorityQueue<(UdpAddress Address, string What), (long At, int Order)>();
        var addresses = new UdpAddress[4];
        for (var order = 0; lookup.End == LookupEnd.None;)
        {
            var count = lookup.NextQueries(Now, pacer, addresses);
            foreach (var address in addresses[..count])
            {
                var node = _byAddress.GetValueOrDefault(address);
                var answersAt = Now + TimeSpan.FromMilliseconds(_random.Next(20, 300)).Ticks;
                if (node is { IsDead: false }) flying.Enqueue((address, "answer"), (answersAt, order++));
                flying.Enqueue((address, "stall"), (Now + TimeSpan.FromSeconds(1).Ticks, order++));
                flying.Enqueue((address, "fail"), (Now + TimeSpan.FromSeconds(8).Ticks, order++));
            }

            if (lookup.End != LookupEnd.None) break;
            if (!flying.TryDequeue(out var happened, out var when))
            {
                Now += TimeSpan.FromMilliseconds(100).Ticks;
                continue;
            }

            Now = Math.Max(Now, when.At);
            if (happened.What == "stall") lookup.Stalled(happened.Address);
            else if (happened.What == "fail") lookup.Failed(happened.Address);
            else Answer(lookup, _byAddress[happened.Address], request.Target);
        }

        return lookup;
    }

    private void Answer(Lookup lookup, Node node, NodeId target)
    {
        var nodes = new byte[16 * NodeContact.CompactSizeV4];
        var size = 0;
        if (node.IsAttacker)
        {
            foreach (var attacker in Attackers.OrderBy(_ => _random.Next()).Take(16)) size += attacker.WriteCompact(nodes.AsSpan(size));
        }
        else
        {
            size = node.Buckets.Table.CopyClosest(target, 8, nodes);
        }

        var buffer = new byte[1_400];
        var reply = new KrpcReply { TransactionId = "aa"u8, Id = node.Contact.Id, Querier = At("8.8.8.8"), HasNodes = true, Nodes = nodes.AsSpan(0, size), Token = "12345678"u8, Peers = node.Peers };
        KrpcDecoder.TryDecode(buffer.AsSpan(0, KrpcEncoder.Write(buffer, reply)), KrpcLimits.Default, out var message).ShouldBeTrue();
        lookup.Receive(node.Contact.Address, message);
    }

    // Of those that have died since, half have been found out.
    private void Meet(Node node, Node other)
    {
        node.Buckets.Replied(other.Contact, 0);
        if (!other.IsDead || _random.Next(2) == 0) return;
        node.Buckets.Failed(other.Contact);
        node.Buckets.Failed(other.Contact);
    }

    private Node Add(NodeContact contact, bool isDead)
    {
        var node = new Node(contact, isDead);
        if (_byAddress.TryAdd(contact.Address, node) && !Attackers.Contains(contact)) Nodes.Add(node);
        return node;
    }

    internal sealed class Node(NodeContact contact, bool isDead)
    {
        public NodeContact Contact { get; } = contact;

        public bool IsDead { get; } = isDead;

        public bool IsAttacker { get; set; }

        public byte[] Peers { get; set; } = [];

        public RoutingBuckets Buckets { get; } = new(contact.Id, AddressFamily.InterNetwork, RoutingSettings.Default, 0);
    }
}
