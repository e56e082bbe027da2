using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Torrents;

// The swarm: whom to call, whom to answer, whom to drop, and what the torrent looks like from outside.
public sealed partial class TorrentActor
{
    private readonly List<HostEndPoint> _named = [];
    private readonly SortedDictionary<string, long> _announcedAt = new(StringComparer.Ordinal);
    private ImmutableArray<TrackerLine> _trackers = [];
    private long _chokeRoundAt;
    private int _dialing;
    private bool _announcing;

    private bool Accepting => !_isLeaving && _state is TorrentState.FetchingMetadata or TorrentState.Downloading or TorrentState.Seeding or TorrentState.Waiting;

    private bool WeAreSeed => _state == TorrentState.Seeding;

    private void StartAnnouncer()
    {
        if (IsSilent || (_announcing && !_announcerGone)) return;
        if (!_announcing) _announcedFrom = Now();
        _announcing = true;
        var tiers = TrackerTiers;
        var dht = Dht;
        if (_metainfo is { Nodes.IsEmpty: false }) Tell(dht, new DhtActor.AddNodes(_metainfo.Nodes));
        if (tiers.IsEmpty && dht.IsEmpty) return;
        var urls = TrackerUrl.ParseTiers(tiers);
        // One that was silent for a time is there, and has said its goodbyes.
        var isKnown = _announcer is null && _source.WasAnnounced;
        if (_announcer is not null) _announcer.Tell(new AnnouncerActor.SetTrackers(urls));
        else _announcer = Context.ActorOf(AnnouncerActor.Props(_torrent, _ownId, urls, dht, _services.Trackers, _services.Settings.Announce, _services.Ports.Time, _services.Ports.Entropy.CreateRandom(), _log), "announcer");
        _announcerGone = false;
        _announcer.Tell(new AnnouncerActor.Start(_services.ListenPort, Stats(), isKnown));
    }

    // BEP 27: who is in the swarm of a private torrent, only its trackers say.
    private ImmutableArray<DhtAccess> Dht => _metainfo is { IsPrivate: true } ? [] : _services.Dht;

    private static void Tell(ImmutableArray<DhtAccess> dht, object message)
    {
        foreach (var family in dht) family.Actor.Tell(message);
    }

    private AnnounceStats Stats() =>
        new(Moved.Uploaded, Moved.Received, _verified is null ? null : _metainfo!.Layout.Geometry.TotalLength - LengthOf(_verified));

    private void AddKnownPeers()
    {
        foreach (var peer in _options.Peers) _peers.Candidates.Add(peer, PeerSource.User);
        foreach (var peer in _options.Hints.Concat(_magnet?.Peers ?? []))
        {
            if (peer.Address is { } address) _peers.Candidates.Add(new IPEndPoint(address, peer.Port), PeerSource.User);
            else if (!_named.Contains(peer)) LookUp(peer);
        }

        Dial();
    }

    // A link may name its peers; each name is looked up once, and stands for several addresses.
    private void LookUp(HostEndPoint peer)
    {
        if (_named.Count >= _services.Settings.MaxPeerNames)
        {
            LogNameUnknown(_log, Name, peer, $"the link has more than {_named.Count} names");
            return;
        }

        _named.Add(peer);
        _services.Ports.Dns.Resolve(_named.Count - 1, peer.Host, Self);
    }

    private void OnResolved(IDns.Resolved resolved)
    {
        // After a restart there may be answers to what was asked before it; the link is the same, but perhaps nothing is asked yet.
        if (resolved.Id >= _named.Count) return;
        foreach (var address in resolved.Addresses.Take(_services.Settings.MaxAddressesPerName)) _peers.Candidates.Add(new IPEndPoint(address, _named[(int)resolved.Id].Port), PeerSource.User);
        Dial();
    }

    private void OnNameUnknown(IDns.Failed failed)
    {
        if (failed.Id < _named.Count) LogNameUnknown(_log, Name, _named[(int)failed.Id], failed.Reason);
    }

    private void OnPeersFound(AnnouncerActor.PeersFound found)
    {
        if (found.Source == PeerSource.Dht && Dht.IsEmpty) return;
        foreach (var peer in found.Peers) _peers.Candidates.Add(peer, found.Source);
        Dial();
    }

