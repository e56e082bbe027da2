using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>
/// Announces one torrent under one info-hash to its trackers and in the DHT. Child of the torrent, which tells it when to start and stop and what the numbers are, and hears of peers.
///
/// Owns: the tiers (<see cref="AnnounceTiers"/>: who is told what, and when), a <see cref="DhtSchedule"/> for each family of the DHT, and one timer, for the next wake-up. The announces travel through
/// <see cref="TrackersActor"/> and <see cref="DhtActor"/>. In the DHT there is no goodbye: nodes forget who does not come again. A partial seed (BEP 21) is no seed to it: BEP 33 means who has everything.
///
/// Always holds: between <see cref="Start"/> and <see cref="Stop"/> trackers are announced to as BEP 3 and BEP 12 say; every <see cref="Stop"/> is answered by one <see cref="Stopped"/>, at the latest
/// after <see cref="AnnouncerSettings.StopTimeout"/>; goodbyes under way then still go their way.
///
/// What can fail: trackers, which is the tiers' everyday life and shows in <see cref="TrackersChanged"/>. If this actor fails it is restarted and goes on where it was:
/// what trackers have been told lives in <see cref="AnnouncerMemory"/>, and an answer lost with the failed message is made up for by the tiers' timeout.
/// </summary>
public sealed partial class AnnouncerActor : UntypedActor, IWithTimers
{
    private const string WakeUpKey = "wake-up";
    private const string StopKey = "stop";

    private readonly InfoHash _infoHash;
    private readonly PeerId _peerId;
    private readonly AnnouncerMemory _memory;
    private readonly IActorRef _trackers;
    private readonly AnnouncerSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private AnnouncerActor(InfoHash infoHash, PeerId peerId, AnnouncerMemory memory, IActorRef trackers, AnnouncerSettings settings, TimeProvider time, ILogger log)
    {
        _infoHash = infoHash;
        _peerId = peerId;
        _memory = memory;
        _trackers = trackers;
        _settings = settings;
        _time = time;
        _log = log;
    }

    /// <summary>From the torrent: begin a session. Does nothing while one is running, but to note the numbers.</summary>
    /// <param name="Port">The TCP port that peers are to connect to.</param>
    /// <param name="Stats">The numbers; complete already means that no tracker will hear "completed".</param>
    /// <param name="IsKnown">Whether the trackers have heard "started" from this process and no "stopped": then they do not hear it again.</param>
    public sealed record Start(ushort Port, AnnounceStats Stats, bool IsKnown = false);

    /// <summary>From the torrent, from time to time: the numbers for the next announces.</summary>
    public sealed record UpdateStats(AnnounceStats Stats);

    /// <summary>From the torrent: the download has just finished.</summary>
    public sealed record Complete(AnnounceStats Stats);

    /// <summary>From the torrent: more peers would be useful. Asked for as early as the trackers allow.</summary>
    public sealed record NeedPeers
    {
        /// <summary>The one there is.</summary>
        public static readonly NeedPeers Instance = new();
    }

    /// <summary>From the torrent: say goodbye. Answered to the parent by <see cref="Stopped"/>, at once if no session is running.</summary>
    public sealed record Stop(AnnounceStats Stats);

    /// <summary>From the torrent: one more tracker, as a tier of its own behind the others.</summary>
    public sealed record AddTracker(TrackerUrl Url);

    /// <summary>From the torrent: these trackers, instead of those it has. What those that stay were told stays; those that go are told goodbye, once, and not waited for.</summary>
    public sealed record SetTrackers(ImmutableArray<ImmutableArray<TrackerUrl>> Tiers);

    /// <summary>From the torrent: it turned out to be private (BEP 27).</summary>
    public sealed record LeaveDht
    {
        /// <summary>The one there is.</summary>
        public static readonly LeaveDht Instance = new();
    }

    /// <summary>To the parent: a tracker or the DHT named peers, one at least.</summary>
    public sealed record PeersFound(ImmutableArray<IPEndPoint> Peers, PeerSource Source);

    /// <summary>To the parent: how it stands with all trackers, after something changed.</summary>
    public sealed record TrackersChanged(ImmutableArray<TrackerStatus> Trackers);

    /// <summary>To the parent: a tracker sees us under this address (BEP 24). One tracker's word; it may be wrong.</summary>
    public sealed record ExternalAddressSeen(IPAddress Address, TrackerUrl Tracker);

    /// <summary>To the parent: all goodbyes are said, or have had their time.</summary>
    public sealed record Stopped
    {
        /// <summary>The one there is.</summary>
        public static readonly Stopped Instance = new();
    }

    private sealed record WakeUp
    {
        public static readonly WakeUp Instance = new();
    }

    private sealed record StopTimedOut
    {
        public static readonly StopTimedOut Instance = new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_memory.CreatedAt);

