using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Torrents;

/// <summary>
/// One connection of one torrent. Child of <see cref="TorrentActor"/>; stopped, never restarted, because a half-read stream cannot be resumed.
/// <para>
/// It owns the link and everything that is true of it: the decoder, <see cref="PeerWireState"/>, the request pipeline. It decodes a whole slab, then tells the piece manager once which blocks came,
/// and sends what it has to say in one piece. What to ask for, and whom to choke, others decide.
/// </para>
/// <para>
/// Life: handshake (ours first if we called, else after the caller's info-hash), <see cref="TorrentActor.PeerHandshaken"/>, extension handshake and what we have, then messages until the link closes, the peer
/// breaks the protocol, or the torrent stops it. The torrent ticks it; it has no timers. When it stops, its slabs and its link are given back, and the piece manager learns that what
/// it was asked for is free.
/// </para>
/// </summary>
public sealed partial class PeerActor : UntypedActor
{
    private readonly PeerContext _context;
    private readonly PeerKey _key;
    private readonly IPeerLink _link;
    private readonly bool _cameIn;
    private readonly WireDecoder _decoder;
    private readonly RequestPipeline _pipeline;
    private readonly UploadWindow _uploadWindow;
    private readonly OutgoingBytes _bytes = new();
    private readonly WireWriter _out;
    private readonly BlockAssembly _assembly = new();
    private readonly long _startedTicks;
    private readonly DhtAccess? _dht;
    private ImmutableArray<byte> _head;
    private HandshakeDecoder? _handshake = new();
    private PeerContent? _content;
    private IActorRef? _metadata;
    private PeerWireState? _state;
    private MetadataServer? _metadataServer;
    private bool _joined;
    private bool _toldMayAsk;
    private int _blocksInLink;
    private long _downloaded;
    private long _uploaded;
    private PeerView _view = PeerView.Nothing;
    private bool _stopping;
    private string _reason = "the torrent is stopping";

    private PeerActor(PeerContext context, PeerKey key, IPeerLink link, ImmutableArray<byte> head, PeerContent? content, IActorRef? metadata)
    {
        _context = context;
        _key = key;
        _link = link;
        _cameIn = !head.IsDefault;
        _head = head;
        _content = content;
        _metadata = metadata;
        _out = new WireWriter(_bytes);
        _startedTicks = Now();
        _dht = context.DhtOf(link.Remote.Address);
        _decoder = new WireDecoder(context.Settings.Wire);
        _pipeline = new RequestPipeline(context.Settings.Wire, _startedTicks);
        _uploadWindow = new UploadWindow(context.Settings.Wire, _startedTicks);
    }

    /// <summary>From the torrent's beat: time-outs, keep-alives, and a <see cref="TorrentActor.PeerReport"/> in return if anything moved.</summary>
    public sealed record Tick
    {
        /// <summary>The message.</summary>
        public static Tick Instance { get; } = new();
    }

    /// <summary>From the torrent: choke, or unchoke.</summary>
    public sealed record SetChoke(bool Choke);

    /// <summary>From the torrent: the metadata is known and pieces are to be had; also after the piece manager was restarted.</summary>
    public sealed record ContentKnown(PeerContent Content);

    /// <summary>From the torrent: metadata is fetched by <paramref name="Metadata"/>, or no more if null.</summary>
    public sealed record FetchMetadata(IActorRef? Metadata);

    /// <summary>From the torrent: end the connection.</summary>
    public sealed record Disconnect(string Reason);

    /// <summary>From the piece manager: ask for these.</summary>
    public sealed record Request(ImmutableArray<BlockRequest> Blocks);

    /// <summary>From the piece manager: these came from elsewhere.</summary>
    public sealed record CancelRequests(ImmutableArray<BlockRequest> Blocks);

    /// <summary>From the piece manager: the peer has something we want, or no more.</summary>
    public sealed record BeInterested(bool Interested)
    {
        /// <summary>Interested.</summary>
        public static BeInterested Yes { get; } = new(true);

        /// <summary>Not interested.</summary>
        public static BeInterested No { get; } = new(false);
    }

    /// <summary>From the piece manager: we have these now.</summary>
    public sealed record WeHave(ImmutableArray<PieceIndex> Pieces);

    /// <summary>From the piece manager, once after joining: all that we have, in wire form.</summary>
    public sealed record Welcome(ImmutableArray<byte> Verified);

    /// <summary>From the metadata fetcher: ask for a piece of the info dictionary.</summary>
    public sealed record RequestMetadata(int Piece);

