using System.Net;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Choking;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Torrents;

/// <summary>One connection as its torrent sees it.</summary>
internal sealed class TorrentPeer(PeerKey key, IActorRef actor, IPEndPoint remote, bool incoming)
{
    public PeerKey Key { get; } = key;

    public IActorRef Actor { get; } = actor;

    public IPEndPoint Remote { get; } = remote;

    public bool Incoming { get; } = incoming;

    /// <summary>Where an incoming peer can be called, once it has said so.</summary>
    public IPEndPoint? ListensAt { get; set; }

    public bool Handshaken { get; set; }

    public PeerId Id { get; set; }

    public string Client { get; set; } = "";

    public bool IsSeed { get; set; }

    public long Downloaded { get; set; }

    public long Uploaded { get; set; }

    /// <summary>Null until something came.</summary>
    public RateMeter? DownloadRate { get; set; }

    /// <summary>Null until something went.</summary>
    public RateMeter? UploadRate { get; set; }

    /// <summary>What the connection said of itself last.</summary>
    public PeerView View { get; set; } = PeerView.Nothing;

    /// <summary>It as people see it.</summary>
    public PeerLine Describe(long now) => new(
        Remote, Client, Incoming, IsSeed ? 1 : View.Progress, Downloaded, Uploaded, DownloadRate?.BytesPerSecond(now) ?? 0, UploadRate?.BytesPerSecond(now) ?? 0,
        View.WeChoke, View.WeAreInterested, View.PeerChokes, View.PeerIsInterested, View.Snubbed);
}

/// <summary>
/// The connections and addresses of one torrent, and who is choked. Pure but for the actor references it carries; owned by <see cref="TorrentActor"/>.
/// Always holds: a peer is in the choker exactly while its handshake is done; what a connection was counted as in <see cref="Candidates"/> is given back once.
/// The addresses of ended connections are remembered, a bounded number, because a liar is often found out only after it left.
/// </summary>
internal sealed class TorrentPeers
{
    private const int MaxRemembered = 4_096;

    private readonly SortedDictionary<PeerKey, TorrentPeer> _peers = [];
    private readonly Dictionary<PeerKey, IPAddress> _addresses = [];
    private readonly Queue<PeerKey> _remembered = new();
    private readonly List<ChokeChange> _changes = [];
    private readonly List<PeerKey> _givingWay = [];
    private readonly PeerTurnover _turnover;
    private readonly RateMeter _download;
    private readonly RateMeter _upload;
    private long _lastKey;
    private long _received;

    public TorrentPeers(TorrentSettings settings, Random random, long now)
    {
        Candidates = new CandidatePeers(settings.Candidates, random);
        Choker = new Choker(settings.Choker, random);
        _turnover = new PeerTurnover(settings.Turnover, now);
        _download = new RateMeter(now);
        _upload = new RateMeter(now);
    }

    /// <summary>The addresses.</summary>
    public CandidatePeers Candidates { get; }

    /// <summary>Who may download from us.</summary>
    public Choker Choker { get; }

    /// <summary>The connections, in the order they were made.</summary>
    public IReadOnlyCollection<TorrentPeer> All => _peers.Values;

    /// <summary>Payload bytes received in this run, as far as is known: connections report at the beat.</summary>
    public long Downloaded => Math.Max(_download.Total, _received);

    /// <summary>Payload bytes sent in this run.</summary>
    public long Uploaded => _upload.Total;

    public long DownloadRate(long now) => _download.BytesPerSecond(now);

    public long UploadRate(long now) => _upload.BytesPerSecond(now);

    public PeerKey NextKey() => new(++_lastKey);

    public TorrentPeer? Find(PeerKey key) => _peers.GetValueOrDefault(key);

    public void Add(TorrentPeer peer)
    {
        _peers.Add(peer.Key, peer);
        _addresses[peer.Key] = peer.Remote.Address;
        _remembered.Enqueue(peer.Key);
        if (_remembered.Count > MaxRemembered) _addresses.Remove(_remembered.Dequeue());
    }

    /// <summary>Where a connection, perhaps an ended one, came from.</summary>
    public IPAddress? AddressOf(PeerKey key) => _addresses.GetValueOrDefault(key);

