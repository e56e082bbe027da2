using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Protocol.Dht.Krpc;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Store;
using Swarm.Tests.Actors.Trackers;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Dht;

/// <summary>One DHT actor, a store, names, and a UDP port whose other side is the test: scripted nodes answer what they are asked, and anybody may ask.</summary>
internal sealed class DhtWorld
{
    public const string Local = "10.0.0.1:6881";

    private readonly byte[] _buffer = new byte[1_500];

    public DhtWorld(DhtSettings? settings = null, SimStore? store = null, SimHarness? harness = null, string local = Local, string? refusal = null, IReadOnlyDictionary<UdpAddress, NodeId>? nodes = null)
    {
        Harness = harness ?? new SimHarness();
        Store = store ?? NewStore(Harness);
        Udp = new ScriptedUdp { Refusal = refusal };
        Dns = new FakeDns(Harness.Sim);
        StoreActor = Harness.System.ActorOf(Swarm.Actors.Store.StoreActor.Props(Store.Open($"owner-{Store.Owners.Length}"), StoreActorSettings.Default, Log));
        var ports = new NodePorts(null!, null!, null!, null!, Udp, Dns, new Entropy(Harness.Sim), Harness.Sim.Time, Log, new SimSignatures());
        Dht = Harness.System.ActorOf(DhtActor.Props(AddressFamily.InterNetwork, IPEndPoint.Parse(local), settings ?? DhtSettings.Default, StoreActor, ports));
        (Client, Received) = Harness.Probe();
        Udp.OnSent = Answer;
        foreach (var (address, id) in nodes ?? new Dictionary<UdpAddress, NodeId>()) Nodes.Add(address, id);
        Pass(0.1);
    }

    public SimHarness Harness { get; }

    public SimStore Store { get; }

    public ScriptedUdp Udp { get; }

    public FakeDns Dns { get; }

    public ListLoggerFactory Log { get; } = new();

    public IActorRef StoreActor { get; }

    public IActorRef Dht { get; }

    public IActorRef Client { get; }

    public List<object> Received { get; }

    /// <summary>Nodes that answer, by address.</summary>
    public Dictionary<UdpAddress, NodeId> Nodes { get; } = [];

    /// <summary>How those nodes see us, by address; who is not here says nothing.</summary>
    public Dictionary<UdpAddress, UdpAddress> Seen { get; } = [];

    /// <summary>Queries that were sent to whomever, with the method.</summary>
    public List<(UdpAddress To, KrpcMethod Method)> Asked { get; } = [];

    /// <summary>Hears every query before it is answered.</summary>
    public Action<byte[]> OnAsked { get; set; } = _ => { };

    /// <summary>Whether a query gets lost on its way.</summary>
    public Func<UdpAddress, KrpcMethod, bool> IsLost { get; set; } = (_, _) => false;

    /// <summary>What came back to a query of <see cref="Ask"/>, by address.</summary>
    public List<(UdpAddress To, byte[] Bytes)> Answers { get; } = [];

    public static SimStore NewStore(SimHarness harness) => new(harness.Sim, new Random(1), SimStoreSettings.Default with { Latency = Latency.Milliseconds(2, 2) });

    public static UdpAddress At(string text) => new(IPEndPoint.Parse(text));

    public void Pass(double seconds) => Harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    public DhtStatus Status()
    {
        var (probe, received) = Harness.Probe();
        Dht.Tell(new DhtActor.GetStatus(), probe);
        Harness.Run();
        return received.ShouldHaveSingleItem().ShouldBeOfType<DhtStatus>();
    }

    public void Tell(object command)
    {
        Dht.Tell(command, Client);
        Harness.Run();
    }

    /// <summary>The one answer that came.</summary>
    public T Take<T>()
    {
        var answer = Received.ShouldHaveSingleItem().ShouldBeOfType<T>();
        Received.Clear();
        return answer;
    }

    /// <summary>A node that answers, and that the DHT is told of.</summary>
    public NodeContact Add(string address, NodeId id)
    {
        Nodes[At(address)] = id;
        Dht.Tell(new DhtActor.AddNode(IPEndPoint.Parse(address)));
        Pass(0.5);
        return new NodeContact(id, At(address));
    }

