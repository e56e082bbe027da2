using System.Net;
using Swarm.Actors.Ports;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>A machine on the simulated network.</summary>
public sealed class SimHost
{
    internal SimHost(SimNetwork network, string name, LinkProfile link)
    {
        Network = network;
        Name = name;
        Link = link;
    }

    /// <summary>For people, and for traces.</summary>
    public string Name { get; }

    /// <summary>Its own address: what it binds to. Behind a translator a private one.</summary>
    public IPAddress Address => throw new NotSupportedException();

    /// <summary>Its second address, of the other family, if it has one.</summary>
    public IPAddress? SecondAddress => throw new NotSupportedException();

    /// <summary>The address by which the world knows it.</summary>
    public IPAddress PublicAddress => throw new NotSupportedException();

    /// <summary>Its way to the world; may be changed at any time.</summary>
    public LinkProfile Link { get; set; }

    /// <summary>Whether it runs.</summary>
    public bool IsUp => throw new NotSupportedException();

    internal SimNetwork Network { get; }

    /// <summary>Datagrams for the actors of this host. After a restart there is a new one, and the old one does nothing any more.</summary>
    public IUdp Udp => throw new NotSupportedException();

    /// <summary>TCP for the actors of this host: bytes are received into slabs of <paramref name="slabs"/>, and blocks are read from <paramref name="blocks"/> as they go out. After a crash it does nothing any more.</summary>
    public ITcp Tcp(SlabLedger slabs, IBlockReader blocks) => throw new NotSupportedException();

    /// <summary>Opens a connection for a script.</summary>
    public SimSocket Dial(IPEndPoint remote, ISimSocketHandler handler) => throw new NotSupportedException();

    /// <summary>Listens for a script at all addresses of the host (port 0: any free one); the answer is the port. <paramref name="accept"/> answers null to who is to be reset at once.</summary>
    /// <exception cref="InvalidOperationException">The port is in use.</exception>
    public int Listen(int port, Func<SimSocket, ISimSocketHandler?> accept) => throw new NotSupportedException();

    /// <summary>Ends a script's listener; connections live on.</summary>
    public void StopListening(int port) => throw new NotSupportedException();

    /// <summary>Takes a port for datagrams at all addresses of the host (port 0: any free one); the answer is the port.</summary>
    /// <exception cref="InvalidOperationException">The port is in use.</exception>
    public int BindUdp(int port, Action<IPEndPoint, ReadOnlyMemory<byte>> received) => throw new NotSupportedException();

    /// <summary>Gives a script's port back.</summary>
    public void CloseUdp(int port) => throw new NotSupportedException();

    /// <summary>Sends a datagram from a port of <see cref="BindUdp"/>. False: the link's queue is full, the datagram was dropped.</summary>
    public bool SendUdp(int port, IPEndPoint remote, ReadOnlySpan<byte> datagram) => throw new NotSupportedException();

    /// <summary>Opens a way in through the host's translator, as a port forwarding does: both protocols.</summary>
    public void Forward(int publicPort, int localPort) => throw new NotSupportedException();

    /// <summary>Everything of it vanishes without a word: listeners, connections, sockets. Others notice when they send.</summary>
    public void Crash() => throw new NotSupportedException();

    /// <summary>Runs again, with nothing open.</summary>
    public void Restart() => throw new NotSupportedException();
}
