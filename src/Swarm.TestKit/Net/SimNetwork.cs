using System.Net;
using System.Net.Sockets;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>
/// A network of hosts in virtual time, on the simulation's thread: the simulated twin of the TCP and UDP ports. It owns the hosts, the ways between them, the open connections and the partitions, and knows what is slow,
/// lossy or cut. Hosts offer the ports to actors and sockets to scripts; how bytes travel is in <see cref="SimStream"/>, how datagrams do in <see cref="DatagramCourier"/>.
/// <para>
/// What always holds: all chance comes from the one source handed in and all time from the simulation, so the same seed and the same calls give the same events (<see cref="EventHash"/>); streams keep
/// their order and lose nothing; a host's link never carries more than its rate; when every end is closed no connection, timer or slab is left.
/// </para>
/// </summary>
public sealed partial class SimNetwork
{
    private const ulong HashPrime = 1_099_511_628_211;
    private static readonly TimeSpan TidyInterval = TimeSpan.FromMilliseconds(20);

    private readonly List<SimHost> _hosts = [];
    private readonly Dictionary<IPAddress, SimHost> _world = [];
    private readonly Dictionary<IPAddress, SimNat> _nats = [];
    private readonly Dictionary<(int From, int To), SimPath> _paths = [];
    private readonly SortedDictionary<long, SimConnection> _connections = [];
    private readonly List<(HashSet<SimHost> From, HashSet<SimHost> To)> _cuts = [];
    private readonly List<SimStream> _untidy = [];
    private readonly ITimer _tidyTimer;
    private long _lastConnection;
    private bool _tidies;

    /// <summary>An empty network. All chance comes from <paramref name="random"/>.</summary>
    public SimNetwork(Simulation simulation, Random random, SimNetworkSettings? settings = null)
    {
        Simulation = simulation;
        Random = random;
        Settings = settings ?? SimNetworkSettings.Default;
        Loopback = new FairLink(simulation, () => LinkProfile.Unlimited, () => Settings.SegmentBytes);
        Courier = new DatagramCourier(this);
        _tidyTimer = CreateTimer(static network => ((SimNetwork)network!).Tidy(), this);
    }

    /// <summary>The measures and faults; may be changed at any time, and hold for what comes after.</summary>
    public SimNetworkSettings Settings { get; set; }

    /// <summary>What happened so far.</summary>
    public SimNetworkCounters Counters { get; } = new();

    /// <summary>Hosts, in the order in which they were added.</summary>
    public IReadOnlyList<SimHost> Hosts => _hosts;

    /// <summary>Connections of which an end is open; 0 when nothing leaked.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>A hash over all that the network did and when. Equal for equal runs.</summary>
    public ulong EventHash { get; private set; } = 14_695_981_039_346_656_037;

    /// <summary>Called for all that the network does: time, what. For printing, and for comparing runs.</summary>
    public Action<TimeSpan, string>? Trace { get; set; }

    internal Simulation Simulation { get; }

    internal Random Random { get; }

    internal long Now => Simulation.Elapsed.Ticks;

    /// <summary>What a host's processes reach each other by.</summary>
    internal FairLink Loopback { get; }

    internal DatagramCourier Courier { get; }

    /// <summary>The memory of scripts' ends.</summary>
    internal SlabLedger ScriptSlabs { get; } = new();

    /// <summary>Changes with every partition and healing.</summary>
    internal int CutVersion { get; private set; }

    /// <summary>
    /// Adds a host with an address of the world. With a kind of translator, that address is the outer one of a translator for this host alone (IPv4), and the host's own address is a private one that the
    /// network chooses. <paramref name="second"/> is an address of the other family, which is never translated.
    /// </summary>
    /// <exception cref="ArgumentException">The address is taken, or of a family that cannot be.</exception>
    public SimHost AddHost(string name, IPAddress address, LinkProfile link, NatKind nat = NatKind.None, IPAddress? second = null)
    {
        if (nat != NatKind.None) return AddHost(name, PrivateAddress(_hosts.Count + 1), link, AddNat(address, nat), second);
        var host = Add(new SimHost(this, _hosts.Count, name, address, second, link, null));
        Register(address, host);
        return host;
    }

    /// <summary>Adds a host with a private address behind a translator that it may share with others.</summary>
    /// <exception cref="ArgumentException">The address is taken, or of a family that cannot be.</exception>
    public SimHost AddHost(string name, IPAddress address, LinkProfile link, SimNat nat, IPAddress? second = null)
    {
        if (address.AddressFamily != AddressFamily.InterNetwork) throw new ArgumentException("Only IPv4 is translated.", nameof(address));
        if (nat.Find(address) is { } other) throw new ArgumentException($"{other.Name} has {address} already.", nameof(address));
        var host = Add(new SimHost(this, _hosts.Count, name, address, second, link, nat));
        nat.Add(host);
        return host;
    }

    /// <summary>Adds a translator; <paramref name="settings"/> are the network's by default.</summary>
    /// <exception cref="ArgumentException">The address is taken, or of a family that cannot be.</exception>
    public SimNat AddNat(IPAddress publicAddress, NatKind kind, NatSettings? settings = null)
    {
        if (publicAddress.AddressFamily != AddressFamily.InterNetwork) throw new ArgumentException("Only IPv4 is translated.", nameof(publicAddress));
        ArgumentOutOfRangeException.ThrowIfEqual(kind, NatKind.None);
        if (IsTaken(publicAddress)) throw new ArgumentException($"{publicAddress} is taken.", nameof(publicAddress));
        var nat = new SimNat(publicAddress, kind, settings ?? Settings.Nat);
        _nats.Add(publicAddress, nat);
        return nat;
    }

