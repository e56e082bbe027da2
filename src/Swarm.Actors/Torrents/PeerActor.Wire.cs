using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using Swarm.Actors.Dht;
using Swarm.Actors.Ports;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Torrents;

// Messages of the peer, and what is said to it: between the finished handshake and the end.
public sealed partial class PeerActor
{
    /// <summary>How long a peer that serves us must have had nothing to do before it is asked for what it rejected.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>Pieces told of at once of those that we had when the metadata came: a quarter of a mebibyte on the wire, of which a link takes one.</summary>
    private const int HavesAtOnce = 28_000;

    private Bitfield? _toldOfLater;
    private long _idleSince;
    private bool _toldSeed;

    private void OnReceived(SlabSlice data)
    {
        try
        {
            var feed = data.Span;
            var position = 0;
            if (_stopping || (_state is null && !ReadHandshake(feed, ref position)))
            {
                Flush();
                return;
            }

            while (!_stopping && _decoder.TryRead(feed, ref position, out var message))
            {
                var outcome = _state!.Receive(message, _out, Now());
                if (outcome.Kind == WireOutcomeKind.BlockFragment) OnFragment(message, outcome, data);
                else if (outcome.Kind != WireOutcomeKind.None) OnOutcome(message, outcome);
                else if (message.Kind == WireMessageKind.Cancel) CancelInLink(message.Block);
            }

            if (_decoder.Error is { } error) Stop(error.Reason);
            if (!_stopping) EndSlab();
        }
        finally
        {
            data.Release();
        }
    }

    private void OnFragment(in WireMessage message, in WireOutcome outcome, SlabSlice data)
    {
        if (outcome.Arrival == BlockArrival.Unasked) return;
        if (!_assembly.Add(message.Block, data, message.FeedOffset, message.Count, message.IsFirst, message.IsLast)) throw new InvalidOperationException("A block lies in three slabs.");
        if (!message.IsLast) return;
        _downloaded += message.Block.Length;
        if (outcome.Arrival == BlockArrival.Expected) _pipeline.BlockArrived(message.Block.Length, outcome.SentTicks, Now());
    }

    // The block waits no more here, but perhaps in the link; a request is answered once, so a block taken back there is refused.
    private void CancelInLink(BlockRequest block)
    {
        if (!_link.CancelBlock(block)) return;
        _blocksInLink--;
        _state!.RefuseTaken(block, _out);
    }

    private void OnOutcome(in WireMessage message, in WireOutcome outcome)
    {
        switch (outcome.Kind)
        {
            case WireOutcomeKind.Close: Stop(outcome.Error!.Reason); break;
            case WireOutcomeKind.Choked or WireOutcomeKind.Unchoked or WireOutcomeKind.AllowedFastGained: TellWant(); break;
            case WireOutcomeKind.BecameInterested: TellInterest(true); break;
            case WireOutcomeKind.BecameUninterested: TellInterest(false); break;
            case WireOutcomeKind.PieceGained: TellHave(outcome.Piece, has: true); break;
            case WireOutcomeKind.PieceLost: TellHave(outcome.Piece, has: false); break;
            case WireOutcomeKind.PiecesReplaced: TellPieces(); break;
            case WireOutcomeKind.ExtensionsChanged: OnExtensions(); break;
            case WireOutcomeKind.UploadOnlyChanged: ReportSeed(); break;
            case WireOutcomeKind.DhtPort: _dht?.Actor.Tell(new DhtActor.AddNode(new IPEndPoint(_link.Remote.Address, outcome.Port))); break;
            case WireOutcomeKind.Metadata: OnMetadata(message.Payload); break;
        }
    }

    // Once a slab: what came goes to the piece manager, what is to be said goes to the link.
    private void EndSlab()
    {
        PassReleased(ReleaseReason.Rejected);
        if (_assembly.HasBlocks)
        {
            var blocks = _assembly.Take();
            if (_content is not null && _joined)
            {
                _content.Pieces.Tell(new PiecesActor.BlocksReceived(_key, blocks, _pipeline.Depth, (long)_pipeline.RateBytesPerSecond));
            }
            else
            {
                foreach (var block in blocks)
                {
                    block.First.Release();
                    block.Second.Release();
                }
            }
        }

        PumpUploads();
        Flush();
    }

