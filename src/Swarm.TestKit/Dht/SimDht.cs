using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Security;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Dht;

/// <summary>
/// Many DHT nodes of the production actors, and nothing else of a node, on a simulated network of public addresses: for questions that need thousands. All are in one actor system, each on a host of its own.
/// Everything follows from the seed. No node is told more than the address of a few others: whatever is in a table came there by the protocol.
/// </summary>
public sealed class SimDht
{
    /// <summary>The UDP port of every node.</summary>
    public const int Port = 6881;

    private readonly ILoggerFactory _logs;
    private readonly ActorSystem _system;
    private readonly List<SimDhtNode> _nodes = [];
    private readonly HashSet<IPAddress> _taken = [];
    private readonly Dictionary<UdpAddress, SimDhtNode> _byAddress = [];
    private readonly HashSet<UdpAddress> _hostile = [];

    // In no order that means anything: who is drawn moves to the front, who leaves is replaced by the last.
    private readonly List<SimDhtNode> _there = [];

    /// <summary>An empty network.</summary>
    public SimDht(int seed, DhtSettings? settings = null, LinkProfile? link = null, ILoggerFactory? logs = null)
    {
        Simulation = new Simulation(seed);
        Random = new Random(seed);
        Network = new SimNetwork(Simulation, new Random(Random.Next()));
        Settings = settings ?? DhtSettings.Default;
        Link = link ?? LinkProfile.Default with { Latency = TimeSpan.FromMilliseconds(40), Jitter = TimeSpan.FromMilliseconds(40) };
        _logs = logs ?? NullLoggerFactory.Instance;
        _system = ActorSystem.Create("dht", new ActorSystemSettings { Simulation = Simulation, LoggerFactory = _logs });
    }

    /// <summary>Time.</summary>
    public Simulation Simulation { get; }

    /// <summary>What is decided outside of nodes.</summary>
    public Random Random { get; }

    /// <summary>The network.</summary>
    public SimNetwork Network { get; }

    /// <summary>What nodes keep to, but for their routers.</summary>
    public DhtSettings Settings { get; }

    /// <summary>How hosts are connected.</summary>
    public LinkProfile Link { get; }

    /// <summary>Nodes that have not left.</summary>
    public int Count => _there.Count;

    /// <summary>A hash over all messages of actors and all datagrams. Equal for equal runs.</summary>
    public ulong TraceHash => Simulation.TraceHash ^ Network.EventHash;

    /// <summary>
    /// Settings for thousands of nodes in one process: as in production but for tables of a fixed size, which are made for the traffic of a real node and here would be 2 MB a node: sources remembered (256 of 8,192) and queries in flight (256 of 2,048).
    /// </summary>
    public static DhtSettings Slim { get; } = DhtSettings.Default with
    {
        Security = DhtSecuritySettings.Default with { RememberedSources = 256 },
        Transactions = TransactionSettings.Default with { MaxInFlight = 256 },
    };

    /// <summary>All nodes, those that left included, in the order of their coming.</summary>
    public IReadOnlyList<SimDhtNode> Nodes => _nodes;

    /// <summary>The actor system of all nodes.</summary>
    public ActorSystem System => _system;

    /// <summary>One more node. It begins with <paramref name="routers"/>, or, if none are given, with up to three that are there already.</summary>
    public SimDhtNode Join(params IReadOnlyList<SimDhtNode> routers) => Join(DrawAddress(), routers);

    /// <summary>One more node at an address of the caller's.</summary>
    public SimDhtNode Join(IPAddress address, params IReadOnlyList<SimDhtNode> routers)
    {
        var host = AddHost($"host-{_nodes.Count}", address);
        if (routers.Count == 0) routers = Draw(3);
        var settings = Settings with { Routers = [.. routers.Select(router => new HostEndPoint(router.Address.Address.ToString(), Port))] };
        var node = new SimDhtNode(this, host, _nodes.Count);
        var ports = new NodePorts(null!, null!, null!, null!, host.Udp, NoDns.Instance, new SeededEntropy(Random.Next()), Simulation.Time, _logs, new SimSignatures());
        node.Actor = _system.ActorOf(DhtActor.Props(AddressFamily.InterNetwork, new IPEndPoint(address, Port), settings, ActorRefs.Nobody, ports), $"node-{_nodes.Count}");
        _nodes.Add(node);
        _byAddress.Add(new UdpAddress(node.Address), node);
        node.Place = _there.Count;
        _there.Add(node);
        return node;
    }

