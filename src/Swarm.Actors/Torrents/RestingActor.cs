using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Announces the torrents that rest, so that whoever wants them finds this node. Child of <see cref="TorrentsActor"/>, one a node: a thin face on <see cref="RestingAnnounces"/>, which says who is told of
/// what and when, and one timer for all torrents.
/// <para>
/// A torrent is told of when it lies down and forgotten when it wakes, for then its own announcer speaks. Where a tracker names peers that lack something, or the DHT does, the parent hears of it and wakes the
/// torrent, because such a peer may not be able to call us.
/// </para>
/// <para>Fails by: trackers and the DHT, which is a matter of schedule. Restarted after a bug it goes on where it was: the schedule is in its props, and an answer lost with the failed message is made up
/// for by the schedule's patience.</para>
/// </summary>
public sealed partial class RestingActor : UntypedActor, IWithTimers
{
    private const string WakeUpKey = "wake-up";
    private const string GoodbyeKey = "goodbye";

    private readonly TorrentServices _services;
    private readonly RestingAnnounces _announces;
    private IActorRef? _leaver;

    private RestingActor(TorrentServices services, RestingAnnounces announces)
    {
        _services = services;
        _announces = announces;
    }

    /// <summary>From the parent: these lie down and are to be announced.</summary>
    public sealed record LieDown(ImmutableArray<RestingTorrent> Torrents);

    /// <summary>From the parent: this one wakes; it is announced by others from now on.</summary>
    public sealed record Wakes(InfoHash Torrent);

    /// <summary>From the parent: another replica of this private one announces it from now on; trackers that know it here are told goodbye.</summary>
    public sealed record FallsSilent(InfoHash Torrent);

    /// <summary>From the parent: the node stops; trackers that know a resting torrent are told. Answered with <see cref="SaidGoodbye"/>, at the latest after <see cref="RestingSettings.StopTimeout"/>.</summary>
    public sealed record SayGoodbye;

    /// <summary>All goodbyes are said, or have had their time.</summary>
    public sealed record SaidGoodbye;

    private sealed record WakeUp
    {
        public static readonly WakeUp Instance = new();
    }

    private sealed record GoodbyeTimedOut
    {
        public static readonly GoodbyeTimedOut Instance = new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>An announcer of resting torrents.</summary>
    public static Props Props(TorrentServices services)
    {
        var announces = new RestingAnnounces(services.Settings.Resting, services.Dht.Length, services.Ports.Entropy.CreateRandom());
        return ActorProps.Create(() => new RestingActor(services, announces));
    }

    private TimeSpan Now => _services.Ports.Time.GetElapsedTime(0);

    /// <inheritdoc/>
    protected override void PreStart() => Proceed();

    // Whoever waits for the goodbyes waits for this actor, not for its incarnation.
    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object? message)
    {
        if (_leaver is not null) Self.Tell(new SayGoodbye(), _leaver);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LieDown lie: OnLieDown(lie.Torrents); break;
            case Wakes wakes: _announces.Remove(wakes.Torrent); break;
            case FallsSilent silent: OnFallsSilent(silent.Torrent); break;
            case WakeUp: Proceed(); break;
            case TrackersActor.Announced announced: OnAnnounced(announced); break;
            case TrackersActor.AnnounceFailed failed: OnAnnounceFailed(failed); break;
            case DhtActor.PeersFound found: OnDhtPeers(found); break;
            case DhtActor.Announced announced: OnDhtDone(announced.Tag); break;
            case DhtActor.PeersDone done: OnDhtDone(done.Tag); break;
            case DhtActor.Failed failed: OnDhtDone(failed.Tag); break;
            case SayGoodbye: OnSayGoodbye(); break;
            // What a torrent says that was woken for the peers of a tracker.
            case TorrentsActor.Done or TorrentsActor.Refused: break;
            case GoodbyeTimedOut: EndGoodbye(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnLieDown(ImmutableArray<RestingTorrent> torrents)
    {
        foreach (var torrent in torrents) _announces.Add(torrent, Now);
        Proceed();
    }

    private void OnFallsSilent(InfoHash torrent)
    {
        _announces.Leave(torrent);
        Proceed();
    }

    private void Proceed()
    {
        while (_announces.NextToTracker(Now) is { } announce) Send(announce);
        while (_announces.NextInDht(Now) is { } announce) Send(announce);
        if (_leaver is not null && _announces.IsSilent) EndGoodbye();
        else if (_announces.NextWakeUp() is { } next) Timers.StartSingleTimer(WakeUpKey, WakeUp.Instance, next > Now ? next - Now : TimeSpan.Zero);
        else Timers.Cancel(WakeUpKey);
    }

    private void Send(RestingAnnounces.ToTracker announce)
    {
        var request = new AnnounceRequest
        {
            InfoHash = announce.Torrent,
            PeerId = _services.PeerIdOf(announce.Torrent),
            Port = _services.ListenPort,
            Uploaded = announce.Moved.Uploaded,
            Downloaded = announce.Moved.Received,
            Left = announce.Left,
            Event = announce.Event,
            NumWant = announce.Event == AnnounceEvent.Stopped ? 0 : _services.Settings.Resting.NumWant,
            Key = announce.Key,
        };
        _services.Trackers.Tell(new TrackersActor.Announce(announce.Ticket, announce.Url, request), Self);
    }

    private void Send(RestingAnnounces.InDht announce) =>
        _services.Dht[announce.Family].Actor.Tell(new DhtActor.Announce(announce.Ticket, announce.Torrent, _services.ListenPort, announce.IsSeed), Self);

    private void OnAnnounced(TrackersActor.Announced announced)
    {
        if (_announces.Succeeded(announced.Id, announced.Reply, Now) is { } torrent && announced.Reply.Leechers is > 0 && !announced.Reply.Peers.IsEmpty)
        {
            LogWanted(_services.Log, torrent, announced.Reply.Leechers.Value);
            Context.Parent.Tell(new TorrentsActor.Wanted(torrent, announced.Reply.Peers));
        }

        Proceed();
    }

    private void OnAnnounceFailed(TrackersActor.AnnounceFailed failed)
    {
        _announces.Failed(failed.Id, Now);
        Proceed();
    }

    // Who is in the DHT for a torrent may have it all, like ourselves; who lacks something calls us.
    private void OnDhtPeers(DhtActor.PeersFound found) => LogFound(_services.Log, found.Peers.Length);

    private void OnDhtDone(long ticket)
    {
        _announces.DoneInDht(ticket, Now);
        Proceed();
    }

    private void OnSayGoodbye()
    {
        _leaver = Sender;
        _announces.SayGoodbye();
        Timers.StartSingleTimer(GoodbyeKey, GoodbyeTimedOut.Instance, _services.Settings.Resting.StopTimeout);
        Proceed();
    }

    private void EndGoodbye()
    {
        Timers.Cancel(GoodbyeKey);
        Timers.Cancel(WakeUpKey);
        _leaver?.Tell(new SaidGoodbye());
        _leaver = null;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Torrent} rests, and {Leechers} peers lack something of it")]
    private static partial void LogWanted(ILogger log, InfoHash torrent, int leechers);

    [LoggerMessage(Level = LogLevel.Trace, Message = "The DHT named {Peers} peers of a torrent at rest")]
    private static partial void LogFound(ILogger log, int peers);
}
