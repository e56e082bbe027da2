using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Torrents;

// The transfer itself: from Begin to Close. Messages from peers that come earlier or later find no picker and only have their slabs released.
public sealed partial class PiecesActor
{
    private void OnBegin(Begin begin)
    {
        _picker = new PiecePicker(_spec.Layout.Geometry, _settings.Picker, _random, _valid) { IsSequential = begin.Sequential };
        _picker.SetPriorities(begin.Priorities.AsSpan(), _cancels);
        ShareFetching();
        TellIfFinished();
    }

    private void OnSetWanted(SetWanted wanted)
    {
        if (_picker is null) return;
        _picker.IsSequential = wanted.Sequential;
        _picker.SetPriorities(wanted.Priorities.AsSpan(), _cancels);
        _freed = true;
        _toldFinished = false;
        EndTurn();
        ShareFetching();
        TellIfFinished();
    }

    private void OnPeerJoined(PeerJoined joined)
    {
        if (_picker is null || !_picker.PeerJoined(joined.Key)) return;
        _sources.Add(joined.Key, new Source(joined.Key, joined.Peer));
        _picker.SetInside(joined.Key, IsReplica(joined.Key));
        // Pieces that were verified since the connection learned what we have.
        joined.Peer.Tell(new PeerActor.Welcome(ImmutableCollectionsMarshal.AsImmutableArray(_picker.Verified.ToWire())));
    }

    private void OnPeerLeft(PeerLeft left)
    {
        if (!_sources.Remove(left.Key)) return;
        _picker?.PeerLeft(left.Key);
        _freed = true;
        EndTurn();
    }

    private void OnPeerHas(PeerHas has)
    {
        if (_picker is null || !_sources.TryGetValue(has.Key, out var source)) return;
        if (has.Pieces.IsDefault) _picker.PeerHaveAll(has.Key);
        else if (Bitfield.FromWire(has.Pieces.AsSpan(), _picker.Geometry.PieceCount) is { } pieces) _picker.PeerBitfield(has.Key, pieces);
        if (IsReplica(has.Key)) PlanFetching();
        Serve(source);
        EndTurn();
    }

    private void OnPeerHave(PeerHave have)
    {
        if (_picker is null || !_sources.TryGetValue(have.Key, out var source)) return;
        if (have.Has) NoteHad(have.Key, have.Piece);
        if (have.Has ? _picker.PeerHave(have.Key, have.Piece) : _picker.PeerDontHave(have.Key, have.Piece)) Serve(source);
        EndTurn();
    }

    private void OnWant(Want want)
    {
        if (!_sources.TryGetValue(want.Key, out var source)) return;
        if ((source.Choked || want.AskAgain) && !want.Choked) _picker?.PeerMayBeAsked(want.Key);
        if (!source.Choked && want.Choked) _picker?.PeerChoked(want.Key);
        source.Depth = want.Depth;
        source.Rate = want.Rate;
        source.Choked = want.Choked;
        source.AllowedFast = want.AllowedFast;
        Serve(source);
    }

    private void OnBlocks(BlocksReceived received)
    {
        long wasted = 0;
        NoteGiven(received.Key);
        _writes.Clear();
        foreach (var block in received.Blocks)
        {
            _received += block.Block.Length;
            if (_picker?.BlockReceived(received.Key, block.Block, _cancels) == BlockOutcome.Accepted)
            {
                _writes.Add(block);
                continue;
            }

            wasted += block.Block.Length;
            block.First.Release();
            block.Second.Release();
        }

        if (_writes.Count > 0 && !_disk.Write(_storage, CollectionsMarshal.AsSpan(_writes))) _diskOver = true;
        if (wasted > 0) Context.Parent.Tell(new Wasted(wasted));
        if (_sources.TryGetValue(received.Key, out var source))
        {
            source.Depth = received.Depth;
            source.Rate = received.Rate;
            Serve(source);
        }

        EndTurn();
    }

