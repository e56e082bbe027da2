using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

/// <summary>A Tcp under test with a listener, and plain sockets as the other sides.</summary>
internal sealed class NetWorld : IDisposable
{
    private readonly List<Socket> _peers = [];

    public NetWorld(NetSettings settings)
    {
        Settings = settings;
        Tcp = new Tcp(settings, Blocks);
        Tcp.Listen(new IPEndPoint(IPAddress.Loopback, 0), Listener);
        Port = Listener.Expect<ITcp.Listening>().Local.Port;
    }

    public NetSettings Settings { get; }

    public FakeBlocks Blocks { get; } = new();

    public Tcp Tcp { get; }

    public Mailbox Listener { get; } = new();

    public int Port { get; }

    /// <summary>A link, started for a new owner, and the socket at its other end.</summary>
    public (IPeerLink Link, Mailbox Owner, Socket Peer) Connected(int peerReceiveBuffer = 0)
    {
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (peerReceiveBuffer > 0) peer.ReceiveBufferSize = peerReceiveBuffer;
        _peers.Add(peer);
        peer.Connect(IPAddress.Loopback, Port);
        peer.ReceiveTimeout = peer.SendTimeout = 20_000;
        var link = Listener.Expect<ITcp.Accepted>().Link;
        var owner = new Mailbox();
        link.Start(owner);
        return (link, owner, peer);
    }

    /// <summary>Closes the link, releases what comes meanwhile, and checks that Closed is the last word and every slab is back.</summary>
    public void CloseAndCheck(IPeerLink link, Mailbox owner)
    {
        link.Close();
        owner.Await<IPeerLink.Closed>(Release);
        owner.Next(TimeSpan.FromMilliseconds(20)).ShouldBeNull();
        Tcp.Slabs.Outstanding.ShouldBe(0);
    }

    public static void Release(object message)
    {
        if (message is IPeerLink.Received received) received.Data.Release();
    }

    /// <summary>Reads exactly so many bytes at the other end.</summary>
    public static byte[] Read(Socket peer, int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            var read = peer.Receive(bytes, done, count - done, SocketFlags.None);
            read.ShouldBeGreaterThan(0, "the link closed early");
            done += read;
        }

        return bytes;
    }

    /// <summary>Reads to the end of the stream, or to its break.</summary>
    public static byte[] ReadToEnd(Socket peer)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        try
        {
            for (int read; (read = peer.Receive(buffer)) > 0;) all.Write(buffer, 0, read);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return all.ToArray();
        }

        return all.ToArray();
    }

    public void Dispose()
    {
        Tcp.Dispose();
        foreach (var peer in _peers) peer.Dispose();
        Blocks.Dispose();
    }
}
