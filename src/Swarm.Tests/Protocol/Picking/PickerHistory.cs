using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>A swarm drawn from a seed: each step does one thing to a real picker and to the model, and judges the answer.</summary>
internal sealed class PickerHistory
{
    private readonly Random _random;
    private readonly PieceGeometry _geometry;
    private readonly PickerSettings _settings;
    private readonly PickerModel _model;
    private readonly bool _exactRarity;
    private long _nextPeer = 1;
    private int _steps;

    public PickerHistory(int seed, bool withTurmoil = true)
    {
        _random = new Random(seed);
        var blocks = _random.Next(1, 7);
        var length = (_random.Next(1, 24) * (long)blocks * PieceGeometry.BlockSize) + _random.Next(1, PieceGeometry.BlockSize);
        _geometry = new PieceGeometry(length, blocks * PieceGeometry.BlockSize);
        _exactRarity = _random.Next(3) > 0;
        _settings = PickerSettings.Default with
        {
            RandomFirstPieces = 0,
            MaxRequestsPerBlock = _random.Next(1, 4),
            MaxEndgameRequestsPerPeer = 4_096,
            RankScanLimit = _exactRarity ? 1_000 : _random.Next(1, 4),
            CandidateScanLimit = _random.Next(1, 4),
            MaxPooledPieces = _random.Next(3),
            RejectedPiecesPerPeer = 1_024,
            LateRequestsPerPeer = 65_536,
        };
        _model = new PickerModel(_geometry);
        Picker = new PiecePicker(_geometry, _settings, new Random(seed));
        if (!withTurmoil) for (var i = 0; i < 4; i++) Join();
    }

    public PiecePicker Picker { get; }

    public List<string> Answers { get; } = [];

    public void Step()
    {
        switch (_random.Next(18))
        {
            case 0 when _model.Peers.Count < 8: Join(); break;
            case 1 when _random.Next(3) == 0: Leave(); break;
            case 2: Have(); break;
            case 3 when _random.Next(3) == 0: DontHave(); break;
            case 4 when _random.Next(3) == 0: Replace(); break;
            case 5 or 6 or 7: Pick(); break;
            case 8 or 9 or 10: Receive(); break;
            case 11 or 12: Write(); break;
            case 13: Release(); break;
            case 14: Judge(); break;
            case 15 when _random.Next(3) == 0: Lose(); break;
            case 16 when _random.Next(3) == 0: Prioritise(); break;
            case 17: Moods(); break;
        }

        if (++_steps % 8 == 0) PickerInvariants.ShouldAgree(Picker, _model);
    }

    /// <summary>From here on peers behave, more or less, until everything is here.</summary>
    public void Finish()
    {
        var seed = new PeerKey(_nextPeer++);
        Picker.PeerJoined(seed);
        Picker.PeerHaveAll(seed);
        _model.Peers.Add(seed, new PickerModel.Peer());
        _model.Peers[seed].Has.UnionWith(_model.Pieces);
        for (var round = 0; round < 20_000 && !Picker.IsFinished; round++)
        {
            switch (_random.Next(12))
            {
                case < 4: Pick(); break;
                case < 7: Receive(); break;
                case < 10: Write(); break;
                case 10: Judge(); break;
                default: Release(); break;
            }
        }

        PickerInvariants.ShouldAgree(Picker, _model);
    }

    private void Join()
    {
        var key = new PeerKey(_nextPeer++);
        Picker.PeerJoined(key).ShouldBeTrue();
        Picker.PeerJoined(key).ShouldBeFalse();
        _model.Peers.Add(key, new PickerModel.Peer());
        Announce(key);
    }

    private void Replace()
    {
        if (AnyPeer() is { } key) Announce(key);
    }

    private void Announce(PeerKey key)
    {
        var has = _model.Peers[key].Has;
        has.Clear();
        if (_random.Next(4) == 0)
        {
            Picker.PeerHaveAll(key);
            has.UnionWith(_model.Pieces);
            return;
        }

        var density = _random.NextDouble() * 1.2;
        has.UnionWith(_model.Pieces.Where(_ => _random.NextDouble() < density));
        var bits = new Bitfield(_geometry.PieceCount);
        foreach (var piece in has) bits.Add(new PieceIndex(piece));
        Picker.PeerBitfield(key, bits);
    }

    private void Leave()
    {
        if (AnyPeer() is not { } key) return;
        Picker.PeerLeft(key);
        Picker.PeerLeft(key);
        _model.Peers.Remove(key);
    }