    private void OnRequestsEnded(RequestsEnded ended)
    {
        if (_picker is null) return;
        foreach (var block in ended.Blocks) _freed |= _picker.RequestReleased(ended.Key, block, ended.Reason);
        // Who gives work back gets more when it asks again, not in the same breath: otherwise the two would pass it to and fro for ever.
        if (_sources.TryGetValue(ended.Key, out var source)) source.Depth = 0;
        EndTurn();
    }

    private void OnWritten(IDisk.Written written)
    {
        if (_picker is null) return;
        if (_diskFull) Recovered();
        if (written.Pieces.IsEmpty) return;
        var verified = ImmutableArray.CreateBuilder<PieceIndex>(written.Pieces.Length);
        foreach (var (piece, state) in written.Pieces)
        {
            if (state != PieceState.Valid)
            {
                Reject(piece, isUnreadable: state == PieceState.Unreadable);
                continue;
            }

            if (!_picker.PieceVerified(piece, _cancels)) continue;
            verified.Add(piece);
            if (_smartBan.Remembers(piece)) _disk.HashBlocks(_storage, piece);
            else Acquit(piece);
        }

        if (verified.Count > 0)
        {
            var message = new PeerActor.WeHave(verified.DrainToImmutable());
            Context.Parent.Tell(new Verified(message.Pieces));
            foreach (var source in _sources.Values) source.Peer.Tell(message);
        }

        EndTurn();
        TellIfFinished();
    }

    // Its blocks are hashed one by one as they are on disk now, before anything else is written there, to be compared when the piece passes.
    // One that could not be read back says nothing of who sent it: it is fetched again, and if it cannot be read for hashing either, the torrent fails.
    private void Reject(PieceIndex piece, bool isUnreadable)
    {
        var senders = new List<BlockSender>();
        if (!_picker!.PieceRejected(piece, senders, _cancels)) return;
        if (isUnreadable) LogPieceUnreadable(_metainfo.Name, piece.Value);
        else LogPieceFailed(_metainfo.Name, piece.Value);
        if (isUnreadable) senders.Clear();
        _failing[piece] = new FailedPiece([.. senders]);
        _disk.HashBlocks(_storage, piece);
        _freed = true;
        _suspects[piece] = [.. senders.Select(sender => sender.Sender).Union(_suspects.GetValueOrDefault(piece, []))];
        foreach (var suspect in _suspects[piece]) _picker.SetParole(suspect, onParole: true);
        Context.Parent.Tell(new Failed(piece));
    }

    private void OnBlockHashes(IDisk.BlockHashes hashes)
    {
        _liars.Clear();
        if (_failing.Remove(hashes.Piece, out var failed))
        {
            var sent = failed.Senders.Where(sender => sender.Block.Value < hashes.Hashes.Length)
                .Select(sender => new SentBlock<PeerKey>(sender.Block, sender.Sender, hashes.Hashes[sender.Block.Value])).ToArray();
            _smartBan.PieceFailed(hashes.Piece, sent, _liars);
        }
        else
        {
            _smartBan.PiecePassed(hashes.Piece, hashes.Hashes.AsSpan(), _liars);
            Acquit(hashes.Piece);
        }

        foreach (var liar in _liars) Context.Parent.Tell(new Liar(liar, hashes.Piece));
    }

    // Whoever took part in a failed piece is trusted again when that piece has passed, unless another one still stands against him; the liars among them are banned.
    private void Acquit(PieceIndex piece)
    {
        if (!_suspects.Remove(piece, out var acquitted)) return;
        foreach (var peer in acquitted)
        {
            if (!_suspects.Values.Any(others => others.Contains(peer))) _picker?.SetParole(peer, onParole: false);
        }
    }

    // The link that wanted the block is closed already.
    private void OnReadFailed(DiskError error)
    {
        if (error.Kind == DiskErrorKind.TooManyOpen) LogDiskTrouble(_metainfo.Name, error.Message);
        else Context.Parent.Tell(new DiskTrouble(error));
    }

