using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>
/// The other end of a <see cref="FakeLink"/>: shakes hands, hears what the node says, and says what the test wants. <see cref="Serve"/> makes it a seed that answers requests.
/// </summary>
internal sealed class FakePeer
{
    private const int HandshakeSize = 68;

    private readonly Simulation _sim;
    private readonly List<byte> _heard = [];
    private bool _handshaken;

    public FakePeer(Simulation sim, FakeLink link, InfoHash torrent, string id, ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension)
    {
        _sim = sim;
        Link = link;
        Torrent = torrent;
        Bits = bits;
        Id = new PeerId(System.Text.Encoding.ASCII.GetBytes(id.PadRight(20, '-')));
        link.OnSent = Hear;
        link.OnBlock = block => BlocksGot.Add(block);
    }

    public FakeLink Link { get; }

    public InfoHash Torrent { get; }

    public ReservedBits Bits { get; }

    public PeerId Id { get; }

    /// <summary>The node's handshake, or null before it came.</summary>
    public byte[]? Handshake { get; private set; }

    /// <summary>Messages of the node, in order, keep-alives left out.</summary>
    public List<(MessageId Id, byte[] Payload)> Messages { get; } = [];

    public List<BlockRequest> BlocksGot { get; } = [];

    public List<BlockRequest> Requests { get; } = [];

    /// <summary>The bytes to answer a request with; null: it stays unanswered.</summary>
    public Func<BlockRequest, byte[]?>? Serve { get; set; }

    /// <summary>How long a block takes.</summary>
    public TimeSpan ServeDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>What it does when the handshake of the node is there; by default it answers with its own if it was called.</summary>
    public Action<FakePeer> OnHandshake { get; set; } = peer => peer.SayHandshake();

    /// <summary>For messages that the test answers itself.</summary>
    public Action<MessageId, byte[]> OnMessage { get; set; } = (_, _) => { };

    /// <summary>A seed: says that it has everything, unchokes, answers every request from the content.</summary>
    public FakePeer AsSeed(FakeContent content, Func<BlockRequest, byte[], byte[]?>? change = null)
    {
        OnHandshake = peer =>
        {
            peer.SayHandshake();
            peer.Say(output => output.HaveAll());
            peer.Say(output => output.Unchoke());
        };
        Serve = block => change is null ? content.Of(block).ToArray() : change(block, content.Of(block).ToArray());
        return this;
    }

    public void SayHandshake()
    {
        var bytes = new byte[HandshakeSize];
        new Handshake(Bits, Torrent, Id).Write(bytes);
        Link.Deliver(bytes);
    }

    public void Say(Action<WireWriter> say)
    {
        var bytes = new ArrayBufferWriter<byte>();
        say(new WireWriter(bytes));
        Link.Deliver(bytes.WrittenSpan);
    }

    public int Count(MessageId id) => Messages.Count(message => message.Id == id);

    public ImmutableArray<int> Haves => [.. Messages.Where(message => message.Id == MessageId.Have).Select(message => BinaryPrimitives.ReadInt32BigEndian(message.Payload))];

    private void Hear(byte[] bytes)
    {
        _heard.AddRange(bytes);
        if (!_handshaken)
        {
            if (_heard.Count < HandshakeSize) return;
            Handshake = [.. _heard[..HandshakeSize]];
            _heard.RemoveRange(0, HandshakeSize);
            _handshaken = true;
            OnHandshake(this);
        }

        while (_heard.Count >= 4)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(_heard[..4].ToArray());
            if (_heard.Count < 4 + length) return;
            var message = _heard.GetRange(4, length).ToArray();
            _heard.RemoveRange(0, 4 + length);
            if (length == 0) continue;
            Messages.Add(((MessageId)message[0], message[1..]));
            if ((MessageId)message[0] == MessageId.Request) OnRequest(BlockOf(message));
            OnMessage((MessageId)message[0], message[1..]);
        }
    }

    private static BlockRequest BlockOf(byte[] message) =>
        new(new PieceIndex(BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(1))), BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(5)), BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(9)));

    private void OnRequest(BlockRequest block)
    {
        Requests.Add(block);
        if (Serve?.Invoke(block) is not { } bytes) return;
        _sim.Schedule(ServeDelay, () => Say(output => output.Piece(block.Piece, block.Begin, bytes)));
    }
}
