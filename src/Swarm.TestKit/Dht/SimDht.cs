using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht.Security;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Dht;

/// <summary>
/// Many DHT nodes of the production actors, and nothing else of a node, on a simulated network of public addresses: for questions that need thousands. All are in one actor system, each on a host of its own.
/// Everything follows from the seed.
/// </summary>
public sealed class SimDht
{
    /// <summary>The UDP port of every node.</summary>
    public const int Port = 6881;

    private readonly ILoggerFactory _logs;
    private readonly ActorSystem _system;
    private readonly List<SimDhtNode> _nodes = [];

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

    /// <summary>All nodes, those that left included, in the order of their coming.</summary>
    public IReadOnlyList<SimDhtNode> Nodes => _nodes;

    /// <summary>The actor system of all nodes.</summary>
    public ActorSystem System => _system;

    /// <summary>One more node. It begins with <paramref name="routers"/>, or, if none are given, with up to three that are there already.</summary>
    public SimDhtNode Join(params IReadOnlyList<SimDhtNode> routers) => Join(DrawAddress(), routers);

    /// <summary>One more node at an address of the caller's.</summary>
    public SimDhtNode Join(IPAddress address, params IReadOnlyList<SimDhtNode> routers)
    {
        var host = Network.AddHost($"host-{_nodes.Count}", address, Link);
        if (routers.Count == 0) routers = Draw(3);
        var settings = Settings with { Routers = [.. routers.Select(router => new HostEndPoint(router.Address.Address.ToString(), Port))] };
        var node = new SimDhtNode(this, host, _nodes.Count);
        var ports = new NodePorts(null!, null!, null!, null!, host.Udp, NoDns.Instance, new SeededEntropy(Random.Next()), Simulation.Time, _logs, new SimSignatures());
        node.Actor = _system.ActorOf(DhtActor.Props(AddressFamily.InterNetwork, new IPEndPoint(address, Port), settings, ActorRefs.Nobody, ports), $"node-{_nodes.Count}");
        _nodes.Add(node);
        return node;
    }

    /// <summary>Nodes that are there, drawn; fewer if there are not so many.</summary>
    public IReadOnlyList<SimDhtNode> Draw(int count)
    {
        var there = _nodes.Where(node => node.IsThere).ToList();
        var drawn = new List<SimDhtNode>();
        for (; drawn.Count < count && there.Count > 0; there.RemoveAt(there.Count - 1))
        {
            var index = Random.Next(there.Count);
            drawn.Add(there[index]);
            there[index] = there[^1];
        }

        return drawn;
    }

    /// <summary>Grows the network to so many nodes, a few at a time, and lets it settle.</summary>
    public void Grow(int count, int atATime, TimeSpan pause, TimeSpan settle)
    {
        while (_nodes.Count < count)
        {
            for (var i = 0; i < atATime && _nodes.Count < count; i++) Join();
            Simulation.AdvanceBy(pause);
        }

        Simulation.AdvanceBy(settle);
    }

    /// <summary>The ids of the nodes that are there and closest to a target, the closest first.</summary>
    public IReadOnlyList<SimDhtNode> ClosestTo(NodeId target, int count)
    {
        foreach (var node in _nodes.Where(node => node.IsThere)) node.LearnId();
        return [.. _nodes.Where(node => node.IsThere).OrderBy(node => node.Id.DistanceTo(target)).Take(count)];
    }

    /// <summary>A public address that is nobody's, of any network.</summary>
    public IPAddress DrawAddress()
    {
        Span<byte> bytes = stackalloc byte[4];
        while (true)
        {
            Random.NextBytes(bytes);
            if (!AddressFilter.IsPublic(new UdpAddress(bytes, Port))) continue;
            var address = new IPAddress(bytes);
            if (!_nodes.Exists(node => node.Address.Address.Equals(address))) return address;
        }
    }

    internal IActorRef Probe(Action<object> received) => _system.ActorOf(ActorProps.Create(() => new ProbeActor(received)));

    internal void Stop(IActorRef actor) => _system.Stop(actor);

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