    /// <summary>The way from one host to another; each direction is one of its own.</summary>
    public SimPath Path(SimHost from, SimHost to)
    {
        if (!_paths.TryGetValue((from.Number, to.Number), out var path)) _paths.Add((from.Number, to.Number), path = new SimPath(this, from, to));
        return path;
    }

    /// <summary>Cuts two groups from each other: what is sent is swallowed, connections hang until their time is out. Partitions add up until <see cref="Heal"/>.</summary>
    public void Partition(IEnumerable<SimHost> first, IEnumerable<SimHost> second, PartitionKind kind = PartitionKind.Symmetric)
    {
        var (one, other) = (first.ToHashSet(), second.ToHashSet());
        _cuts.Add((one, other));
        if (kind == PartitionKind.Symmetric) _cuts.Add((other, one));
        CutVersion++;
        foreach (var connection in _connections.Values.ToList())
        {
            connection.Dialer.Out.OnCut();
            connection.Listener.Out.OnCut();
        }
    }

    /// <summary>Ends all partitions.</summary>
    public void Heal()
    {
        _cuts.Clear();
        CutVersion++;
    }

    /// <summary>Resets connections between hosts for which <paramref name="chosen"/> says so (dialer, listener), all by default. Answers how many.</summary>
    public int ResetConnections(Func<SimHost, SimHost, bool>? chosen = null)
    {
        var found = _connections.Values.Where(connection => chosen is null || chosen(connection.Dialer.Host, connection.Listener.Host)).ToList();
        foreach (var connection in found) connection.Break();
        return found.Count;
    }

    internal bool IsCut(SimHost from, SimHost to) => _cuts.Exists(cut => cut.From.Contains(from) && cut.To.Contains(to));

    /// <summary>The time that a way takes, without jitter.</summary>
    internal long Latency(SimPath path) =>
        (path.From == path.To ? Settings.LoopbackLatency : path.From.Link.Latency + path.To.Link.Latency + path.Rule.ExtraLatency).Ticks;

    internal long LatencyWithJitter(SimPath path)
    {
        var jitter = path.From == path.To ? 0 : (path.From.Link.Jitter + path.To.Link.Jitter).Ticks;
        return Latency(path) + (jitter == 0 ? 0 : Random.NextInt64(jitter + 1));
    }

    internal bool Happens(double chance) => chance > 0 && Random.NextDouble() < chance;

    internal ITimer CreateTimer(TimerCallback callback, object owner) => Simulation.Time.CreateTimer(callback, owner, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    internal void Arm(ITimer timer, long at) => timer.Change(new TimeSpan(Math.Max(0, at - Now)), Timeout.InfiniteTimeSpan);

    /// <summary>Records an event.</summary>
    internal void Note(NetEvent what, SimHost from, SimHost to, long value)
    {
        var mixed = ((ulong)what << 56) ^ ((ulong)from.Number << 40) ^ ((ulong)to.Number << 24) ^ (ulong)value;
        EventHash = unchecked((((EventHash ^ mixed) * HashPrime) ^ (ulong)Now) * HashPrime);
        Trace?.Invoke(Simulation.Elapsed, $"{what} {from.Name} > {to.Name} {value}");
    }

    internal SimConnection Connect(SimEnd dialer, SimEnd listener, Action over)
    {
        Counters.Connections++;
        Note(NetEvent.Connected, dialer.Host, listener.Host, dialer.Local.Port);
        var connection = new SimConnection(this, ++_lastConnection, dialer, listener, over);
        _connections.Add(connection.Number, connection);
        dialer.Host.Connections.Add(connection);
        if (listener.Host != dialer.Host) listener.Host.Connections.Add(connection);
        return connection;
    }

    internal void Forget(SimConnection connection)
    {
        _connections.Remove(connection.Number);
        connection.Dialer.Host.Connections.Remove(connection);
        connection.Listener.Host.Connections.Remove(connection);
    }

    /// <summary>Gives the stream's slab back when it is idle. All streams are looked after together, so that this costs no event for each.</summary>
    internal void TidyLater(SimStream stream)
    {
        if (stream.IsTidied) return;
        stream.IsTidied = true;
        _untidy.Add(stream);
        if (_tidies) return;
        _tidies = true;
        _tidyTimer.Change(TidyInterval, Timeout.InfiniteTimeSpan);
    }

    private static IPAddress PrivateAddress(int number) => new([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    private void Tidy()
    {
        _untidy.RemoveAll(stream =>
        {
            stream.IsTidied = !stream.Inbox.Tidy();
            return !stream.IsTidied;
        });
        _tidies = _untidy.Count > 0;
        if (_tidies) _tidyTimer.Change(TidyInterval, Timeout.InfiniteTimeSpan);
    }

    private SimHost Add(SimHost host)
    {
        if (host.SecondAddress is { } second)
        {
            if (second.AddressFamily == host.Address.AddressFamily) throw new ArgumentException($"{host.Name} has an address of that family already.", nameof(host));
            Register(second, host);
        }

        _hosts.Add(host);
        return host;
    }

    private void Register(IPAddress address, SimHost host)
    {
        if (IsTaken(address)) throw new ArgumentException($"{address} is taken.", nameof(address));
        _world.Add(address, host);
    }

    private bool IsTaken(IPAddress address) => _world.ContainsKey(address) || _nats.ContainsKey(address);
}

/// <summary>What a network records.</summary>
internal enum NetEvent
{
    Dial,
    DialFailed,
    Connected,
    Segment,
    Arrived,
    End,
    Close,
    Lost,
    Stall,
    Datagram,
    DatagramArrived,
    DatagramDropped,
    Crash,
    Restart,
}