    private void Have()
    {
        if (AnyPeer() is not { } key) return;
        var piece = AnyPiece();
        Picker.PeerHave(key, new PieceIndex(piece)).ShouldBe(_model.Peers[key].Has.Add(piece));
    }

    private void DontHave()
    {
        if (AnyPeer() is not { } key) return;
        var piece = AnyPiece();
        Picker.PeerDontHave(key, new PieceIndex(piece)).ShouldBe(_model.Peers[key].Has.Remove(piece));
    }

    private void Moods()
    {
        if (AnyPeer() is not { } key) return;
        if (_random.Next(2) == 0)
        {
            Picker.PeerChoked(key);
            Picker.Parts.Peers.Find(key)!.Reserved.First.ShouldBeNull();
            Picker.PeerMayBeAsked(key);
            _model.Peers[key].Rejected.Clear();
            return;
        }

        var peer = _model.Peers[key];
        peer.OnParole = !peer.OnParole && _random.Next(4) == 0;
        Picker.SetParole(key, peer.OnParole);
    }

    private void Pick()
    {
        if (AnyPeer() is not { } key) return;
        var peer = _model.Peers[key];
        var count = _random.Next(1, 9);
        var choked = _random.Next(6) == 0;
        var allowed = new[] { new PieceIndex(AnyPiece()), new PieceIndex(AnyPiece()) };
        var speed = _random.Next(2) == 0 ? PeerSpeed.Fast : PeerSpeed.Slow;
        var output = new List<BlockRequest>();
        Picker.Pick(key, count, output, new PickHints { Speed = speed, Choked = choked, AllowedFast = choked ? allowed : [] });
        output.Count.ShouldBeLessThanOrEqualTo(count);
        foreach (var request in output)
        {
            _geometry.TryBlockOf(request, out var index).ShouldBeTrue();
            var block = (request.Piece.Value, index.Value);
            _model.CanServe(peer, block.Item1).ShouldBeTrue();
            if (choked) allowed.ShouldContain(request.Piece);
            if (_model.IsFree(block)) JudgeNewPiece(peer, block.Item1, choked);
            else JudgeDuplicate(block);
            peer.Requests.Add(block).ShouldBeTrue();
        }

        Answers.Add($"{key} {string.Join(' ', output)}");
        if (output.Count == count || choked || peer.OnParole) return;
        _model.Pieces.Where(piece => _model.CanServe(peer, piece) && !IsKeptFrom(key, piece)).SelectMany(_model.Blocks).Any(_model.IsFree)
            .ShouldBeFalse("a pick that ends early leaves no free block that the peer has");
    }

    /// <summary>A piece that one peer shall fetch alone is kept from others while there is anything open.</summary>
    private bool IsKeptFrom(PeerKey key, int piece) =>
        Picker.Parts.Begun.Find(piece) is { IsExclusive: true, Holder: { } holder } && holder.Key != key && !Picker.Parts.Ranking.Open.IsEmpty;

    private void JudgeNewPiece(PickerModel.Peer peer, int piece, bool choked)
    {
        if (_model.IsBegun(piece) || choked) return;
        var open = _model.Pieces.Where(p => _model.IsNeeded(p) && !_model.IsBegun(p) && _model.CanServe(peer, p)).ToList();
        if (!_exactRarity) return;
        var top = open.Max(p => _model.Priority[p]);
        _model.Priority[piece].ShouldBe(top);
        var rarest = open.Where(p => _model.Priority[p] == top).Min(_model.Availability);
        _model.Availability(piece).ShouldBe(rarest);
    }

    private void JudgeDuplicate((int Piece, int Block) block)
    {
        _model.AnyFree.ShouldBeFalse("nothing is duplicated while a block is free");
        _model.Received.ContainsKey(block).ShouldBeFalse();
        _model.RequestsFor(block).ShouldBeInRange(1, _settings.MaxRequestsPerBlock - 1);
    }

    private void Receive()
    {
        if (AnyPeer() is not { } key) return;
        var peer = _model.Peers[key];
        var block = Draw(_random.Next(4) == 0 ? peer.Late : peer.Requests) ?? (AnyPiece(), 0);
        var cancels = new List<PeerRequest>();
        var outcome = Picker.BlockReceived(key, _model.Request(block), cancels);
        var expected = Expected(peer, block);
        outcome.ShouldBe(expected);
        if (!peer.Requests.Contains(block)) peer.Late.Remove(block);
        if (outcome != BlockOutcome.Accepted) return;
        cancels.ShouldBe(_model.Cancel(block, except: peer), ignoreOrder: true);
        _model.Received.Add(block, key);
    }