    /// <summary>Announces <paramref name="infoHash"/> to the trackers of <paramref name="tiers"/> through <paramref name="trackers"/>, and in <paramref name="dht"/>, once it is told to <see cref="Start"/>.</summary>
    public static Props Props(
        InfoHash infoHash, PeerId peerId, ImmutableArray<ImmutableArray<TrackerUrl>> tiers, ImmutableArray<DhtAccess> dht, IActorRef trackers, AnnouncerSettings settings, TimeProvider time, Random random, ILogger log)
    {
        var announceTiers = new AnnounceTiers(tiers.Select(tier => tier.AsEnumerable()), settings.Tiers, random);
        var families = dht.Select(access => new AnnouncerMemory.DhtFamily(access, new DhtSchedule(settings.Dht, random)));
        var memory = new AnnouncerMemory(announceTiers, [.. families], (uint)random.NextInt64(1L << 32), time.GetTimestamp());
        return ActorProps.Create(() => new AnnouncerActor(infoHash, peerId, memory, trackers, settings, time, log));
    }

    /// <summary>Takes up where a former incarnation left off; a first one has nothing to take up.</summary>
    protected override void PreStart()
    {
        if (_memory.OwesStopped) Timers.StartSingleTimer(StopKey, StopTimedOut.Instance, _settings.StopTimeout);
        Proceed();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Start start: OnStart(start); break;
            case UpdateStats update: _memory.Stats = update.Stats; break;
            case Complete complete: OnComplete(complete); break;
            case NeedPeers: OnNeedPeers(); break;
            case Stop stop: OnStop(stop); break;
            case DhtActor.PeersFound found: OnDhtPeers(found.Peers); break;
            case DhtActor.Announced announced: OnDhtAnnounced(announced.Tag, announced.Peers); break;
            case DhtActor.PeersDone done: OnDhtAnnounced(done.Tag, done.Peers); break;
            case DhtActor.Failed failed: OnDhtFailed(failed); break;
            case LeaveDht: _memory.Dht = []; break;
            case AddTracker add: OnAddTracker(add.Url); break;
            case SetTrackers set: OnSetTrackers(set.Tiers); break;
            case TrackersActor.Announced announced: OnAnnounced(announced); break;
            case TrackersActor.AnnounceFailed failed: OnAnnounceFailed(failed); break;
            case WakeUp: Proceed(); break;
            case StopTimedOut: TellStopped(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnStart(Start start)
    {
        _memory.Port = start.Port;
        _memory.Stats = start.Stats;
        if (!_memory.Tiers.IsRunning)
        {
            foreach (var family in _memory.Dht) family.Schedule.Hurry(Now);
        }

        _memory.Tiers.Start(start.Stats.IsComplete, Now, start.IsKnown);
        // A torrent that starts again does not wait for its last goodbye any more.
        TellStopped();
        Proceed();
    }

    private void OnComplete(Complete complete)
    {
        _memory.Stats = complete.Stats;
        _memory.Tiers.Complete();
        foreach (var family in _memory.Dht) family.Schedule.Hurry(Now);
        Proceed();
    }

    private void OnNeedPeers()
    {
        _memory.Tiers.NeedPeers();
        foreach (var family in _memory.Dht) family.Schedule.NeedPeers();
        Proceed();
    }

    private void OnStop(Stop stop)
    {
        _memory.Stats = stop.Stats;
        _memory.OwesStopped = true;
        _memory.Tiers.Stop();
        Timers.StartSingleTimer(StopKey, StopTimedOut.Instance, _settings.StopTimeout);
        Proceed();
    }

    private void OnAddTracker(TrackerUrl url)
    {
        if (!_memory.Tiers.Add(url, Now)) return;
        Proceed();
        TellChanged();
    }

    private void OnSetTrackers(ImmutableArray<ImmutableArray<TrackerUrl>> tiers)
    {
        foreach (var goodbye in _memory.Tiers.Replace(tiers.Select(tier => tier.AsEnumerable()), Now)) Send(goodbye);
        Proceed();
        TellChanged();
    }

    private void OnAnnounced(TrackersActor.Announced announced)
    {
        var reply = announced.Reply;
        // The second address family of a tracker brings peers too, but the tiers have had their outcome with the first.
        _memory.Tiers.Succeeded(announced.Id, reply, Now);
        LogAnnounced(_infoHash, announced.Url.Origin, reply.Peers.Length, reply.Seeders, reply.Leechers);
        if (reply.Warning is { Length: > 0 } warning) LogWarning(_infoHash, announced.Url.Origin, warning);
        if (!reply.Peers.IsEmpty && _memory.Tiers.IsRunning) Context.Parent.Tell(new PeersFound(reply.Peers, PeerSource.Tracker), Self);
        if (reply.ExternalAddress is { } address) Context.Parent.Tell(new ExternalAddressSeen(address, announced.Url), Self);
        Proceed();
        TellChanged();
    }

    private void OnAnnounceFailed(TrackersActor.AnnounceFailed failed)
    {
        _memory.Tiers.Failed(failed.Id, failed.Failure, Now);
        LogFailed(_infoHash, failed.Url.Origin, failed.Failure.Kind, failed.Failure.Message);
        Proceed();
        TellChanged();
    }

    /// <summary>Sends what is due, sets the timer for what is not, and ends the session when all is said.</summary>
    private void Proceed()
    {
        while (_memory.Tiers.TryNext(Now, out var announce)) Send(announce);
        AnnounceInDht();
        if (NextWakeUp is { } next) Timers.StartSingleTimer(WakeUpKey, WakeUp.Instance, next > Now ? next - Now : TimeSpan.Zero);
        else Timers.Cancel(WakeUpKey);
        if (_memory.Tiers.IsStopped) TellStopped();
    }

    private TimeSpan? NextWakeUp
    {
        get
        {
            var next = _memory.Tiers.NextWakeUp;
            foreach (var family in _memory.Dht)
            {
                if (_memory.Tiers.IsRunning && (next is null || family.Schedule.Due < next)) next = family.Schedule.Due;
            }

            return next;
        }
    }

    private void AnnounceInDht()
    {
        for (var i = 0; i < _memory.Dht.Length && _memory.Tiers.IsRunning; i++)
        {
            if (!_memory.Dht[i].Schedule.TryBegin(Now)) continue;
            LogAnnouncingInDht(_infoHash, _memory.Dht[i].Access.Family);
            // Who listens nowhere only asks.
            object command = _memory.Port == 0 ? new DhtActor.GetPeers(i, _infoHash) : new DhtActor.Announce(i, _infoHash, _memory.Port, _memory.Stats.IsComplete);
            _memory.Dht[i].Access.Actor.Tell(command, Self);
        }
    }

    private void OnDhtPeers(ImmutableArray<IPEndPoint> peers)
    {
        if (_memory.Tiers.IsRunning && !_memory.Dht.IsEmpty) Context.Parent.Tell(new PeersFound(peers, PeerSource.Dht), Self);
    }

    private void OnDhtAnnounced(long family, int peers)
    {
        LogAnnouncedInDht(_infoHash, peers);
        if (family < _memory.Dht.Length) _memory.Dht[(int)family].Schedule.Succeeded(peers, Now);
        Proceed();
    }

    private void OnDhtFailed(DhtActor.Failed failed)
    {
        LogDhtFailed(_infoHash, failed.Reason);
        if (failed.Tag < _memory.Dht.Length) _memory.Dht[(int)failed.Tag].Schedule.Failed(Now);
        Proceed();
    }

    private void Send(TierAnnounce announce)
    {
        LogSending(_infoHash, announce.Url.Origin, announce.Event);
        var request = new AnnounceRequest
        {
            InfoHash = _infoHash,
            PeerId = _peerId,
            Port = _memory.Port,
            Uploaded = _memory.Stats.Uploaded,
            Downloaded = _memory.Stats.Downloaded,
            Left = _memory.Stats.Left,
            Event = announce.Event,
            NumWant = _settings.NumWant,
            Key = _memory.Key,
            TrackerId = announce.TrackerId,
        };
        _trackers.Tell(new TrackersActor.Announce(announce.Ticket, announce.Url, request), Self);
    }

    private void TellStopped()
    {
        if (!_memory.OwesStopped) return;
        _memory.OwesStopped = false;
        Timers.Cancel(StopKey);
        Context.Parent.Tell(Stopped.Instance, Self);
    }

    private void TellChanged() => Context.Parent.Tell(new TrackersChanged(_memory.Tiers.Describe(Now)), Self);

    [LoggerMessage(LogLevel.Debug, "{Torrent}: announcing to {Tracker}, event {Event}")]
    private partial void LogSending(InfoHash torrent, string tracker, AnnounceEvent @event);

    [LoggerMessage(LogLevel.Debug, "{Torrent}: {Tracker} named {Peers} peers; {Seeders} seeders, {Leechers} leechers")]
    private partial void LogAnnounced(InfoHash torrent, string tracker, int peers, int? seeders, int? leechers);

    [LoggerMessage(LogLevel.Debug, "{Torrent}: announcing in the DHT over {Family}")]
    private partial void LogAnnouncingInDht(InfoHash torrent, AddressFamily family);

    [LoggerMessage(LogLevel.Debug, "{Torrent}: announced in the DHT, which named {Peers} peers")]
    private partial void LogAnnouncedInDht(InfoHash torrent, int peers);

    [LoggerMessage(LogLevel.Debug, "{Torrent}: not announced in the DHT: {Reason}")]
    private partial void LogDhtFailed(InfoHash torrent, string reason);

    [LoggerMessage(LogLevel.Information, "{Torrent}: {Tracker} says: {Warning}")]
    private partial void LogWarning(InfoHash torrent, string tracker, string warning);

    [LoggerMessage(LogLevel.Information, "{Torrent}: {Tracker} failed: {Kind}, {Reason}")]
    private partial void LogFailed(InfoHash torrent, string tracker, TrackerFailureKind kind, string reason);
}