    /// <summary>Nodes that are there, drawn; fewer if there are not so many.</summary>
    public IReadOnlyList<SimDhtNode> Draw(int count)
    {
        var drawn = Math.Min(count, _there.Count);
        for (var i = 0; i < drawn; i++)
        {
            var chosen = Random.Next(i, _there.Count);
            (_there[i], _there[chosen]) = (_there[chosen], _there[i]);
            _there[i].Place = i;
            _there[chosen].Place = chosen;
        }

        return _there.GetRange(0, drawn);
    }

    /// <summary>Grows the network to so many nodes, a few at a time, and lets it settle.</summary>
    public void Grow(int count, int atATime, TimeSpan pause, TimeSpan settle)
    {
        while (_there.Count < count)
        {
            for (var i = 0; i < atATime && _there.Count < count; i++) Join();
            Simulation.AdvanceBy(pause);
        }

        Simulation.AdvanceBy(settle);
    }

    /// <summary>Who is there, or who of <paramref name="among"/>, and under which id, at this moment.</summary>
    public SimDhtCensus Census(IReadOnlyList<SimDhtNode>? among = null)
    {
        var asked = (among ?? _there).Where(node => node.IsThere).ToList();
        foreach (var node in asked) node.AskId();
        Simulation.RunUntilIdle();
        return new SimDhtCensus(asked);
    }

    /// <summary>Gives each of these nodes a command of its own, all at once, and runs until all are answered: the answers, in the order of the nodes; what streams before is dropped.</summary>
    /// <exception cref="InvalidOperationException">Some were not answered.</exception>
    public IReadOnlyList<object> Run(IReadOnlyList<SimDhtNode> nodes, Func<SimDhtNode, object> command)
    {
        var answers = new object[nodes.Count];
        var open = nodes.Count;
        for (var i = 0; i < nodes.Count; i++)
        {
            var place = i;
            nodes[i].Begin(command(nodes[i]), answer =>
            {
                answers[place] = answer;
                open--;
            });
        }

        if (!Simulation.RunUntil(() => open == 0, TimeSpan.FromMinutes(5))) throw new InvalidOperationException($"{open} commands were not answered.");
        return answers;
    }

    /// <summary>Whether a hostile node is there.</summary>
    public bool IsHostile(UdpAddress address) => _hostile.Contains(address);

    /// <summary>The network's own node at an address, whether it has left or not; null if there never was one.</summary>
    public SimDhtNode? NodeAt(UdpAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>A public address that is nobody's, of any network.</summary>
    public IPAddress DrawAddress()
    {
        Span<byte> bytes = stackalloc byte[4];
        while (true)
        {
            Random.NextBytes(bytes);
            if (!AddressFilter.IsPublic(new UdpAddress(bytes, Port))) continue;
            var address = new IPAddress(bytes);
            if (!_taken.Contains(address)) return address;
        }
    }

    internal SimHost AddHost(string name, IPAddress address)
    {
        _taken.Add(address);
        return Network.AddHost(name, address, Link);
    }

    internal SimHost AddHostile(string name, UdpAddress address)
    {
        _hostile.Add(address);
        return AddHost(name, address.ToEndPoint().Address);
    }

    internal IActorRef Probe(Action<object> received) => _system.ActorOf(ActorProps.Create(() => new ProbeActor(received)));

    internal void Stop(IActorRef actor) => _system.Stop(actor);

    internal void Remove(SimDhtNode node)
    {
        _there[node.Place] = _there[^1];
        _there[node.Place].Place = node.Place;
        _there.RemoveAt(_there.Count - 1);
        Stop(node.Actor);
    }

    private sealed class ProbeActor(Action<object> received) : UntypedActor
    {
        protected override void OnReceive(object message) => received(message);
    }

    private sealed class SeededEntropy(int seed) : IEntropy
    {
        private readonly Random _random = new(seed);

        public Random CreateRandom() => new(_random.Next());
    }

    private sealed class NoDns : IDns
    {
        public static readonly NoDns Instance = new();

        public void Resolve(long id, string host, IActorRef replyTo) => replyTo.Tell(new IDns.Failed(id, host, "there are no names"), ActorRefs.NoSender);
    }
}