    private void TellWant(bool askAgain = false)
    {
        PassReleased(ReleaseReason.Choked);
        if (!_joined) return;
        var allowed = _state!.PeerChoking ? [.. _state.Pieces.AllowedFast.Where(_state.Pieces.Has)] : ImmutableArray<PieceIndex>.Empty;
        // Interest comes and goes with every piece of the swarm; while nothing may be asked that is no news to the piece manager.
        var mayAsk = !_state.PeerChoking || !allowed.IsEmpty;
        if (!mayAsk && !_toldMayAsk) return;
        _toldMayAsk = mayAsk;
        _content!.Pieces.Tell(new PiecesActor.Want(_key, _state.AmInterested ? _pipeline.Depth : 0, (long)_pipeline.RateBytesPerSecond, _state.PeerChoking, allowed, askAgain));
    }

    private void TellInterest(bool interested) => Context.Parent.Tell(new TorrentActor.PeerInterest(_key, interested));

    private void TellHave(PieceIndex piece, bool has)
    {
        if (_joined) _content!.Pieces.Tell(new PiecesActor.PeerHave(_key, piece, has));
        if (has && _state!.PeerChoking && _state.Pieces.IsAllowedFast(piece)) TellWant();
        ReportSeed();
    }

    private void TellPieces()
    {
        ReportSeed();
        if (!_joined || _state!.Pieces.Known is not { } pieces) return;
        _content!.Pieces.Tell(new PiecesActor.PeerHas(_key, pieces.IsFull ? default : ImmutableCollectionsMarshal.AsImmutableArray(pieces.ToWire())));
    }

    // One that wants nothing counts as a seed, and may come to want something.
    private void ReportSeed()
    {
        var isSeed = _state!.Pieces.IsSeed || _state.Extensions.UploadOnly;
        if (isSeed == _toldSeed) return;
        _toldSeed = isSeed;
        Context.Parent.Tell(new TorrentActor.PeerIsSeed(_key, isSeed));
    }

    private void PassReleased(ReleaseReason reason)
    {
        if (_state!.Released.IsEmpty) return;
        if (_joined) _content!.Pieces.Tell(new PiecesActor.RequestsEnded(_key, [.. _state.Released], reason));
        _state.ClearReleased();
    }

    private void OnExtensions()
    {
        var extensions = _state!.Extensions;
        if (extensions.RequestQueue is { } queue) _pipeline.LimitTo(queue);
        _pipeline.LearnClient(extensions.Client);
        if (extensions.ListenPort is { } port && _cameIn) Context.Parent.Tell(new TorrentActor.PeerListens(_key, port));
        ReportSeed();
        OfferMetadata();
    }

    private void OfferMetadata()
    {
        if (_metadata is null || _state is null || !_state.Extensions.Supports(ExtensionId.Metadata)) return;
        _metadata.Tell(new MetadataActor.PeerOffers(_key, Self, _state.Extensions.MetadataSize));
    }

    private void OnMetadata(ReadOnlySpan<byte> payload)
    {
        if (!MetadataMessage.TryParse(payload, out var message)) return;
        switch (message.Type)
        {
            case MetadataMessageType.Request: MetadataServer().Answer(message.Piece, _state!.Extensions.IdOf(ExtensionId.Metadata), _out); break;
            case MetadataMessageType.Data: _metadata?.Tell(new MetadataActor.PieceReceived(_key, message.Piece, message.TotalSize, [.. message.Data])); break;
            case MetadataMessageType.Reject: _metadata?.Tell(new MetadataActor.PieceRejected(_key, message.Piece)); break;
        }
    }

    // Made when the first asks: most never do.
    private MetadataServer MetadataServer() => _metadataServer ??= new MetadataServer(_context.Settings.Wire, ServedMetadata);

    private void OnRequestMetadata(int piece)
    {
        if (_state?.Extensions.IdOf(ExtensionId.Metadata) is not (byte id and not 0)) return;
        MetadataMessage.WriteRequest(_out, id, piece);
        Flush();
    }

    private void OnRequest(Request request)
    {
        if (_stopping || _state is null) return;
        _state.SendRequests(request.Blocks.AsSpan(), _out, Now());
        PassReleased(ReleaseReason.Choked);
        Flush();
    }

    private void OnCancelRequests(CancelRequests cancels)
    {
        if (_stopping || _state is null) return;
        foreach (var block in cancels.Blocks) _state.SendCancel(block, _out, Now());
        if (!_state.PeerChoking) TellWant();
        Flush();
    }

    private void OnBeInterested(bool interested)
    {
        if (_stopping || _state is null) return;
        _state.SetInterested(interested, _out);
        TellWant();
        Flush();
    }

