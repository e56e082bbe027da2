using System.Collections.Immutable;
using System.Net;
using System.Text;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Peers;

/// <summary>
/// A peer that is no node: a host of the simulated network that listens, dials, and behaves on every connection as its <see cref="PeerManners"/> say. It knows the content, so it can send what is right
/// and what is wrong, and it checks every byte that it is sent. One torrent each.
/// </summary>
public sealed class FakePeer
{
    /// <summary>Where it listens.</summary>
    public const int Port = 6881;

    private readonly List<FakeConnection> _connections = [];

    /// <summary>A peer on a host; it listens from now on.</summary>
    public FakePeer(Simulation simulation, SimHost host, SimContent content, PeerManners manners, Random random)
    {
        Simulation = simulation;
        Host = host;
        Content = content;
        Manners = manners;
        Random = random;
        Id = new PeerId(Encoding.ASCII.GetBytes($"-XX0001-{host.Name}".PadRight(Bytes20.Size, '-')[..Bytes20.Size]));
        Pieces = new Bitfield(content.Geometry.PieceCount);
        if (manners.HasEverything) Pieces.Fill();
        foreach (var piece in manners.Has) Pieces.Add(piece);
        host.Listen(Port, Accept);
    }

    /// <summary>May be replaced at any time, for what comes after.</summary>
    public PeerManners Manners { get; set; }

    /// <summary>Its machine.</summary>
    public SimHost Host { get; }

    /// <summary>What it shares.</summary>
    public SimContent Content { get; }

    /// <summary>Its name for itself.</summary>
    public PeerId Id { get; }

    /// <summary>Where others reach it.</summary>
    public IPEndPoint Address => new(Host.PublicAddress, Port);

    /// <summary>What it has, or says that it has.</summary>
    public Bitfield Pieces { get; }

    /// <summary>Connections that stand.</summary>
    public int Connections => _connections.Count(connection => connection.IsOpen);

    /// <summary>Whether it has gone for good.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Connections that it has had in all.</summary>
    public int ConnectionsEver { get; private set; }

    /// <summary>Requests that it was sent.</summary>
    public long Requests { get; internal set; }

    /// <summary>Payload bytes of blocks that it sent, right and wrong.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Payload bytes of blocks that it was sent to the end; as a node counts what it sends.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Blocks that it was sent and that were not what the torrent holds there. An honest node sends none.</summary>
    public long WrongBlocksReceived { get; internal set; }

    /// <summary>Pieces of metadata that it was given.</summary>
    public long MetadataReceived { get; internal set; }

    internal Simulation Simulation { get; }

    internal Random Random { get; }

    /// <summary>Opens a connection to somebody, unless it has left.</summary>
    public void Dial(IPEndPoint remote)
    {
        if (HasLeft) return;
        var connection = Connection(dialed: true);
        connection.Attach(Host.Dial(remote, connection));
    }

    /// <summary>Ends everything and takes no more connections.</summary>
    public void Leave()
    {
        HasLeft = true;
        Host.StopListening(Port);
        foreach (var connection in _connections.ToImmutableArray()) connection.Close();
        _connections.Clear();
    }

    internal void PieceCompleted(PieceIndex piece)
    {
        if (!Pieces.Add(piece)) return;
        foreach (var connection in _connections) connection.Have(piece);
    }

    internal void Gone(FakeConnection connection) => _connections.Remove(connection);

    private FakeConnection Accept(SimSocket socket)
    {
        var connection = Connection(dialed: false);
        connection.Attach(socket);
        return connection;
    }

    private FakeConnection Connection(bool dialed)
    {
        ConnectionsEver++;
        var connection = new FakeConnection(this, dialed);
        _connections.Add(connection);
        return connection;
    }
}
