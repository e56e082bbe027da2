using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>
/// A machine on the simulated network: its addresses, its link, and who has which port. It offers the ports that actors see, and sockets for scripts, over the same wires. A crash takes all of it away
/// without a word; a restart begins with nothing, and what belonged to the life before does nothing any more.
/// </summary>
public sealed class SimHost
{
    private const int FirstDialPort = 32_768;
    private const int LastDialPort = 49_151;

    private readonly HashSet<int> _dialPorts = [];
    private int _nextDialPort = FirstDialPort;

    internal SimHost(SimNetwork network, int number, string name, IPAddress address, IPAddress? second, LinkProfile link, SimNat? nat)
    {
        Network = network;
        Number = number;
        Name = name;
        Address = address;
        SecondAddress = second;
        Link = link;
        Nat = nat;
        Up = new FairLink(network.Simulation, () => Link.UpBytesPerSecond, () => network.Settings.SegmentBytes);
        Down = new FairLink(network.Simulation, () => Link.DownBytesPerSecond, () => network.Settings.SegmentBytes);
        Udp = new SimUdp(this);
    }

    /// <summary>For people, and for traces.</summary>
    public string Name { get; }

    /// <summary>Its own address: what it binds to. Behind a translator a private one.</summary>
    public IPAddress Address { get; }

    /// <summary>Its second address, of the other family, if it has one.</summary>
    public IPAddress? SecondAddress { get; }

    /// <summary>The address by which the world knows it.</summary>
    public IPAddress PublicAddress => Nat?.PublicAddress ?? Address;

    /// <summary>Its own addresses, the first one first.</summary>
    public ImmutableArray<IPAddress> Addresses => SecondAddress is null ? [Address] : [Address, SecondAddress];

    /// <summary>The addresses by which the world knows it, likewise.</summary>
    public ImmutableArray<IPAddress> PublicAddresses => SecondAddress is null ? [PublicAddress] : [PublicAddress, SecondAddress];

    /// <summary>The translator that it is behind.</summary>
    public SimNat? Nat { get; }

    /// <summary>Its way to the world; may be changed at any time.</summary>
    public LinkProfile Link { get; set; }

    /// <summary>Whether it runs.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Datagrams for the actors of this host. After a restart there is a new one, and the old one does nothing any more.</summary>
    public IUdp Udp { get; private set; }

    internal SimNetwork Network { get; }

    internal int Number { get; }

    /// <summary>Connections that somebody on it has open; those that are still being made are not.</summary>
    public int OpenConnections => Ends.Count(end => end is { IsOpen: true, User: not (null or Nobody) });

    /// <summary>How often it was started again.</summary>
    internal int Life { get; private set; }

    /// <summary>The way out, shared by all that it sends.</summary>
    internal FairLink Up { get; }

    /// <summary>The way in, shared by all that it receives.</summary>
    internal FairLink Down { get; }

    internal PortTable<SimListener> Listeners { get; } = new();

    /// <summary>Batches of datagrams that its actors have been told of and have not released; for leak checks.</summary>
    public int DatagramBatchesHeld { get; internal set; }

    internal PortTable<SimUdpPort> UdpPorts { get; } = new();

    internal List<SimDial> Dials { get; } = [];

    /// <summary>Connections of which an end is open, in the order in which they came about, of which at least one end is here.</summary>
    internal List<SimConnection> Connections { get; } = [];

    private IEnumerable<SimEnd> Ends => Connections.SelectMany(connection => new[] { connection.Dialer, connection.Listener }).Where(end => end.Host == this);

    /// <summary>TCP for the actors of this host: bytes are received into slabs of <paramref name="slabs"/>, and blocks are read from <paramref name="blocks"/> as they go out. After a crash it does nothing any more.</summary>
    public ITcp Tcp(SlabLedger slabs, IBlockReader blocks) => new SimTcp(this, slabs, blocks);

    /// <summary>Opens a connection for a script.</summary>
    /// <exception cref="InvalidOperationException">The host is down.</exception>
    public SimSocket Dial(IPEndPoint remote, ISimSocketHandler handler)
    {
        MustBeUp();
        var socket = new SimSocket(remote, handler);
        SimDial.Begin(this, remote, null, Network.Settings.DialTimeout, Network.ScriptSlabs, null, socket.OnConnected, socket.OnFailed);
        return socket;
    }

    /// <summary>Listens for a script at all addresses of the host (port 0: any free one); the answer is the port. <paramref name="accept"/> answers null to who is to be reset at once.</summary>
    /// <exception cref="InvalidOperationException">The port is in use, or the host is down.</exception>
    public int Listen(int port, Func<SimSocket, ISimSocketHandler?> accept)
    {
        MustBeUp();
        var listener = new SimListener(null, Network.ScriptSlabs, null, end => SimSocket.Accept(end, accept));
        return BindAll(Listeners, port, listener);
    }