    private BlockOutcome Expected(PickerModel.Peer peer, (int Piece, int Block) block)
    {
        if (peer.Requests.Contains(block)) return BlockOutcome.Accepted;
        if (!peer.Late.Contains(block)) return BlockOutcome.Unrequested;
        return _model.IsNeeded(block.Piece) && !_model.Received.ContainsKey(block) ? BlockOutcome.Accepted : BlockOutcome.Duplicate;
    }

    private void Write()
    {
        if (Draw(_model.Received.Keys.Where(block => !_model.Written.Contains(block))) is not { } block) return;
        var (piece, index) = (new PieceIndex(block.Piece), new BlockIndex(block.Block));
        if (_random.Next(8) == 0)
        {
            Picker.BlockFailed(piece, index);
            _model.Received.Remove(block);
            return;
        }

        _model.Written.Add(block);
        Picker.BlockWritten(piece, index).ShouldBe(_model.Blocks(block.Piece).All(_model.Written.Contains));
    }

    private void Release()
    {
        if (AnyPeer() is not { } key) return;
        var peer = _model.Peers[key];
        var reason = (ReleaseReason)_random.Next(3);
        if (_random.Next(4) == 0)
        {
            var released = new List<BlockRequest>();
            Picker.RequestsReleased(key, ReleaseReason.Choked, released);
            released.ShouldBe(peer.Requests.Select(_model.Request), ignoreOrder: true);
            peer.Requests.Clear();
            return;
        }

        if (Draw(peer.Requests) is not { } block) return;
        Picker.RequestReleased(key, _model.Request(block), reason).ShouldBeTrue();
        peer.Requests.Remove(block);
        if (reason == ReleaseReason.TimedOut) peer.Late.Add(block);
        if (reason == ReleaseReason.Rejected) peer.Rejected.Add(block.Piece);
    }

    /// <summary>Verifies or rejects a piece that is all written; sometimes a check finds one by itself.</summary>
    private void Judge()
    {
        var done = _model.Pieces.Where(piece => _model.IsNeeded(piece) && _model.Blocks(piece).All(_model.Written.Contains)).ToList();
        var cancels = new List<PeerRequest>();
        if (done.Count == 0)
        {
            if (_random.Next(10) > 0) return;
            done.Add(AnyPiece());
        }
        else if (_random.Next(4) == 0)
        {
            var senders = new List<BlockSender>();
            Picker.PieceRejected(new PieceIndex(done[0]), senders, cancels).ShouldBeTrue();
            senders.Select(sender => sender.Sender).ShouldBe(_model.Blocks(done[0]).Select(block => _model.Received[block]));
            _model.Close(done[0]).ShouldBeEmpty();
            return;
        }

        Picker.PieceVerified(new PieceIndex(done[0]), cancels).ShouldBe(_model.Verified.Add(done[0]));
        cancels.ShouldBe(_model.Close(done[0]), ignoreOrder: true);
    }

    private void Lose()
    {
        var piece = AnyPiece();
        Picker.WeDontHave(new PieceIndex(piece)).ShouldBe(_model.Verified.Remove(piece));
    }

    private void Prioritise()
    {
        var cancels = new List<PeerRequest>();
        var expected = new List<PeerRequest>();
        var wanted = _random.Next(2) == 0 ? [AnyPiece()] : _model.Pieces.Where(_ => _random.Next(2) == 0).ToList();
        foreach (var piece in wanted)
        {
            _model.Priority[piece] = (byte)_random.Next(_random.Next(2) == 0 ? 8 : 2);
            if (_model.Priority[piece] == 0) expected.AddRange(_model.Close(piece));
        }

        if (wanted.Count == 1) Picker.SetPriority(new PieceIndex(wanted[0]), new PiecePriority(_model.Priority[wanted[0]]), cancels);
        else Picker.SetPriorities([.. _model.Priority.Select(value => new PiecePriority(value))], cancels);
        cancels.ShouldBe(expected, ignoreOrder: true);
    }

    private PeerKey? AnyPeer() => _model.Peers.Count == 0 ? null : _model.Peers.Keys.ElementAt(_random.Next(_model.Peers.Count));

    private int AnyPiece() => _random.Next(_geometry.PieceCount);

    private (int Piece, int Block)? Draw(IEnumerable<(int Piece, int Block)> blocks)
    {
        var sorted = blocks.Order().ToList();
        return sorted.Count == 0 ? null : sorted[_random.Next(sorted.Count)];
    }
}