    /// <summary>
    /// A handshake is done. Null if the connection may stay; else which of two with the same peer must go. The one that the peer with the greater id opened stays, so that both sides
    /// choose the same (as libtorrent does).
    /// </summary>
    public TorrentPeer? Handshaken(TorrentPeer peer, PeerId id, string client, PeerId own, long now)
    {
        peer.Handshaken = true;
        peer.Id = id;
        peer.Client = client;
        Choker.PeerJoined(peer.Key, now);
        if (!peer.Incoming) Candidates.Connected(peer.Remote);
        var other = _peers.Values.FirstOrDefault(known => known != peer && known.Handshaken && known.Id == id && known.Remote.Address.Equals(peer.Remote.Address));
        if (other is null) return null;
        if (other.Incoming == peer.Incoming) return peer;
        if (peer.Incoming) Listens(peer, other.Remote);
        else Listens(other, peer.Remote);
        var keepOurs = own.CompareTo(id) > 0;
        return peer.Incoming == keepOurs ? peer : other;
    }

    /// <summary>It is known where an incoming connection's peer listens: it is not called as well while that connection lasts.</summary>
    public void Listens(TorrentPeer peer, IPEndPoint at)
    {
        if (!peer.Incoming || peer.ListensAt is not null) return;
        peer.ListensAt = at;
        Candidates.Add(at, PeerSource.Incoming, isSeed: peer.IsSeed);
        Candidates.CallBegan(at);
    }

    /// <summary>A peer has everything, or no more.</summary>
    public void SetSeed(TorrentPeer peer, bool isSeed)
    {
        peer.IsSeed = isSeed;
        if ((peer.Incoming ? peer.ListensAt : peer.Remote) is { } address) Candidates.SetSeed(address, isSeed);
    }

    /// <summary>So much is known to have come in all, whatever connections have yet to report.</summary>
    public void ReceivedAtLeast(long bytes) => _received = Math.Max(_received, bytes);

    public void Report(TorrentPeer peer, long downloaded, long uploaded, bool snubbed, long now)
    {
        peer.Downloaded += downloaded;
        peer.Uploaded += uploaded;
        if (downloaded > 0) (peer.DownloadRate ??= new RateMeter(now)).Add(downloaded, now);
        if (uploaded > 0) (peer.UploadRate ??= new RateMeter(now)).Add(uploaded, now);
        _download.Add(downloaded, now);
        _upload.Add(uploaded, now);
        Choker.SetSnubbed(peer.Key, snubbed);
    }

    /// <summary>A connection is gone. Null if it was not known.</summary>
    public TorrentPeer? Remove(PeerKey key, long now)
    {
        if (!_peers.Remove(key, out var peer)) return null;
        if (peer.ListensAt is { } at) Candidates.CallEnded(at, now);
        if (peer.Incoming) Candidates.IncomingEnded();
        else if (peer.Handshaken) Candidates.Disconnected(peer.Remote, now);
        else Candidates.Failed(peer.Remote, now);
        if (peer.Handshaken) Choker.PeerLeft(key, now, _changes);
        ApplyChokes();
        return peer;
    }

    public void SetInterested(PeerKey key, bool interested, long now)
    {
        Choker.SetInterested(key, interested, now, _changes);
        ApplyChokes();
    }

    public void SetUploadLimit(long bytesPerSecond, long now)
    {
        Choker.SetUploadLimit(bytesPerSecond == 0 ? null : bytesPerSecond, now, _changes);
        ApplyChokes();
    }

    public void ChokeRound(long now)
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Handshaken) Choker.Transferred(peer.Key, peer.Downloaded, peer.Uploaded);
        }

        Choker.Round(now, _changes);
        ApplyChokes();
    }

    /// <summary>At every beat: if all places are taken and addresses wait that were never tried, the least useful connections end now and then. What the user named stays.</summary>
    public void TurnOver(bool weAreSeed, long now)
    {
        if (!_turnover.IsDue(now)) return;
        _givingWay.Clear();
        _turnover.Choose(Judged(), Candidates.Connections, Candidates.MaxConnections, Candidates.Untried(now, weAreSeed), now, _givingWay);
        foreach (var key in _givingWay) Find(key)!.Actor.Tell(new PeerActor.Disconnect("it makes room for somebody who was not tried yet"));
    }

    private IEnumerable<TurnoverPeer> Judged()
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Handshaken) yield return new TurnoverPeer(peer.Key, peer.Downloaded + peer.Uploaded, peer.View.WeAreInterested || peer.View.PeerIsInterested, Candidates.IsUsers(peer.ListensAt ?? peer.Remote));
        }
    }

    private void ApplyChokes()
    {
        foreach (var change in _changes) Find(change.Peer)?.Actor.Tell(new PeerActor.SetChoke(change.Choke));
        _changes.Clear();
    }
}
