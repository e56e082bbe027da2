using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Torrents;

/// <summary>
/// The control plane of one swarm: candidates, choking, state, limits, what is recorded. Child of <see cref="TorrentsActor"/>; owns the piece manager, the announcer, the metadata fetcher and the
/// connections.
/// <para>
/// Life: take the lease and read what is recorded → record the torrent, then acknowledge it → with a magnet link, fetch the metadata → open the storage, check it → serve and fetch → on stop,
/// tell the trackers, make pieces durable, record them, give the lease back. Each step waits for the message that ends it; no step waits inside a handler. One that was woken from rest opens nothing until
/// it is needed: a command that only changes what is recorded is carried out, and the torrent rests again.
/// </para>
/// <para>
/// Fails by: a lease that is held elsewhere or lost (stops writing at once), files that are not what was left (stands still, says so), a disk that refuses (pauses for want of room, else stands still),
/// a peer or tracker (only that one suffers). Restarted after a bug it begins anew from the store. Every write to the store carries the lease's fencing token.
/// </para>
/// </summary>
public sealed partial class TorrentActor : UntypedActor, IWithTimers
{
    private readonly TorrentSource _source;
    private readonly TorrentServices _services;
    private readonly BandwidthScope _scope;
    private readonly PeerId _ownId;
    private readonly Random _random;
    private readonly ILogger _log;
    private readonly InfoHash _torrent;
    private readonly TorrentPeers _peers;
    private readonly IActorRef _adder;
    private readonly string? _within;
    private readonly List<IActorRef> _stoppers = [];
    private TorrentOptions _options;
    private MagnetLink? _magnet;
    private TorrentMetainfo? _metainfo;
    private TorrentState _state = TorrentState.Loading;
    private string? _reason;
    private long _token;
    private ProgressRecord? _progress;
    private IActorRef? _pieces;
    private IActorRef? _metadata;
    private IActorRef? _announcer;
    private StorageId _storage;
    private Bitfield? _verified;
    private PeerContext? _peerContext;
    private PeerContent? _content;
    private Bitfield? _wanted;
    private long _selectedLength;
    private long _verifiedLength;
    private long _wasted;
    private (int Done, int Total) _check;
    private bool _acknowledged;

    private TorrentActor(TorrentSource source, TorrentOptions options, TorrentServices services, BandwidthScope scope, IActorRef adder, string? within)
    {
        _source = source;
        _options = options;
        _services = services;
        _scope = scope;
        _adder = adder;
        _within = within;
        _torrent = source.Torrent;
        _metainfo = source.Metainfo;
        _magnet = source.Magnet;
        _log = services.Log;
        _random = services.Ports.Entropy.CreateRandom();
        _ownId = services.PeerIdOf(source.Torrent);
        _peers = new TorrentPeers(services.Settings, _random, Now());
    }

    /// <summary>To who added it: the torrent is durable and will be worked on.</summary>
    public sealed record Added(InfoHash Torrent);

    /// <summary>To who added it: it was not added; <paramref name="Reason"/> is one line for people. <paramref name="Folder"/>: it is there, or recorded, with its content below this absolute folder; null: it is not, or that is not known.</summary>
    public sealed record AddFailed(InfoHash Torrent, string Reason, string? Folder = null);

    /// <summary>Asks for a <see cref="TorrentStatus"/>.</summary>
    public sealed record GetStatus(InfoHash Torrent);

    /// <summary>Stop, keeping everything; everybody who says so is answered with <see cref="Stopped"/>.</summary>
    public sealed record Stop(InfoHash Torrent) : TorrentsActor.ITorrentCommand;

    /// <summary>From the parent: nothing more comes; rest, or begin anew, once everything is closed.</summary>
    internal sealed record MayRest
    {
        public static readonly MayRest Instance = new();
    }

    /// <summary>From the parent: there are too many at work; rest, if nothing is to be done.</summary>
    internal sealed record RestEarly
    {
        public static readonly RestEarly Instance = new();
    }

    /// <summary>From the parent, to one that was woken: open the content, whatever is recorded.</summary>
    internal sealed record WorkOn
    {
        public static readonly WorkOn Instance = new();
    }

    /// <summary>It has stopped. <paramref name="Saved"/> is false if what was verified last could not be recorded: it will be hashed at the next start.</summary>
    public sealed record Stopped(InfoHash Torrent, bool Saved);

    /// <summary>A connection that named this torrent.</summary>
    public sealed record Incoming(IPeerLink Link, ImmutableArray<byte> Head);