    /// <summary>Ends a script's listener; connections live on.</summary>
    public void StopListening(int port)
    {
        foreach (var local in AllAddresses(port))
        {
            if (Listeners.TryFind(local, out var found) && found.Owner is null) Listeners.Remove(listener => listener == found);
        }
    }

    /// <summary>Takes a port for datagrams at all addresses of the host (port 0: any free one); the answer is the port.</summary>
    /// <exception cref="InvalidOperationException">The port is in use, or the host is down.</exception>
    public int BindUdp(int port, Action<IPEndPoint, ReadOnlyMemory<byte>> received)
    {
        MustBeUp();
        return BindAll(UdpPorts, port, new SimUdpScript(received));
    }

    /// <summary>Gives a script's port back.</summary>
    public void CloseUdp(int port)
    {
        foreach (var local in AllAddresses(port))
        {
            if (UdpPorts.TryFind(local, out var found) && found is SimUdpScript) UdpPorts.Remove(other => other == found);
        }
    }

    /// <summary>Sends a datagram from a port of <see cref="BindUdp"/>. False: the link's queue is full, or there is no such family or port; the datagram was dropped.</summary>
    public bool SendUdp(int port, IPEndPoint remote, ReadOnlySpan<byte> datagram)
    {
        var address = IPAddress.IsLoopback(remote.Address) ? remote.Address : AddressOf(remote.AddressFamily);
        if (!IsUp || address is null) return false;
        var local = new IPEndPoint(address, port);
        return UdpPorts.TryFind(local, out _) && Network.Courier.Send(this, local, remote, datagram);
    }

    /// <summary>Opens a way in through the host's translator, as a port forwarding does: both protocols, for ever.</summary>
    /// <exception cref="InvalidOperationException">The host is behind none.</exception>
    public void Forward(int publicPort, int localPort) =>
        (Nat ?? throw new InvalidOperationException($"{Name} is behind no translator.")).Table.Forward(publicPort, new IPEndPoint(Address, localPort));

    /// <summary>Everything of it vanishes without a word: listeners, connections, sockets. Others notice when they send, or not at all.</summary>
    public void Crash()
    {
        if (!IsUp) return;
        IsUp = false;
        Network.Note(NetEvent.Crash, this, this, 0);
        Listeners.Clear();
        UdpPorts.Clear();
        DatagramBatchesHeld = 0;
        foreach (var dial in Dials.ToArray()) dial.Abandon();
        Dials.Clear();
        foreach (var end in Ends.ToArray()) end.Vanish();
    }

    /// <summary>Its process ends while the machine goes on, and the system does what systems do: dials are given up, what is still open is closed. Who asks next gets its ports for a new process.</summary>
    public void Quit()
    {
        if (!IsUp) return;
        Listeners.Clear();
        UdpPorts.Clear();
        foreach (var dial in Dials.ToArray()) dial.Abandon();
        Dials.Clear();
        foreach (var end in Ends.ToArray()) end.Close();
        Begin();
    }

    /// <summary>Runs again, with nothing open.</summary>
    public void Restart()
    {
        if (IsUp) return;
        IsUp = true;
        Begin();
    }

    /// <summary>Its address of a family.</summary>
    internal IPAddress? AddressOf(AddressFamily family) => Address.AddressFamily == family ? Address : SecondAddress?.AddressFamily == family ? SecondAddress : null;

    /// <summary>Whether it may bind to an address.</summary>
    internal bool Owns(IPAddress address) =>
        AddressOf(address.AddressFamily) is { } own
        && (own.Equals(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(address));

    /// <summary>A port for a connection out. Null: none is left.</summary>
    internal int? TakePort()
    {
        for (var tries = FirstDialPort; tries <= LastDialPort; tries++)
        {
            var port = _nextDialPort;
            _nextDialPort = _nextDialPort == LastDialPort ? FirstDialPort : _nextDialPort + 1;
            if (_dialPorts.Add(port)) return port;
        }

        return null;
    }

    internal void FreePort(int port) => _dialPorts.Remove(port);

    private static IEnumerable<IPEndPoint> AllAddresses(int port) => [new IPEndPoint(IPAddress.Any, port), new IPEndPoint(IPAddress.IPv6Any, port)];

    private int BindAll<T>(PortTable<T> table, int port, T holder)
        where T : class
    {
        if (table.TryBind(new IPEndPoint(IPAddress.Any, port), holder) is { } first)
        {
            if (table.TryBind(new IPEndPoint(IPAddress.IPv6Any, first.Port), holder) is not null) return first.Port;
            table.Remove(other => other == holder);
        }

        throw new InvalidOperationException($"{Name}: port {port} is in use.");
    }

    private void Begin()
    {
        Life++;
        Network.Note(NetEvent.Restart, this, this, Life);
        Udp = new SimUdp(this);
    }

    private void MustBeUp()
    {
        if (!IsUp) throw new InvalidOperationException($"{Name} is down.");
    }
}