    private void OnSetChoke(bool choke)
    {
        if (_stopping || _state is null) return;
        if (choke) _state.ChokePeer(_out);
        else _state.UnchokePeer(_out);
        Flush();
    }

    private void OnWeHave(WeHave have)
    {
        if (_stopping || _state is null) return;
        var isNews = false;
        foreach (var piece in have.Pieces)
        {
            _state.AnnounceHave(piece, _out);
            isNews |= !_state.Pieces.Has(piece);
        }

        // Who has them himself may learn it with the next thing that is said, at the latest at the next tick: to 40 seeds that saves 40 sends a piece.
        if (isNews) Flush();
    }

    private void OnWelcome(Welcome welcome)
    {
        if (_stopping || _state is null || Bitfield.FromWire(welcome.Verified.AsSpan(), _content!.Metainfo.Layout.Geometry.PieceCount) is not { } verified) return;
        _toldOfLater = verified;
        TellOfMore();
        Flush();
    }

    // Of many pieces in portions, one a tick, for a link takes only so much that its peer has not read yet.
    private void TellOfMore()
    {
        if (_toldOfLater is not { } pieces) return;
        var piece = pieces.NextSet(0);
        for (var told = 0; piece >= 0 && told < HavesAtOnce; told++)
        {
            _state!.AnnounceHave(new PieceIndex(piece), _out);
            pieces.Remove(new PieceIndex(piece));
            piece = pieces.NextSet(piece + 1);
        }

        if (piece < 0) _toldOfLater = null;
    }

    private void OnSent(IPeerLink.Sent sent)
    {
        _blocksInLink -= sent.Blocks;
        _uploaded += sent.BlockBytes;
        _uploadWindow.Sent(sent.Blocks, Now());
        if (_stopping || _state is null) return;
        _state.Sent(Now());
        PumpUploads();
    }

    // Blocks wait here, where a cancel or a choke still reaches them, rather than in the link.
    private void PumpUploads()
    {
        if (_content is null) return;
        while (_blocksInLink < _uploadWindow.Blocks && _state!.Uploads.TryPeek(out var block))
        {
            // What was said before the block must be on the wire before it.
            Flush();
            if (!_link.SendBlock(_content.Storage, block)) return;
            _state.Uploads.TryTake(out _);
            _blocksInLink++;
        }
    }

    private void OnTick()
    {
        if (_stopping) return;
        var now = Now();
        if (_state is null)
        {
            if (now - _startedTicks > _context.Settings.Wire.HandshakeTimeout.Ticks) Stop("no handshake came");
            return;
        }

        var outcome = _state.Tick(_out, now);
        _pipeline.Tick(now);
        if (outcome.Kind == WireOutcomeKind.Close)
        {
            Stop(outcome.Error!.Reason);
            return;
        }

        if (outcome.Kind == WireOutcomeKind.Snubbed) _pipeline.Snub();
        PassReleased(ReleaseReason.TimedOut);
        var isIdle = _state.AmInterested && _state.Requests.Count == 0 && (!_state.PeerChoking || _state.Pieces.AllowedFast.Count > 0);
        if (!isIdle) _idleSince = now;
        if (outcome.Kind is WireOutcomeKind.Snubbed or WireOutcomeKind.RequestsTimedOut) TellWant();
        else if (isIdle) TellWant(AsksAgain(now));
        TellOfMore();
        Flush();
        if (_downloaded != 0 || _uploaded != 0 || outcome.Kind == WireOutcomeKind.Snubbed || View() != _view) Report();
    }

    // A peer may reject a piece for a passing reason, such as one that it announced before it was written, and never choke us.
    private bool AsksAgain(long now)
    {
        if (now - _idleSince < AskAgainAfter.Ticks) return false;
        _idleSince = now;
        return true;
    }

    private PeerView View() => _state is null ? PeerView.Nothing : new PeerView(
        _state.Pieces.IsSeed ? 1 : _state.Pieces.Known is { Length: > 0 } pieces ? (double)pieces.Count / pieces.Length : 0,
        _state.AmChoking, _state.AmInterested, _state.PeerChoking, _state.PeerInterested, _pipeline.Snubbed);

    private void Report()
    {
        Context.Parent.Tell(new TorrentActor.PeerReport(_key, _downloaded, _uploaded, _pipeline.Snubbed) { View = _view = View() });
        _downloaded = 0;
        _uploaded = 0;
    }
}