    private void OnTrackersChanged(AnnouncerActor.TrackersChanged changed)
    {
        var before = _trackers;
        _trackerStatuses = changed.Trackers;
        NoteAnnounces(changed.Trackers);
        _trackers = [.. changed.Trackers.Select(tracker => new TrackerLine(tracker.Url.Text, tracker.Failure?.Message, tracker.Seeders ?? -1, tracker.Leechers ?? -1))];
        foreach (var tracker in _trackers)
        {
            if (tracker.Error is null || before.Any(known => known.Url == tracker.Url && known.Error == tracker.Error)) continue;
            Context.System.EventStream.Publish(new TorrentEvent.TrackerFailed(_torrent, tracker.Url, tracker.Error));
        }
    }

    private void NoteAnnounces(ImmutableArray<TrackerStatus> trackers)
    {
        var now = _services.Ports.Time.GetUtcNow().Ticks;
        foreach (var tracker in trackers)
        {
            if (tracker.State == TrackerState.Announcing) _announcedAt[tracker.Url.Text] = now;
            else _announcedAt.TryAdd(tracker.Url.Text, tracker.State == TrackerState.NotContacted ? 0 : now);
        }
    }

    private void Dial()
    {
        while (Accepting && _dialing < _services.Settings.MaxDialing && _peers.Candidates.Next(Now(), WeAreSeed) is { } remote)
        {
            _dialing++;
            _services.Net.Tell(new NetActor.Dial(remote, Self));
        }
    }

    private void OnDialed(NetActor.Dialed dialed)
    {
        // One that was asked for before a restart is not counted.
        if (_dialing > 0) _dialing--;
        if (!Accepting || _peers.Candidates.IsBanned(dialed.Remote.Address))
        {
            dialed.Link.Close();
            _peers.Candidates.Failed(dialed.Remote, Now());
            return;
        }

        AddPeer(dialed.Link, default, dialed.Remote);
    }

    private void OnDialFailed(NetActor.DialFailed failed)
    {
        if (_dialing > 0) _dialing--;
        _peers.Candidates.Failed(failed.Remote, Now());
    }

    private void OnIncoming(Incoming incoming)
    {
        if (_isLeaving) ComeLate(incoming);
        else if (_state is TorrentState.Loading || (_state is TorrentState.Checking && _check.Total == 0)) LetWait(incoming);
        else Accept(incoming);
    }

    private void Accept(Incoming incoming)
    {
        if (Accepting && _peers.Candidates.TryAcceptIncoming(incoming.Link.Remote.Address)) AddPeer(incoming.Link, incoming.Head, incoming.Link.Remote);
        else incoming.Link.Close();
    }

    private void AddPeer(IPeerLink link, ImmutableArray<byte> head, IPEndPoint remote)
    {
        var key = _peers.NextKey();
        var content = _state == TorrentState.FetchingMetadata ? null : Content();
        var actor = Context.ActorOf(PeerActor.Props(PeerContext(), key, link, head, content, _metadata), $"peer-{key}");
        _peers.Add(new TorrentPeer(key, actor, remote, incoming: !head.IsDefault));
        if (_beatsSlowly) PaceBeat();
    }

    // One for all connections, but for those from before it was known whether the torrent is private.
    private PeerContext PeerContext() => _peerContext is { } known && known.Dht == Dht
        ? known
        : _peerContext = new PeerContext(_torrent, _ownId, _services.ListenPort, _services.Bandwidth, _scope, _services.Settings, _services.Ports.Time, _log) { Dht = Dht };

    private void OnPeerHandshaken(PeerHandshaken handshaken)
    {
        if (_peers.Find(handshaken.Key) is not { } peer) return;
        if (handshaken.Id == _ownId)
        {
            if (!peer.Incoming) _peers.Candidates.SetOwn(peer.Remote);
            peer.Actor.Tell(new PeerActor.Disconnect("it is this node itself"));
            return;
        }

        Context.System.EventStream.Publish(new TorrentEvent.PeerConnected(_torrent, peer.Remote, handshaken.Client));
        _peers.Handshaken(peer, handshaken.Id, handshaken.Client, _ownId, Now())?.Actor.Tell(new PeerActor.Disconnect("there is another connection with this peer"));
        TellReplicas();
    }

    private void OnPeerReport(PeerReport report)
    {
        if (_peers.Find(report.Key) is not { } peer) return;
        peer.View = report.View;
        _peers.Report(peer, report.Downloaded, report.Uploaded, report.Snubbed, Now());
        if (report.Downloaded + report.Uploaded > 0) _activeTicks = _services.Ports.Time.GetUtcNow().Ticks;
    }