    /// <summary>As many nodes as that, each of a network of its own.</summary>
    public void Populate(int count, int seed = 1)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++) Add($"{20 + (i % 80)}.{i / 80}.0.{random.Next(1, 250)}:7000", NodeId.Create(random));
        Pass(20);
    }

    /// <summary>Datagrams from outside, in one batch.</summary>
    public void Receive(params IEnumerable<(string From, byte[] Bytes)> datagrams)
    {
        Udp.Receive([.. datagrams.Select(datagram => (At(datagram.From), datagram.Bytes))]);
        Harness.Run();
    }

    /// <summary>A query as others write it.</summary>
    public byte[] Query(KrpcMethod method, NodeId target = default, byte[]? token = null, int port = 0, bool isReadOnly = true) =>
        _buffer[..KrpcEncoder.Write(_buffer, new KrpcQuery { Method = method, TransactionId = "qq"u8, Id = new NodeId(new byte[20]), Target = target, Token = token, Port = port, IsReadOnly = isReadOnly })];

    /// <summary>Asks, and reads the reply to it; null: there was none.</summary>
    public byte[]? Ask(string from, byte[] query)
    {
        Answers.Clear();
        Receive((from, query));
        return Answers.Count == 0 ? null : Answers.ShouldHaveSingleItem().Bytes;
    }

    public static KrpcMessage Read(byte[] datagram)
    {
        KrpcDecoder.TryDecode(datagram, KrpcLimits.Default, out var message).ShouldBeTrue();
        return message;
    }

    // The other side: notes queries, and answers for the scripted nodes, later.
    private void Answer(UdpAddress to, byte[] bytes)
    {
        var message = Read(bytes);
        if (message.Kind != KrpcKind.Query)
        {
            Answers.Add((to, bytes));
            return;
        }

        Asked.Add((to, message.Method));
        OnAsked(bytes);
        if (IsLost(to, message.Method)) return;
        if (!Nodes.TryGetValue(to, out var id)) return;
        var external = Seen.TryGetValue(to, out var seen) ? seen : At("10.0.0.1:6881");
        var size = KrpcEncoder.Write(_buffer, new KrpcReply { TransactionId = message.TransactionId, Id = id, Querier = external, HasNodes = message.Method == KrpcMethod.FindNode, Token = "token"u8 });
        var reply = _buffer[..size];
        Harness.Sim.Schedule(TimeSpan.FromMilliseconds(20), () => Udp.Receive([(to, reply)]));
    }

    private sealed class Entropy(Simulation sim) : IEntropy
    {
        public Random CreateRandom() => new(sim.Random.Next());
    }
}

/// <summary>A UDP port that hands over what the test says, and what is sent to the test.</summary>
internal sealed class ScriptedUdp : IUdp, IUdpSocket
{
    private readonly List<(UdpAddress To, byte[] Bytes)> _queued = [];
    private IActorRef _owner = ActorRefs.Nobody;

    public Action<UdpAddress, byte[]> OnSent { get; set; } = (_, _) => { };

    /// <summary>If set, no socket is to be had.</summary>
    public string? Refusal { get; set; }

    public int Opened { get; private set; }

    public int Flushes { get; private set; }

    public int Held { get; private set; }

    public IPEndPoint Local { get; private set; } = new(IPAddress.Any, 0);

    public void Open(IPEndPoint local, DatagramKind kind, IActorRef owner)
    {
        kind.ShouldBe(DatagramKind.Krpc);
        Opened++;
        Local = local;
        _owner = owner;
        owner.Tell(Refusal is { } reason ? new IUdp.OpenFailed(local, reason) : new IUdp.Opened(local, this), ActorRefs.NoSender);
    }

    public void Close(IActorRef owner) => _owner = ActorRefs.Nobody;

    public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram)
    {
        OnSent(remote, datagram.ToArray());
        return true;
    }

    public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram) => _queued.Add((remote, datagram.ToArray()));

    public int Flush()
    {
        if (_queued.Count == 0) return 0;
        Flushes++;
        var sent = _queued.ToList();
        _queued.Clear();
        foreach (var (to, bytes) in sent) OnSent(to, bytes);
        return 0;
    }

    public void Receive(params IReadOnlyList<(UdpAddress From, byte[] Bytes)> datagrams)
    {
        var buffer = datagrams.SelectMany(datagram => datagram.Bytes).ToArray();
        var batch = new UdpBatch(buffer, datagrams.Count, _ => Held--);
        batch.Rent(this);
        Held++;
        var offset = 0;
        foreach (var (from, bytes) in datagrams)
        {
            batch.Add(offset, bytes.Length, from);
            offset += bytes.Length;
        }

        _owner.Tell(batch.Received, ActorRefs.NoSender);
    }
}