    /// <summary>
    /// A connection over <paramref name="link"/>. <paramref name="head"/>: the first 48 bytes of an incoming handshake, default if we called. <paramref name="content"/> is null while the metadata is not
    /// known, then <paramref name="metadata"/> fetches it.
    /// </summary>
    public static Props Props(PeerContext context, PeerKey key, IPeerLink link, ImmutableArray<byte> head, PeerContent? content, IActorRef? metadata) =>
        ActorProps.CreateBy(new Producer(context, key, link, head, content, metadata));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_content is not null) LearnContent();
        // Ours before the limits change: a link that came in is read no further until then, so not one byte goes to its former owner.
        _link.Start(Self);
        if (_cameIn)
        {
            var position = 0;
            _handshake!.Read(_head.AsSpan(), ref position);
            _head = default;
        }

        WriteHandshake();
        Flush();
        _context.Bandwidth.Tell(new BandwidthActor.Join(_link, _context.Scope));
        // A link that came in has spent what it was granted for its handshake, and has said so to its former owner.
        if (_cameIn) _context.Bandwidth.Tell(new BandwidthActor.QuotaWanted(_link, TransferDirection.Download));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _assembly.Release();
        _bytes.Drop();
        _link.Close();
        _context.Bandwidth.Tell(new BandwidthActor.Leave(_link));
        if (_joined) _content!.Pieces.Tell(new PiecesActor.PeerLeft(_key));
        _metadata?.Tell(new MetadataActor.PeerLeft(_key));
        Report();
        Context.Parent.Tell(new TorrentActor.PeerGone(_key, _reason));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IPeerLink.Received received: OnReceived(received.Data); break;
            case Request request: OnRequest(request); break;
            case IPeerLink.Sent sent: OnSent(sent); break;
            case WeHave have: OnWeHave(have); break;
            case Tick: OnTick(); break;
            case CancelRequests cancels: OnCancelRequests(cancels); break;
            case BeInterested interest: OnBeInterested(interest.Interested); break;
            case Welcome welcome: OnWelcome(welcome); break;
            case SetChoke choke: OnSetChoke(choke.Choke); break;
            case IPeerLink.QuotaSpent spent: _context.Bandwidth.Tell(new BandwidthActor.QuotaWanted(_link, spent.Direction)); break;
            case RequestMetadata request: OnRequestMetadata(request.Piece); break;
            case FetchMetadata fetch: OnFetchMetadata(fetch.Metadata); break;
            case ContentKnown known: OnContentKnown(known.Content); break;
            case Disconnect disconnect: Stop(disconnect.Reason); break;
            case IPeerLink.Closed closed: Stop(closed.Reason); break;
            default: Unhandled(message); break;
        }
    }

    private ReservedBits OwnBits => ReservedBits.Fast | ReservedBits.Extension | (_dht is null ? default : ReservedBits.Dht);

    private long Now() => _context.Time.GetElapsedTime(0).Ticks;

    private void WriteHandshake()
    {
        var ours = new Handshake(OwnBits, _context.Torrent, _context.OwnId);
        ours.Write(_bytes.GetSpan(Handshake.Size));
        _bytes.Advance(Handshake.Size);
    }

    // Feeds the handshake; once it is complete the rest of the slab is messages.
    private bool ReadHandshake(ReadOnlySpan<byte> feed, ref int position)
    {
        switch (_handshake!.Read(feed, ref position))
        {
            case HandshakeProgress.Failed:
                Stop(_handshake.Error!.Reason);
                return false;
            case HandshakeProgress.Complete when _handshake.InfoHash != _context.Torrent:
                Stop("it answered for another torrent");
                return false;
            case HandshakeProgress.Complete:
                Greet(_handshake);
                _handshake = null;
                return true;
            default:
                return false;
        }
    }

    private void Greet(HandshakeDecoder theirs)
    {
        _state = new PeerWireState(_context.Settings.Wire, OwnBits, theirs.Reserved, _content?.Metainfo.Layout.Geometry, Now());
        var client = ClientName.Decode(theirs.PeerId).ToString();
        Context.Parent.Tell(new TorrentActor.PeerHandshaken(_key, theirs.PeerId, client));
        _pipeline.LearnClient(client);
        if (_state.Negotiated.HasFlag(ReservedBits.Extension)) WriteExtensionHandshake();
        _state.AnnouncePieces(_content is null ? null : Bitfield.FromWire(_content.Verified.AsSpan(), _content.Metainfo.Layout.Geometry.PieceCount), _out);
        // BEP 5: where our node of the DHT is, after what we have.
        if (_dht is { Port: > 0 } && _state.Negotiated.HasFlag(ReservedBits.Dht)) _out.Port(_dht.Port);
        Join();
        GrantAllowedFast();
    }

    private void WriteExtensionHandshake()
    {
        var isPrivate = _content?.Metainfo.IsPrivate == true;
        var metadata = isPrivate ? ImmutableArray<ExtensionMapping>.Empty : [new ExtensionMapping(ExtensionId.Metadata, (byte)ExtensionId.Metadata)];
        new ExtensionHandshake
        {
            Extensions = [.. metadata, new ExtensionMapping(ExtensionId.UploadOnly, (byte)ExtensionId.UploadOnly), new ExtensionMapping(ExtensionId.DontHave, (byte)ExtensionId.DontHave)],
            ListenPort = !_cameIn && _context.ListenPort != 0 ? _context.ListenPort : null,
            Client = "Swarm 0.1",
            YourIp = _link.Remote.Address.IsIPv4MappedToIPv6 ? _link.Remote.Address.MapToIPv4() : _link.Remote.Address,
            RequestQueue = _context.Settings.Wire.MaxQueuedUploads,
            MetadataSize = isPrivate ? null : _content?.Metainfo.RawInfo.Length,
            UploadOnly = _content is not null && Bitfield.FromWire(_content.Verified.AsSpan(), _content.Metainfo.Layout.Geometry.PieceCount)!.IsFull ? true : null,
        }.Write(_out);
    }

    private void GrantAllowedFast()
    {
        if (_content is null || !_state!.Fast || _link.Remote.Address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork) return;
        var settings = _context.Settings.Wire;
        _state.GrantAllowedFast(AllowedFastSet.Generate(_link.Remote.Address, _context.Torrent, _content.Metainfo.Layout.Geometry.PieceCount, settings.AllowedFastCount), _out);
    }

    private ReadOnlyMemory<byte> ServedMetadata => _content is { Metainfo: { IsPrivate: false } metainfo } ? metainfo.RawInfo : default;

    private void LearnContent()
    {
        _decoder.MetadataKnown(_content!.Metainfo.Layout.Geometry);
        _metadataServer?.MetadataKnown(ServedMetadata);
    }

    private void OnContentKnown(PeerContent content)
    {
        var first = _content is null;
        _content = content;
        _joined = false;
        if (first) LearnContent();
        if (_state is null) return;
        if (first && _state.MetadataKnown(content.Metainfo.Layout.Geometry) is { Kind: WireOutcomeKind.Close } close)
        {
            Stop(close.Error!.Reason);
            return;
        }

        if (first && _state.Negotiated.HasFlag(ReservedBits.Extension)) WriteExtensionHandshake();
        // A new piece manager knows of no request: what is outstanding is asked anew, late answers are welcome.
        var given = new List<BlockRequest>();
        _state.Requests.CopyTo(given);
        foreach (var block in given) _state.SendCancel(block, _out, Now());
        Join();
        Flush();
    }

    private void Join()
    {
        if (_content is null || _joined) return;
        _joined = true;
        _toldMayAsk = false;
        _content.Pieces.Tell(new PiecesActor.PeerJoined(_key, Self));
        TellPieces();
        if (!_state!.PeerChoking) TellWant();
    }

    private void OnFetchMetadata(IActorRef? metadata)
    {
        _metadata = metadata;
        OfferMetadata();
    }

    private void Stop(string reason)
    {
        if (_stopping) return;
        _stopping = true;
        _reason = reason;
        LogClosing(_context.Log, _link.Remote, reason);
        Context.Stop(Self);
    }

    private void Flush()
    {
        if (_bytes.Count == 0) return;
        if (!_link.Send(_bytes.Written)) Stop("it does not take what we send");
        _state?.Sent(Now());
        _bytes.Drop();
    }

    // Instead of an expression, of which as much is kept as of half a connection that says nothing, and several times that is garbage.
    private sealed class Producer(PeerContext context, PeerKey key, IPeerLink link, ImmutableArray<byte> head, PeerContent? content, IActorRef? metadata) : IIndirectActorProducer
    {
        public Type ActorType => typeof(PeerActor);

        public ActorBase Produce() => new PeerActor(context, key, link, head, content, metadata);

        public void Release(ActorBase actor)
        {
            // It holds nothing that its end did not give back.
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection with {Remote} ends: {Reason}")]
    private static partial void LogClosing(ILogger log, IPEndPoint remote, string reason);
}
