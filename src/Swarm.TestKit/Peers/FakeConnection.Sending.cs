using System.Buffers;
using System.Buffers.Binary;
using Swarm.Protocol.Wire;

namespace Swarm.TestKit.Peers;

// What it says: the greeting, blocks right and wrong, and the mischief that nobody asked for.
internal sealed partial class FakeConnection
{
    private static readonly TimeSpan Portion = TimeSpan.FromMilliseconds(100);

    private readonly Queue<(BlockRequest Block, bool IsWrong)> _drips = new();
    private byte[] _dripping = [];
    private int _dripped;
    private readonly List<byte> _held = [];
    private bool _isDripping;

    public void Have(PieceIndex piece)
    {
        if (IsOpen && _handshake.Progress == HandshakeProgress.Complete) Say(output => output.Have(piece));
    }

    private void Say(Action<WireWriter> say)
    {
        if (!IsOpen) return;
        var bytes = new ArrayBufferWriter<byte>();
        say(new WireWriter(bytes));
        Say(bytes.WrittenSpan);
    }

    // A queue that is full loses what is said: whoever does not read does not hear. In the middle of a block that drips, what else is said waits for its end.
    private void Say(ReadOnlySpan<byte> bytes)
    {
        if (_dripped < _dripping.Length) _held.AddRange(bytes);
        else if (IsOpen) _socket!.Send(bytes);
    }

    private void After(TimeSpan delay, Action action)
    {
        IDisposable? timer = null;
        timer = peer.Simulation.Schedule(delay, () =>
        {
            _timers.Remove(timer!);
            action();
        });
        _timers.Add(timer);
    }

    private void Every(TimeSpan interval, Action action) => After(interval, () =>
    {
        action();
        if (IsOpen) Every(interval, action);
    });

    private void ShakeHands()
    {
        if (Manners.SendsGarbage)
        {
            Say(Noise(200));
        }
        else if (Manners.ShakesHands)
        {
            Span<byte> bytes = stackalloc byte[Handshake.Size];
            new Handshake(Manners.Bits, peer.Content.Torrent, peer.Id).Write(bytes);
            Say(bytes);
        }
    }

    private void Greet()
    {
        if (Manners.SendsBadLengths)
        {
            Say([0x7f, 0xff, 0xff, 0xff, (byte)MessageId.Piece, 0, 0, 0, 0]);
            return;
        }

        SayPieces();
        if (Manners.AsksMetadata && (Manners.Bits & _handshake.Reserved).HasFlag(ReservedBits.Extension)) Say(output => new ExtensionHandshake { Extensions = ExtensionHandshake.Offer(ExtensionId.Metadata) }.Write(output));
        if (Manners.DhtPort > 0) Say(output => output.Port(Manners.DhtPort));
        if (Manners.Unchokes) Choke(false);
        if (Manners.FlapInterval > TimeSpan.Zero) Every(Manners.FlapInterval, () => Choke(!_weChoke));
        if (Manners.FloodsRequestsPerSecond > 0) Every(Portion, Flood);
        if (Manners.PushesBlocksPerSecond > 0) Every(TimeSpan.FromSeconds(1) / Manners.PushesBlocksPerSecond, () => SendBlock(RandomBlock(), isWrong: true));
    }

    private void SayPieces()
    {
        if (Manners.BitfieldBytes > 0)
        {
            var head = new byte[5 + Manners.BitfieldBytes];
            BinaryPrimitives.WriteInt32BigEndian(head, 1 + Manners.BitfieldBytes);
            head[4] = (byte)MessageId.Bitfield;
            Say(head);
        }
        else if (IsFast && peer.Pieces.IsFull) Say(static output => output.HaveAll());
        else if (IsFast && peer.Pieces.IsEmpty) Say(static output => output.HaveNone());
        else if (!peer.Pieces.IsEmpty) Say(output => output.Bitfield(peer.Pieces));
    }

    private void Choke(bool choke)
    {
        _weChoke = choke;
        Say(output =>
        {
            if (choke) output.Choke();
            else output.Unchoke();
        });
    }