    private void OnPeerIsSeed(PeerIsSeed seed)
    {
        if (_peers.Find(seed.Key) is not { } peer) return;
        _peers.SetSeed(peer, seed.IsSeed);
        if (seed.IsSeed && WeAreSeed) peer.Actor.Tell(new PeerActor.Disconnect("both sides have everything"));
    }

    // Kept for when the connection has ended: there is no need to call who is connected.
    private void OnPeerListens(PeerListens listens)
    {
        if (_peers.Find(listens.Key) is { } peer) _peers.Listens(peer, new IPEndPoint(peer.Remote.Address, listens.Port));
        TellReplicas();
    }

    private void OnPeerGone(PeerGone gone)
    {
        if (_peers.Remove(gone.Key, Now()) is not { } peer) return;
        if (peer.Handshaken) Context.System.EventStream.Publish(new TorrentEvent.PeerDisconnected(_torrent, peer.Remote, gone.Reason));
        TellReplicas();
        Dial();
    }

    private void Ban(PeerKey key, string reason)
    {
        if (_peers.AddressOf(key) is not { } address || _peers.Candidates.IsBanned(address)) return;
        _peers.Candidates.Ban(address);
        Context.System.EventStream.Publish(new TorrentEvent.PeerBanned(_torrent, address, reason));
        foreach (var peer in _peers.All)
        {
            if (peer.Remote.Address.Equals(address)) peer.Actor.Tell(new PeerActor.Disconnect(reason));
        }
    }

    private void OnShun(ImmutableArray<IPAddress> addresses)
    {
        foreach (var peer in _peers.All)
        {
            if (addresses.Contains(peer.Remote.Address)) peer.Actor.Tell(new PeerActor.Disconnect("its address is banned"));
        }
    }

    private void OnForgive(ImmutableArray<IPAddress> addresses)
    {
        foreach (var address in addresses) _peers.Candidates.Forgive(address);
    }

    private void DisconnectAll(string reason)
    {
        foreach (var peer in _peers.All) peer.Actor.Tell(new PeerActor.Disconnect(reason));
    }

    // The one beat of the torrent and of all its connections.
    private void OnBeat()
    {
        var now = Now();
        foreach (var peer in _peers.All) peer.Actor.Tell(PeerActor.Tick.Instance);
        if (now - _chokeRoundAt >= _services.Settings.Choker.RoundInterval.Ticks)
        {
            _chokeRoundAt = now;
            _peers.ChokeRound(now);
        }

        _peers.TurnOver(WeAreSeed, now);
        if (_dirty && now - _checkpointAt >= _services.Settings.CheckpointInterval.Ticks) Checkpoint();
        if (WeAreSeed && now - _fileWatchAt >= _services.Settings.FileWatchInterval.Ticks)
        {
            _fileWatchAt = now;
            Checkpoint();
        }

        _announcer?.Tell(new AnnouncerActor.UpdateStats(Stats()));
        if (_state is TorrentState.Downloading or TorrentState.FetchingMetadata && _peers.Candidates.Connections == 0) _announcer?.Tell(AnnouncerActor.NeedPeers.Instance);
        Dial();
        TellRow();
        if (WeAreSeed && IsGoalReached && !IsCommanded) Self.Tell(new TorrentsActor.Pause(_torrent));
        PaceBeat();
        RestIfIdle(now);
    }

    private TorrentStatus Describe() => new()
    {
        Torrent = _torrent,
        Name = Name,
        State = _state,
        Reason = _reason,
        HasMetadata = _verified is not null,
        TotalLength = _metainfo?.Layout.Geometry.TotalLength ?? 0,
        SelectedLength = _selectedLength,
        VerifiedLength = _verifiedLength,
        PieceCount = _verified?.Length ?? 0,
        VerifiedPieces = _verified?.Count ?? 0,
        CheckProgress = _check,
        Downloaded = Moved.Downloaded,
        Uploaded = Moved.Uploaded,
        UploadedEver = (_progress?.Uploaded ?? 0) + _peers.Uploaded,
        Wasted = Moved.Wasted,
        DownloadRate = _peers.DownloadRate(Now()),
        UploadRate = _peers.UploadRate(Now()),
        ConnectedPeers = _peers.All.Count(peer => peer.Handshaken),
        ConnectedSeeds = _peers.All.Count(peer => peer is { Handshaken: true, IsSeed: true }),
        KnownPeers = _peers.Candidates.Count,
        Trackers = _trackers,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: the peer {Peer} of its link is not called: {Reason}")]
    private static partial void LogNameUnknown(ILogger log, string name, HostEndPoint peer, string reason);
}
