using System.Buffers;
using Swarm.Protocol.Wire;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Peers;

/// <summary>
/// One connection of a <see cref="FakePeer"/>: reads what the other side says, and says what the peer's manners want. It ends with the socket, and with it all that it had scheduled.
/// Parts: this one reads, Sending says.
/// </summary>
internal sealed partial class FakeConnection(FakePeer peer, bool dialed) : ISimSocketHandler
{
    private readonly HandshakeDecoder _handshake = new();
    private readonly WireDecoder _decoder = new(WireSettings.Default);
    private readonly ArrayBufferWriter<byte> _block = new();
    private readonly List<IDisposable> _timers = [];
    private readonly SortedDictionary<BlockRequest, BlockState> _wanted = new(BlockOrder.Instance);
    private readonly Bitfield _theirs = new(peer.Content.Geometry.PieceCount);
    private SimSocket? _socket;
    private bool _connected;
    private bool _weChoke = true;
    private bool _theyChoke = true;
    private int _underWay;

    private enum BlockState
    {
        Missing,
        Requested,
        Here,
    }

    public bool IsOpen => _connected && _socket is { IsOpen: true };

    private PeerManners Manners => peer.Manners;

    private bool IsFast => _handshake.Progress == HandshakeProgress.Complete && (Manners.Bits & _handshake.Reserved).HasFlag(ReservedBits.Fast);

    public void Attach(SimSocket socket) => _socket = socket;

    public void OnConnected()
    {
        _connected = true;
        _decoder.MetadataKnown(peer.Content.Geometry);
        if (dialed) ShakeHands();
        if (Manners.ClosesAfter > TimeSpan.Zero) After(-Math.Log(1 - peer.Random.NextDouble()) * Manners.ClosesAfter, Close);
    }

    public void OnClosed(string reason) => End();

    public void OnBytes(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        if (_handshake.Progress != HandshakeProgress.Complete)
        {
            if (_handshake.Read(bytes, ref position) != HandshakeProgress.Complete) return;
            if (_handshake.InfoHash != peer.Content.Torrent)
            {
                Close();
                return;
            }

            if (!dialed) ShakeHands();
            if (Manners.ShakesHands) Greet();
        }

        while (_connected && _decoder.TryRead(bytes, ref position, out var message)) OnMessage(message);
    }

    public void Close()
    {
        _socket?.Close();
        End();
    }

    private void End()
    {
        _connected = false;
        foreach (var timer in _timers) timer.Dispose();
        _timers.Clear();
        peer.Gone(this);
    }

    private void OnMessage(WireMessage message)
    {
        switch (message.Kind)
        {
            case WireMessageKind.Choke: _theyChoke = true; ForgetRequests(); break;
            case WireMessageKind.Unchoke: _theyChoke = false; Ask(); break;
            case WireMessageKind.Have: TheyHave(message.Piece); break;
            case WireMessageKind.HaveAll: _theirs.Fill(); OnTheirs(); break;
            case WireMessageKind.Bitfield: TheyHave(message.Payload); break;
            case WireMessageKind.Request: OnRequest(message.Block); break;
            case WireMessageKind.Cancel: OnCancel(message.Block); break;
            case WireMessageKind.RejectRequest: Release(message.Block); break;
            case WireMessageKind.PieceFragment: OnFragment(message); break;
            case WireMessageKind.Extended: OnExtended(message.ExtendedId, message.Payload); break;
            default: break;
        }
    }

    private void TheyHave(PieceIndex piece)
    {
        if (!peer.Content.Geometry.Contains(piece)) return;
        _theirs.Add(piece);
        OnTheirs();
    }

    private void TheyHave(ReadOnlySpan<byte> wire)
    {
        if (Bitfield.FromWire(wire, _theirs.Length) is not { } pieces) return;
        for (var piece = pieces.NextSet(0); piece >= 0; piece = pieces.NextSet(piece + 1)) _theirs.Add(new PieceIndex(piece));
        OnTheirs();
    }

    private void OnTheirs()
    {
        if (!Manners.Downloads) return;
        if (_theirs.HasAnyNotIn(peer.Pieces)) Say(static output => output.Interested());
        Ask();
    }

    // One piece after the other, as the lowest that they have and we have not.
    private void Ask()
    {
        if (!Manners.Downloads || _theyChoke) return;
        if (_wanted.Count == 0 && NextPiece() is { } piece)
        {
            for (var block = 0; block < peer.Content.Geometry.BlocksIn(piece); block++) _wanted.Add(peer.Content.Geometry.RequestFor(piece, new BlockIndex(block)), BlockState.Missing);
        }

        foreach (var block in _wanted.Where(wanted => wanted.Value == BlockState.Missing).Select(wanted => wanted.Key).Take(Manners.RequestsUnderWay - _underWay).ToArray())
        {
            _wanted[block] = BlockState.Requested;
            _underWay++;
            Say(output => output.Request(block));
        }
    }

    private PieceIndex? NextPiece()
    {
        for (var piece = _theirs.NextSet(0); piece >= 0; piece = _theirs.NextSet(piece + 1))
        {
            if (!peer.Pieces[new PieceIndex(piece)]) return new PieceIndex(piece);
        }

        return null;
    }

    private void OnFragment(WireMessage message)
    {
        if (message.IsFirst) _block.ResetWrittenCount();
        _block.Write(message.Payload);
        if (!message.IsLast) return;
        var block = message.Block;
        peer.BytesReceived += block.Length;
        if (!peer.Content.Matches(block, _block.WrittenSpan))
        {
            peer.WrongBlocksReceived++;
            Release(block);
            return;
        }

        if (!_wanted.TryGetValue(block, out var state) || state == BlockState.Here) return;
        if (state == BlockState.Requested) _underWay--;
        _wanted[block] = BlockState.Here;
        if (_wanted.Values.All(each => each == BlockState.Here))
        {
            _wanted.Clear();
            peer.PieceCompleted(block.Piece);
        }

        Ask();
    }

    private void Release(BlockRequest block)
    {
        if (!_wanted.TryGetValue(block, out var state) || state != BlockState.Requested) return;
        _wanted[block] = BlockState.Missing;
        _underWay--;
    }

    private void ForgetRequests()
    {
        foreach (var block in _wanted.Where(wanted => wanted.Value == BlockState.Requested).Select(wanted => wanted.Key).ToArray()) Release(block);
    }

    private sealed class BlockOrder : IComparer<BlockRequest>
    {
        public static readonly BlockOrder Instance = new();

        public int Compare(BlockRequest x, BlockRequest y) => (x.Piece.Value, x.Begin, x.Length).CompareTo((y.Piece.Value, y.Begin, y.Length));
    }
}