    private void Flood()
    {
        for (var i = 0; i < Manners.FloodsRequestsPerSecond / 10; i++) Say(output => output.Request(RandomBlock()));
    }

    private void OnRequest(BlockRequest block)
    {
        peer.Requests++;
        var isOurs = peer.Content.Geometry.IsValid(block) && peer.Pieces[block.Piece];
        if (!isOurs || _weChoke || !Manners.Answers)
        {
            if (IsFast && (Manners.Rejects || (Manners.Answers && (_weChoke || !isOurs)))) Say(output => output.RejectRequest(block));
            return;
        }

        var isWrong = Manners.CorruptsPieces.Contains(block.Piece) || (Manners.CorruptsOneIn > 0 && peer.Random.Next(Manners.CorruptsOneIn) == 0);
        if (Manners.BytesPerSecond == 0)
        {
            After(Manners.AnswerDelay, () => SendBlock(block, isWrong));
            return;
        }

        _drips.Enqueue((block, isWrong));
        if (_isDripping) return;
        _isDripping = true;
        Drip();
    }

    // What is taken back before its first byte has gone is not sent; the other way round it may.
    private void OnCancel(BlockRequest block)
    {
        var kept = _drips.Where(drip => drip.Block != block).ToArray();
        if (kept.Length == _drips.Count) return;
        _drips.Clear();
        foreach (var drip in kept) _drips.Enqueue(drip);
        if (IsFast) Say(output => output.RejectRequest(block));
    }

    private void SendBlock(BlockRequest block, bool isWrong) => Say(BlockMessage(block, isWrong));

    // A portion of a block each time, the next block when one is out.
    private void Drip()
    {
        if (_dripped == _dripping.Length)
        {
            if (!_drips.TryDequeue(out var next))
            {
                _isDripping = false;
                return;
            }

            _dripping = BlockMessage(next.Block, next.IsWrong);
            _dripped = 0;
        }

        var portion = Math.Min(Math.Max(1, Manners.BytesPerSecond / 10), _dripping.Length - _dripped);
        if (IsOpen) _socket!.Send(_dripping.AsSpan(_dripped, portion));
        _dripped += portion;
        if (_dripped == _dripping.Length)
        {
            Say([.. _held]);
            _held.Clear();
        }

        After(Portion, Drip);
    }

    private byte[] BlockMessage(BlockRequest block, bool isWrong)
    {
        var bytes = new byte[PieceHeader.Size + block.Length];
        PieceHeader.Write(bytes, block);
        peer.Content.Fill(block, bytes.AsSpan(PieceHeader.Size));
        if (isWrong) bytes[PieceHeader.Size + peer.Random.Next(block.Length)] ^= (byte)peer.Random.Next(1, 256);
        peer.BytesSent += block.Length;
        return bytes;
    }

    private BlockRequest RandomBlock()
    {
        var piece = new PieceIndex(peer.Random.Next(peer.Content.Geometry.PieceCount));
        return peer.Content.Geometry.RequestFor(piece, new BlockIndex(peer.Random.Next(peer.Content.Geometry.BlocksIn(piece))));
    }

    private void OnExtended(byte id, ReadOnlySpan<byte> payload)
    {
        if (!Manners.AsksMetadata) return;
        if (id == (byte)ExtensionId.Handshake)
        {
            // Whoever does not offer it is asked all the same, by the number that this program's nodes use.
            var theirs = ExtensionHandshake.Parse(payload, WireSettings.Default)?.Extensions.FirstOrDefault(mapping => mapping.Extension == ExtensionId.Metadata).Id ?? 0;
            Say(output => MetadataMessage.WriteRequest(output, theirs == 0 ? (byte)ExtensionId.Metadata : theirs, 0));
        }
        else if (id == (byte)ExtensionId.Metadata && MetadataMessage.TryParse(payload, out var message) && message.Type == MetadataMessageType.Data)
        {
            peer.MetadataReceived++;
        }
    }

    private byte[] Noise(int length)
    {
        var bytes = new byte[length];
        peer.Random.NextBytes(bytes);
        return bytes;
    }
}