    /// <summary>From a connection: its handshake is done.</summary>
    public sealed record PeerHandshaken(PeerKey Key, PeerId Id, string Client);

    /// <summary>From a connection: what it moved since the last report, in payload bytes.</summary>
    public sealed record PeerReport(PeerKey Key, long Downloaded, long Uploaded, bool Snubbed)
    {
        /// <summary>How the connection looks now.</summary>
        public PeerView View { get; init; } = PeerView.Nothing;
    }

    /// <summary>From a connection: it wants our pieces, or no more.</summary>
    public sealed record PeerInterest(PeerKey Key, bool Interested);

    /// <summary>From a connection: it has everything, or wants nothing.</summary>
    public sealed record PeerIsSeed(PeerKey Key, bool IsSeed);

    /// <summary>From an incoming connection: where it listens.</summary>
    public sealed record PeerListens(PeerKey Key, int Port);

    /// <summary>From a connection that has ended.</summary>
    public sealed record PeerGone(PeerKey Key, string Reason);

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }

    private sealed record StopTimedOut
    {
        public static readonly StopTimedOut Instance = new();
    }

    private sealed record GiveBackAgain
    {
        public static readonly GiveBackAgain Instance = new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A torrent; <paramref name="adder"/> is told <see cref="Added"/> or <see cref="AddFailed"/>. <paramref name="within"/>: of <see cref="TorrentsActor.Add"/>.</summary>
    public static Props Props(TorrentSource source, TorrentOptions options, TorrentServices services, BandwidthScope scope, IActorRef adder, string? within) =>
        ActorProps.Create(() => new TorrentActor(source, options, services, scope, adder, within));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(5, TimeSpan.FromMinutes(1), failure => failure switch
    {
        ActorInitializationException => Directive.Stop,
        _ when Sender.Path.Name.StartsWith("peer-", StringComparison.Ordinal) => Directive.Stop,
        _ => Directive.Restart,
    });

    /// <inheritdoc/>
    protected override void PreStart()
    {
        TakeLimits();
        foreach (var local in _services.Listen) _peers.Candidates.SetOwn(local);
        _services.Store.Tell(new StoreActor.Run(new StoreCommand.AcquireLease(_torrent), (long)StoreStep.Lease));
    }

    // The next incarnation knows nothing of the stop that is under way, and whoever waits for it would wait for ever.
    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object? message)
    {
        foreach (var stopper in _stoppers) Self.Tell(new Stop(_torrent), stopper);
        RefuseAll("it failed, and begins anew; try again");
        Context.Parent.Tell(new TorrentsActor.IsBack(_torrent));
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        CloseWaiting();
        _services.Bandwidth.Tell(new BandwidthActor.SetLimits(_scope, 0, 0));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PeerReport report: OnPeerReport(report); break;
            case PiecesActor.Verified verified: OnVerified(verified); break;
            case Beat: OnBeat(); break;
            case Incoming incoming: OnIncoming(incoming); break;
            case NetActor.Dialed dialed: OnDialed(dialed); break;
            case NetActor.DialFailed failed: OnDialFailed(failed); break;
            case PeerHandshaken handshaken: OnPeerHandshaken(handshaken); break;
            case PeerInterest interest: _peers.SetInterested(interest.Key, interest.Interested, Now()); break;
            case PeerIsSeed seed: OnPeerIsSeed(seed); break;
            case PeerListens listens: OnPeerListens(listens); break;
            case PeerGone gone: OnPeerGone(gone); break;
            case TorrentsActor.Shun shun: OnShun(shun.Addresses); break;
            case TorrentsActor.Forgive forgive: OnForgive(forgive.Addresses); break;
            case IDns.Resolved resolved: OnResolved(resolved); break;
            case IDns.Failed failed: OnNameUnknown(failed); break;
            case AnnouncerActor.PeersFound found: OnPeersFound(found); break;
            case AnnouncerActor.TrackersChanged changed: OnTrackersChanged(changed); break;
            case AnnouncerActor.ExternalAddressSeen: break;
            case AnnouncerActor.Stopped: OnAnnouncerStopped(); break;
            case GetStatus: Sender.Tell(Describe()); break;
            case PiecesActor.Wasted wasted: _wasted += wasted.Bytes; break;
            case PiecesActor.Failed failed: OnPieceFailed(failed.Piece); break;
            case PiecesActor.Liar liar: Ban(liar.Key, $"it sent bad data in piece {liar.Piece}"); break;
            case MetadataActor.Liar liar: Ban(liar.Key, "it sent false metadata"); break;
            case MetadataActor.Fetched fetched: OnMetadataFetched(fetched.Info); break;
            case MetadataActor.Restarted: OnMetadataRestarted(); break;
            case PiecesActor.CheckAdvanced check: OnCheckAdvanced(check); break;
            case PiecesActor.Ready ready: OnReady(ready); break;
            case PiecesActor.Finished finished: OnFinished(finished.Received); break;
            case PiecesActor.DiskTrouble trouble: OnDiskTrouble(trouble.Error); break;
            case PiecesActor.DiskRecovered: OnDiskRecovered(); break;
            case PiecesActor.Unusable unusable: Fail(unusable.Error.Message); break;
            case PiecesActor.Checkpointed checkpointed: OnCheckpointed(checkpointed); break;
            case PiecesActor.CheckpointFailed failed: OnCheckpointFailed(failed.Error); break;
            case PiecesActor.Closed: OnPiecesClosed(); break;
            case StoreActor.Ran ran: OnStored((StoreStep)ran.Tag, ran.Outcome); break;
            case StoreActor.RunFailed failed: OnStoreFailed((StoreStep)failed.Tag, failed.Reason); break;
            case Stop stop: OnStop(stop); break;
            case TorrentsActor.ITorrentCommand command: OnCommand(command); break;
            case WorkOn: Wake(); break;
            case RestEarly when IsIdle: Rest(); break;
            case RestEarly: break;
            case MayRest: OnMayRest(); break;
            case PiecesActor.WorkDone done: OnWorkDone(done); break;
            case PiecesActor.WorkFailed failed: OnWorkFailed(failed); break;
            case RemovalActor.Removed: OnFilesRemoved(); break;
            case RemovalActor.NotRemoved failed: OnFilesNotRemoved(failed.Error); break;
            case StopTimedOut: EndStop(); break;
            case GiveBackAgain: GiveBack(); break;
            case TorrentsActor.Done or TorrentsActor.Refused: break;
            case Terminated terminated when terminated.ActorRef.Equals(_pieces): OnPiecesLost(); break;
            default: Unhandled(message); break;
        }
    }

    private string OwnName => _metainfo?.Name ?? _magnet?.DisplayName ?? _torrent.ToString();

    private string Name => _options.Name.Length > 0 ? _options.Name : OwnName;

    private long Now() => _services.Ports.Time.GetElapsedTime(0).Ticks;

    private void SetState(TorrentState state, string? reason = null)
    {
        if (_state == state && _reason == reason) return;
        _state = state;
        _reason = reason;
        LogState(_log, Name, state, reason ?? "");
        Context.System.EventStream.Publish(new TorrentEvent.StateChanged(_torrent, state, reason));
        TellRow();
    }

    // The torrent stands still until the user acts: connections and trackers are let go, the storage is closed, the lease is kept. Nothing more is recorded: the files are in doubt, or the
    // lease is, and what was recorded last is what the next start has to compare with.
    private void Fail(string reason)
    {
        if (_state is TorrentState.Failed or TorrentState.Stopping or TorrentState.Stopped) return;
        if (!_acknowledged)
        {
            Refuse(reason);
            return;
        }

        RefusePending(reason);
        SetState(TorrentState.Failed, reason);
        CloseWaiting();
        Timers.Cancel(Beat.Instance);
        DisconnectAll("the torrent has failed");
        _announcer?.Tell(new AnnouncerActor.Stop(Stats()));
        ClosePieces();
    }

    private void Refuse(string reason, string? folder = null)
    {
        if (_source.IsRecorded)
        {
            Context.Parent.Tell(new TorrentsActor.CannotWork(_torrent, reason));
            RefuseAll(reason);
        }
        else
        {
            _adder.Tell(new AddFailed(_torrent, reason, folder), Self);
        }

        // What lies down as failed keeps its lease, unless it was to stop.
        if (_token == 0 || (_source.IsRecorded && _stoppers.Count == 0))
        {
            EndWith(saved: true);
            return;
        }

        _state = TorrentState.Stopping;
        GiveBack();
    }

    private void EndWith(bool saved)
    {
        var stopped = new Stopped(_torrent, saved);
        foreach (var stopper in _stoppers) stopper.Tell(stopped);
        if (_stoppers.Count > 0) Context.Parent.Tell(stopped);
        Context.Stop(Self);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: {State} {Reason}")]
    private static partial void LogState(ILogger log, string name, TorrentState state, string reason);
}