    private void OnWriteFailed(IDisk.WriteFailed failed)
    {
        if (_closing) return;
        // The disk forgot the piece's hash, so every block of it is fetched again; Restart undoes what was posted before this message was read.
        _disk.Restart(_storage, failed.Piece);
        var received = new List<BlockSender>();
        _picker?.SendersOf(failed.Piece, received);
        foreach (var block in received) _picker!.BlockFailed(failed.Piece, block.Block);
        if (!_diskFull)
        {
            LogDiskTrouble(_metainfo.Name, failed.Error.Message);
            Context.Parent.Tell(new DiskTrouble(failed.Error));
        }

        _diskFull = true;
        _probing = false;
        _probesLeft = 0;
        if (failed.Error.Kind is DiskErrorKind.NoSpace or DiskErrorKind.TooManyOpen) Timers.StartSingleTimer(RetryKey, RetryDisk.Instance, _settings.DiskRetryInterval);
    }

    // A few blocks are asked for; the first that the disk takes ends the pause, the first that it refuses begins the next.
    private void OnRetryDisk()
    {
        _probing = true;
        _probesLeft = ProbeBlocks;
        _freed = true;
        Timers.StartSingleTimer(RetryKey, RetryDisk.Instance, _settings.DiskRetryInterval);
        EndTurn();
    }

    private void Recovered()
    {
        // What was posted before the disk refused may still be answered with success.
        if (!_probing || _probesLeft == ProbeBlocks) return;
        _diskFull = false;
        Timers.Cancel(RetryKey);
        Context.Parent.Tell(new DiskRecovered());
        _freed = true;
        EndTurn();
    }

    private void OnDrained()
    {
        _diskOver = false;
        _freed = true;
        EndTurn();
    }

    private void Serve(Source source)
    {
        if (_picker is null || _diskOver || (_diskFull && _probesLeft == 0)) return;
        // The picker's own count, not the peer's: it knows of requests that are still on their way to the peer.
        var own = _picker.RequestsOf(source.Key);
        var count = source.Depth - own;
        // A deep pipeline is filled up in steps, each one message and one send; what is still asked for keeps the peer busy meanwhile.
        if (count <= 0 || count < source.Depth / RefillShare) return;

        // What many fast peers were asked for comes all at once, whatever the disk does meanwhile; more than memory is there for would only wait in their sockets.
        count = Math.Min(count, Math.Max((int)(_settings.MaxOutstandingBytes / PieceGeometry.BlockSize) - _picker.OutstandingRequests, LeastShare - own));
        if (count <= 0) return;
        if (_diskFull) count = Math.Min(count, _probesLeft);
        _requests.Clear();
        var hints = new PickHints { Speed = _picker.SpeedOf(source.Rate), Choked = source.Choked, AllowedFast = source.AllowedFast.AsSpan() };
        var picked = _picker.Pick(source.Key, count, _requests, hints);
        if (picked == 0) return;
        if (_diskFull) _probesLeft -= picked;
        source.Peer.Tell(new PeerActor.Request([.. _requests]));
    }

    // What a handler changed reaches the peers once, at its end: cancels, interest, and work for the hungry if blocks became free.
    private void EndTurn()
    {
        if (_cancels.Count > 0)
        {
            foreach (var peer in _cancels.GroupBy(cancel => cancel.Peer))
            {
                if (_sources.TryGetValue(peer.Key, out var source)) source.Peer.Tell(new PeerActor.CancelRequests([.. peer.Select(cancel => cancel.Request)]));
            }

            _cancels.Clear();
        }

        if (_picker is null) return;
        _interests.Clear();
        _picker.TakeInterestChanges(_interests);
        foreach (var change in _interests)
        {
            if (_sources.TryGetValue(change.Peer, out var source)) source.Peer.Tell(change.Interested ? PeerActor.BeInterested.Yes : PeerActor.BeInterested.No);
        }

        if (!_freed) return;
        _freed = false;
        foreach (var source in _sources.Values) Serve(source);
    }

    private void TellIfFinished()
    {
        if (_toldFinished || _picker is not { IsFinished: true }) return;
        _toldFinished = true;
        Context.Parent.Tell(new Finished(_received));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: piece {Piece} failed its hash and is fetched again")]
    private partial void LogPieceFailed(string name, int piece);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: piece {Piece} could not be read back to be verified and is fetched again")]
    private partial void LogPieceUnreadable(string name, int piece);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: {Reason}")]
    private partial void LogDiskTrouble(string name, string reason);
}
